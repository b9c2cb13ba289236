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

static struct feed_state random_feed(int64_t now_ms)
{
	struct feed_state s = fresh_state();

	s.polls = (int64_t)draw(1000);
	s.health = draw(3) == 0 ? FEED_FAILING : FEED_OK;
	s.errors = s.health == FEED_FAILING ? 1 + (int)draw(100) : 0;
	s.first_poll_ms = now_ms - (int64_t)draw(1000) * HOUR;
	s.last_new_ms =
		draw(4) == 0 ? TIME_NONE : s.first_poll_ms + (int64_t)draw((uint64_t)(now_ms - s.first_poll_ms + 1));
	s.server_wait_ms = draw(2) == 0 ? 0 : (int64_t)draw(3 * DAY);
	return s;
}

/* ---- properties ---- */

static void test_bounds_hold_for_any_history(void **state)
{
	(void)state;
	random_state = 11;
	for (int i = 0; i < 100000; i++) {
		struct feed_state s = random_feed(start_ms);
		struct schedule_policy p = defaults;
		int fresh = s.health == FEED_OK ? (int)draw(3) : 0;
		struct schedule_plan plan, again;
		int64_t pause_ms, floor_ms = s.server_wait_ms < DAY ? s.server_wait_ms : DAY;

		if (draw(3) == 0)
			p.interval_ms = (int64_t)(1 + draw(2 * DAY));
		plan = schedule_next(&p, &s, fresh, start_ms, (uint64_t)i);
		again = schedule_next(&p, &s, fresh, start_ms, (uint64_t)i);
		pause_ms = plan.due_ms - start_ms;
		assert_int_equal(plan.due_ms, again.due_ms);
		assert_non_null(plan.why);
		assert_true(pause_ms >= floor_ms);
		if (p.interval_ms > 0) {
			assert_true(pause_ms >= p.interval_ms);
			if (s.health == FEED_OK)
				assert_int_equal(pause_ms, p.interval_ms > floor_ms ? p.interval_ms : floor_ms);
		} else {
			assert_true(pause_ms >= p.min_ms * 9 / 10);
			if (s.health == FEED_OK && floor_ms <= p.max_ms)
				assert_true(pause_ms <= p.max_ms + p.max_ms / 10);
		}
		assert_true(pause_ms <= 2 * DAY + DAY / 5);
	}
}

static void test_server_word_is_capped_at_a_day(void **state)
{
	struct feed_state s = fresh_state();
	struct schedule_plan plan;

	(void)state;
	note_poll(&s, start_ms, 1);
	s.server_wait_ms = 366 * DAY;
	plan = schedule_next(&defaults, &s, 1, start_ms, 1);
	assert_int_equal(plan.due_ms, start_ms + DAY);
	assert_string_equal(plan.why, "server asked to wait");
}

static void test_gone_is_gone(void **state)
{
	struct feed_state s = fresh_state();
	struct schedule_policy p = defaults;

	(void)state;
	s.health = FEED_GONE;
	p.interval_ms = SECOND;
	s.server_wait_ms = HOUR;
	assert_true(schedule_next(&p, &s, 0, start_ms, 1).due_ms == TIME_NONE);
}

/* ---- errors ---- */

static void test_errors_double_up_to_a_day(void **state)
{
	struct feed_state s = fresh_state();
	int64_t expected_ms = 5 * MINUTE;

	(void)state;
	for (int i = 0; i < 200; i++) {
		int64_t pause_ms;

		note_error(&s, start_ms);
		pause_ms = schedule_next(&defaults, &s, 0, start_ms, 7).due_ms - start_ms;
		assert_in_range(pause_ms, expected_ms * 9 / 10, expected_ms * 11 / 10);
		expected_ms = expected_ms * 2 < DAY ? expected_ms * 2 : DAY;
	}
}

static void test_configured_interval_backs_off_from_itself(void **state)
{
	struct feed_state s = fresh_state();
	struct schedule_policy p = defaults;
	static const int64_t expected_s[] = {2, 4, 8, 16, 32};

	(void)state;
	p.interval_ms = 2 * SECOND;
	for (size_t i = 0; i < sizeof(expected_s) / sizeof(expected_s[0]); i++) {
		int64_t pause_ms;

		note_error(&s, start_ms);
		pause_ms = schedule_next(&p, &s, 0, start_ms, 7).due_ms - start_ms;
		assert_in_range(
			pause_ms, expected_s[i] * 900 > 2000 ? expected_s[i] * 900 : 2000, expected_s[i] * 1100);
	}
	note_poll(&s, start_ms, 0);
	assert_int_equal(schedule_next(&p, &s, 0, start_ms, 7).due_ms, start_ms + 2 * SECOND);
}

static void test_feeds_that_fail_together_come_back_apart(void **state)
{
	struct feed_state s = fresh_state();
	size_t same = 0;
	int64_t last_ms = 0;

	(void)state;
	s.errors = 5;
	note_error(&s, start_ms);
	for (uint64_t id = 1; id <= 1000; id++) {
		int64_t due_ms = schedule_next(&defaults, &s, 0, start_ms, id).due_ms;

		same += due_ms == last_ms;
		last_ms = due_ms;
	}
	assert_true(same < 3);
}

/* ---- feeds over time ---- */

/* Polls for a time a feed that publishes every gap_ms; returns the number of requests and adds up the delays. */
static int64_t follow(int64_t gap_ms, int64_t for_ms, int64_t *mean_delay_ms)
{
	struct feed_state s = fresh_state();
	int64_t now_ms = start_ms, requests = 0, delays_ms = 0, items = 0, next_item_ms = start_ms + gap_ms;

	while (now_ms < start_ms + for_ms) {
		int fresh = requests == 0 ? 20 : 0;

		for (; gap_ms > 0 && next_item_ms <= now_ms; next_item_ms += gap_ms) {
			delays_ms += now_ms - next_item_ms;
			items++;
			fresh++;
		}
		note_poll(&s, now_ms, fresh);
		requests++;
		now_ms = schedule_next(&defaults, &s, fresh, now_ms, 3).due_ms;
	}
	*mean_delay_ms = items > 0 ? delays_ms / items : 0;
	return requests;
}

static void test_quiet_feeds_are_asked_rarely_and_busy_ones_often(void **state)
{
	int64_t delay_ms, busy, hourly, daily, dead;

	(void)state;
	busy = follow(3 * MINUTE, 30 * DAY, &delay_ms);
	assert_true(delay_ms < 5 * MINUTE);
	hourly = follow(HOUR, 30 * DAY, &delay_ms);
	assert_true(delay_ms < 20 * MINUTE);
	daily = follow(DAY, 30 * DAY, &delay_ms);
	assert_true(delay_ms < 6 * HOUR);
	dead = follow(0, 30 * DAY, &delay_ms);
	assert_true(busy > hourly && hourly > daily && daily > dead);
	/* half-hourly polling would be 1,440 */
	assert_true(daily < 700);
	assert_true(dead < 150);
}

static void test_new_feed_starts_from_the_default(void **state)
{
	struct feed_state s = fresh_state();
	int64_t pause_ms;

	(void)state;
	note_poll(&s, start_ms, 20);
	pause_ms = schedule_next(&defaults, &s, 20, start_ms, 5).due_ms - start_ms;
	assert_in_range(pause_ms, 27 * MINUTE, 33 * MINUTE);
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
		cmocka_unit_test(test_server_word_is_capped_at_a_day),
		cmocka_unit_test(test_gone_is_gone),
		cmocka_unit_test(test_errors_double_up_to_a_day),
		cmocka_unit_test(test_configured_interval_backs_off_from_itself),
		cmocka_unit_test(test_feeds_that_fail_together_come_back_apart),
		cmocka_unit_test(test_quiet_feeds_are_asked_rarely_and_busy_ones_often),
		cmocka_unit_test(test_new_feed_starts_from_the_default),
		cmocka_unit_test(test_few_start_at_once),
		cmocka_unit_test(test_many_start_spread_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
