/* The schedule in virtual time: properties that must hold for any history, and some histories told out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/clock.h"
#include "sitrep/schedule.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static const int64_t start_ms = INT64_C(1795431150500);
static const struct schedule_policy defaults = {.min_ms = 5 * MINUTE, .max_ms = 6 * HOUR, .default_ms = 30 * MINUTE};

static struct feed_state fresh_state(void)
{
	return (struct feed_state){
		.health = FEED_NEW,
		.due_ms = TIME_NONE,
		.failing_since_ms = TIME_NONE,
		.first_poll_ms = TIME_NONE,
		.last_poll_ms = TIME_NONE,
		.last_success_ms = TIME_NONE,
		.last_new_ms = TIME_NONE,
	};
}

/* What the writer does to a state with a poll that went well. */
static void note_poll(struct feed_state *s, int64_t now_ms, int fresh_items)
{
	s->health = FEED_OK;
	s->errors = 0;
	s->polls++;
	if (s->first_poll_ms == TIME_NONE)
		s->first_poll_ms = now_ms;
	s->last_poll_ms = s->last_success_ms = now_ms;
	if (fresh_items > 0)
		s->last_new_ms = now_ms;
}

static void note_error(struct feed_state *s, int64_t now_ms)
{
	s->health = FEED_FAILING;
	s->errors++;
	s->polls++;
	if (s->first_poll_ms == TIME_NONE)
		s->first_poll_ms = now_ms;
	s->last_poll_ms = now_ms;
}

static uint64_t random_state;

static uint64_t draw(uint64_t below)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (random_state >> 33) % below;
}

/* A feed, its history and its server's words, with an input that points at them. */
struct subject {
	struct schedule_policy policy;
	struct feed_state state;
	struct rhythm rhythm;
	struct feed_hints hints;
	struct schedule_input input;
};

static void subject_init(struct subject *s)
{
	*s = (struct subject){.policy = defaults, .state = fresh_state()};
	rhythm_init(&s->rhythm);
	note_poll(&s->state, start_ms, 0);
	s->input = (struct schedule_input){
		.policy = &s->policy,
		.state = &s->state,
		.rhythm = &s->rhythm,
		.hints = &s->hints,
		.now_ms = start_ms,
		.seed = 1,
	};
}

static int64_t pause_of(const struct subject *s)
{
	return schedule_next(&s->input).due_ms - s->input.now_ms;
}

/* What a poll at now_ms showed. */
static void see(struct subject *s, int64_t now_ms, const int64_t *published_ms, size_t fresh, size_t shown)
{
	int64_t copy[32];
	struct rhythm_poll poll = {.at_ms = now_ms, .published_ms = copy, .fresh = fresh, .shown = shown};

	assert_true(fresh <= sizeof(copy) / sizeof(copy[0]));
	if (fresh > 0)
		memcpy(copy, published_ms, fresh * sizeof(copy[0]));
	rhythm_note_poll(&s->rhythm, &poll);
	note_poll(&s->state, now_ms, (int)fresh);
	s->input.now_ms = now_ms;
}

/* Every gap_ms, posts items evenly placed between; asked every hour for a time that ends at start_ms. */
static void live(struct subject *s, int64_t gap_ms, int64_t for_ms)
{
	for (int64_t now_ms = start_ms - for_ms; now_ms <= start_ms; now_ms += HOUR) {
		int64_t posts[32];
		size_t n = 0;

		for (int64_t t = (now_ms / gap_ms) * gap_ms; gap_ms > 0 && t > now_ms - HOUR && n < 32; t -= gap_ms)
			posts[n++] = t;
		see(s, now_ms, posts, n, 40);
	}
}

static void random_subject(struct subject *s)
{
	int64_t now_ms = start_ms;

	subject_init(s);
	s->state.polls = (int64_t)draw(1000);
	s->policy.min_ms = (int64_t)(1 + draw(10)) * MINUTE;
	s->policy.max_ms = s->policy.min_ms + (int64_t)draw(24) * HOUR;
	s->policy.default_ms = s->policy.min_ms + (int64_t)draw(3) * HOUR;
	for (uint64_t polls = draw(60); polls > 0; polls--) {
		int64_t dates[20];
		size_t fresh = (size_t)draw(21);

		for (size_t i = 0; i < fresh; i++)
			dates[i] = draw(5) == 0 ? TIME_NONE : now_ms - (int64_t)draw(6 * HOUR);
		see(s, now_ms, dates, fresh, 20);
		now_ms += (int64_t)(1 + draw(12 * HOUR));
	}
	if (draw(3) == 0) {
		s->state.errors = (int)draw(100);
		note_error(&s->state, s->input.now_ms);
		s->state.failure = (enum poll_failure)(1 + draw(FAILURE_COUNT - 1));
		s->state.http_status = (int)(400 + draw(200));
	}
	if (draw(3) == 0)
		s->policy.interval_ms = (int64_t)(1 + draw(2 * DAY));
	s->input.retry_after_ms = draw(3) == 0 ? (int64_t)draw(3 * DAY) : -1;
	s->input.fresh_ms = draw(3) == 0 ? (int64_t)draw(3 * DAY) : -1;
	s->hints.ttl_ms = draw(3) == 0 ? (int64_t)draw(3 * DAY) : 0;
	s->hints.period_ms = draw(3) == 0 ? (int64_t)draw(30 * DAY) : 0;
	s->hints.skip_hours = draw(3) == 0 ? (uint32_t)draw((1U << 24) - 1) : 0;
	s->hints.skip_days = draw(3) == 0 ? (uint8_t)draw((1U << 7) - 1) : 0;
	s->input.unconditional = draw(4) == 0;
	s->input.pushed = draw(4) == 0;
	s->input.seed = draw(1000);
}

/* ---- properties ---- */

static int64_t asked_for(const struct subject *s)
{
	const int64_t words[] = {s->input.retry_after_ms, s->input.fresh_ms, s->hints.ttl_ms, s->hints.period_ms};
	int64_t longest_ms = 0;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		int64_t word_ms = words[i] < DAY ? words[i] : DAY;

		longest_ms = word_ms > longest_ms ? word_ms : longest_ms;
	}
	return longest_ms;
}

static void test_bounds_hold_for_any_history(void **state)
{
	(void)state;
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
		/* the server's word holds for everything */
		assert_true(pause_ms >= floor_ms);
		assert_int_equal(feed_hints_after_skips(&s.hints, plan.due_ms), plan.due_ms);
		if (plan.reason != SCHEDULE_SERVER)
			assert_int_equal(pause_ms, plan.wanted_ms);
		if (plan.word == WORD_SKIP)
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

/* Any history, and then a poll that brings a post more: never asked later. */
static void test_more_posts_are_never_asked_later(void **state)
{
	(void)state;
	random_state = 12;
	for (int i = 0; i < 2000; i++) {
		struct subject s, more;
		int64_t now_ms, dates[6];
		size_t fresh = (size_t)draw(6);

		random_subject(&s);
		s.state.health = FEED_OK;
		s.policy.interval_ms = 0;
		now_ms = s.input.now_ms + HOUR;
		for (size_t d = 0; d < 6; d++)
			dates[d] = now_ms - (int64_t)(1 + draw(55)) * MINUTE;
		more = s;
		more.input.policy = &more.policy;
		more.input.state = &more.state;
		more.input.rhythm = &more.rhythm;
		more.input.hints = &more.hints;
		see(&s, now_ms, dates, fresh, 40);
		see(&more, now_ms, dates, fresh + 1, 40);
		assert_true(pause_of(&more) <= pause_of(&s));
	}
}

static void test_feeds_that_post_more_are_not_asked_later(void **state)
{
	int64_t last_ms = 0;

	(void)state;
	for (int64_t gap_ms = 23 * MINUTE; gap_ms < 13 * HOUR; gap_ms += gap_ms / 3) {
		struct subject s;

		subject_init(&s);
		live(&s, gap_ms, 40 * DAY);
		/* bursts and minutes would depend on when the last one came */
		memset(s.rhythm.slot_moments, 0, sizeof(s.rhythm.slot_moments));
		for (size_t i = 0; i < RHYTHM_SPANS; i++)
			s.rhythm.spans[i].posts = s.rhythm.spans[i].expected;
		assert_true(pause_of(&s) >= last_ms);
		last_ms = pause_of(&s);
	}
	assert_true(last_ms > HOUR);
}

/* A feed that posts evenly: four times the posts, half of the pause. */
static void test_pause_goes_by_the_root_of_the_rate(void **state)
{
	struct subject s;
	int64_t slow_ms, fast_ms;

	(void)state;
	subject_init(&s);
	live(&s, 4 * HOUR + 7 * MINUTE, 40 * DAY);
	slow_ms = pause_of(&s);
	subject_init(&s);
	live(&s, HOUR + 2 * MINUTE, 40 * DAY);
	fast_ms = pause_of(&s);
	assert_in_range(slow_ms, fast_ms * 3 / 2, fast_ms * 5 / 2);
}

static void test_dearer_default_asks_less(void **state)
{
	struct subject s;
	int64_t last_ms = 0;

	(void)state;
	subject_init(&s);
	live(&s, 2 * HOUR + 7 * MINUTE, 20 * DAY);
	for (int64_t default_ms = 10 * MINUTE; default_ms <= 160 * MINUTE; default_ms *= 2) {
		s.policy.default_ms = default_ms;
		assert_true(pause_of(&s) > last_ms);
		last_ms = pause_of(&s);
	}
}

static void test_new_feed_is_asked_every_default(void **state)
{
	struct subject s;

	(void)state;
	for (int64_t default_ms = 5 * MINUTE; default_ms <= 5 * HOUR; default_ms += 5 * MINUTE) {
		subject_init(&s);
		s.policy.default_ms = default_ms;
		assert_in_range(pause_of(&s), default_ms - SECOND, default_ms + MINUTE + SECOND);
		assert_string_equal(schedule_next(&s.input).why, "nothing is known of it");
		s.input.rhythm = NULL;
		assert_in_range(pause_of(&s), default_ms - SECOND, default_ms + MINUTE + SECOND);
	}
}

static void test_bounds_that_meet(void **state)
{
	struct subject s;

	(void)state;
	subject_init(&s);
	s.policy.min_ms = s.policy.max_ms = 40 * MINUTE;
	assert_int_equal(pause_of(&s), 40 * MINUTE);
	s.policy.max_ms = 10 * MINUTE;
	assert_int_equal(pause_of(&s), 40 * MINUTE);
}

/* ---- the operator's word and the server's ---- */

static void test_gone_is_gone(void **state)
{
	struct subject s;

	(void)state;
	subject_init(&s);
	s.state.health = FEED_GONE;
	s.policy.interval_ms = SECOND;
	s.input.fresh_ms = HOUR;
	assert_true(schedule_next(&s.input).due_ms == TIME_NONE);
	assert_string_equal(schedule_next(&s.input).why, "gone");
}

static void test_interval_overrides_the_rhythm(void **state)
{
	struct subject s;

	(void)state;
	subject_init(&s);
	live(&s, 10 * MINUTE, 10 * DAY);
	s.policy.interval_ms = 250;
	s.input.unconditional = s.input.pushed = true;
	assert_int_equal(pause_of(&s), 250);
	s.policy.interval_ms = 3 * DAY;
	assert_int_equal(pause_of(&s), 3 * DAY);
	assert_string_equal(schedule_next(&s.input).why, "configured interval");
}

static void assert_word(const struct subject *s, enum schedule_word word, int64_t pause_ms)
{
	struct schedule_plan plan = schedule_next(&s->input);

	assert_int_equal(plan.word, word);
	assert_int_equal(plan.word_ms, pause_ms);
	assert_int_equal(plan.reason, SCHEDULE_SERVER);
	assert_string_equal(plan.why, "server asked to wait");
	assert_in_range(plan.due_ms - s->input.now_ms, pause_ms, pause_ms + MINUTE);
}

static void test_each_word_is_a_floor_up_to_a_day(void **state)
{
	for (int with_interval = 0; with_interval < 2; with_interval++) {
		struct subject s;
		struct {
			int64_t *ms;
			enum schedule_word word;
		} words[] = {
			{&s.input.retry_after_ms, WORD_RETRY_AFTER},
			{&s.input.fresh_ms, WORD_FRESH},
			{&s.hints.ttl_ms, WORD_TTL},
			{&s.hints.period_ms, WORD_PERIOD},
		};

		(void)state;
		subject_init(&s);
		live(&s, 20 * MINUTE, 10 * DAY);
		s.policy.interval_ms = with_interval ? 2 * SECOND : 0;
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
			*words[i].ms = 2 * HOUR;
			assert_word(&s, words[i].word, 2 * HOUR);
			*words[i].ms = DAY - 1;
			assert_word(&s, words[i].word, DAY - 1);
			*words[i].ms = 365 * DAY;
			assert_word(&s, words[i].word, DAY);
			*words[i].ms = 1;
			assert_int_not_equal(schedule_next(&s.input).reason, SCHEDULE_SERVER);
			*words[i].ms = 0;
		}
		/* of several, the longest */
		s.hints.ttl_ms = 2 * HOUR;
		s.input.fresh_ms = 3 * HOUR;
		assert_word(&s, WORD_FRESH, 3 * HOUR);
	}
}

static void test_words_hold_after_errors(void **state)
{
	struct subject s;

	(void)state;
	subject_init(&s);
	note_error(&s.state, start_ms);
	s.state.failure = FAILURE_HTTP;
	s.state.http_status = 503;
	s.input.retry_after_ms = 7 * HOUR;
	assert_word(&s, WORD_RETRY_AFTER, 7 * HOUR);
	s.input.retry_after_ms = MINUTE;
	assert_int_equal(schedule_next(&s.input).reason, SCHEDULE_ERRORS);
}

static void test_skipped_hours_and_days_are_waited_out(void **state)
{
	struct subject s;
	/* 2026-11-23, a Monday */
	int64_t midnight_ms = start_ms - start_ms % DAY;
	struct schedule_plan plan;

	(void)state;
	subject_init(&s);
	s.policy.interval_ms = 30 * MINUTE;
	s.input.now_ms = midnight_ms - 10 * MINUTE;
	s.hints.skip_hours = 7;
	plan = schedule_next(&s.input);
	assert_int_equal(plan.due_ms, midnight_ms + 3 * HOUR);
	assert_int_equal(plan.word, WORD_SKIP);
	assert_int_equal(plan.reason, SCHEDULE_SERVER);
	s.hints.skip_days = 2;
	assert_int_equal(schedule_next(&s.input).due_ms, midnight_ms + DAY + 3 * HOUR);
	s.input.now_ms = midnight_ms - HOUR;
	assert_int_equal(schedule_next(&s.input).due_ms, midnight_ms - 30 * MINUTE);
	assert_int_equal(schedule_next(&s.input).reason, SCHEDULE_INTERVAL);
}

/* ---- feeds that cost more or need less ---- */

static void test_unconditional_feeds_are_asked_less(void **state)
{
	struct subject busy, quiet;
	int64_t pause_ms;

	(void)state;
	subject_init(&busy);
	live(&busy, HOUR + 2 * MINUTE, 30 * DAY);
	pause_ms = pause_of(&busy);
	busy.input.unconditional = true;
	assert_in_range(pause_of(&busy), 3 * pause_ms, 5 * pause_ms);
	subject_init(&quiet);
	live(&quiet, 400 * DAY, 60 * DAY);
	assert_in_range(pause_of(&quiet), 3 * HOUR, 6 * HOUR);
	quiet.input.unconditional = true;
	assert_in_range(pause_of(&quiet), 16 * HOUR, DAY);
}

static void test_pushed_feeds_are_asked_rarely_but_asked(void **state)
{
	static const int64_t gaps[] = {10 * MINUTE, HOUR, 5 * HOUR, DAY, 400 * DAY};

	(void)state;
	for (size_t i = 0; i < sizeof(gaps) / sizeof(gaps[0]); i++) {
		struct subject s;
		struct schedule_plan plan;

		subject_init(&s);
		live(&s, gaps[i], 30 * DAY);
		s.input.pushed = true;
		plan = schedule_next(&s.input);
		assert_in_range(plan.due_ms - start_ms, 6 * HOUR, DAY);
		assert_int_equal(plan.reason, SCHEDULE_PUSHED);
	}
}

/* A feed that shows few items is asked before they have scrolled away. */
static void test_no_more_waits_than_half_of_what_is_shown(void **state)
{
	struct subject s;
	int64_t pause_ms;

	(void)state;
	subject_init(&s);
	live(&s, 12 * MINUTE, 20 * DAY);
	s.policy.default_ms = 6 * HOUR;
	pause_ms = pause_of(&s);
	assert_true(schedule_next(&s.input).expected_posts > 4);
	s.rhythm.shown = 4;
	assert_true(pause_of(&s) < pause_ms / 2);
	assert_true(schedule_next(&s.input).expected_posts < 2.5);
}

/* ---- errors ---- */

static void test_passing_errors_double_up_to_a_day(void **state)
{
	struct subject s;
	int64_t expected_ms = 5 * MINUTE;

	(void)state;
	subject_init(&s);
	for (int i = 0; i < 200; i++) {
		note_error(&s.state, start_ms);
		s.state.failure = FAILURE_TIMEOUT;
		assert_in_range(pause_of(&s), expected_ms * 9 / 10, expected_ms * 11 / 10);
		expected_ms = expected_ms * 2 < DAY ? expected_ms * 2 : DAY;
	}
	assert_string_equal(schedule_next(&s.input).why, "backing off after errors");
}

static void test_refusals_slow_down_more(void **state)
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

	(void)state;
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

static void test_configured_interval_backs_off_from_itself(void **state)
{
	struct subject s;
	static const int64_t expected_s[] = {2, 4, 8, 16, 32};

	(void)state;
	subject_init(&s);
	s.policy.interval_ms = 2 * SECOND;
	for (size_t i = 0; i < sizeof(expected_s) / sizeof(expected_s[0]); i++) {
		note_error(&s.state, start_ms);
		assert_in_range(
			pause_of(&s), expected_s[i] * 900 > 2000 ? expected_s[i] * 900 : 2000, expected_s[i] * 1100);
	}
	note_poll(&s.state, start_ms, 0);
	assert_int_equal(pause_of(&s), 2 * SECOND);
}

static void test_feeds_that_fail_together_come_back_apart(void **state)
{
	struct subject s;
	size_t same = 0;
	int64_t last_ms = 0;

	(void)state;
	subject_init(&s);
	s.state.errors = 5;
	note_error(&s.state, start_ms);
	for (uint64_t id = 1; id <= 1000; id++) {
		s.input.seed = id;
		same += pause_of(&s) == last_ms;
		last_ms = pause_of(&s);
	}
	assert_true(same < 3);
}

/* ---- feeds over time ---- */

/* Polls for a time, as the schedule has it, a feed that publishes every gap_ms; returns the number of requests
 * and the mean delay. */
static int64_t follow(struct subject *s, int64_t gap_ms, int64_t for_ms, int64_t *mean_delay_ms)
{
	int64_t begin_ms = s->input.now_ms, now_ms = begin_ms, requests = 0, delays_ms = 0, items = 0;
	int64_t next_item_ms = gap_ms > 0 ? (begin_ms / gap_ms + 1) * gap_ms : 0;

	while (now_ms < begin_ms + for_ms) {
		int64_t posts[32];
		size_t fresh = 0;

		for (; gap_ms > 0 && next_item_ms <= now_ms && fresh < 32; next_item_ms += gap_ms) {
			delays_ms += now_ms - next_item_ms;
			posts[fresh++] = next_item_ms;
		}
		items += (int64_t)fresh;
		see(s, now_ms, posts, fresh, 32);
		requests++;
		now_ms = schedule_next(&s->input).due_ms;
	}
	s->input.now_ms = now_ms;
	*mean_delay_ms = items > 0 ? delays_ms / items : 0;
	return requests;
}

static void test_quiet_feeds_are_asked_rarely_and_busy_ones_often(void **state)
{
	static const int64_t gaps[] = {3 * MINUTE, 67 * MINUTE, 25 * HOUR, 0};
	int64_t requests[4], delay_ms[4];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct subject s;

		subject_init(&s);
		requests[i] = follow(&s, gaps[i], 30 * DAY, &delay_ms[i]);
	}
	assert_true(requests[0] > requests[1] && requests[1] > requests[2] && requests[2] > requests[3]);
	assert_true(delay_ms[0] < 4 * MINUTE);
	assert_true(delay_ms[1] < 15 * MINUTE);
	assert_true(delay_ms[2] < 90 * MINUTE);
	/* half-hourly polling would be 1,440 */
	assert_true(requests[2] < 700);
	assert_true(requests[3] < 260);
}

/* Something every six minutes for three hours, after weeks of a post a day. */
static void test_burst_is_followed_and_let_go(void **state)
{
	struct subject s;
	int64_t quiet_ms, delay_ms, after, calm_ms;

	(void)state;
	subject_init(&s);
	(void)follow(&s, 25 * HOUR, 30 * DAY, &delay_ms);
	quiet_ms = pause_of(&s);
	assert_true(quiet_ms > 45 * MINUTE);
	(void)follow(&s, 6 * MINUTE, 3 * HOUR, &delay_ms);
	assert_true(pause_of(&s) < quiet_ms / 4);
	assert_int_equal(schedule_next(&s.input).reason, SCHEDULE_BURST);
	assert_string_equal(schedule_next(&s.input).why, "it posts more than usual");
	after = follow(&s, 0, 12 * HOUR, &delay_ms);
	assert_true(after < 40);
	(void)follow(&s, 0, 4 * DAY, &delay_ms);
	calm_ms = pause_of(&s);
	assert_true(calm_ms > quiet_ms * 2 / 3);
	assert_int_equal(schedule_next(&s.input).reason, SCHEDULE_RHYTHM);
}

/* Posts at the full hour are met right behind it. */
static void test_batches_are_met_behind_their_moment(void **state)
{
	struct subject s;
	int64_t delay_ms;

	(void)state;
	subject_init(&s);
	(void)follow(&s, HOUR, 14 * DAY, &delay_ms);
	(void)follow(&s, HOUR, 7 * DAY, &delay_ms);
	assert_true(delay_ms < 10 * MINUTE);
}

static void test_clock_that_is_set_back(void **state)
{
	struct subject s;
	int64_t pause_ms;

	(void)state;
	subject_init(&s);
	live(&s, HOUR + 2 * MINUTE, 30 * DAY);
	pause_ms = pause_of(&s);
	see(&s, start_ms - 20 * DAY, NULL, 0, 0);
	assert_in_range(pause_of(&s), pause_ms / 2, pause_ms * 2);
	s.input.now_ms = start_ms - 400 * DAY;
	assert_in_range(pause_of(&s), pause_ms / 2, pause_ms * 2);
}

/* ---- the reasoning ---- */

static void assert_explained(const struct subject *s, const char *const *phrases)
{
	struct schedule_plan plan = schedule_next(&s->input);
	struct buf out = BUF_INIT(4096);

	assert_int_equal(schedule_explain(&s->input, &plan, &out), 0);
	for (; *phrases != NULL; phrases++)
		if (strstr(out.data, *phrases) == NULL)
			fail_msg("'%s' is not in:\n%s", *phrases, out.data);
	assert_int_equal(out.data[out.len - 1], '\n');
	buf_release(&out);
}

static void test_reasoning_is_told(void **state)
{
	static const char *const unknown[] = {"12 posts a day", "its habits",
		"Asking again is worth a request after 30m", "2026-11-23T11:", "nothing is known of it",
		"0.25 new posts are expected, seen 15m", NULL};
	static const char *const server[] = {
		"(ttl) is to wait 3h", "server asked to wait", "posts 23 times a day", NULL};
	static const char *const failing[] = {
		"3 polls have failed in a row (http, HTTP 404)", "grows up to a day", "errors", NULL};
	static const char *const interval[] = {"every 2s", "configured interval", "would be over by then", NULL};
	static const char *const pushed[] = {"pushed", "everything each time", NULL};
	static const char *const gone[] = {"410", "not asked any more", NULL};
	struct subject s;
	struct schedule_plan plan;
	struct buf small = BUF_INIT(20);

	(void)state;
	subject_init(&s);
	s.input.seed = 4;
	assert_explained(&s, unknown);
	live(&s, HOUR + 2 * MINUTE, 30 * DAY);
	s.hints.ttl_ms = 3 * HOUR;
	assert_explained(&s, server);
	s.hints.ttl_ms = SECOND;
	s.policy.interval_ms = 2 * SECOND;
	assert_explained(&s, interval);
	s.policy.interval_ms = 0;
	s.input.pushed = s.input.unconditional = true;
	assert_explained(&s, pushed);
	for (int i = 0; i < 3; i++)
		note_error(&s.state, start_ms);
	s.state.failure = FAILURE_HTTP;
	s.state.http_status = 404;
	assert_explained(&s, failing);
	s.state.health = FEED_GONE;
	assert_explained(&s, gone);
	plan = schedule_next(&s.input);
	assert_true(schedule_explain(&s.input, &plan, &small) < 0);
	buf_release(&small);
}

/* ---- the first polls ---- */

static void test_few_start_at_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(schedule_first(&defaults, i, 100, start_ms), start_ms);
}

static void test_many_start_spread_out(void **state)
{
	static const size_t counts[] = {10000, 100000};

	(void)state;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bounds_hold_for_any_history),
		cmocka_unit_test(test_more_posts_are_never_asked_later),
		cmocka_unit_test(test_feeds_that_post_more_are_not_asked_later),
		cmocka_unit_test(test_pause_goes_by_the_root_of_the_rate),
		cmocka_unit_test(test_dearer_default_asks_less),
		cmocka_unit_test(test_new_feed_is_asked_every_default),
		cmocka_unit_test(test_bounds_that_meet),
		cmocka_unit_test(test_gone_is_gone),
		cmocka_unit_test(test_interval_overrides_the_rhythm),
		cmocka_unit_test(test_each_word_is_a_floor_up_to_a_day),
		cmocka_unit_test(test_words_hold_after_errors),
		cmocka_unit_test(test_skipped_hours_and_days_are_waited_out),
		cmocka_unit_test(test_unconditional_feeds_are_asked_less),
		cmocka_unit_test(test_pushed_feeds_are_asked_rarely_but_asked),
		cmocka_unit_test(test_no_more_waits_than_half_of_what_is_shown),
		cmocka_unit_test(test_passing_errors_double_up_to_a_day),
		cmocka_unit_test(test_refusals_slow_down_more),
		cmocka_unit_test(test_configured_interval_backs_off_from_itself),
		cmocka_unit_test(test_feeds_that_fail_together_come_back_apart),
		cmocka_unit_test(test_quiet_feeds_are_asked_rarely_and_busy_ones_often),
		cmocka_unit_test(test_burst_is_followed_and_let_go),
		cmocka_unit_test(test_batches_are_met_behind_their_moment),
		cmocka_unit_test(test_clock_that_is_set_back),
		cmocka_unit_test(test_reasoning_is_told),
		cmocka_unit_test(test_few_start_at_once),
		cmocka_unit_test(test_many_start_spread_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
