/* The clock on the wall, which anybody may set, and the time that passes, by which feeds wait.
 *
 * The due queue counts elapsed time.  A due time that the database kept is in wall time and is turned into that once,
 * when a feed is planned: by the pause that was planned at its last poll where that was in this run, else by the clock,
 * within what the schedule may plan at all. */
#include "engine_internal.h"

#include "sitrep/base/clock.h"
#include "sitrep/base/log.h"
#include "sitrep/schedule/feed_history.h"

/* Feeds whose stored times make no sense are asked within this, each at its own moment. */
static const int64_t spread_ms = 60 * 1000;

static int64_t within(int64_t ms, int64_t least, int64_t most)
{
	return ms < least ? least : ms > most ? most : ms;
}

static int64_t longest_ms(const struct schedule_policy *policy, const struct feed_state *s)
{
	struct feed_history h;

	feed_history_decode(str_make((const char *)s->history, s->history_len), &h);
	return schedule_longest_ms(policy, &h.hints);
}

/* a - b where both may be anything that a database holds. */
static int64_t difference(int64_t a, int64_t b)
{
	int64_t ms;

	return __builtin_sub_overflow(a, b, &ms) ? (a > b ? INT64_MAX : INT64_MIN) : ms;
}

/* How long it still waits, seen from now_ms on the wall. */
static int64_t left_ms(struct engine *e, const struct feed_state *s, int64_t now_ms)
{
	struct schedule_policy policy = feed_policies_get(e->policies, s->id);
	int64_t pause_ms, soon_ms;

	/* It takes its turn among the new ones, within an interval. */
	if (s->last_poll_ms == TIME_NONE)
		return within(difference(s->due_ms, now_ms), 0,
			policy.interval_ms > 0 ? policy.interval_ms : policy.default_ms);
	pause_ms = within(difference(s->due_ms, s->last_poll_ms), 0, longest_ms(&policy, s));
	if (s->last_poll_ms <= now_ms)
		return within(difference(s->last_poll_ms, now_ms) + pause_ms, 0, pause_ms);
	/* By a clock that was ahead, and nobody knows how long ago: soon, but for what the server asked. */
	soon_ms = (int64_t)((uint64_t)s->id * 7919 % (uint64_t)spread_ms);
	soon_ms = soon_ms > s->server_wait_ms ? soon_ms : s->server_wait_ms;
	return pause_ms < soon_ms ? pause_ms : soon_ms;
}

int64_t engine_due_elapsed_ms(struct engine *e, const struct feed *f)
{
	const struct feed_state *s = &f->state;
	struct schedule_policy policy = feed_policies_get(e->policies, s->id);

	/* Planned just now, not by its last poll. */
	if (f->lost)
		return clock_elapsed_ms() + within(difference(s->due_ms, clock_wall_ms()), 0, longest_ms(&policy, s));
	if (s->last_poll_ms == TIME_NONE || f->polled_ms == TIME_NONE)
		return clock_elapsed_ms() + left_ms(e, s, clock_wall_ms());
	return f->polled_ms + within(difference(s->due_ms, s->last_poll_ms), 0, longest_ms(&policy, s));
}

int64_t engine_polled_ago_ms(const struct feed *f)
{
	const struct feed_state *s = &f->state;
	int64_t now_ms = clock_wall_ms();

	if (s->last_poll_ms == TIME_NONE)
		return -1;
	if (f->polled_ms != TIME_NONE)
		return clock_elapsed_ms() - f->polled_ms;
	return s->last_poll_ms < now_ms ? difference(now_ms, s->last_poll_ms) : 0;
}

static void tell(int64_t jump_ms)
{
	char text[TIME_TEXT_MAX];

	/* To the second, or what is read is a string of milliseconds. */
	(void)duration_format(text, (jump_ms < 0 ? -jump_ms : jump_ms) / 1000 * 1000);
	log_emit(LOG_LEVEL_NOTICE, "the clock was set", jump_ms < 0 ? "back" : "ahead", text, NULL);
}

void engine_look_at_clock(struct engine *e)
{
	struct clock_mark now = clock_mark_now();
	int64_t jump_ms = clock_jump_ms(e->clock, now);
	struct feed *f;

	e->clock = now;
	if (jump_ms == 0)
		return;
	tell(jump_ms);
	e->started_ms = time_follow_clock(e->started_ms, jump_ms, now.wall_ms);
	e->paused_ms = time_follow_clock(e->paused_ms, jump_ms, now.wall_ms);
	for (size_t at = 0; (f = feed_table_next(e->feeds, &at)) != NULL;) {
		feed_state_follow_clock(&f->state, jump_ms, now.wall_ms);
		engine_follow_habits(&f->state, jump_ms, now.wall_ms);
		if (f->outcome != NULL)
			poll_outcome_follow_clock(f->outcome, jump_ms, now.wall_ms);
	}
	websub_feeds_follow_clock(e->websub, jump_ms, now.wall_ms);
	/* What was made ready carries the date of the clock before. */
	publish_follow_clock(e->publish);
}
