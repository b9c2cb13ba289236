/* SPDX-License-Identifier: ISC */
/* Delivery.  The log in the database is the only queue: a subscriber is a cursor into it.  A step reads the log after
 * the cursor of one subscriber, the leader, and offers each event to all subscribers whose cursor is right before it.
 * So a flood of events is read once for all subscribers that are up to date, and thousands that catch up cost one
 * reading, and one look of their filters' rules at each event.  A turn of the loop has few steps and ends when its
 * share is spent, even in the middle of an event: a subscriber that did not get it keeps its cursor.  So does one that
 * wants an event when as many others have output as are sent to in a turn; those that want nothing go on.
 *
 * The first step of every second turn serves the subscribers that were up to date before the last commit, so a backlog
 * does not delay new events; where there are none, it serves the one that is furthest behind of those near the end.
 * In the turns between, it serves the one that is furthest behind of all, or the one that was served longest ago, and
 * so do the other steps: nobody waits for ever.  As the last one goes on, all that it passes join it, so that thousands
 * that resume at different places soon are one group. */
#include <errno.h>
#include <stdlib.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/cpu_share.h"
#include "sitrep/base/log.h"
#include "sitrep/base/turn.h"
#include "sitrep/rules/rule.h"
#include "sitrep/store/event_json.h"
#include "stream_internal.h"

enum {
	/* While more output than this (some twenty lines) waits for a subscriber, no further event is read for it. */
	QUEUED_MAX = 16 * 1024,
	STEPS_A_TURN = 4,
	/* Tries to read an event before it is skipped, and the pause after the first try, which doubles after each. */
	RETRIES = 4,
	RETRY_MS = 100,
	/* The pause between two tries further on in the log. */
	SKIP_MS = 10,
	/* The same failure is logged once in this time. */
	LOG_GAP_MS = 60 * 1000,
};

/* The state of a turn. */
struct step_budget {
	int64_t began_us;
	struct cpu_share share;
	size_t steps, events, looks, lines, bytes;
	struct subscriber *heard[STREAM_TURN_SUBSCRIBERS]; /* those that have output of this turn */
	size_t heard_count;
};

/* One step through the log. */
struct step {
	struct stream *stream;
	struct step_budget *budget;
	struct subscriber *leader;
	/* In stream->members: the leader and the subscribers a little ahead of it, but those that were left behind. */
	struct subscriber **members;
	size_t count;
	int64_t from; /* the last event that was read, or where reading begins */
	int64_t now_ms;
	bool alone; /* one event follows, and no more */
};

/* A commit that brought events may have changed items and stories of earlier ones. */
void stream_note_newest(struct stream *st, int64_t newest)
{
	if (newest <= st->newest)
		return;
	/* The first time, what is there is not news. */
	st->newest_before = st->newest > 0 ? st->newest : newest;
	st->newest = newest;
	event_lines_clear(&st->lines);
	shared_filters_forget_verdicts(&st->filters);
}

/* ---- bounds ---- */

static bool has_room(const struct subscriber *s)
{
	return !line_peer_is_waiting(s->peer) && line_peer_queued(s->peer) < QUEUED_MAX;
}

static bool is_late(struct step_budget *b)
{
	return cpu_share_is_spent(&b->share);
}

/* A turn that has sent nothing yet goes on, however long the reading took. */
static bool is_spent(struct step_budget *b)
{
	enum { LOOKS_PER_CLOCK = 8 };

	if (b->looks == 0)
		return false;
	return b->lines >= STREAM_TURN_LINES || b->bytes >= STREAM_TURN_BYTES ||
	       (b->looks % LOOKS_PER_CLOCK == 0 && is_late(b));
}

/* Whether it may get output in this turn. */
static bool may_hear(struct step_budget *b, struct subscriber *s)
{
	uint64_t turn = s->stream->stats.turns + 1;

	if (s->heard == turn)
		return true;
	if (b->heard_count == STREAM_TURN_SUBSCRIBERS)
		return false;
	s->heard = turn;
	b->heard[b->heard_count++] = s;
	return true;
}

static void note_most(size_t *most, size_t n)
{
	if (n > *most)
		*most = n;
}

static void note_turn(struct stream *st, const struct step_budget *b)
{
	struct stream_stats *stats = &st->stats;
	int64_t spent_us = clock_thread_cpu_us() - b->began_us;

	stats->turns++;
	stats->lines += b->lines;
	note_most(&stats->turn_events_max, b->events);
	note_most(&stats->turn_subscribers_max, b->heard_count);
	note_most(&stats->turn_lines_max, b->lines);
	note_most(&stats->turn_bytes_max, b->bytes);
	if (spent_us > stats->turn_us_max)
		stats->turn_us_max = spent_us;
}

/* ---- failures ---- */

static void log_failure(struct stream *st, const char *reason)
{
	int64_t now_ms = clock_mono_ms();

	st->stats.read_errors++;
	st->stats.read_error_ms = now_ms;
	if (st->error_logged_ms != 0 && now_ms - st->error_logged_ms < LOG_GAP_MS)
		return;
	st->error_logged_ms = now_ms;
	log_emit(LOG_LEVEL_ERROR, "cannot read the event log", "reason", reason, NULL);
}

/* First the same place is tried again, with growing pauses; then places further on, twice as far each time. When
 * nothing that follows can be read, the subscriber gets an error and the connection ends. */
static void note_failure(struct subscriber *s)
{
	s->failures++;
	if (s->failures > RETRIES)
		s->skip = s->skip == 0 ? 1 : 2 * s->skip;
	if (s->skip >= s->stream->newest - s->cursor) {
		s->leaving = true;
		stream_say_error(s, "cannot read the event log");
		line_peer_finish(s->peer);
		return;
	}
	s->retry_ms = clock_mono_ms() + (s->skip > 0 ? SKIP_MS : RETRY_MS << (s->failures - 1));
}

static void note_progress(struct subscriber *s)
{
	s->failures = 0;
	s->skip = s->retry_ms = 0;
}

/* Events were skipped, and readable ones follow. */
static void tell_of_gap(struct step *step)
{
	if (step->leader->skip == 0 || !may_hear(step->budget, step->leader))
		return;
	stream_say_gap(step->leader, step->leader->cursor + step->leader->skip);
	note_progress(step->leader);
}

/* ---- one step ---- */

/* An event that comes alone goes to the kernel at once; several wait for one call. False: the kernel takes nothing. */
static bool say_line(const struct step *step, struct subscriber *s, struct str line)
{
	s->last_said_ms = step->now_ms;
	if (step->alone)
		return line_peer_pass(s->peer, line);
	if (buf_add(line_peer_output(s->peer), line) != 0)
		line_peer_lose(s->peer);
	return true;
}

/* The line of an event that passes. With the terms of the subscriber's rule or of the alert it is made once for all for
 * whom they are the same. */
static int get_line(struct stream *st, struct shared_filter *shared, const struct event_record *e, struct str *line)
{
	const struct event_view view = {.base_url = st->base_url, .full = subscription_is_full(shared->filter)};
	bool has_alert = e->kind == EVENT_ALERT || e->kind == EVENT_MUTED;
	struct str terms[RULE_TOLD_MAX];
	size_t count = 0;
	int result = event_lines_get(&st->lines, e, &view, line);

	if (result != 0 || e->report == NULL)
		return result;
	if (shared_filter_has_rule(shared))
		count = shared_filter_terms(&st->filters, shared, e, terms);
	if (count == 0 && !has_alert)
		return 0;
	return event_lines_add_terms(&st->lines, e->cursor, view.full, terms, count, line);
}

/* Sends the event to the subscriber if its filter wants it.  False: its cursor stays for the rest of this step. */
static bool offer_event(struct step *step, struct subscriber *s, const struct event_record *e)
{
	struct stream *st = step->stream;
	struct str line;
	int result;

	step->budget->looks++;
	s->served = st->stats.turns;
	note_progress(s);
	if (!shared_filter_wants(&st->filters, s->shared, e)) {
		s->cursor = e->cursor;
		return true;
	}
	if (!may_hear(step->budget, s))
		return false;
	result = get_line(st, s->shared, e, &line);
	if (result == 0 && !say_line(step, s, line))
		return false;
	if (result == 0 && e->cursor > st->newest_before)
		histogram_note(&st->stats.lags, HISTOGRAM_OF_WORK, (clock_wall_ms() - e->time_ms) * 1000, 1);
	if (result == 0) {
		step->budget->lines++;
		step->budget->bytes += line.len;
	} else if (result == -ENOMEM) {
		line_peer_lose(s->peer);
	}
	s->cursor = e->cursor;
	return has_room(s);
}

/* Those that go no further leave the members. */
static int give_event(void *arg, const struct event_record *e)
{
	struct step *step = arg;
	size_t i = 0;

	step->stream->stats.events++;
	tell_of_gap(step);
	while (i < step->count) {
		struct subscriber *s = step->members[i];

		if (s->cursor < e->cursor && is_spent(step->budget))
			return 1;
		if (s->cursor >= e->cursor || (has_room(s) && offer_event(step, s, e)))
			i++;
		else
			step->members[i] = step->members[--step->count];
	}
	step->from = e->cursor;
	step->budget->events++;
	return step->count == 0 || is_late(step->budget);
}

static bool is_ready(const struct subscriber *s, int64_t now_ms)
{
	return s->cursor < s->stream->newest && !s->mute && !s->leaving && has_room(s) && s->retry_ms <= now_ms;
}

/* Without memory the group has as many members as there is room for; the leader alone has room in the step. */
static void make_room(struct stream *st)
{
	size_t room = 2 * st->stats.clients;
	struct subscriber **members;

	if (st->stats.clients <= st->members_max)
		return;
	members = realloc(st->members, room * sizeof(*members));
	if (members == NULL)
		return;
	st->members = members;
	st->members_max = room;
}

/* Collects the subscribers within reach of the leader. One that cannot read on tries alone. */
static void gather(struct step *step, int64_t now_ms)
{
	struct stream *st = step->stream;
	struct subscriber *leader = step->leader;
	int64_t end = leader->cursor + STREAM_TURN_EVENTS - (int64_t)step->budget->events;

	make_room(st);
	step->members = st->members_max > 0 ? st->members : &step->leader;
	leader->served = st->stats.turns;
	step->members[step->count++] = leader;
	for (struct subscriber *s = st->subscribers;
		s != NULL && step->count < st->members_max && leader->failures == 0; s = s->next)
		if (s->cursor >= leader->cursor && s->cursor < end && s != leader && s->failures == 0 &&
			is_ready(s, now_ms))
			step->members[step->count++] = s;
}

/* Retention may remove events between a subscriber's cursor and its reading. */
static int check_gaps(struct step *step, struct error *err)
{
	int64_t oldest, newest;
	int result = reader_cursors(step->stream->reader, &oldest, &newest, err);

	for (size_t i = 0; result == 0 && i < step->count;) {
		struct subscriber *s = step->members[i];

		if (s->cursor + 1 >= oldest) {
			i++;
		} else if (may_hear(step->budget, s)) {
			stream_say_gap(s, oldest - 1);
			i++;
		} else {
			step->members[i] = step->members[--step->count];
		}
	}
	return result;
}

/* For the members at the place where reading ended: moves their cursors past events that are gone, past all when no
 * event was left. */
static void pass_events(struct step *step, int64_t begin, int64_t last, int64_t newest)
{
	int64_t to = last > begin ? last : newest;

	for (size_t i = 0; i < step->count; i++)
		if (step->members[i]->cursor >= step->from && step->members[i]->cursor < to)
			step->members[i]->cursor = to;
}

static void walk_log(struct stream *st, struct subscriber *leader, struct step_budget *budget, int64_t now_ms)
{
	struct step step = {.stream = st,
		.leader = leader,
		.budget = budget,
		.now_ms = now_ms,
		.alone = st->newest - leader->cursor == 1};
	struct error err = {0};
	int64_t begin, last, newest = st->newest;
	int result;

	gather(&step, now_ms);
	result = check_gaps(&step, &err);
	begin = last = step.from = leader->cursor + leader->skip;
	if (result == 0)
		result = reader_events(
			st->reader, begin, STREAM_TURN_EVENTS - budget->events, &last, give_event, &step, &err);
	if (result < 0)
		log_failure(st, err.text);
	for (size_t i = 0; i < step.count && result < 0; i++)
		if (step.members[i] == leader ? leader->cursor + leader->skip >= step.from
					      : step.members[i]->cursor >= step.from)
			note_failure(step.members[i]);
	if (result == 0) {
		tell_of_gap(&step);
		pass_events(&step, begin, last, newest);
	}
}

/* ---- turns ---- */

enum choice { CHOOSE_FURTHEST, CHOOSE_LAST, CHOOSE_LAST_AT_END, CHOOSE_LONGEST_WAIT };

static bool is_better(const struct subscriber *s, const struct subscriber *best, enum choice choice)
{
	int64_t near_end = s->stream->newest - STREAM_TURN_EVENTS;
	bool is_near = s->cursor >= near_end;

	switch (choice) {
	case CHOOSE_FURTHEST:
		return s->cursor > best->cursor;
	case CHOOSE_LAST:
		return s->cursor < best->cursor;
	case CHOOSE_LAST_AT_END:
		return is_near != (best->cursor >= near_end) ? is_near : s->cursor < best->cursor;
	case CHOOSE_LONGEST_WAIT:
		break;
	}
	return s->served < best->served;
}

static struct subscriber *choose(struct stream *st, enum choice choice, int64_t now_ms)
{
	struct subscriber *best = NULL;

	for (struct subscriber *s = st->subscribers; s != NULL; s = s->next)
		if ((best == NULL || is_better(s, best, choice)) && is_ready(s, now_ms))
			best = s;
	return best;
}

static struct subscriber *choose_leader(struct stream *st, size_t step, int64_t now_ms)
{
	struct subscriber *leader;

	if (step > 0 || st->stats.turns % 4 == 3)
		return choose(st, CHOOSE_LONGEST_WAIT, now_ms);
	if (st->stats.turns % 4 == 1)
		return choose(st, CHOOSE_LAST, now_ms);
	leader = choose(st, CHOOSE_FURTHEST, now_ms);
	return leader != NULL && leader->cursor >= st->newest_before ? leader : choose(st, CHOOSE_LAST_AT_END, now_ms);
}

static void deliver_after(struct stream *st, int64_t wait_ms)
{
	struct timeval wait = clock_timeval(wait_ms);

	event_add(st->deliver, &wait);
}

void stream_deliver_soon(struct stream *st)
{
	deliver_after(st, 0);
}

/* The heartbeat tells the client that it has everything. */
static void end_poll(struct subscriber *s)
{
	if (!s->polls || s->leaving || s->cursor < s->until)
		return;
	s->leaving = true;
	stream_say_place(s, EVENT_HEARTBEAT);
	line_peer_finish(s->peer);
}

/* Plans the next turn: at once if a subscriber can be served, else when the first one tries again. */
static void plan_next_turn(struct stream *st)
{
	int64_t now_ms = clock_mono_ms(), wait_ms = INT64_MAX;

	for (struct subscriber *s = st->subscribers; s != NULL; s = s->next) {
		end_poll(s);
		if (wait_ms == 0)
			continue;
		/* The output of this turn goes to the kernel before the next turn. */
		if (s->cursor >= st->newest || s->mute || s->leaving || line_peer_is_waiting(s->peer))
			continue;
		if (s->retry_ms <= now_ms)
			wait_ms = 0;
		else if (s->retry_ms - now_ms < wait_ms)
			wait_ms = s->retry_ms - now_ms;
	}
	if (wait_ms < INT64_MAX)
		deliver_after(st, wait_ms);
	if (wait_ms > 0)
		event_lines_clear(&st->lines);
}

void stream_on_deliver(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct stream *st = arg;
	struct step_budget budget = {.began_us = clock_thread_cpu_us()};
	int64_t now_ms = clock_mono_ms();
	struct subscriber *leader;

	cpu_share_begin(&budget.share, STREAM_TURN_US);
	while (budget.steps < STEPS_A_TURN && budget.heard_count < STREAM_TURN_SUBSCRIBERS &&
		budget.events < STREAM_TURN_EVENTS && !is_spent(&budget) && !is_late(&budget) &&
		(leader = choose_leader(st, budget.steps, now_ms)) != NULL) {
		walk_log(st, leader, &budget, now_ms);
		budget.steps++;
	}
	for (size_t i = 0; i < budget.heard_count; i++)
		if (line_peer_queued(budget.heard[i]->peer) > 0)
			line_peer_flush(budget.heard[i]->peer);
	note_turn(st, &budget);
	plan_next_turn(st);
	turn_yield(st->base);
}
