/* When to ask next.  The rule of this version needs no memory but what the feed's state holds: the longer a feed
 * has brought nothing new, the longer the pause, half of its silence, within the operator's bounds.  A feed
 * that has just brought news is asked again soon, so a burst is followed closely and let go by itself, and
 * a day of silence costs a dozen requests.  A feed that never brought anything but what it held at the first
 * poll starts from the default instead: its backlog says nothing about its pace.
 *
 * The server's word is a floor under everything, kept up to a day so that no server can switch itself off by
 * mistake. */
#include "sitrep/schedule.h"

#include <stdbool.h>

#include "sitrep/clock.h"

enum {
	/* Silence divided by this is the next pause. */
	SILENCE_SHARE = 2,
	/* Per cent by which times are moved about, so that feeds which once began together drift apart. */
	JITTER_PERCENT = 10,
	/* Feeds of which all may start at once: what one machine polls in a second or two; and from how many on the
	 * first polls take a whole interval. */
	START_AT_ONCE = 100,
	START_SPREAD_OUT = 10000,
};

static const int64_t day_ms = INT64_C(24) * 3600 * 1000;
/* The first pause after an error, where the operator's bounds allow it. */
static const int64_t retry_ms = INT64_C(5) * 60 * 1000;

static int64_t at_least(int64_t value, int64_t floor)
{
	return value > floor ? value : floor;
}

static int64_t at_most(int64_t value, int64_t ceiling)
{
	return value < ceiling ? value : ceiling;
}

/* splitmix64's finalizer: neighbouring seeds give unrelated numbers. */
static uint64_t mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

/* ms moved by at most JITTER_PERCENT either way; another way at each poll. */
static int64_t jittered(int64_t ms, const struct feed_state *state, uint64_t seed)
{
	int64_t width = ms / 100 * JITTER_PERCENT;
	uint64_t draw = mix(mix(seed) ^ (uint64_t)state->polls);

	return width == 0 ? ms : ms - width + (int64_t)(draw % (uint64_t)(2 * width + 1));
}

static int64_t backoff_ms(const struct schedule_policy *p, int errors)
{
	int64_t ms = p->interval_ms > 0 ? p->interval_ms : at_least(p->min_ms, retry_ms);
	int64_t ceiling = at_least(day_ms, ms);

	for (int i = 1; i < errors && ms < ceiling; i++)
		ms *= 2;
	return at_most(ms, ceiling);
}

/* Whether anything came after the first poll, which brings a feed's whole backlog. */
static bool has_brought_news(const struct feed_state *state)
{
	return state->last_new_ms != TIME_NONE && state->first_poll_ms != TIME_NONE &&
	       state->last_new_ms > state->first_poll_ms;
}

static int64_t quiet_ms(
	const struct schedule_policy *p, const struct feed_state *state, int fresh_items, int64_t now_ms)
{
	int64_t since_ms = has_brought_news(state) ? state->last_new_ms : state->first_poll_ms;
	int64_t silence_ms = since_ms != TIME_NONE ? at_least(now_ms - since_ms, 0) : 0;
	int64_t ms;

	if (!has_brought_news(state))
		ms = at_least(p->default_ms, silence_ms / SILENCE_SHARE);
	else
		ms = fresh_items > 0 ? 0 : silence_ms / SILENCE_SHARE;
	return at_least(at_most(ms, p->max_ms), p->min_ms);
}

struct schedule_plan schedule_next(const struct schedule_policy *policy, const struct feed_state *state,
	int fresh_items, int64_t now_ms, uint64_t jitter_seed)
{
	int64_t floor_ms = at_most(at_least(state->server_wait_ms, 0), day_ms);
	struct schedule_plan plan;
	int64_t ms;

	if (state->health == FEED_GONE)
		return (struct schedule_plan){TIME_NONE, "gone"};
	if (state->health == FEED_FAILING) {
		ms = jittered(backoff_ms(policy, state->errors), state, jitter_seed);
		ms = at_least(ms, policy->interval_ms);
		plan.why = "backing off after errors";
	} else if (policy->interval_ms > 0) {
		ms = policy->interval_ms;
		plan.why = "configured interval";
	} else {
		ms = quiet_ms(policy, state, fresh_items, now_ms);
		ms = at_least(jittered(ms, state, jitter_seed), policy->min_ms);
		if (!has_brought_news(state))
			plan.why = "no new item since the first poll";
		else
			plan.why = fresh_items > 0 ? "new items just now" : "half of the time since the last new item";
	}
	if (floor_ms > ms) {
		ms = floor_ms;
		plan.why = "server asked to wait";
	}
	plan.due_ms = now_ms + ms;
	return plan;
}

int64_t schedule_first(const struct schedule_policy *policy, size_t index, size_t count, int64_t now_ms)
{
	int64_t span_ms = policy->interval_ms > 0 ? policy->interval_ms : policy->default_ms;

	if (count <= START_AT_ONCE)
		return now_ms;
	if (count < START_SPREAD_OUT)
		span_ms = span_ms / (START_SPREAD_OUT - START_AT_ONCE) * (int64_t)(count - START_AT_ONCE);
	return now_ms + (int64_t)((double)span_ms * ((double)index / (double)count));
}
