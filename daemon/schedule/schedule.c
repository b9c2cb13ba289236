/* SPDX-License-Identifier: ISC */
/* When to ask next; the rule and its reasons stand in the header.
 *
 * The expected rate is constant within each five minutes, so the delay there is a parabola and its minimum is found
 * exactly. The search goes from piece to piece and ends once waiting costs far more than the best moment. So a busy
 * feed takes a few pieces, a silent one all up to [poll] max. */
#include "sitrep/schedule/schedule.h"

#include <math.h>
#include <stdbool.h>

#include "sitrep/base/clock.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
#define SLOT_MS (HOUR_MS / RHYTHM_SLOTS)

enum {
	/* The cost of a full answer, in conditional answers; 16 makes the pause four times as long. */
	UNCONDITIONAL_PRICE = 16,
	/* The pause of a pushed feed is this many times as long. */
	PUSHED_TIMES = 12,
	/* Up to START_AT_ONCE feeds are all polled at once at start, in a second or two. From START_SPREAD_OUT feeds
	 * on, the first polls take a whole interval. */
	START_AT_ONCE = 100,
	START_SPREAD_OUT = 10000,
	/* Each failure in a row makes the pause that many times as long. */
	PASSING_GROWTH = 2,
	REFUSED_GROWTH = 4,
	HTTP_TOO_MANY_REQUESTS = 429,
	HTTP_UNAVAILABLE = 503,
};

/* The server's hints are capped at this. */
static const int64_t hint_max_ms = DAY_MS;
/* Hours and days that are skipped repeat with the week. */
static const int64_t skips_max_ms = 7 * DAY_MS;
static const int64_t pushed_min_ms = 6 * HOUR_MS, pushed_max_ms = DAY_MS;
/* The first pause after an error that may pass. */
static const int64_t retry_ms = 5 * MINUTE_MS;
/* The first and the longest pause after a fault of our own, for which the server is not to blame. */
static const int64_t own_fault_ms = MINUTE_MS, own_fault_max_ms = 15 * MINUTE_MS;
/* The first and the longest pause of a site after a 429 or 503 without Retry-After. */
static const int64_t site_pause_ms = 5 * MINUTE_MS, site_pause_max_ms = HOUR_MS;
/* Polls of feeds with similar rhythms are spread over a twentieth of their pause, at most a minute; a wider spread
 * would miss the best moment. */
static const int64_t spread_share = 20, spread_max_ms = MINUTE_MS;
/* The ratio of expected to usual rate from which on a burst is reported. */
static const double burst_factor = 2;
/* The search ends when waiting costs this many prices more than the best moment so far. */
static const double hopeless = 3;

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

/* A spread from 0 to width_ms that differs at each poll. */
static int64_t draw_spread(const struct schedule_input *in, int64_t width_ms)
{
	uint64_t number = mix(mix(in->seed) ^ (uint64_t)in->state->polls);

	return width_ms <= 0 ? 0 : (int64_t)(number % (uint64_t)(width_ms + 1));
}

/* ---- the rule ---- */

struct choice {
	const struct rhythm_forecast *forecast;
	double price;     /* post-hours */
	double posts_max; /* the maximum of waiting posts; 0: no maximum */
	int64_t low_ms, high_ms;
};

static int64_t end_of_slot(int64_t at_ms)
{
	int64_t into = at_ms % SLOT_MS;

	return at_ms - (into < 0 ? into + SLOT_MS : into) + SLOT_MS;
}

static int64_t choose_pause(const struct choice *c)
{
	int64_t from_ms = c->forecast->from_ms, at_ms = from_ms, best_ms = c->low_ms;
	double posts = 0, cost = 0, best = INFINITY;

	while (at_ms - from_ms < c->high_ms) {
		int64_t end_ms = at_most(end_of_slot(at_ms), from_ms + c->high_ms);
		double rate, pace, hours, wait;

		if (at_ms - from_ms < c->low_ms)
			end_ms = at_most(end_ms, from_ms + c->low_ms);
		hours = (double)(end_ms - at_ms) / HOUR_MS;
		rate = rhythm_forecast_rate(c->forecast, at_ms + (end_ms - at_ms) / 2);
		pace = sqrt(2 * c->price * rate); /* delay and requests an hour, at the best pace for this rate */
		if (at_ms - from_ms >= c->low_ms) {
			bool last = c->posts_max > 0 && posts + rate * hours > c->posts_max;
			double here;

			if (last)
				hours = fmax(0, (c->posts_max - posts) / rate);
			wait = posts >= pace ? 0 : fmin(hours, (pace - posts) / fmax(rate, 1e-12));
			here = cost + (posts - pace) * wait + rate * wait * wait / 2;
			if (here < best) {
				best = here;
				best_ms = at_ms - from_ms + (int64_t)(wait * HOUR_MS);
			}
			if (last || cost > best + hopeless * c->price)
				break;
		}
		cost += (posts - pace) * hours + rate * hours * hours / 2;
		posts += rate * hours;
		at_ms = end_ms;
	}
	return at_most(at_least(best_ms, c->low_ms), at_least(c->high_ms, c->low_ms));
}

/* Posts expected by the plan's time, and the delay they will have had by then. */
static void expect_posts(const struct rhythm_forecast *f, struct schedule_plan *plan)
{
	double posts = 0, delay = 0;

	for (int64_t at_ms = f->from_ms; at_ms < plan->due_ms;) {
		int64_t end_ms = at_most(end_of_slot(at_ms), plan->due_ms);
		double hours = (double)(end_ms - at_ms) / HOUR_MS;
		double rate = rhythm_forecast_rate(f, at_ms + (end_ms - at_ms) / 2);

		delay += posts * hours + rate * hours * hours / 2;
		posts += rate * hours;
		at_ms = end_ms;
	}
	plan->expected_posts = posts;
	plan->expected_delay_ms = posts > 0 ? (int64_t)(delay / posts * HOUR_MS) : 0;
	plan->posts_per_day = f->posts_per_hour * 24;
	plan->burst = rhythm_forecast_burst(f);
}

/* The bounds and the price that hold for this feed. */
static struct choice make_choice(const struct schedule_input *in, const struct rhythm_forecast *f)
{
	const struct schedule_policy *p = in->policy;
	double hours = (double)p->default_ms / HOUR_MS;
	struct choice c = {
		.forecast = f,
		.price = RHYTHM_PRIOR_POSTS_PER_DAY / 24 * hours * hours / 2,
		.low_ms = p->min_ms,
		.high_ms = at_least(p->max_ms, p->min_ms),
	};

	if (in->unconditional) {
		c.price *= UNCONDITIONAL_PRICE;
		c.high_ms = at_least(c.high_ms, DAY_MS);
	}
	if (in->pushed) {
		c.price *= PUSHED_TIMES * PUSHED_TIMES;
		c.low_ms = at_least(c.low_ms, pushed_min_ms);
		c.high_ms = at_least(c.low_ms, pushed_max_ms);
	} else if (in->rhythm != NULL) {
		c.posts_max = (double)in->rhythm->shown / 2;
	}
	return c;
}

/* ---- errors ---- */

/* Whether the error lasts until somebody changes something at the server or in the configuration. */
static bool is_refusal(const struct feed_state *s)
{
	if (s->failure == FAILURE_HTTP)
		return s->http_status >= 400 && s->http_status < 500 && s->http_status != 408;
	return s->failure == FAILURE_NOT_A_FEED || s->failure == FAILURE_FORBIDDEN || s->failure == FAILURE_REDIRECT;
}

int64_t schedule_first_retry_ms(const struct schedule_policy *p)
{
	return p->interval_ms > 0 ? p->interval_ms : at_least(p->min_ms, retry_ms);
}

/* The server had no part in it. */
static bool is_own_fault(const struct feed_state *s)
{
	return s->failure == FAILURE_INTERNAL || s->failure == FAILURE_SECRET;
}

static int64_t backoff_ms(const struct schedule_input *in)
{
	const struct schedule_policy *p = in->policy;
	bool refused = is_refusal(in->state), own = is_own_fault(in->state);
	int64_t first_ms = refused ? p->default_ms : own ? own_fault_ms : retry_ms;
	int64_t ms = p->interval_ms > 0 ? p->interval_ms : at_least(p->min_ms, first_ms);
	int64_t ceiling_ms = at_least(own ? own_fault_max_ms : DAY_MS, ms), width_ms;

	for (int i = 1; i < in->state->errors && ms < ceiling_ms; i++)
		ms *= refused ? REFUSED_GROWTH : PASSING_GROWTH;
	ms = at_most(ms, ceiling_ms);
	width_ms = ms / 10;
	return at_least(ms - width_ms + draw_spread(in, 2 * width_ms), p->interval_ms);
}

/* ---- the server's hints ---- */

static void note_hint(struct schedule_plan *plan, enum schedule_hint hint, int64_t ms)
{
	ms = at_most(ms, hint_max_ms);
	if (ms > plan->hint_ms) {
		plan->hint = hint;
		plan->hint_ms = ms;
	}
}

static void take_server_hints(const struct schedule_input *in, struct schedule_plan *plan)
{
	note_hint(plan, HINT_RETRY_AFTER, in->retry_after_ms);
	if (in->policy->forced)
		return;
	note_hint(plan, HINT_FRESH, in->fresh_ms);
	if (in->hints != NULL) {
		note_hint(plan, HINT_TTL, in->hints->ttl_ms);
		note_hint(plan, HINT_PERIOD, in->hints->period_ms);
	}
}

static void leave_skipped_hours(const struct schedule_input *in, struct schedule_plan *plan)
{
	bool has_skips = in->hints != NULL && !in->policy->forced;
	int64_t after_ms = has_skips ? feed_hints_after_skips(in->hints, plan->due_ms) : plan->due_ms;

	if (after_ms == plan->due_ms)
		return;
	plan->due_ms = after_ms;
	plan->hint = HINT_SKIP;
	plan->hint_ms = after_ms - in->now_ms;
	plan->reason = SCHEDULE_SERVER;
}

/* ---- all of it ---- */

const char *schedule_reason_words(enum schedule_reason reason, bool is_known)
{
	switch (reason) {
	case SCHEDULE_GONE:
		return "gone";
	case SCHEDULE_ERRORS:
		return "backing off after errors";
	case SCHEDULE_INTERVAL:
		return "configured interval";
	case SCHEDULE_BURST:
		return "it posts more than usual";
	case SCHEDULE_PUSHED:
		return "it is pushed";
	case SCHEDULE_SERVER:
		return "server asked to wait";
	case SCHEDULE_RHYTHM:
		break;
	}
	return is_known ? "its rhythm" : "its rhythm is not known yet";
}

/* The pause by the rhythm plus a small spread; the search leaves room for the spread below the upper bound. */
static int64_t rhythm_pause(const struct schedule_input *in, struct choice c)
{
	int64_t latest_ms = at_least(c.low_ms, c.high_ms), ms, width_ms;

	c.high_ms = at_least(c.low_ms, c.high_ms - at_most(c.high_ms / spread_share, spread_max_ms));
	ms = choose_pause(&c);
	width_ms = at_most(ms / spread_share, spread_max_ms);
	return at_most(ms + draw_spread(in, width_ms), latest_ms);
}

struct schedule_plan schedule_next(const struct schedule_input *in)
{
	struct schedule_plan plan = {.due_ms = TIME_NONE, .reason = SCHEDULE_GONE};
	struct rhythm_forecast f;
	struct choice c;
	bool by_rhythm = false;
	int64_t ms;

	rhythm_forecast(in->rhythm, in->now_ms, &f);
	if (in->state->health == FEED_GONE) {
		expect_posts(&f, &plan);
		plan.why = schedule_reason_words(plan.reason, in->rhythm != NULL && in->rhythm->seen_ms != TIME_NONE);
		return plan;
	}
	take_server_hints(in, &plan);
	c = make_choice(in, &f);
	if (in->state->health == FEED_FAILING) {
		plan.wanted_ms = backoff_ms(in);
		plan.reason = SCHEDULE_ERRORS;
	} else if (in->policy->interval_ms > 0) {
		plan.wanted_ms = in->policy->interval_ms;
		plan.reason = SCHEDULE_INTERVAL;
	} else {
		by_rhythm = true;
		plan.wanted_ms = rhythm_pause(in, c);
		plan.reason = rhythm_forecast_burst(&f) >= burst_factor ? SCHEDULE_BURST : SCHEDULE_RHYTHM;
		if (in->pushed)
			plan.reason = SCHEDULE_PUSHED;
	}
	ms = plan.wanted_ms;
	if (plan.hint_ms > ms) {
		ms = plan.hint_ms;
		/* Chooses the best of the times that the server allows. */
		if (by_rhythm && c.high_ms > ms) {
			c.low_ms = ms;
			ms = rhythm_pause(in, c);
		}
		plan.reason = SCHEDULE_SERVER;
	}
	plan.due_ms = in->now_ms + ms;
	leave_skipped_hours(in, &plan);
	expect_posts(&f, &plan);
	plan.why = schedule_reason_words(plan.reason, in->rhythm != NULL && in->rhythm->seen_ms != TIME_NONE);
	return plan;
}

int64_t schedule_site_pause_ms(const struct feed_state *s, bool is_own)
{
	int64_t ms = site_pause_ms;

	if (s->http_status != HTTP_TOO_MANY_REQUESTS && s->http_status != HTTP_UNAVAILABLE)
		return 0;
	if (s->server_wait_ms > 0)
		return at_most(s->server_wait_ms, hint_max_ms);
	if (is_own)
		return 0;
	for (int i = 1; i < s->errors && ms < site_pause_max_ms; i++)
		ms *= 2;
	return at_most(ms, site_pause_max_ms);
}

int64_t schedule_longest_ms(const struct schedule_policy *p, const struct feed_hints *hints)
{
	int64_t ms = at_least(at_least(p->min_ms, p->max_ms), at_least(p->default_ms, p->interval_ms));

	ms = at_least(ms, at_least(pushed_max_ms, hint_max_ms));
	/* the spread of pauses after failures */
	ms += ms / 10;
	return hints != NULL && (hints->skip_hours != 0 || hints->skip_days != 0) ? ms + skips_max_ms : ms;
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
