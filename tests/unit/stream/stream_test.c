/* SPDX-License-Identifier: ISC */
/* stream_test.c: whatever subscribers do, a turn of the loop is short, and what cannot be read costs nobody else
 * anything. */
#include "stream_clock.h"

#include "sitrep/store/reader.h"

TEST_ON(a_hundred_from_the_beginning, harness, h)
{
	enum { EVENTS = 2000, SUBSCRIBERS = 100 };
	struct stream_stats s;

	harness_fill(h, 0, EVENTS, 1000);
	harness_open(h, SUBSCRIBERS);
	harness_connect(h, SUBSCRIBERS, "{\"op\":\"subscribe\",\"since\":\"0\"}\n");
	assert_true(harness_run_to(h, EVENTS));
	assert_all_heard(h, EVENTS);
	s = assert_bounds(h);
	assert_int_equal(s.lines, (size_t)EVENTS * SUBSCRIBERS);
	assert_true(s.turns >= EVENTS / STREAM_TURN_EVENTS);
}

/* Six hundred are up to date, one begins at 0: the flood reaches the first in few turns each. */
TEST_ON(flood_for_many, harness, h)
{
	enum { BACKLOG = 1000, FLOOD = 40, SUBSCRIBERS = 600 };

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
	assert_bounds(h);
}

/* What one turn may read and send in vain does not grow with what nobody takes. */
TEST_ON(who_does_not_read_costs_little, harness, h)
{
	enum { EVENTS = 1000, SUBSCRIBERS = 50 };
	uint64_t lines;

	harness_fill(h, 0, EVENTS, 2500);
	harness_open(h, SUBSCRIBERS);
	harness_connect(h, SUBSCRIBERS, "{\"op\":\"subscribe\",\"since\":\"0\"}\n");
	do {
		lines = assert_bounds(h).lines;
		harness_turns(h, 20, 2);
	} while (assert_bounds(h).lines != lines || lines == 0);
	/* The kernel holds about 200 KiB for each, the daemon a score of lines. */
	assert_true(lines < (size_t)EVENTS * SUBSCRIBERS / 2);
	/* The kernel takes lines whole, so nothing waits in the daemon. */
	assert_int_equal(assert_bounds(h).queued_bytes, 0);
	/* Nothing turns while nobody reads. */
	lines = assert_bounds(h).turns;
	harness_turns(h, 5, 2);
	assert_int_equal(assert_bounds(h).turns, lines);
	assert_true(harness_run_to(h, EVENTS));
	assert_all_heard(h, EVENTS);
}

/* One subscribes thousands of times without a pause: another's request does not wait for it. */
TEST_ON(subscribing_in_a_loop, harness, h)
{
	static const char line[] = "{\"op\":\"subscribe\",\"since\":\"0\",\"match\":\"a OR b OR c*\"}\n";
	enum { REQUESTS = 4000 };
	struct buf *lines = scratch(1024 * 1024);
	size_t sent = 0;

	for (int i = 0; i < REQUESTS; i++)
		buf_puts(lines, line);
	harness_fill(h, 0, 100, 1000);
	harness_open(h, 2);
	harness_connect(h, 2, NULL);
	while (h->clients[1].events < 100) {
		ssize_t n = sent < lines->len
				    ? send(h->clients[0].fd, lines->data + sent, lines->len - sent, MSG_NOSIGNAL)
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
}

/* ---- requests ---- */

static size_t count_of(const struct harness *h, const char *text)
{
	size_t count = 0;

	for (size_t at = 0; (at = str_find(buf_str(&h->text), str_from(text), at)) != STR_NPOS; at++)
		count++;
	return count;
}

/* One who shuts its sending side at once gets what it asked for, from the beginning, and nothing before. */
TEST_ON(half_closed_goes_on_receiving, harness, h)
{
	struct client *c;

	harness_fill(h, 0, 3, 100);
	harness_open(h, 1);
	harness_connect(h, 1, "{\"op\":\"subscribe\",\"since\":\"oldest\",\"feeds\":[\"ALPHA\"]}\n");
	c = &h->clients[0];
	assert_int_equal(shutdown(c->fd, SHUT_WR), 0);
	await_text(h, c, "\"cursor\":\"3\",\"time\"");
	assert_non_null(strstr(
		h->text.data, "{\"event\":\"subscribed\",\"since\":\"0\",\"id\":\"1\",\"feeds\":[\"ALPHA\"]}\n"));
	harness_tell(h, 3, 1, 100);
	await_text(h, c, "\"cursor\":\"4\",\"time\"");
	/* and one that goes is noticed by the next event */
	close(c->fd);
	c->fd = -1;
	harness_tell(h, 4, 1, 100);
	for (int i = 0; i < 1000 && assert_bounds(h).clients > 0; i++)
		harness_turn(h, 5);
	assert_int_equal(assert_bounds(h).clients, 0);
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
	harness_open(h, 8);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct client *c;

		buf_clear(&h->text);
		snprintf(line, sizeof(line), "{\"op\":\"subscribe\",\"since\":\"0\",%s}\n", cases[i].members);
		harness_connect(h, 1, line);
		c = &h->clients[i];
		await_text(h, c, cases[i].reason);
		harness_tell(h, i + 1, 1, 100);
		client_say(c, "{\"op\":\"ping\"}\n");
		await_text(h, c, "{\"event\":\"pong\",\"cursor\":");
		/* a category that looks like no other may be an item's own */
		client_say(c, "{\"op\":\"subscribe\",\"since\":\"0\",\"categories\":[\"Shipyards\"]}\n");
		await_text(h, c, "\"subscribed\"");
		client_say(c, "{\"op\":\"subscribe\",\"since\":\"0\"}\n");
		await_text(h, c, "\"cursor\":\"1\",\"time\"");
		assert_int_equal(count_of(h, "\"cursor\":\"1\",\"time\""), 1);
	}
}

TEST_ON(a_cursor_of_another_database_is_told, harness, h)
{
	char instance[INSTANCE_TEXT_MAX], line[256], told[256];
	struct error err = {0};
	struct reader *r;
	struct client *c;

	harness_fill(h, 0, 3, 100);
	r = reader_new(h->store.dir, &err);
	assert_ok(r != NULL && reader_instance(r, instance, &err) == 0, err);
	reader_free(r);
	assert_int_equal(strlen(instance), INSTANCE_TEXT_MAX - 1);
	harness_open(h, 1);
	/* beyond the newest */
	harness_connect(h, 1, "{\"op\":\"subscribe\",\"since\":\"4\"}\n");
	c = &h->clients[0];
	snprintf(told, sizeof(told),
		"{\"event\":\"reset\",\"since\":\"4\",\"cursor\":\"3\",\"oldest\":\"1\",\"instance\":\"%s\","
		"\"reason\":",
		instance);
	await_text(h, c, told);
	await_text(h, c, "{\"event\":\"subscribed\",\"since\":\"3\"");
	/* of another instance */
	buf_clear(&h->text);
	client_say(c, "{\"op\":\"subscribe\",\"since\":\"1\",\"instance\":\"0123456789abcdef\"}\n");
	await_text(h, c, "{\"event\":\"reset\",\"since\":\"1\"");
	await_text(h, c, "{\"event\":\"subscribed\",\"since\":\"3\"");
	/* and of this one */
	buf_clear(&h->text);
	snprintf(line, sizeof(line), "{\"op\":\"subscribe\",\"since\":\"1\",\"instance\":\"%s\"}\n", instance);
	client_say(c, line);
	await_text(h, c, "\"cursor\":\"3\",\"time\"");
	assert_int_equal(count_of(h, "\"reset\""), 0);
	assert_int_equal(count_of(h, "\"event\":\"new\""), 2);
	/* it stays when the daemon starts again */
	fixture_close(&h->store);
	fixture_open(&h->store);
	r = reader_new(h->store.dir, &err);
	assert_ok(r != NULL && reader_instance(r, told, &err) == 0, err);
	reader_free(r);
	assert_string_equal(told, instance);
}

TEST_ON(poll_ends_and_unsubscribe_stops, harness, h)
{
	struct client *c;

	harness_fill(h, 0, 200, 100);
	harness_open(h, 2);
	harness_connect(h, 1, "{\"op\":\"poll\"}\n");
	c = &h->clients[0];
	await_text(h, c, "{\"event\":\"heartbeat\",\"cursor\":\"200\"}\n");
	assert_int_equal(count_of(h, "\"event\":\"new\""), 200);
	while (!c->ended) {
		harness_turn(h, 5);
		client_hear(c, SIZE_MAX);
	}
	buf_clear(&h->text);
	harness_connect(h, 1, "{\"op\":\"subscribe\"}\n{\"op\":\"unsubscribe\"}\n");
	c = &h->clients[1];
	await_text(h, c, "{\"event\":\"unsubscribed\",\"cursor\":\"200\"}\n");
	harness_tell(h, 200, 1, 100);
	harness_turns(h, 5, 2);
	client_say(c, "{\"op\":\"subscribe\",\"since\":\"200\"}\n");
	await_text(h, c, "\"cursor\":\"201\",\"time\"");
	assert_int_equal(count_of(h, "\"event\":\"new\""), 1);
}

/* The heartbeat that ends a poll is the only one that it gets, however long the reading takes. */
TEST_ON(a_long_poll_gets_one_heartbeat, harness, h)
{
	enum { EVENTS = 1500 };

	h->heartbeat_ms = 4;
	harness_fill(h, 0, EVENTS, 100);
	harness_open(h, 1);
	harness_connect(h, 1, "{\"op\":\"poll\",\"match\":\"absent\"}\n");
	await_text(h, &h->clients[0], "{\"event\":\"heartbeat\",\"cursor\":\"1500\"}\n");
	assert_int_equal(count_of(h, "\"heartbeat\""), 1);
}

/* Hundreds that resume at different places become one group: an event is not read once for each of them. */
TEST_ON(scattered_cursors_are_gathered, harness, h)
{
	enum { EVENTS = 1200, SUBSCRIBERS = 400 };
	size_t ended = 0;
	char line[128];

	harness_fill(h, 0, EVENTS, 200);
	harness_open(h, SUBSCRIBERS);
	for (int i = 0; i < SUBSCRIBERS; i++) {
		snprintf(line, sizeof(line), "{\"op\":\"poll\",\"since\":\"%d\",\"match\":\"absent%d\"}\n", i * 3, i);
		harness_connect(h, 1, line);
	}
	while (ended < SUBSCRIBERS) {
		harness_turns(h, 10, 1);
		ended = 0;
		for (size_t i = 0; i < h->count; i++) {
			client_hear(&h->clients[i], SIZE_MAX);
			ended += h->clients[i].ended;
		}
		assert_true(assert_bounds(h).events < (size_t)EVENTS * SUBSCRIBERS / 10);
	}
}

/* Events begin at a time: the cursor is found by halving, also where the log has holes. */
TEST_ON(since_a_time_is_a_place_in_the_log, harness, h)
{
	static const struct {
		int64_t time_ms, from, to; /* any of these cursors is right */
	} places[] = {{0, 2, 2}, {10000, 9, 9}, {10001, 10, 13}, {14000, 10, 13}, {29001, 29, 30}};
	struct error err = {0};
	struct reader *r;
	int64_t cursor = -1;

	harness_fill(h, 0, 30, 100);
	raw_run_in(h->store.dir, "UPDATE event SET time = 1000 * cursor;"
				 "DELETE FROM event WHERE cursor IN (1, 2, 11, 12, 13, 30)");
	r = reader_new(h->store.dir, &err);
	assert_ok(r != NULL, err);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		assert_ok(reader_cursor_before(r, places[i].time_ms, &cursor, &err) == 0, err);
		if (cursor < places[i].from || cursor > places[i].to)
			fail_msg("%lld ms: cursor %lld", (long long)places[i].time_ms, (long long)cursor);
	}
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
	static const unsigned char zeros[4096];
	char path[300];
	int64_t root;
	int fd, count;

	fixture_close(&h->store);
	snprintf(path, sizeof(path), "%.255s/sitrepd.db", h->store.dir);
	root = ask_database(h->store.dir, "SELECT rootpage FROM sqlite_schema WHERE name = 'event'");
	raw_run(path, "PRAGMA wal_checkpoint(TRUNCATE)");
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, page, sizeof(page), (off_t)(root - 1) * 4096), sizeof(page));
	assert_int_equal(page[0], 5); /* an inner page of a table */
	count = page[3] << 8 | page[4];
	for (int i = first; i < count && (last < 0 || i <= last); i++) {
		unsigned child = be32(page + (page[12 + 2 * i] << 8 | page[13 + 2 * i]));

		assert_int_equal(pwrite(fd, zeros, sizeof(zeros), (off_t)(child - 1) * 4096), sizeof(zeros));
	}
	if (last < 0)
		assert_int_equal(pwrite(fd, zeros, sizeof(zeros), (off_t)(be32(page + 8) - 1) * 4096), sizeof(zeros));
	close(fd);
}

TEST_ON(damage_is_a_gap, harness, h)
{
	enum { EVENTS = 1500 };
	struct stream_stats s;

	harness_fill(h, 0, EVENTS, 200);
	damage_events(h, 1, 1);
	fixture_open(&h->store);
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
	harness_tell(h, EVENTS, 1, 200);
	assert_true(harness_run_to(h, EVENTS + 1));
}

TEST_ON(a_log_that_cannot_be_read_ends_the_connection, harness, h)
{
	enum { EVENTS = 1500 };
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
}

/* Events at the end of the log that are gone by now are passed, not waited for. */
TEST_ON(events_that_are_gone, harness, h)
{
	uint64_t turns;

	harness_fill(h, 0, 100, 200);
	fixture_close(&h->store);
	raw_run_in(h->store.dir, "DELETE FROM event WHERE cursor > 90");
	fixture_open(&h->store);
	harness_open(h, 1);
	harness_connect(h, 1, "{\"op\":\"subscribe\",\"since\":\"50\"}\n");
	assert_true(harness_run_to(h, 90));
	harness_turns(h, 20, 2);
	turns = assert_bounds(h).turns;
	harness_turns(h, 20, 2);
	assert_int_equal(assert_bounds(h).turns, turns);
	assert_int_equal(h->clients[0].events, 40);
}
