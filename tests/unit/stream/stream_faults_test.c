/* SPDX-License-Identifier: ISC */
/* A subscription when any one allocation or system call of the stream fails: the subscriber hears everything, or an
 * error, or its connection is closed; it never stands there with a line missing, or without one for ever. */
#include "../../faults/fault_loop.h"
#include "stream_fixture.h"

enum { ITEMS = 5, TURNS = 80, CONNECTIONS = 4 };

static int64_t newest;

static void leave(struct harness *h)
{
	for (size_t i = 0; i < h->count; i++) {
		close(h->clients[i].fd);
		buf_release(&h->clients[i].heard);
	}
	h->count = 0;
	for (int i = 0; i < 4; i++)
		harness_turn(h, 0);
}

static int64_t subscribe_once(void *arg, uint32_t kinds, int64_t n)
{
	struct harness *h = arg;
	struct client *c;
	int64_t failed;

	harness_connect(h, 1, "{\"op\":\"subscribe\",\"since\":\"0\",\"match\":\"notice\",\"feeds\":[\"alpha\"]}\n");
	c = &h->clients[h->count - 1];
	fault_arm(kinds, n, 1);
	for (int i = 0; i < TURNS; i++)
		assert_true(event_base_loop(h->base, EVLOOP_ONCE | EVLOOP_NONBLOCK) >= 0);
	failed = fault_disarm();
	client_hear(c, SIZE_MAX);
	client_hear(c, SIZE_MAX);
	/* What tries again after a pause has its time. */
	if (!c->ended && c->errors == 0)
		assert_true(harness_run_to(h, newest) || c->ended);
	if (!c->ended && c->errors == 0)
		assert_int_equal(c->events, ITEMS);
	assert_true(c->in_order);
	leave(h);
	/* The next subscriber hears everything. */
	harness_connect(h, 1, "{\"op\":\"subscribe\",\"since\":\"0\"}\n");
	assert_true(harness_run_to(h, newest));
	assert_int_equal(h->clients[0].events, ITEMS);
	leave(h);
	return failed;
}

TEST_ON(subscription, harness, h)
{
	harness_fill(h, 0, ITEMS, 300);
	newest = fixture_cursor(&h->store);
	harness_open(h, CONNECTIONS);
	fault_only_here();
	fault_each("subscription", 1, subscribe_once, h);
}

TEST_GROUP(fault_use_memory_folder, NULL)
