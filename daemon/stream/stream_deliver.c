/* SPDX-License-Identifier: ISC */
/* Delivery.  The log in the database is the only queue: a subscriber is a cursor into it.  A step reads the log after
 * the cursor of one subscriber, and gives each event to all subscribers whose cursor is right before it. So a flood of
 * events is read once for all subscribers that are up to date, and a hundred that begin at 0 cost one reading. A turn
 * of the loop has few steps and ends when its share is spent, even in the middle of an event: a subscriber that did not
 * get it keeps its cursor.
 *
 * The first step serves the subscribers with the highest cursor, the others those that were served longest ago. So a
 * backlog does not delay new events, and new events do not stop a backlog. */
#include <errno.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/log.h"
#include "sitrep/base/turn.h"
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
	size_t steps, events, subscribers, looks, lines, bytes;
};

/* One step through the log. */
struct step {
	struct stream *stream;
	struct step_budget *budget;
	struct subscriber *leader;
	struct subscriber *members[STREAM_TURN_SUBSCRIBERS]; /* the leader and the subscribers a little ahead of it */
	size_t count;
	int64_t from; /* the last event that was read, or where reading begins */
};

/* ---- bounds ---- */

static bool has_room(const struct subscriber *s)
{
	return !line_peer_is_waiting(s->peer) && line_peer_queued(s->peer) < QUEUED_MAX;
}

static bool is_late(const struct step_budget *b)
{
	return clock_thread_cpu_us() - b->began_us >= STREAM_TURN_US;
}

/* A turn that has sent nothing yet goes on, however long the reading took.  Looking at the clock costs as much as a
 * short line does. */
static bool is_spent(const struct step_budget *b)
{
	enum { LOOKS_PER_CLOCK = 8 };

	if (b->looks == 0)
		return false;
	return b->lines >= STREAM_TURN_LINES || b->bytes >= STREAM_TURN_BYTES ||
	       (b->looks % LOOKS_PER_CLOCK == 0 && is_late(b));
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
	note_most(&stats->turn_subscribers_max, b->subscribers);
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
	if (step->leader->skip == 0)
		return;
	stream_say_gap(step->leader, step->leader->cursor + step->leader->skip);
	note_progress(step->leader);
}

/* ---- one step ---- */

static void give(struct step *step, struct subscriber *s, const struct event_record *e, struct buf *line)
{
	struct stream *st = step->stream;
	int result;

	step->budget->looks++;
	s->cursor = e->cursor;
	note_progress(s);
	if (!subscription_wants(s->scope, e, &st->words))
		return;
	if (line->len == 0 && (result = event_write_json(line, e)) != 0) {
		if (result == -ENOMEM)
			line_peer_lose(s->peer);
		return;
	}
	stream_say(s, buf_str(line));
	step->budget->lines++;
	step->budget->bytes += line->len + 1;
}

static void forget_words(struct stream *st, int64_t cursor)
{
	if (st->words_cursor != cursor)
		event_words_release(&st->words);
	st->words_cursor = cursor;
}

static int give_event(void *arg, const struct event_record *e)
{
	struct step *step = arg;
	struct buf line = BUF_INIT(LIMIT_STREAM_LINE);
	bool spent = false;
	size_t going_on = 0;

	tell_of_gap(step);
	forget_words(step->stream, e->cursor);
	for (size_t i = 0; i < step->count && !spent; i++) {
		struct subscriber *s = step->members[i];

		spent = is_spent(step->budget);
		if (!spent && s->cursor >= step->from && s->cursor < e->cursor && has_room(s))
			give(step, s, e, &line);
		going_on += s->cursor >= e->cursor && has_room(s);
	}
	buf_release(&line);
	if (spent)
		return 1;
	step->from = e->cursor;
	step->budget->events++;
	return going_on == 0 || is_late(step->budget);
}

static bool is_ready(const struct subscriber *s, int64_t now_ms)
{
	return s->cursor < s->stream->newest && !s->leaving && has_room(s) && s->retry_ms <= now_ms;
}

/* Collects the subscribers within reach of the leader. One that cannot read on tries alone. */
static void gather(struct step *step, int64_t now_ms)
{
	struct subscriber *leader = step->leader;
	size_t most = STREAM_TURN_SUBSCRIBERS - step->budget->subscribers;

	step->members[step->count++] = leader;
	for (struct subscriber *s = step->stream->subscribers; s != NULL && step->count < most && leader->failures == 0;
		s = s->next)
		if (s != leader && s->failures == 0 && s->cursor >= leader->cursor &&
			s->cursor - leader->cursor < STREAM_TURN_EVENTS && is_ready(s, now_ms))
			step->members[step->count++] = s;
	step->budget->subscribers += step->count;
	for (size_t i = 0; i < step->count; i++)
		step->members[i]->served = step->stream->stats.turns;
}

/* Retention may remove events between a subscriber's cursor and its reading. */
static int check_gaps(struct step *step, struct error *err)
{
	int64_t oldest, newest;
	int result = reader_cursors(step->stream->reader, &oldest, &newest, err);

	for (size_t i = 0; i < step->count && result == 0; i++)
		if (step->members[i]->cursor + 1 < oldest)
			stream_say_gap(step->members[i], oldest - 1);
	return result;
}

/* For the members at the place where reading ended: moves their cursors past events that are gone, past all when no
 * event was left. */
static void pass(struct step *step, int64_t begin, int64_t last, int64_t newest)
{
	int64_t to = last > begin ? last : newest;

	for (size_t i = 0; i < step->count; i++)
		if (step->members[i]->cursor >= step->from && step->members[i]->cursor < to)
			step->members[i]->cursor = to;
}

static void walk(struct stream *st, struct subscriber *leader, struct step_budget *budget, int64_t now_ms)
{
	struct step step = {.stream = st, .leader = leader, .budget = budget};
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
		pass(&step, begin, last, newest);
	}
	for (size_t i = 0; i < step.count; i++)
		line_peer_flush(step.members[i]->peer);
}

/* ---- turns ---- */

static struct subscriber *choose(struct stream *st, bool furthest, int64_t now_ms)
{
	struct subscriber *best = NULL;

	for (struct subscriber *s = st->subscribers; s != NULL; s = s->next)
		if (is_ready(s, now_ms) &&
			(best == NULL || (furthest ? s->cursor > best->cursor : s->served < best->served)))
			best = s;
	return best;
}

static void deliver_after(struct stream *st, int64_t wait_ms)
{
	struct timeval wait = {.tv_sec = wait_ms / 1000, .tv_usec = (suseconds_t)(wait_ms % 1000) * 1000};

	(void)event_add(st->deliver, &wait);
}

void stream_deliver_soon(struct stream *st)
{
	deliver_after(st, 0);
}

/* Plans the next turn: at once if a subscriber can be served, else when the first one tries again. */
static void plan_next_turn(struct stream *st)
{
	int64_t now_ms = clock_mono_ms(), wait_ms = INT64_MAX;

	for (const struct subscriber *s = st->subscribers; s != NULL; s = s->next) {
		/* The output of this turn goes to the kernel before the next turn. */
		if (s->cursor >= st->newest || s->leaving || line_peer_is_waiting(s->peer))
			continue;
		if (s->retry_ms <= now_ms)
			wait_ms = 0;
		else if (s->retry_ms - now_ms < wait_ms)
			wait_ms = s->retry_ms - now_ms;
	}
	if (wait_ms < INT64_MAX)
		deliver_after(st, wait_ms);
}

void stream_on_deliver(evutil_socket_t fd, short what, void *arg)
{
	struct stream *st = arg;
	struct step_budget budget = {.began_us = clock_thread_cpu_us()};
	int64_t now_ms = clock_mono_ms();
	struct subscriber *leader;

	(void)fd;
	(void)what;
	while (budget.steps < STEPS_A_TURN && budget.subscribers < STREAM_TURN_SUBSCRIBERS &&
		budget.events < STREAM_TURN_EVENTS && !is_spent(&budget) && !is_late(&budget) &&
		(leader = choose(st, budget.steps == 0, now_ms)) != NULL) {
		walk(st, leader, &budget, now_ms);
		budget.steps++;
	}
	note_turn(st, &budget);
	plan_next_turn(st);
	turn_yield(st->base);
}
