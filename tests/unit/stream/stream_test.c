/* SPDX-License-Identifier: ISC */
/* stream_test.c: whatever subscribers do, a turn of the loop is short, and what cannot be read costs nobody else
 * anything. */
#include "stream_clock.h"

#include <sqlite3.h>

#include "sitrep/store/reader.h"

TEST_ON(a_hundred_from_the_beginning, harness, h)
{
	enum { EVENTS = 2000, SUBSCRIBERS = 100 };
	struct stream_stats s;

	harness_fill(h, 0, EVENTS, 1000);
	open_counted(h, SUBSCRIBERS);
	harness_connect(h, SUBSCRIBERS, "{\"op\":\"subscribe\",\"since\":\"0\"}\n");
	assert_true(harness_run_to(h, EVENTS));
	for (size_t i = 0; i < h->count; i++) {
		assert_int_equal(h->clients[i].events, EVENTS);
		assert_true(h->clients[i].in_order);
	}
	s = assert_bounds(h);
	assert_int_equal(s.lines, (size_t)EVENTS * SUBSCRIBERS);
	assert_true(s.turns >= EVENTS / STREAM_TURN_EVENTS);
	close_counted(h);
}

/* Six hundred are up to date, one begins at 0: the flood reaches the first in few turns each. */
TEST_ON(flood_for_many, harness, h)
{
	enum { BACKLOG = 1000, FLOOD = 40, SUBSCRIBERS = 600 };

	harness_fill(h, 0, BACKLOG, 200);
	open_counted(h, SUBSCRIBERS + 1);
	harness_connect(h, SUBSCRIBERS, "{\"op\":\"subscribe\"}\n");
	assert_true(harness_run_to(h, BACKLOG));
	harness_fill(h, BACKLOG, FLOOD, 1000);
	harness_connect(h, 1, "{\"op\":\"subscribe\",\"since\":\"0\"}\n");
	stream_wake(h->stream, BACKLOG + FLOOD);
	assert_true(harness_run_to(h, BACKLOG + FLOOD));
	for (size_t i = 0; i < SUBSCRIBERS; i++)
		assert_int_equal(h->clients[i].events, FLOOD);
	assert_int_equal(h->clients[SUBSCRIBERS].events, BACKLOG + FLOOD);
	assert_bounds(h);
	close_counted(h);
}

/* What one turn may read and send in vain does not grow with what nobody takes. */
TEST_ON(who_does_not_read_costs_little, harness, h)
{
	enum { EVENTS = 1000, SUBSCRIBERS = 50 };
	uint64_t lines;

	harness_fill(h, 0, EVENTS, 2500);
	open_counted(h, SUBSCRIBERS);
	harness_connect(h, SUBSCRIBERS, "{\"op\":\"subscribe\",\"since\":\"0\"}\n");
	do {
		lines = assert_bounds(h).lines;
		for (int i = 0; i < 20; i++)
			harness_turn(h, 2);
	} while (assert_bounds(h).lines != lines || lines == 0);
	/* The kernel holds about 200 KiB for each, the daemon a score of lines. */
	assert_true(lines < (size_t)EVENTS * SUBSCRIBERS / 2);
	/* The kernel takes lines whole, so nothing waits in the daemon. */
	assert_int_equal(assert_bounds(h).queued_bytes, 0);
	/* Nothing turns while nobody reads. */
	lines = assert_bounds(h).turns;
	for (int i = 0; i < 5; i++)
		harness_turn(h, 2);
	assert_int_equal(assert_bounds(h).turns, lines);
	assert_true(harness_run_to(h, EVENTS));
	for (size_t i = 0; i < h->count; i++)
		assert_true(h->clients[i].events == EVENTS && h->clients[i].in_order);
	close_counted(h);
}

/* One subscribes thousands of times without a pause: another's request does not wait for it. */
TEST_ON(subscribing_in_a_loop, harness, h)
{
	static const char line[] = "{\"op\":\"subscribe\",\"since\":\"0\",\"match\":\"a OR b OR c*\"}\n";
	enum { REQUESTS = 4000 };
	struct buf lines = BUF_INIT(1024 * 1024);
	size_t sent = 0;

	for (int i = 0; i < REQUESTS; i++)
		buf_puts(&lines, line);
	harness_fill(h, 0, 100, 1000);
	open_counted(h, 2);
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
	assert_bounds(h);
	buf_release(&lines);
	close_counted(h);
}

/* ---- requests ---- */

static void reopen_store(struct harness *h)
{
	struct writer_options options = fixture_options(h->store.dir);

	fixture_open(&h->store, &options);
}

static size_t count_of(const struct buf *heard, const char *text)
{
	size_t count = 0;

	for (size_t at = 0; (at = str_find(buf_str(heard), str_from(text), at)) != STR_NPOS; at++)
		count++;
	return count;
}

/* One who shuts its sending side at once gets what it asked for, from the beginning, and nothing before. */
TEST_ON(half_closed_goes_on_receiving, harness, h)
{
	struct buf heard = BUF_INIT(1024 * 1024);
	struct client *c;

	harness_fill(h, 0, 3, 100);
	open_counted(h, 1);
	harness_connect(h, 1, "{\"op\":\"subscribe\",\"since\":\"oldest\",\"feeds\":[\"ALPHA\"]}\n");
	c = &h->clients[0];
	assert_int_equal(shutdown(c->fd, SHUT_WR), 0);
	await_text(h, c, &heard, "\"cursor\":\"3\",\"time\"");
	assert_non_null(
		strstr(heard.data, "{\"event\":\"subscribed\",\"since\":\"0\",\"id\":\"1\",\"feeds\":[\"ALPHA\"]}\n"));
	harness_fill(h, 3, 1, 100);
	stream_wake(h->stream, 4);
	await_text(h, c, &heard, "\"cursor\":\"4\",\"time\"");
	/* and one that goes is noticed by the next event */
	close(c->fd);
	c->fd = -1;
	harness_fill(h, 4, 1, 100);
	stream_wake(h->stream, 5);
	for (int i = 0; i < 1000 && assert_bounds(h).clients > 0; i++)
		harness_turn(h, 5);
	assert_int_equal(assert_bounds(h).clients, 0);
	buf_release(&heard);
	close_counted(h);
}

/* A wrong first request is answered, and no event follows that was not asked for. */
TEST_ON(a_wrong_first_request_is_not_taken_for_all_events, harness, h)
{
	static const struct {
		const char *members, *reason;
	} cases[] = {
		{"\"feeds\":[\"alhpa\"]", "there is no feed \\\"alhpa\\\", did you mean \\\"alpha\\\"?"},
		{"\"feeds\":[\"alpha\",\"nowhere\"]", "there is no feed \\\"nowhere\\\"\"}"},
		{"\"categories\":[\"navla\"]", "no feed has the category \\\"navla\\\", did you mean \\\"naval\\\"?"},
		{"\"evnets\":[\"new\"]", "a subscription has no member \\\"evnets\\\", did you mean \\\"events\\\"?"},
	};
	char line[256];

	harness_fill(h, 0, 1, 100);
	open_counted(h, 8);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf heard = BUF_INIT(1024 * 1024);
		struct client *c;

		snprintf(line, sizeof(line), "{\"op\":\"subscribe\",\"since\":\"0\",%s}\n", cases[i].members);
		harness_connect(h, 1, line);
		c = &h->clients[i];
		await_text(h, c, &heard, cases[i].reason);
		harness_fill(h, i + 1, 1, 100);
		stream_wake(h->stream, (int64_t)i + 2);
		client_say(c, "{\"op\":\"ping\"}\n");
		await_text(h, c, &heard, "{\"event\":\"pong\",\"cursor\":");
		/* a category that looks like no other may be an item's own */
		client_say(c, "{\"op\":\"subscribe\",\"since\":\"0\",\"categories\":[\"Shipyards\"]}\n");
		await_text(h, c, &heard, "\"subscribed\"");
		client_say(c, "{\"op\":\"subscribe\",\"since\":\"0\"}\n");
		await_text(h, c, &heard, "\"cursor\":\"1\",\"time\"");
		assert_int_equal(count_of(&heard, "\"cursor\":\"1\",\"time\""), 1);
		buf_release(&heard);
	}
	close_counted(h);
}

TEST_ON(a_cursor_of_another_database_is_told, harness, h)
{
	struct buf heard = BUF_INIT(1024 * 1024);
	char instance[INSTANCE_TEXT_MAX], line[256], told[256];
	struct error err = {0};
	struct reader *r;
	struct client *c;

	harness_fill(h, 0, 3, 100);
	r = reader_new(h->store.dir, &err);
	assert_ok(r != NULL && reader_instance(r, instance, &err) == 0, err);
	reader_free(r);
	assert_int_equal(strlen(instance), INSTANCE_TEXT_MAX - 1);
	open_counted(h, 1);
	/* beyond the newest */
	harness_connect(h, 1, "{\"op\":\"subscribe\",\"since\":\"4\"}\n");
	c = &h->clients[0];
	snprintf(told, sizeof(told),
		"{\"event\":\"reset\",\"since\":\"4\",\"cursor\":\"3\",\"oldest\":\"1\",\"instance\":\"%s\","
		"\"reason\":",
		instance);
	await_text(h, c, &heard, told);
	await_text(h, c, &heard, "{\"event\":\"subscribed\",\"since\":\"3\"");
	/* of another instance */
	buf_clear(&heard);
	client_say(c, "{\"op\":\"subscribe\",\"since\":\"1\",\"instance\":\"0123456789abcdef\"}\n");
	await_text(h, c, &heard, "{\"event\":\"reset\",\"since\":\"1\"");
	await_text(h, c, &heard, "{\"event\":\"subscribed\",\"since\":\"3\"");
	/* and of this one */
	buf_clear(&heard);
	snprintf(line, sizeof(line), "{\"op\":\"subscribe\",\"since\":\"1\",\"instance\":\"%s\"}\n", instance);
	client_say(c, line);
	await_text(h, c, &heard, "\"cursor\":\"3\",\"time\"");
	assert_int_equal(count_of(&heard, "\"reset\""), 0);
	assert_int_equal(count_of(&heard, "\"event\":\"new\""), 2);
	/* it stays when the daemon starts again */
	fixture_close(&h->store);
	reopen_store(h);
	r = reader_new(h->store.dir, &err);
	assert_ok(r != NULL && reader_instance(r, told, &err) == 0, err);
	reader_free(r);
	assert_string_equal(told, instance);
	buf_release(&heard);
	close_counted(h);
}

TEST_ON(poll_ends_and_unsubscribe_stops, harness, h)
{
	struct buf heard = BUF_INIT(1024 * 1024);
	struct client *c;

	harness_fill(h, 0, 200, 100);
	open_counted(h, 2);
	harness_connect(h, 1, "{\"op\":\"poll\"}\n");
	c = &h->clients[0];
	await_text(h, c, &heard, "{\"event\":\"heartbeat\",\"cursor\":\"200\"}\n");
	assert_int_equal(count_of(&heard, "\"event\":\"new\""), 200);
	while (!c->ended) {
		harness_turn(h, 5);
		client_hear(c, SIZE_MAX);
	}
	buf_clear(&heard);
	harness_connect(h, 1, "{\"op\":\"subscribe\"}\n{\"op\":\"unsubscribe\"}\n");
	c = &h->clients[1];
	await_text(h, c, &heard, "{\"event\":\"unsubscribed\",\"cursor\":\"200\"}\n");
	harness_fill(h, 200, 1, 100);
	stream_wake(h->stream, 201);
	for (int i = 0; i < 5; i++)
		harness_turn(h, 2);
	client_say(c, "{\"op\":\"subscribe\",\"since\":\"200\"}\n");
	await_text(h, c, &heard, "\"cursor\":\"201\",\"time\"");
	assert_int_equal(count_of(&heard, "\"event\":\"new\""), 1);
	buf_release(&heard);
	close_counted(h);
}

/* The heartbeat that ends a poll is the only one that it gets, however long the reading takes. */
TEST_ON(a_long_poll_gets_one_heartbeat, harness, h)
{
	enum { EVENTS = 1500 };
	struct buf heard = BUF_INIT(1024 * 1024);

	h->heartbeat_ms = 4;
	harness_fill(h, 0, EVENTS, 100);
	open_counted(h, 1);
	harness_connect(h, 1, "{\"op\":\"poll\",\"match\":\"absent\"}\n");
	await_text(h, &h->clients[0], &heard, "{\"event\":\"heartbeat\",\"cursor\":\"1500\"}\n");
	assert_int_equal(count_of(&heard, "\"heartbeat\""), 1);
	h->heartbeat_ms = 0;
	buf_release(&heard);
	close_counted(h);
}

/* Hundreds that resume at different places become one group: an event is not read once for each of them. */
TEST_ON(scattered_cursors_are_gathered, harness, h)
{
	enum { EVENTS = 1200, SUBSCRIBERS = 400 };
	size_t ended = 0;
	char line[128];

	harness_fill(h, 0, EVENTS, 200);
	open_counted(h, SUBSCRIBERS);
	for (int i = 0; i < SUBSCRIBERS; i++) {
		snprintf(line, sizeof(line), "{\"op\":\"poll\",\"since\":\"%d\",\"match\":\"absent%d\"}\n", i * 3, i);
		harness_connect(h, 1, line);
	}
	while (ended < SUBSCRIBERS) {
		for (int i = 0; i < 10; i++)
			harness_turn(h, 1);
		ended = 0;
		for (size_t i = 0; i < h->count; i++) {
			client_hear(&h->clients[i], SIZE_MAX);
			ended += h->clients[i].ended;
		}
		assert_true(assert_bounds(h).events < (size_t)EVENTS * SUBSCRIBERS / 10);
	}
	close_counted(h);
}

/* Events begin at a time: the cursor is found by halving, also where the log has holes. */
TEST_ON(since_a_time_is_a_place_in_the_log, harness, h)
{
	struct error err = {0};
	struct reader *r;
	int64_t cursor = -1;
	char path[300];
	sqlite3 *db;

	harness_fill(h, 0, 30, 100);
	snprintf(path, sizeof(path), "%.255s/sitrepd.db", h->store.dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
				 "UPDATE event SET time = 1000 * cursor;"
				 "DELETE FROM event WHERE cursor IN (1, 2, 11, 12, 13, 30)",
				 NULL, NULL, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	r = reader_new(h->store.dir, &err);
	assert_ok(r != NULL, err);
	assert_ok(reader_cursor_before(r, 0, &cursor, &err) == 0, err);
	assert_int_equal(cursor, 2);
	assert_ok(reader_cursor_before(r, 10000, &cursor, &err) == 0, err);
	assert_int_equal(cursor, 9);
	assert_ok(reader_cursor_before(r, 10001, &cursor, &err) == 0, err);
	assert_in_range(cursor, 10, 13);
	assert_ok(reader_cursor_before(r, 14000, &cursor, &err) == 0, err);
	assert_in_range(cursor, 10, 13);
	assert_ok(reader_cursor_before(r, 29001, &cursor, &err) == 0, err);
	assert_in_range(cursor, 29, 30);
	reader_free(r);
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
	snprintf(path, sizeof(path), "%.255s/sitrepd.db", h->store.dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(
		sqlite3_prepare_v2(db, "SELECT rootpage FROM sqlite_schema WHERE name = 'event'", -1, &s, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	root = (unsigned)sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
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
	close(fd);
}

TEST_ON(damage_is_a_gap, harness, h)
{
	enum { EVENTS = 1500 };
	struct stream_stats s;

	harness_fill(h, 0, EVENTS, 200);
	damage_events(h, 1, 1);
	reopen_store(h);
	open_counted(h, 2);
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
	close_counted(h);
}

TEST_ON(a_log_that_cannot_be_read_ends_the_connection, harness, h)
{
	enum { EVENTS = 1500 };
	int64_t end_ms = clock_mono_ms() + PATIENCE_MS;

	harness_fill(h, 0, EVENTS, 200);
	damage_events(h, 1, -1);
	open_counted(h, 2);
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
	close_counted(h);
}

/* Events at the end of the log that are gone by now are passed, not waited for. */
TEST_ON(events_that_are_gone, harness, h)
{
	sqlite3 *db;
	char path[300];
	uint64_t turns;

	harness_fill(h, 0, 100, 200);
	snprintf(path, sizeof(path), "%.255s/sitrepd.db", h->store.dir);
	fixture_close(&h->store);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "DELETE FROM event WHERE cursor > 90", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	reopen_store(h);
	open_counted(h, 1);
	harness_connect(h, 1, "{\"op\":\"subscribe\",\"since\":\"50\"}\n");
	assert_true(harness_run_to(h, 90));
	for (int i = 0; i < 20; i++)
		harness_turn(h, 2);
	turns = assert_bounds(h).turns;
	for (int i = 0; i < 20; i++)
		harness_turn(h, 2);
	assert_int_equal(assert_bounds(h).turns, turns);
	assert_int_equal(h->clients[0].events, 40);
	close_counted(h);
}
