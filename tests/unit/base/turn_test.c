/* SPDX-License-Identifier: ISC */
/* turn_test.c: a crowd of callbacks does not keep the loop from looking at everything else. */
#include <event2/event.h>

#include "../test.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/turn.h"

enum { CROWD = 100 };

struct crowd {
	struct event_base *base;
	int came;
};

/* Half a millisecond of work. */
static void on_one(evutil_socket_t fd, short what, void *arg)
{
	struct crowd *c = arg;
	int64_t end_us = clock_thread_cpu_us() + 500;

	(void)fd;
	(void)what;
	while (clock_thread_cpu_us() < end_us)
		;
	c->came++;
	turn_yield(c->base);
}

TEST(a_crowd_is_split)
{
	struct crowd c = {.base = event_base_new()};
	struct event *events[CROWD];
	int turns = 0;

	assert_non_null(c.base);
	for (int i = 0; i < CROWD; i++) {
		events[i] = event_new(c.base, -1, 0, on_one, &c);
		assert_non_null(events[i]);
		event_active(events[i], EV_TIMEOUT, 0);
	}
	while (c.came < CROWD) {
		int before = c.came;

		turn_begin();
		assert_true(event_base_loop(c.base, EVLOOP_ONCE | EVLOOP_NONBLOCK) >= 0);
		assert_true(turn_end() >= 0);
		/* each turn some, none all */
		assert_true(c.came > before && c.came - before <= TURN_SHARE_US / 500 + 1);
		turns++;
	}
	assert_true(turns >= CROWD * 500 / TURN_SHARE_US - 1);
	for (int i = 0; i < CROWD; i++)
		event_free(events[i]);
	event_base_free(c.base);
}

TEST(no_limit_outside_of_a_turn)
{
	assert_false(turn_is_spent());
	assert_int_equal(turn_end(), 0);
	turn_begin();
	assert_false(turn_is_spent());
	assert_true(turn_end() >= 0);
	assert_false(turn_is_spent());
}
