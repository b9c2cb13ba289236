/* SPDX-License-Identifier: ISC */
/* stream_fixture.h: the stream on a Unix socket, over a database that a writer filled, and subscribers that speak to
 * it.
 *
 * Stream and subscribers share one loop and one thread.  Each turn of the loop is measured: the longest, in processor
 * time, is kept. */
#ifndef SITREP_TEST_STREAM_FIXTURE_H
#define SITREP_TEST_STREAM_FIXTURE_H

#include "../ingest/raw.h"

#include <event2/event.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/turn.h"
#include "sitrep/stream/stream.h"

/* What a turn may take by the clock of the test, which is clock_thread_cpu_us() or what stands in for it; and what it
 * may take of real processor time, which a busy machine makes several times longer. */
#define TURN_MAX_US 20000
#define TURN_REAL_MAX_US 1000000

enum { HEARD_MAX = 64 * 1024 * 1024, PATIENCE_MS = 60 * 1000 };

struct client {
	int fd;
	struct buf heard; /* what has come and was not looked at yet */
	bool ended;
	int64_t cursor; /* of the last event */
	size_t events, gaps, errors, subscribed;
	int64_t gap_from, gap_to;
	bool in_order;
};

struct harness {
	struct fixture store;
	char path[300];
	struct event_base *base;
	struct listener *listener;
	struct stream *stream;
	struct client *clients;
	size_t count;
	int64_t turn_us_max, turn_real_us_max;
	size_t turns;
	int64_t heartbeat_ms; /* 0: an hour */
	struct buf text;      /* that await_text() has heard */
};

/* The stream that runs, or NULL. */
static const struct stream *running;

static inline int64_t real_cpu_us(void)
{
	struct timespec ts;

	assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts), 0);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static inline void harness_open(struct harness *h, unsigned connections)
{
	struct error err = {0};
	struct stream_options options = {.state_dir = h->store.dir,
		.max_connections = connections,
		.heartbeat_ms = h->heartbeat_ms > 0 ? h->heartbeat_ms : 3600 * 1000};

	snprintf(h->path, sizeof(h->path), "%.255s/stream.sock", h->store.dir);
	h->base = event_base_new();
	assert_non_null(h->base);
	h->listener = listener_open_unix(h->path, 0600, NULL, &err);
	h->stream = h->listener != NULL ? stream_new(h->base, &options, &err) : NULL;
	assert_ok(h->stream != NULL && stream_listen(h->stream, h->listener, &err) == 0, err);
	running = h->stream;
}

static inline void harness_close(struct harness *h)
{
	for (size_t i = 0; i < h->count; i++) {
		close(h->clients[i].fd);
		buf_release(&h->clients[i].heard);
	}
	free(h->clients);
	h->clients = NULL;
	h->count = 0;
	running = NULL;
	stream_free(h->stream);
	listener_free(h->listener);
	while (event_base_loop(h->base, EVLOOP_NONBLOCK) == 0 &&
		event_base_get_num_events(h->base, EVENT_BASE_COUNT_ACTIVE) > 0)
		;
	event_base_free(h->base);
}

static inline void harness_setup(struct harness *h)
{
	struct rlimit files;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	buf_init(&h->text, 1024 * 1024);
	fixture_setup(&h->store);
}

static inline void harness_teardown(struct harness *h)
{
	if (h->base != NULL)
		harness_close(h);
	buf_release(&h->text);
	fixture_teardown(&h->store);
}

FIXTURE(harness, harness_setup, harness_teardown)

/* So many items, numbered from first, with so many bytes of text each. */
static inline void harness_fill(struct harness *h, size_t first, size_t count, size_t len)
{
	struct draft draft = draft_new("Alpha");
	char guid[32], title[64], body[3000];

	assert_true(len < sizeof(body));
	for (size_t i = first; i < first + count; i++) {
		size_t at = 0;

		while (at + 24 < len)
			at += (size_t)snprintf(body + at, sizeof(body) - at, "word%zu ", i * 31 + at);
		body[at] = '\0';
		snprintf(guid, sizeof(guid), "guid-%zu", i);
		snprintf(title, sizeof(title), "Notice number %zu", i);
		draft_add(&draft, guid, NULL, title, body);
	}
	assert_string_equal(fixture_poll(&h->store, ALPHA, &draft).error.text, "");
}

/* One turn of the loop, waiting for at most the given time. */
static inline void harness_turn(struct harness *h, int64_t wait_ms)
{
	const struct timeval wait = clock_timeval(wait_ms);
	int64_t spent_us, before_us = real_cpu_us();

	if (wait_ms > 0)
		assert_int_equal(event_base_loopexit(h->base, &wait), 0);
	turn_begin();
	assert_true(event_base_loop(h->base, EVLOOP_ONCE | (wait_ms > 0 ? 0 : EVLOOP_NONBLOCK)) >= 0);
	spent_us = turn_end();
	h->turns++;
	if (spent_us > h->turn_us_max)
		h->turn_us_max = spent_us;
	spent_us = real_cpu_us() - before_us;
	if (spent_us > h->turn_real_us_max)
		h->turn_real_us_max = spent_us;
}

static inline void harness_turns(struct harness *h, int count, int64_t wait_ms)
{
	for (int i = 0; i < count; i++)
		harness_turn(h, wait_ms);
}

/* Items as harness_fill() makes them, and the stream is told. */
static inline void harness_tell(struct harness *h, size_t first, size_t count, size_t len)
{
	harness_fill(h, first, count, len);
	stream_wake(h->stream, (int64_t)(first + count));
}

static inline void client_say(struct client *c, const char *line)
{
	size_t len = strlen(line);

	assert_int_equal(send(c->fd, line, len, MSG_NOSIGNAL), len);
}

/* Connects so many, each saying that line. */
static inline void harness_connect(struct harness *h, size_t count, const char *line)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	memcpy(address.sun_path, h->path, strlen(h->path) + 1);
	h->clients = realloc(h->clients, (h->count + count) * sizeof(*h->clients));
	assert_non_null(h->clients);
	for (size_t i = 0; i < count; i++) {
		struct client *c = &h->clients[h->count++];

		*c = (struct client){.heard = BUF_INIT(HEARD_MAX), .in_order = true};
		c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		assert_true(c->fd >= 0);
		assert_int_equal(connect(c->fd, (const struct sockaddr *)&address, sizeof(address)), 0);
		if (line != NULL)
			client_say(c, line);
		if (i % 64 == 63)
			harness_turn(h, 0);
	}
}

static inline int64_t number_of(struct str line, const char *key)
{
	size_t at = str_find(line, str_from(key), 0);
	long long n = -1;
	size_t end;

	if (at == STR_NPOS)
		return -1;
	at += strlen(key);
	end = str_find_char(line, '"', at);
	assert_true(end != STR_NPOS && str_to_int(str_slice(line, at, end), &n));
	return n;
}

static inline void client_line(struct client *c, struct str line)
{
	int64_t cursor;

	if (str_starts(line, STR("{\"event\":\"gap\""))) {
		c->gaps++;
		c->gap_from = number_of(line, "\"from\":\"");
		c->gap_to = number_of(line, "\"to\":\"");
		c->cursor = c->gap_to;
	} else if (str_starts(line, STR("{\"event\":\"error\""))) {
		c->errors++;
	} else if (str_starts(line, STR("{\"event\":\"subscribed\""))) {
		c->subscribed++;
		c->cursor = number_of(line, "\"since\":\"");
	} else if (!str_starts(line, STR("{\"event\":\"hello\""))) {
		cursor = number_of(line, "\"cursor\":\"");
		c->in_order = c->in_order && cursor > c->cursor;
		c->cursor = cursor;
		c->events++;
	}
}

/* Reads what has come, at most so many bytes. */
static inline void client_hear(struct client *c, size_t most)
{
	char chunk[64 * 1024];
	size_t from = 0, end;
	ssize_t n;

	if (c->ended)
		return;
	n = recv(c->fd, chunk, most < sizeof(chunk) ? most : sizeof(chunk), MSG_DONTWAIT);
	if (n == 0 || (n < 0 && errno != EAGAIN))
		c->ended = true;
	if (n > 0)
		assert_int_equal(buf_append(&c->heard, chunk, (size_t)n), 0);
	while ((end = str_find_char(buf_str(&c->heard), '\n', from)) != STR_NPOS) {
		client_line(c, str_slice(buf_str(&c->heard), from, end));
		from = end + 1;
	}
	buf_consume(&c->heard, from);
}

static inline void harness_hear(struct harness *h)
{
	for (size_t i = 0; i < h->count; i++)
		client_hear(&h->clients[i], SIZE_MAX);
}

/* Turns until all clients have passed that cursor; true, or false when patience ends. */
static inline bool harness_run_to(struct harness *h, int64_t cursor)
{
	int64_t end_ms = clock_mono_ms() + PATIENCE_MS;

	for (;;) {
		bool all = true;

		harness_turn(h, 5);
		harness_hear(h);
		for (size_t i = 0; i < h->count; i++)
			all = all && h->clients[i].cursor >= cursor;
		if (all || clock_mono_ms() > end_ms)
			return all;
	}
}

/* Each client has heard so many events, in order. */
static inline void assert_all_heard(const struct harness *h, size_t events)
{
	for (size_t i = 0; i < h->count; i++)
		if (h->clients[i].events != events || !h->clients[i].in_order)
			fail_msg("client %zu of %zu: %zu events, not %zu, or in disorder", i, h->count,
				h->clients[i].events, events);
}

/* Turns until the client has heard a line that has this text; what was heard is in h->text. */
static inline void await_text(struct harness *h, struct client *c, const char *text)
{
	int64_t end_ms = clock_mono_ms() + PATIENCE_MS;

	while (str_find(buf_str(&h->text), str_from(text), 0) == STR_NPOS) {
		char chunk[4096];
		ssize_t n;

		harness_turn(h, 5);
		n = recv(c->fd, chunk, sizeof(chunk), MSG_DONTWAIT);
		if (n > 0)
			assert_int_equal(buf_append(&h->text, chunk, (size_t)n), 0);
		if (n == 0 || clock_mono_ms() > end_ms)
			fail_msg("\"%s\" did not come, but: %.*s", text, STR_ARG(buf_str(&h->text)));
	}
}

/* The counters of a turn are within their bounds. */
static inline struct stream_stats assert_bounds(const struct harness *h)
{
	struct stream_stats s;

	stream_get_stats(h->stream, &s);
	assert_true(s.turn_events_max <= STREAM_TURN_EVENTS);
	assert_true(s.turn_subscribers_max <= STREAM_TURN_SUBSCRIBERS);
	assert_true(s.turn_lines_max <= STREAM_TURN_LINES);
	assert_true(s.turn_bytes_max < STREAM_TURN_BYTES + 256 * 1024);
	if (h->turn_us_max >= TURN_MAX_US || h->turn_real_us_max >= TURN_REAL_MAX_US)
		fail_msg("a turn of the loop took %lld us, and %lld us of processor time", (long long)h->turn_us_max,
			(long long)h->turn_real_us_max);
	return s;
}

#endif
