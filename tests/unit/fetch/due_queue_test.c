/* The due queue: single rules one by one, then random use against a plain model that looks at everything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/clock.h"
#include "sitrep/due_queue.h"

static void assert_next(struct due_queue *q, int64_t now_ms, uint32_t expected)
{
	uint32_t feed = UINT32_MAX;

	assert_true(due_queue_next(q, now_ms, &feed));
	assert_int_equal(feed, expected);
}

static void assert_none(struct due_queue *q, int64_t now_ms)
{
	uint32_t feed;

	assert_false(due_queue_next(q, now_ms, &feed));
}

static void set(struct due_queue *q, uint32_t feed, const char *host, int64_t due_ms)
{
	assert_int_equal(due_queue_set(q, feed, str_from(host), due_ms), 0);
}

static void test_earliest_first(void **state)
{
	struct due_queue *q = due_queue_new(2);

	(void)state;
	assert_true(due_queue_wakeup(q) == INT64_MAX);
	assert_none(q, 1000);
	set(q, 3, "a.example", 300);
	set(q, 1, "b.example", 100);
	set(q, 2, "c.example", 200);
	assert_int_equal(due_queue_wakeup(q), 100);
	assert_none(q, 99);
	assert_next(q, 200, 1);
	assert_next(q, 200, 2);
	assert_none(q, 200);
	assert_int_equal(due_queue_wakeup(q), 300);
	assert_int_equal(due_queue_running(q), 2);
	due_queue_done(q, 1);
	due_queue_done(q, 1);
	assert_int_equal(due_queue_running(q), 1);
	due_queue_free(q);
}

static void test_equal_times_in_order_of_coming(void **state)
{
	struct due_queue *q = due_queue_new(100);

	(void)state;
	for (uint32_t i = 0; i < 50; i++)
		set(q, i, "a.example", 5);
	for (uint32_t i = 0; i < 50; i++)
		assert_next(q, 5, i);
	due_queue_free(q);
}

static void test_per_host(void **state)
{
	struct due_queue *q = due_queue_new(2);

	(void)state;
	set(q, 0, "busy.example", 10);
	set(q, 1, "busy.example", 20);
	set(q, 2, "busy.example", 30);
	set(q, 3, "other.example", 40);
	assert_next(q, 100, 0);
	assert_next(q, 100, 1);
	assert_next(q, 100, 3);
	assert_none(q, 100);
	assert_int_equal(due_queue_waiting(q, 100), 1);
	assert_true(due_queue_wakeup(q) == INT64_MAX);
	due_queue_done(q, 0);
	assert_int_equal(due_queue_wakeup(q), 30);
	assert_next(q, 100, 2);
	assert_int_equal(due_queue_waiting(q, 100), 0);
	due_queue_free(q);
}

static void test_changed_limit(void **state)
{
	struct due_queue *q = due_queue_new(1);

	(void)state;
	set(q, 0, "a.example", 10);
	set(q, 1, "a.example", 10);
	assert_next(q, 10, 0);
	assert_none(q, 10);
	due_queue_set_per_host(q, 2);
	assert_next(q, 10, 1);
	set(q, 2, "a.example", 10);
	due_queue_set_per_host(q, 1);
	due_queue_done(q, 0);
	assert_none(q, 10);
	due_queue_done(q, 1);
	assert_next(q, 10, 2);
	due_queue_free(q);
}

static void test_pause(void **state)
{
	struct due_queue *q = due_queue_new(5);

	(void)state;
	set(q, 0, "a.example", 10);
	set(q, 1, "b.example", 50);
	assert_int_equal(due_queue_pause_host(q, STR("a.example"), 100), 0);
	assert_int_equal(due_queue_pause_host(q, STR("unknown.example"), 100), 0);
	assert_int_equal(due_queue_wakeup(q), 50);
	assert_next(q, 60, 1);
	assert_none(q, 60);
	assert_int_equal(due_queue_wakeup(q), 100);
	set(q, 2, "a.example", 5);
	assert_none(q, 99);
	assert_next(q, 100, 2);
	assert_int_equal(due_queue_pause_host(q, STR("a.example"), 0), 0);
	assert_next(q, 20, 0);
	due_queue_free(q);
}

static void test_pause_outlives_a_run(void **state)
{
	struct due_queue *q = due_queue_new(1);

	(void)state;
	set(q, 0, "a.example", 10);
	assert_next(q, 10, 0);
	due_queue_done(q, 0);
	assert_int_equal(due_queue_pause_host(q, STR("a.example"), 500), 0);
	set(q, 0, "a.example", 20);
	assert_none(q, 499);
	assert_next(q, 500, 0);
	due_queue_free(q);
}

static void test_set_while_it_runs(void **state)
{
	struct due_queue *q = due_queue_new(1);

	(void)state;
	set(q, 0, "a.example", 10);
	assert_next(q, 10, 0);
	set(q, 0, "a.example", 30);
	assert_none(q, 100);
	assert_true(due_queue_wakeup(q) == INT64_MAX);
	due_queue_done(q, 0);
	assert_int_equal(due_queue_wakeup(q), 30);
	assert_next(q, 30, 0);
	due_queue_done(q, 0);
	/* done without being set again: not planned */
	assert_true(due_queue_wakeup(q) == INT64_MAX);
	due_queue_free(q);
}

static void test_removed_while_it_runs(void **state)
{
	struct due_queue *q = due_queue_new(1);

	(void)state;
	set(q, 0, "a.example", 10);
	set(q, 1, "a.example", 20);
	assert_next(q, 20, 0);
	set(q, 0, "a.example", 30);
	due_queue_remove(q, 0);
	due_queue_remove(q, 77);
	/* it still holds its host's slot */
	assert_none(q, 100);
	due_queue_done(q, 0);
	assert_next(q, 100, 1);
	due_queue_done(q, 1);
	assert_true(due_queue_wakeup(q) == INT64_MAX);
	due_queue_free(q);
}

static void test_moved_to_another_host(void **state)
{
	struct due_queue *q = due_queue_new(1);

	(void)state;
	set(q, 0, "a.example", 10);
	set(q, 1, "b.example", 10);
	assert_next(q, 10, 0);
	set(q, 0, "b.example", 20);
	due_queue_done(q, 0);
	assert_next(q, 20, 1);
	assert_none(q, 20);
	due_queue_done(q, 1);
	assert_next(q, 20, 0);
	due_queue_free(q);
}

static void test_time_none_takes_out(void **state)
{
	struct due_queue *q = due_queue_new(1);

	(void)state;
	set(q, 0, "a.example", 10);
	set(q, 0, "a.example", TIME_NONE);
	assert_none(q, 100);
	assert_int_equal(due_queue_waiting(q, 100), 0);
	due_queue_free(q);
}

/* ---- against a model ---- */

enum { MODEL_FEEDS = 60, MODEL_HOSTS = 9, MODEL_STEPS = 200000 };

struct model {
	struct {
		int host; /* -1: not in the queue */
		bool waits;
		int64_t due_ms;
		int running_host; /* -1 */
		int64_t again_ms;
	} feeds[MODEL_FEEDS];
	int64_t paused_ms[MODEL_HOSTS];
	size_t per_host;
};

static uint64_t random_state;

static uint32_t draw(uint32_t below)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(random_state >> 33) % below;
}

static size_t model_running(const struct model *m, int host)
{
	size_t n = 0;

	for (int i = 0; i < MODEL_FEEDS; i++)
		n += m->feeds[i].running_host >= 0 && (host < 0 || m->feeds[i].running_host == host);
	return n;
}

/* The host's first feed's time or the end of its pause; INT64_MAX when it has no room or no feed. */
static int64_t model_ready_ms(const struct model *m, int host)
{
	int64_t first_ms = INT64_MAX;

	if (model_running(m, host) >= m->per_host)
		return INT64_MAX;
	for (int i = 0; i < MODEL_FEEDS; i++)
		if (m->feeds[i].waits && m->feeds[i].host == host && m->feeds[i].due_ms < first_ms)
			first_ms = m->feeds[i].due_ms;
	return first_ms != INT64_MAX && m->paused_ms[host] > first_ms ? m->paused_ms[host] : first_ms;
}

static int64_t model_wakeup(const struct model *m)
{
	int64_t best_ms = INT64_MAX;

	for (int h = 0; h < MODEL_HOSTS; h++)
		best_ms = model_ready_ms(m, h) < best_ms ? model_ready_ms(m, h) : best_ms;
	return best_ms;
}

static size_t model_waiting(const struct model *m, int64_t now_ms)
{
	size_t n = 0;

	for (int i = 0; i < MODEL_FEEDS; i++)
		n += m->feeds[i].waits && m->feeds[i].due_ms <= now_ms;
	return n;
}

/* The queue forgets a host, and its pause, with its last feed. */
static void model_forget_pauses(struct model *m)
{
	for (int h = 0; h < MODEL_HOSTS; h++) {
		bool used = model_running(m, h) > 0;

		for (int i = 0; i < MODEL_FEEDS; i++)
			used = used || m->feeds[i].host == h;
		if (!used)
			m->paused_ms[h] = INT64_MIN;
	}
}

static void model_set(struct model *m, uint32_t feed, int host, int64_t due_ms)
{
	m->feeds[feed].host = host;
	if (m->feeds[feed].running_host >= 0) {
		m->feeds[feed].again_ms = due_ms;
	} else {
		m->feeds[feed].waits = true;
		m->feeds[feed].due_ms = due_ms;
	}
}

static void model_remove(struct model *m, uint32_t feed)
{
	m->feeds[feed].host = -1;
	m->feeds[feed].waits = false;
	m->feeds[feed].again_ms = TIME_NONE;
}

static void model_done(struct model *m, uint32_t feed)
{
	if (m->feeds[feed].running_host < 0)
		return;
	m->feeds[feed].running_host = -1;
	if (m->feeds[feed].again_ms != TIME_NONE) {
		m->feeds[feed].waits = true;
		m->feeds[feed].due_ms = m->feeds[feed].again_ms;
		m->feeds[feed].again_ms = TIME_NONE;
	}
}

static void step_next(struct due_queue *q, struct model *m, int64_t now_ms)
{
	uint32_t feed;
	int64_t best_ms = model_wakeup(m);
	int host;

	if (!due_queue_next(q, now_ms, &feed)) {
		assert_true(best_ms > now_ms);
		return;
	}
	host = m->feeds[feed].host;
	assert_true(m->feeds[feed].waits);
	assert_true(best_ms <= now_ms);
	assert_true(model_ready_ms(m, host) == best_ms);
	for (int i = 0; i < MODEL_FEEDS; i++)
		if (m->feeds[i].waits && m->feeds[i].host == host)
			assert_true(m->feeds[i].due_ms >= m->feeds[feed].due_ms);
	m->feeds[feed].waits = false;
	m->feeds[feed].running_host = host;
}

static void test_against_model(void **state)
{
	struct due_queue *q = due_queue_new(2);
	struct model m = {.per_host = 2};
	int64_t now_ms = 0;

	(void)state;
	random_state = 4711;
	for (int i = 0; i < MODEL_FEEDS; i++) {
		m.feeds[i].host = m.feeds[i].running_host = -1;
		m.feeds[i].again_ms = TIME_NONE;
	}
	for (int h = 0; h < MODEL_HOSTS; h++)
		m.paused_ms[h] = INT64_MIN;
	for (int i = 0; i < MODEL_STEPS; i++) {
		uint32_t feed = draw(MODEL_FEEDS);
		int host = (int)draw(MODEL_HOSTS);
		char name[16];

		(void)snprintf(name, sizeof(name), "%d.example", host);
		now_ms += draw(3);
		switch (draw(8)) {
		case 0:
		case 1:
			model_set(&m, feed, host, now_ms - 20 + draw(60));
			set(q, feed, name,
				m.feeds[feed].running_host >= 0 ? m.feeds[feed].again_ms : m.feeds[feed].due_ms);
			break;
		case 2:
			due_queue_remove(q, feed);
			model_remove(&m, feed);
			break;
		case 3:
			due_queue_done(q, feed);
			model_done(&m, feed);
			break;
		case 4:
			m.paused_ms[host] = now_ms + draw(50);
			assert_int_equal(due_queue_pause_host(q, str_from(name), m.paused_ms[host]), 0);
			break;
		case 5:
			if (draw(20) == 0) {
				m.per_host = 1 + draw(3);
				due_queue_set_per_host(q, m.per_host);
			}
			break;
		default:
			step_next(q, &m, now_ms);
		}
		model_forget_pauses(&m);
		assert_true(due_queue_wakeup(q) == model_wakeup(&m));
		assert_int_equal(due_queue_running(q), model_running(&m, -1));
		assert_int_equal(due_queue_waiting(q, now_ms), model_waiting(&m, now_ms));
	}
	due_queue_free(q);
}

/* With a scan a call this would take minutes. */
static void test_a_hundred_thousand(void **state)
{
	enum { FEEDS = 100000, ROUNDS = 5 };
	struct due_queue *q = due_queue_new(2);
	uint32_t feed;
	int64_t last_ms;

	(void)state;
	random_state = 1;
	for (uint32_t i = 0; i < FEEDS; i++) {
		char host[32];

		/* half of them on one host */
		(void)snprintf(host, sizeof(host), "%u.example", i % 2 == 0 ? 0 : i);
		set(q, i, host, draw(1000000));
	}
	for (int round = 0; round < ROUNDS; round++) {
		size_t n = 0;

		last_ms = INT64_MIN;
		while (due_queue_wakeup(q) < (round + 1) * INT64_C(1000000)) {
			int64_t now_ms = due_queue_wakeup(q);

			assert_true(now_ms >= last_ms);
			last_ms = now_ms;
			assert_true(due_queue_next(q, now_ms, &feed));
			set(q, feed, feed % 2 == 0 ? "0.example" : "rest.example",
				(round + 1) * INT64_C(1000000) + draw(1000000));
			due_queue_done(q, feed);
			n++;
		}
		assert_int_equal(n, FEEDS);
	}
	due_queue_free(q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_earliest_first),
		cmocka_unit_test(test_equal_times_in_order_of_coming),
		cmocka_unit_test(test_per_host),
		cmocka_unit_test(test_changed_limit),
		cmocka_unit_test(test_pause),
		cmocka_unit_test(test_pause_outlives_a_run),
		cmocka_unit_test(test_set_while_it_runs),
		cmocka_unit_test(test_removed_while_it_runs),
		cmocka_unit_test(test_moved_to_another_host),
		cmocka_unit_test(test_time_none_takes_out),
		cmocka_unit_test(test_against_model),
		cmocka_unit_test(test_a_hundred_thousand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
