/* SPDX-License-Identifier: ISC */
/* The schedule: its bounds for any history, the operator's interval, the server's hints, errors, and the reasons as
 * sentences. */
#include "schedule_fixture.h"

/* ---- properties ---- */

static int64_t asked_for(const struct subject *s)
{
	const int64_t hints[] = {s->input.retry_after_ms, s->input.fresh_ms, s->hints.ttl_ms, s->hints.period_ms};
	int64_t longest_ms = 0;

	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
		int64_t hint_ms = hints[i] < DAY ? hints[i] : DAY;

		longest_ms = hint_ms > longest_ms ? hint_ms : longest_ms;
	}
	return longest_ms;
}

TEST(bounds_hold_for_any_history)
{
	random_state = 11;
	for (uint64_t i = 0; i < 20000; i++) {
		struct subject s;
		struct schedule_plan plan, again;
		int64_t pause_ms, floor_ms, latest_ms;

		random_subject(&s);
		plan = schedule_next(&s.input);
		again = schedule_next(&s.input);
		pause_ms = plan.due_ms - s.input.now_ms;
		floor_ms = asked_for(&s);
		assert_int_equal(plan.due_ms, again.due_ms);
		assert_non_null(plan.why);
		assert_true(plan.expected_posts > 0 && plan.posts_per_day > 0 && plan.burst > 0);
		assert_in_range(plan.expected_delay_ms, 0, pause_ms);
		/* the server's hints hold for every plan */
		assert_true(pause_ms >= floor_ms);
		assert_int_equal(feed_hints_after_skips(&s.hints, plan.due_ms), plan.due_ms);
		if (plan.reason != SCHEDULE_SERVER)
			assert_int_equal(pause_ms, plan.wanted_ms);
		if (plan.hint == HINT_SKIP)
			continue;
		if (s.state.health == FEED_FAILING) {
			assert_true(pause_ms >= s.policy.interval_ms);
			assert_true(pause_ms <= 2 * DAY + DAY / 5);
		} else if (s.policy.interval_ms > 0) {
			assert_int_equal(pause_ms, s.policy.interval_ms > floor_ms ? s.policy.interval_ms : floor_ms);
		} else {
			latest_ms = s.input.pushed || s.input.unconditional ? DAY : s.policy.max_ms;
			latest_ms = latest_ms > s.policy.max_ms || s.input.pushed ? latest_ms : s.policy.max_ms;
			assert_true(pause_ms >= (s.input.pushed ? 6 * HOUR : s.policy.min_ms));
			assert_true(pause_ms <= (latest_ms > floor_ms ? latest_ms : floor_ms));
		}
	}
}

TEST(new_feed_is_asked_every_default)
{
	struct subject s;

	for (int64_t default_ms = 5 * MINUTE; default_ms <= 5 * HOUR; default_ms += 5 * MINUTE) {
		subject_init(&s);
		s.policy.default_ms = default_ms;
		assert_in_range(pause_of(&s), default_ms - SECOND, default_ms + MINUTE + SECOND);
		assert_string_equal(schedule_next(&s.input).why, "its rhythm is not known yet");
		s.input.rhythm = NULL;
		assert_in_range(pause_of(&s), default_ms - SECOND, default_ms + MINUTE + SECOND);
	}
}

TEST_ON(bounds_that_meet, subject, s)
{
	s->policy.min_ms = s->policy.max_ms = 40 * MINUTE;
	assert_int_equal(pause_of(s), 40 * MINUTE);
	s->policy.max_ms = 10 * MINUTE;
	assert_int_equal(pause_of(s), 40 * MINUTE);
}

/* ---- the operator's interval and the server's hints ---- */

TEST_ON(gone_is_gone, subject, s)
{
	s->state.health = FEED_GONE;
	s->policy.interval_ms = SECOND;
	s->input.fresh_ms = HOUR;
	assert_true(schedule_next(&s->input).due_ms == TIME_NONE);
	assert_string_equal(schedule_next(&s->input).why, "gone");
}

TEST_ON(interval_overrides_the_rhythm, subject, s)
{
	live(s, 10 * MINUTE, 10 * DAY);
	s->policy.interval_ms = 250;
	s->input.unconditional = s->input.pushed = true;
	assert_int_equal(pause_of(s), 250);
	s->policy.interval_ms = 3 * DAY;
	assert_int_equal(pause_of(s), 3 * DAY);
	assert_string_equal(schedule_next(&s->input).why, "configured interval");
}

static void assert_hint(const struct subject *s, enum schedule_hint hint, int64_t pause_ms)
{
	struct schedule_plan plan = schedule_next(&s->input);

	assert_int_equal(plan.hint, hint);
	assert_int_equal(plan.hint_ms, pause_ms);
	assert_int_equal(plan.reason, SCHEDULE_SERVER);
	assert_string_equal(plan.why, "server asked to wait");
	assert_in_range(plan.due_ms - s->input.now_ms, pause_ms, pause_ms + MINUTE);
}

TEST(each_hint_is_a_minimum_up_to_a_day)
{
	for (int with_interval = 0; with_interval < 2; with_interval++) {
		struct subject s;
		struct {
			int64_t *ms;
			enum schedule_hint hint;
		} hints[] = {
			{&s.input.retry_after_ms, HINT_RETRY_AFTER},
			{&s.input.fresh_ms, HINT_FRESH},
			{&s.hints.ttl_ms, HINT_TTL},
			{&s.hints.period_ms, HINT_PERIOD},
		};

		subject_init(&s);
		live(&s, 20 * MINUTE, 10 * DAY);
		s.policy.interval_ms = with_interval ? 2 * SECOND : 0;
		for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
			*hints[i].ms = 2 * HOUR;
			assert_hint(&s, hints[i].hint, 2 * HOUR);
			*hints[i].ms = DAY - 1;
			assert_hint(&s, hints[i].hint, DAY - 1);
			*hints[i].ms = 365 * DAY;
			assert_hint(&s, hints[i].hint, DAY);
			*hints[i].ms = 1;
			assert_int_not_equal(schedule_next(&s.input).reason, SCHEDULE_SERVER);
			*hints[i].ms = 0;
		}
		/* of several, the longest */
		s.hints.ttl_ms = 2 * HOUR;
		s.input.fresh_ms = 3 * HOUR;
		assert_hint(&s, HINT_FRESH, 3 * HOUR);
	}
}

TEST_ON(forced_interval_keeps_retry_after_only, subject, s)
{
	s->policy.interval_ms = 2 * SECOND;
	s->policy.forced = true;
	s->input.fresh_ms = s->hints.ttl_ms = s->hints.period_ms = 2 * HOUR;
	s->hints.skip_hours = 0xffffff;
	assert_int_equal(pause_of(s), 2 * SECOND);
	s->input.retry_after_ms = HOUR;
	assert_hint(s, HINT_RETRY_AFTER, HOUR);
}

TEST_ON(hints_hold_after_errors, subject, s)
{
	note_error(&s->state, start_ms);
	s->state.failure = FAILURE_HTTP;
	s->state.http_status = 503;
	s->input.retry_after_ms = 7 * HOUR;
	assert_hint(s, HINT_RETRY_AFTER, 7 * HOUR);
	s->input.retry_after_ms = MINUTE;
	assert_int_equal(schedule_next(&s->input).reason, SCHEDULE_ERRORS);
}

TEST_ON(skipped_hours_and_days_are_waited_out, subject, s)
{
	/* 2026-11-23, a Monday */
	int64_t midnight_ms = start_ms - start_ms % DAY;
	struct schedule_plan plan;

	s->policy.interval_ms = 30 * MINUTE;
	s->input.now_ms = midnight_ms - 10 * MINUTE;
	s->hints.skip_hours = 7;
	plan = schedule_next(&s->input);
	assert_int_equal(plan.due_ms, midnight_ms + 3 * HOUR);
	assert_int_equal(plan.hint, HINT_SKIP);
	assert_int_equal(plan.reason, SCHEDULE_SERVER);
	s->hints.skip_days = 2;
	assert_int_equal(schedule_next(&s->input).due_ms, midnight_ms + DAY + 3 * HOUR);
	s->input.now_ms = midnight_ms - HOUR;
	assert_int_equal(schedule_next(&s->input).due_ms, midnight_ms - 30 * MINUTE);
	assert_int_equal(schedule_next(&s->input).reason, SCHEDULE_INTERVAL);
}

/* ---- errors ---- */

TEST_ON(passing_errors_double_up_to_a_day, subject, s)
{
	int64_t expected_ms = 5 * MINUTE;

	for (int i = 0; i < 200; i++) {
		note_error(&s->state, start_ms);
		s->state.failure = FAILURE_TIMEOUT;
		assert_in_range(pause_of(s), expected_ms * 9 / 10, expected_ms * 11 / 10);
		expected_ms = expected_ms * 2 < DAY ? expected_ms * 2 : DAY;
	}
	assert_string_equal(schedule_next(&s->input).why, "backing off after errors");
}

TEST_ON(a_fault_of_our_own_is_held_against_nobody, subject, s)
{
	int64_t expected_ms = 5 * MINUTE;

	s->state.failure = FAILURE_INTERNAL;
	for (int i = 0; i < 40; i++) {
		note_error(&s->state, start_ms);
		assert_in_range(pause_of(s), expected_ms * 9 / 10, expected_ms * 11 / 10);
		expected_ms = expected_ms * 2 < 15 * MINUTE ? expected_ms * 2 : 15 * MINUTE;
	}
	s->policy.min_ms = SECOND;
	s->state.errors = 1;
	assert_in_range(pause_of(s), MINUTE * 9 / 10, MINUTE * 11 / 10);
}

TEST(refusals_slow_down_more)
{
	static const struct {
		enum poll_failure failure;
		int http_status;
		bool refused;
	} cases[] = {
		{FAILURE_HTTP, 403, true},
		{FAILURE_HTTP, 404, true},
		{FAILURE_HTTP, 429, true},
		{FAILURE_NOT_A_FEED, 200, true},
		{FAILURE_HTTP, 408, false},
		{FAILURE_HTTP, 500, false},
		{FAILURE_HTTP, 503, false},
		{FAILURE_DNS, 0, false},
		{FAILURE_CONNECT, 0, false},
		{FAILURE_TLS, 0, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct subject s;
		int64_t expected_ms = cases[i].refused ? 30 * MINUTE : 5 * MINUTE;

		subject_init(&s);
		s.state.failure = cases[i].failure;
		s.state.http_status = cases[i].http_status;
		for (int errors = 1; errors <= 20; errors++) {
			note_error(&s.state, start_ms);
			assert_in_range(pause_of(&s), expected_ms * 9 / 10, expected_ms * 11 / 10);
			expected_ms *= cases[i].refused ? 4 : 2;
			expected_ms = expected_ms < DAY ? expected_ms : DAY;
		}
	}
}

TEST(site_is_left_alone_after_429_and_503)
{
	static const struct {
		int http_status, errors;
		int64_t server_wait_ms;
		bool is_own;
		int64_t pause_ms;
	} cases[] = {
		{200, 0, HOUR, false, 0},
		{500, 3, HOUR, false, 0},
		{429, 1, 0, false, 5 * MINUTE},
		{503, 2, 0, false, 10 * MINUTE},
		{429, 4, 0, false, 40 * MINUTE},
		{429, 5, 0, false, HOUR},
		{429, 1000000, 0, false, HOUR},
		{429, 4, 2 * MINUTE, false, 2 * MINUTE},
		{503, 1, 3 * DAY, false, DAY},
		{503, 4, 0, true, 0},
		{503, 4, MINUTE, true, MINUTE},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct feed_state state = {.http_status = cases[i].http_status,
			.errors = cases[i].errors,
			.server_wait_ms = cases[i].server_wait_ms};

		assert_int_equal(schedule_site_pause_ms(&state, cases[i].is_own), cases[i].pause_ms);
	}
}

TEST_ON(configured_interval_backs_off_from_itself, subject, s)
{
	static const int64_t expected_s[] = {2, 4, 8, 16, 32};

	s->policy.interval_ms = 2 * SECOND;
	for (size_t i = 0; i < sizeof(expected_s) / sizeof(expected_s[0]); i++) {
		note_error(&s->state, start_ms);
		assert_in_range(
			pause_of(s), expected_s[i] * 900 > 2000 ? expected_s[i] * 900 : 2000, expected_s[i] * 1100);
	}
	note_poll(&s->state, start_ms, 0);
	assert_int_equal(pause_of(s), 2 * SECOND);
}

TEST_ON(feeds_that_fail_together_come_back_apart, subject, s)
{
	size_t same = 0;
	int64_t last_ms = 0;

	s->state.errors = 5;
	note_error(&s->state, start_ms);
	for (uint64_t id = 1; id <= 1000; id++) {
		s->input.seed = id;
		same += pause_of(s) == last_ms;
		last_ms = pause_of(s);
	}
	assert_true(same < 3);
}

/* ---- the reasoning ---- */

static void assert_explained(const struct subject *s, const char *const *phrases)
{
	struct schedule_plan plan = schedule_next(&s->input);
	struct buf *out = scratch(4096);

	assert_int_equal(schedule_explain(&s->input, &plan, out), 0);
	for (; *phrases != NULL; phrases++)
		if (strstr(out->data, *phrases) == NULL)
			fail_msg("'%s' is not in:\n%s", *phrases, out->data);
	assert_int_equal(out->data[out->len - 1], '\n');
}

TEST_ON(reasoning_is_told, subject, s)
{
	static const char *const unknown[] = {"12 posts a day", "rhythm is not known yet",
		"The best pause by its posting rhythm is 30 min", "2026-11-23T11:", "its rhythm is not known yet",
		"0.25 new posts are expected; on average they are seen 15 min", NULL};
	static const char *const server[] = {"(ttl) to wait 3 h", "server asked to wait", "posts 23 times a day", NULL};
	static const char *const failing[] = {
		"3 polls have failed in a row (http, HTTP 404)", "grows up to a day", "errors", NULL};
	static const char *const interval[] = {"every 2 s", "configured interval", "has passed by then", NULL};
	static const char *const pushed[] = {"A hub delivers", "only a precaution", NULL};
	static const char *const unconditional[] = {"a full answer each time", "once a day", NULL};
	static const char *const gone[] = {"410", "not polled any more", NULL};
	struct schedule_plan plan;
	struct buf *small = scratch(20);

	s->input.seed = 4;
	assert_explained(s, unknown);
	live(s, HOUR + 2 * MINUTE, 30 * DAY);
	s->hints.ttl_ms = 3 * HOUR;
	assert_explained(s, server);
	s->hints.ttl_ms = SECOND;
	s->policy.interval_ms = 2 * SECOND;
	assert_explained(s, interval);
	s->policy.interval_ms = 0;
	s->input.pushed = s->input.unconditional = true;
	assert_explained(s, pushed);
	s->input.pushed = false;
	assert_explained(s, unconditional);
	for (int i = 0; i < 3; i++)
		note_error(&s->state, start_ms);
	s->state.failure = FAILURE_HTTP;
	s->state.http_status = 404;
	assert_explained(s, failing);
	s->state.health = FEED_GONE;
	assert_explained(s, gone);
	plan = schedule_next(&s->input);
	assert_true(schedule_explain(&s->input, &plan, small) < 0);
}

/* ---- the first polls ---- */

TEST(few_start_at_once)
{
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(schedule_first(&defaults, i, 100, start_ms), start_ms);
}

TEST(many_start_spread_out)
{
	static const size_t counts[] = {10000, 100000};

	for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
		size_t per_minute[31] = {0};
		int64_t last_ms = start_ms;

		for (size_t i = 0; i < counts[c]; i++) {
			int64_t due_ms = schedule_first(&defaults, i, counts[c], start_ms);

			assert_true(due_ms >= last_ms);
			assert_true(due_ms < start_ms + defaults.default_ms);
			per_minute[(due_ms - start_ms) / MINUTE]++;
			last_ms = due_ms;
		}
		for (size_t m = 0; m < 30; m++)
			assert_in_range(per_minute[m], counts[c] / 30 - 2, counts[c] / 30 + 2);
	}
	/* in between, the more the wider */
	assert_in_range(schedule_first(&defaults, 5049, 5050, start_ms) - start_ms, 14 * MINUTE, 15 * MINUTE);
}
