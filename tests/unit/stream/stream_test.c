/* SPDX-License-Identifier: ISC */
/* stream_test.c: whatever subscribers do, a turn of the loop is short, and what cannot be read costs nobody else
 * anything. */
#include "../test.h"
#include "stream_fixture.h"

#include <sqlite3.h>

TEST_WITH(a_hundred_from_the_beginning, harness_setup, harness_teardown)
{
	enum { EVENTS = 2000, SUBSCRIBERS = 100 };
	struct harness *h = *state;
	struct stream_stats s;

	harness_fill(h, 0, EVENTS, 1000);
	harness_open(h, SUBSCRIBERS);
	harness_connect(h, SUBSCRIBERS, "{\"op\":\"subscribe\",\"since\":\"0\"}\n");
	assert_true(harness_run_to(h, EVENTS));
	for (size_t i = 0; i < h->count; i++) {
		assert_int_equal(h->clients[i].events, EVENTS);
		assert_true(h->clients[i].in_order);
	}
	s = assert_bounds(h);
	assert_int_equal(s.lines, (size_t)EVENTS * SUBSCRIBERS);
	assert_true(s.turns >= EVENTS / STREAM_TURN_EVENTS);
	harness_close(h);
}

/* Six hundred are up to date, one begins at 0: the flood reaches the first in few turns each. */
TEST_WITH(flood_for_many, harness_setup, harness_teardown)
{
	enum { BACKLOG = 1000, FLOOD = 40, SUBSCRIBERS = 600 };
	struct harness *h = *state;

	harness_fill(h, 0, BACKLOG, 200);
	harness_open(h, SUBSCRIBERS + 1);
	harness_connect(h, SUBSCRIBERS, "{\"op\":\"subscribe\"}\n");
	assert_true(harness_run_to(h, BACKLOG));
	harness_fill(h, BACKLOG, FLOOD, 1000);
	harness_connect(h, 1, "{\"op\":\"subscribe\",\"since\":\"0\"}\n");
	stream_wake(h->stream, BACKLOG + FLOOD);
	assert_true(harness_run_to(h, BACKLOG + FLOOD));
	for (size_t i = 0; i < SUBSCRIBERS; i++)
		assert_int_equal(h->clients[i].events, FLOOD);
	assert_int_equal(h->clients[SUBSCRIBERS].events, BACKLOG + FLOOD);
	(void)assert_bounds(h);
	harness_close(h);
}

/* Rules that look at every word of every text. */
TEST_WITH(expensive_filters, harness_setup, harness_teardown)
{
	enum { EVENTS = 20, SUBSCRIBERS = 200 };
	struct harness *h = *state;
	struct buf line = BUF_INIT(256 * 1024);

	(void)buf_puts(&line, "{\"op\":\"subscribe\",\"since\":\"0\",\"match\":\"number AND NOT (");
	for (int i = 0; i < 300; i++)
		(void)buf_printf(
			&line, "%sabsent%d AND (never%d* OR \\\"not once %d\\\")", i > 0 ? " OR " : "", i, i, i);
	(void)buf_puts(&line, ")\"}\n");
	assert_false(buf_failed(&line));
	harness_fill(h, 0, EVENTS, 2500);
	harness_open(h, SUBSCRIBERS);
	harness_connect(h, SUBSCRIBERS, line.data);
	assert_true(harness_run_to(h, EVENTS));
	for (size_t i = 0; i < h->count; i++)
		assert_int_equal(h->clients[i].events, EVENTS);
	(void)assert_bounds(h);
	buf_release(&line);
	harness_close(h);
}

/* What one turn may read and send in vain does not grow with what nobody takes. */
TEST_WITH(who_does_not_read_costs_little, harness_setup, harness_teardown)
{
	enum { EVENTS = 1000, SUBSCRIBERS = 50 };
	struct harness *h = *state;
	size_t lines;

	harness_fill(h, 0, EVENTS, 2500);
	harness_open(h, SUBSCRIBERS);
	harness_connect(h, SUBSCRIBERS, "{\"op\":\"subscribe\",\"since\":\"0\"}\n");
	do {
		lines = assert_bounds(h).lines;
		for (int i = 0; i < 20; i++)
			harness_turn(h, 2);
	} while (assert_bounds(h).lines != lines || lines == 0);
	/* The kernel holds about 200 KiB for each, the daemon a score of lines. */
	assert_true(lines < (size_t)EVENTS * SUBSCRIBERS / 2);
	/* Nothing turns while nobody reads. */
	lines = assert_bounds(h).turns;
	for (int i = 0; i < 5; i++)
		harness_turn(h, 2);
	assert_int_equal(assert_bounds(h).turns, lines);
	assert_true(harness_run_to(h, EVENTS));
	for (size_t i = 0; i < h->count; i++)
		assert_true(h->clients[i].events == EVENTS && h->clients[i].in_order);
	harness_close(h);
}

/* One subscribes thousands of times without a pause: another's request does not wait for it. */
TEST_WITH(subscribing_in_a_loop, harness_setup, harness_teardown)
{
	static const char line[] = "{\"op\":\"subscribe\",\"since\":\"0\",\"match\":\"a OR b OR c*\"}\n";
	enum { REQUESTS = 4000 };
	struct harness *h = *state;
	struct buf lines = BUF_INIT(1024 * 1024);
	size_t sent = 0;

	for (int i = 0; i < REQUESTS; i++)
		(void)buf_puts(&lines, line);
	harness_fill(h, 0, 100, 1000);
	harness_open(h, 2);
	harness_connect(h, 2, NULL);
	while (h->clients[1].events < 100) {
		ssize_t n = sent < lines.len ? send(h->clients[0].fd, lines.data + sent, lines.len - sent, MSG_NOSIGNAL)
					     : 0;

		sent += n > 0 ? (size_t)n : 0;
		if (h->turns == 5)
			client_say(&h->clients[1], "{\"op\":\"subscribe\",\"since\":\"0\"}\n");
		harness_turn(h, 5);
		harness_hear(h);
		assert_true(h->turns < 100000);
	}
	assert_true(h->clients[0].subscribed > 0 && h->clients[0].subscribed < REQUESTS);
	(void)assert_bounds(h);
	buf_release(&lines);
	harness_close(h);
}

/* ---- damage ---- */

static unsigned be32(const unsigned char *p)
{
	return (unsigned)p[0] << 24 | (unsigned)p[1] << 16 | (unsigned)p[2] << 8 | p[3];
}

/* Overwrites leaves of the table of events with zeros: from the first to the last of those given, -1: the last there
 * is. */
static void damage_events(struct harness *h, int first, int last)
{
	unsigned char page[4096] = {0};
	char path[300];
	sqlite3 *db;
	sqlite3_stmt *s;
	unsigned root;
	int fd, count;

	fixture_close(&h->store);
	(void)snprintf(path, sizeof(path), "%.255s/sitrepd.db", h->store.dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(
		sqlite3_prepare_v2(db, "SELECT rootpage FROM sqlite_schema WHERE name = 'event'", -1, &s, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	root = (unsigned)sqlite3_column_int(s, 0);
	(void)sqlite3_finalize(s);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, page, sizeof(page), (off_t)(root - 1) * 4096), sizeof(page));
	assert_int_equal(page[0], 5); /* an inner page of a table */
	count = page[3] << 8 | page[4];
	for (int i = first; i < count && (last < 0 || i <= last); i++) {
		static const unsigned char zeros[4096];
		unsigned child = be32(page + (page[12 + 2 * i] << 8 | page[13 + 2 * i]));

		assert_int_equal(pwrite(fd, zeros, sizeof(zeros), (off_t)(child - 1) * 4096), sizeof(zeros));
	}
	if (last < 0) {
		static const unsigned char zeros[4096];

		assert_int_equal(pwrite(fd, zeros, sizeof(zeros), (off_t)(be32(page + 8) - 1) * 4096), sizeof(zeros));
	}
	(void)close(fd);
}

static void reopen_store(struct harness *h)
{
	struct writer_options options = fixture_options(h->store.dir);

	fixture_open(&h->store, &options);
}

TEST_WITH(damage_is_a_gap, harness_setup, harness_teardown)
{
	enum { EVENTS = 1500 };
	struct harness *h = *state;
	struct stream_stats s;

	harness_fill(h, 0, EVENTS, 200);
	damage_events(h, 1, 1);
	reopen_store(h);
	harness_open(h, 2);
	harness_connect(h, 1, "{\"op\":\"subscribe\",\"since\":\"0\"}\n");
	harness_connect(h, 1, "{\"op\":\"subscribe\"}\n");
	assert_true(harness_run_to(h, EVENTS));
	assert_int_equal(h->clients[0].gaps, 1);
	assert_int_equal(h->clients[1].gaps, 0);
	assert_true(h->clients[0].in_order && !h->clients[0].ended);
	assert_true(h->clients[0].gap_from > 0 && h->clients[0].gap_to < EVENTS);
	assert_int_equal(h->clients[0].events, EVENTS - (h->clients[0].gap_to - h->clients[0].gap_from));
	s = assert_bounds(h);
	assert_true(s.read_errors >= 5 && s.read_errors < 40);
	/* each try waits */
	assert_true(s.turns < 200);
	/* and the other one gets its news */
	harness_fill(h, EVENTS, 1, 200);
	stream_wake(h->stream, EVENTS + 1);
	assert_true(harness_run_to(h, EVENTS + 1));
	harness_close(h);
}

TEST_WITH(a_log_that_cannot_be_read_ends_the_connection, harness_setup, harness_teardown)
{
	enum { EVENTS = 1500 };
	struct harness *h = *state;
	int64_t end_ms = clock_mono_ms() + PATIENCE_MS;

	harness_fill(h, 0, EVENTS, 200);
	damage_events(h, 1, -1);
	harness_open(h, 2);
	harness_connect(h, 1, "{\"op\":\"subscribe\",\"since\":\"0\"}\n");
	while (!h->clients[0].ended && clock_mono_ms() < end_ms) {
		harness_turn(h, 20);
		harness_hear(h);
	}
	assert_true(h->clients[0].ended);
	assert_int_equal(h->clients[0].errors, 1);
	assert_int_equal(h->clients[0].gaps, 0);
	assert_true(h->clients[0].events > 0);
	assert_int_equal(assert_bounds(h).clients, 0);
	assert_true(assert_bounds(h).turns < 200);
	harness_close(h);
}

/* Events at the end of the log that are gone by now are passed, not waited for. */
TEST_WITH(events_that_are_gone, harness_setup, harness_teardown)
{
	struct harness *h = *state;
	sqlite3 *db;
	char path[300];
	size_t turns;

	harness_fill(h, 0, 100, 200);
	(void)snprintf(path, sizeof(path), "%.255s/sitrepd.db", h->store.dir);
	fixture_close(&h->store);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "DELETE FROM event WHERE cursor > 90", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	reopen_store(h);
	harness_open(h, 1);
	harness_connect(h, 1, "{\"op\":\"subscribe\",\"since\":\"50\"}\n");
	assert_true(harness_run_to(h, 90));
	for (int i = 0; i < 20; i++)
		harness_turn(h, 2);
	turns = assert_bounds(h).turns;
	for (int i = 0; i < 20; i++)
		harness_turn(h, 2);
	assert_int_equal(assert_bounds(h).turns, turns);
	assert_int_equal(h->clients[0].events, 40);
	harness_close(h);
}
