/* SPDX-License-Identifier: ISC */
/* A feed's encoded history (feed_history.h), as any bytes.  Valid bytes are encoded as the same bytes again; invalid
 * ones give an empty history.  With any history, the next poll is later than now and within the bound. */
#include "fuzz.h"

#include <math.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/limits.h"
#include "sitrep/schedule/feed_history.h"

/* 2026-11-23T10:00:00Z */
#define NOW_MS INT64_C(1795428000000)
#define MINUTE_MS INT64_C(60000)
#define DAY_MS (24 * 60 * MINUTE_MS)

static struct buf bytes, fresh, again;

FUZZ_SETUP
{
	struct feed_history none;

	buf_init(&bytes, FUZZ_BUF_MAX);
	buf_init(&fresh, FUZZ_BUF_MAX);
	buf_init(&again, FUZZ_BUF_MAX);
	feed_history_init(&none);
	return feed_history_encode(&none, &fresh);
}

static void check_plan(struct feed_history *h, int errors, struct str input)
{
	static const struct schedule_policy policy = {
		.min_ms = 5 * MINUTE_MS, .max_ms = 360 * MINUTE_MS, .default_ms = 30 * MINUTE_MS};
	struct feed_state state = {.health = errors > 0 ? FEED_FAILING : FEED_OK,
		.failure = errors > 0 ? FAILURE_CONNECT : FAILURE_NONE,
		.errors = errors,
		.polls = 5,
		.last_poll_ms = NOW_MS,
		.last_success_ms = NOW_MS,
		.last_new_ms = NOW_MS - DAY_MS};
	struct schedule_plan plan = feed_history_plan(h, &state, &policy, NOW_MS);

	fuzz_require(plan.due_ms > NOW_MS && plan.due_ms <= NOW_MS + 32 * DAY_MS, input);
	fuzz_require(isfinite(plan.expected_posts) && isfinite(plan.posts_per_day) && isfinite(plan.burst), input);
	fuzz_require(feed_history_why(h)[0] != '\0', input);
	buf_clear(&bytes);
	fuzz_require(feed_history_explain(h, &state, &policy, &bytes) == 0 && bytes.len > 0, input);
	feed_history_wants_unconditional(h, &state, NOW_MS);
}

static void check_note(struct feed_history *h, struct str input)
{
	int64_t published_ms[4] = {TIME_NONE, NOW_MS - 1000, NOW_MS + DAY_MS, 0};
	struct feed_state state = {.polls = 6, .last_poll_ms = NOW_MS, .last_success_ms = NOW_MS};
	struct poll_outcome o = {.kind = OUTCOME_DOCUMENT, .at_ms = NOW_MS, .http_status = 200};
	struct poll_news news = {.published_ms = published_ms, .fresh = 4, .shown = 9};

	feed_history_note(h, &state, &o, &news);
	check_plan(h, 0, input);
	/* what is remembered can be kept; a count that goes past its bound is damage, and the feed is learnt anew */
	buf_clear(&bytes);
	fuzz_require(feed_history_encode(h, &bytes) == 0, input);
	feed_history_decode(buf_str(&bytes), h);
	check_plan(h, 0, input);
}

static void check_settled(struct feed_history *h, struct str input)
{
	buf_clear(&again);
	feed_history_decode(buf_str(&bytes), h);
	fuzz_require(feed_history_encode(h, &again) == 0 && str_eq(buf_str(&again), buf_str(&bytes)), input);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = fuzz_str(data, size);
	struct feed_history h;

	feed_history_decode(input, &h);
	buf_clear(&bytes);
	fuzz_require(feed_history_encode(&h, &bytes) == 0, input);
	/* Bytes of an earlier version come back as bytes of today's, which then stay as they are. */
	if (!str_eq(buf_str(&bytes), input) && !str_eq(buf_str(&bytes), buf_str(&fresh)))
		check_settled(&h, input);
	for (int errors = 0; errors < 3; errors++)
		check_plan(&h, errors, input);
	check_note(&h, input);
	return 0;
}
