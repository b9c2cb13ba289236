/* SPDX-License-Identifier: ISC */
/* line_peer_test.c: lines in, lines out, within bounds, and a peer that may be closed at any moment.
 *
 * One end of a socket pair is the peer's; the test speaks from the other.  The loop is turned until nothing more is
 * ready, so the order of things is the same on every run. */
#include <event2/event.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "../../../daemon/stream/line_peer.h"
#include "../scratch.h"
#include "sitrep/base/limits.h"

enum { OUTPUT_MAX = 1024 * 1024, CHUNK = 4096 };

struct fixture {
	struct event_base *base;
	struct line_peer *peer; /* NULL: gone, or told to go */
	int fd;                 /* the other end */
	struct buf lines;       /* each in brackets */
	size_t line_count, longest;
	int drained, closed;
	bool close_at_line, close_when_drained, answer_lines;
};

static void close_peer(struct fixture *f)
{
	line_peer_close(f->peer);
	f->peer = NULL;
}

static void on_line(void *arg, struct str line)
{
	struct fixture *f = arg;

	f->line_count++;
	f->longest = line.len > f->longest ? line.len : f->longest;
	buf_putc(&f->lines, '[');
	buf_add(&f->lines, line);
	buf_putc(&f->lines, ']');
	if (f->answer_lines) {
		buf_puts(line_peer_output(f->peer), "yes\n");
		line_peer_flush(f->peer);
	}
	if (f->close_at_line)
		close_peer(f);
}

static void on_drained(void *arg)
{
	struct fixture *f = arg;

	f->drained++;
	if (f->close_when_drained)
		close_peer(f);
}

static void on_closed(void *arg)
{
	struct fixture *f = arg;

	f->closed++;
	f->peer = NULL;
}

static const struct line_peer_callbacks callbacks = {.line = on_line, .drained = on_drained, .closed = on_closed};

static void start(struct fixture *f, size_t output_max)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
	f->fd = fds[1];
	f->peer = line_peer_new(f->base, fds[0], output_max, &callbacks, f);
	assert_non_null(f->peer);
}

static void setup(struct fixture *f)
{
	f->base = event_base_new();
	assert_non_null(f->base);
	buf_init(&f->lines, 16 * 1024 * 1024);
	start(f, OUTPUT_MAX);
}

/* Until nothing is ready. */
static void run(struct fixture *f)
{
	struct buf *lines = &f->lines;
	size_t before;
	int quiet = 0;

	while (quiet < 3) {
		before = lines->len;
		assert_true(event_base_loop(f->base, EVLOOP_NONBLOCK) >= 0);
		quiet = lines->len == before ? quiet + 1 : 0;
	}
}

static void teardown(struct fixture *f)
{
	if (f->peer != NULL)
		close_peer(f);
	run(f);
	if (f->fd >= 0)
		close(f->fd);
	event_base_free(f->base);
	buf_release(&f->lines);
}

FIXTURE(fixture, setup, teardown)

/* All of it, with the loop turning when the kernel takes no more; stops when the peer is gone. */
static void speak(struct fixture *f, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		ssize_t n = send(f->fd, at, len, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN)
			return;
		if (n > 0) {
			at += n;
			len -= (size_t)n;
		}
		if (n < 0)
			run(f);
	}
	run(f);
}

static void say(struct fixture *f, const char *text)
{
	speak(f, text, strlen(text));
}

static void assert_lines(const struct fixture *f, const char *expected)
{
	assert_string_equal(f->lines.data != NULL ? f->lines.data : "", expected);
}

/* What has come from the peer; -1: it has closed. */
static ssize_t hear(struct fixture *f, char *data, size_t room)
{
	ssize_t n = recv(f->fd, data, room, 0);

	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return -1;
	return n < 0 ? 0 : n;
}

static void assert_heard(struct fixture *f, const char *expected)
{
	char data[CHUNK] = "";
	ssize_t n = hear(f, data, sizeof(data) - 1);

	assert_int_equal(n, strlen(expected));
	assert_string_equal(data, expected);
}

static void assert_gone(struct fixture *f)
{
	char data[CHUNK];

	while (hear(f, data, sizeof(data)) > 0)
		;
	assert_int_equal(hear(f, data, sizeof(data)), -1);
}

/* ---- input ---- */

TEST_ON(lines, fixture, f)
{
	say(f, "one\n");
	assert_lines(f, "[one]");
	say(f, "two\r\n\n\r\nthree\nfo");
	assert_lines(f, "[one][two][][][three]");
	say(f, "ur");
	say(f, "\r");
	assert_lines(f, "[one][two][][][three]");
	say(f, "\nfi\rve\r\r\n");
	assert_lines(f, "[one][two][][][three][four][fi\rve\r]");
	assert_int_equal(f->closed, 0);
}

TEST_ON(bytes_that_are_no_text, fixture, f)
{
	static const char bytes[] = "a\0b\xff\xfe\n\0\n";

	speak(f, bytes, sizeof(bytes) - 1);
	assert_int_equal(f->line_count, 2);
	assert_memory_equal(f->lines.data, "[a\0b\xff\xfe][\0]", 10);
}

TEST_ON(one_byte_at_a_time, fixture, f)
{
	static const char text[] = "first\nsecond\r\nthird\n";

	for (size_t i = 0; i < sizeof(text) - 1; i++)
		speak(f, text + i, 1);
	assert_lines(f, "[first][second][third]");
}

TEST_ON(what_is_left_at_the_end_is_no_line, fixture, f)
{
	say(f, "whole\nhalf");
	close(f->fd);
	f->fd = -1;
	run(f);
	assert_lines(f, "[whole]");
	assert_int_equal(f->closed, 1);
}

static char *long_text(size_t len)
{
	return memset(scratch_take(malloc(len)), 'x', len);
}

TEST_ON(longest_line, fixture, f)
{
	char *text = long_text(LIMIT_STREAM_LINE + 8);

	/* with others right behind it: what they take does not count against it */
	memcpy(text + LIMIT_STREAM_LINE - 1, "\na\nb\nc\n", 7);
	speak(f, text, LIMIT_STREAM_LINE + 6);
	assert_int_equal(f->closed, 0);
	assert_int_equal(f->line_count, 4);
	assert_int_equal(f->longest, LIMIT_STREAM_LINE - 1);
}

TEST_ON(many_lines_at_once, fixture, f)
{
	char *text = long_text(4 * LIMIT_STREAM_LINE);

	for (size_t i = 99; i < 4 * LIMIT_STREAM_LINE; i += 100)
		text[i] = '\n';
	speak(f, text, 4 * LIMIT_STREAM_LINE);
	assert_int_equal(f->closed, 0);
	assert_int_equal(f->line_count, 4 * LIMIT_STREAM_LINE / 100);
}

TEST_ON(line_too_long, fixture, f)
{
	char *text = long_text(2 * LIMIT_STREAM_LINE);

	say(f, "fine\n");
	speak(f, text, LIMIT_STREAM_LINE);
	assert_int_equal(f->closed, 0);
	speak(f, text, LIMIT_STREAM_LINE);
	assert_lines(f, "[fine]");
	assert_int_equal(f->closed, 1);
	assert_gone(f);
}

/* ---- output ---- */

TEST_ON(output, fixture, f)
{
	char data[16];

	assert_int_equal(buf_puts(line_peer_output(f->peer), "hello\n"), 0);
	run(f);
	assert_int_equal(hear(f, data, sizeof(data)), 0);
	line_peer_flush(f->peer);
	line_peer_flush(f->peer);
	/* from the loop, never inside the call */
	assert_int_equal(hear(f, data, sizeof(data)), 0);
	assert_int_equal(line_peer_queued(f->peer), 6);
	run(f);
	assert_heard(f, "hello\n");
	assert_int_equal(line_peer_queued(f->peer), 0);
	/* it never was not taken */
	assert_int_equal(f->drained, 0);
}

TEST_ON(answers, fixture, f)
{
	f->answer_lines = true;
	say(f, "one\ntwo\nthree\n");
	assert_heard(f, "yes\nyes\nyes\n");
}

/* More than the kernel takes at once; each number once, in order. */
static size_t fill_output(struct fixture *f)
{
	struct buf *out = line_peer_output(f->peer);
	size_t len;

	for (unsigned i = 0; out->len < OUTPUT_MAX - 16; i++)
		assert_int_equal(buf_printf(out, "%u\n", i), 0);
	len = out->len;
	line_peer_flush(f->peer);
	run(f);
	assert_true(line_peer_queued(f->peer) > 0 && line_peer_queued(f->peer) < len);
	return len;
}

TEST_ON(slow_reader, fixture, f)
{
	struct buf *heard = scratch(2 * OUTPUT_MAX), *expected = scratch(2 * OUTPUT_MAX);
	size_t len = fill_output(f);
	char data[CHUNK];

	assert_int_equal(f->drained, 0);
	while (heard->len < len) {
		ssize_t n = hear(f, data, sizeof(data));

		assert_true(n >= 0);
		assert_int_equal(buf_append(heard, data, (size_t)n), 0);
		run(f);
	}
	for (unsigned i = 0; expected->len < len; i++)
		assert_int_equal(buf_printf(expected, "%u\n", i), 0);
	assert_true(str_eq(buf_str(heard), buf_str(expected)));
	assert_int_equal(line_peer_queued(f->peer), 0);
	assert_int_equal(f->drained, 1);
	assert_int_equal(f->closed, 0);
}

/* Who does not hear the answers may ask no more, and is heard once it has. */
TEST_ON(input_while_output_waits, fixture, f)
{
	char data[CHUNK];

	fill_output(f);
	say(f, "still here\n");
	assert_lines(f, "");
	for (int i = 0; i < 1000 && f->line_count == 0; i++) {
		while (hear(f, data, sizeof(data)) > 0)
			;
		run(f);
	}
	assert_lines(f, "[still here]");
	assert_int_equal(f->closed, 0);
}

TEST_ON(lines_of_one_turn_are_few, fixture, f)
{
	enum { LINES = 1000, A_TURN = 16 };
	char text[2 * LINES];
	size_t before;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 2 == 0 ? 'x' : '\n';
	assert_int_equal(send(f->fd, text, sizeof(text), MSG_NOSIGNAL), sizeof(text));
	for (int turn = 0; f->line_count < LINES; turn++) {
		before = f->line_count;
		assert_true(event_base_loop(f->base, EVLOOP_ONCE | EVLOOP_NONBLOCK) >= 0);
		assert_true(f->line_count - before <= A_TURN && turn < 10 * LINES);
	}
}

TEST_ON(finish, fixture, f)
{
	char data[CHUNK];

	fill_output(f);
	buf_puts(line_peer_output(f->peer), "bye\n");
	line_peer_finish(f->peer);
	say(f, "not heard\n");
	for (int i = 0; i < 1000 && f->closed == 0; i++) {
		while (hear(f, data, sizeof(data)) > 0)
			;
		run(f);
	}
	assert_int_equal(f->closed, 1);
	assert_lines(f, "");
	assert_gone(f);
}

TEST_ON(output_that_does_not_fit, fixture, f)
{
	char *text = long_text(OUTPUT_MAX + 1);

	assert_int_equal(buf_append(line_peer_output(f->peer), text, OUTPUT_MAX + 1), -E2BIG);
	line_peer_flush(f->peer);
	assert_int_equal(f->closed, 0);
	run(f);
	assert_int_equal(f->closed, 1);
	assert_gone(f);
}

TEST_ON(output_to_one_who_went, fixture, f)
{
	fill_output(f);
	close(f->fd);
	f->fd = -1;
	run(f);
	assert_int_equal(f->closed, 1);
	assert_int_equal(f->drained, 0);
}

/* ---- the end ---- */

TEST_ON(other_end_goes, fixture, f)
{
	close(f->fd);
	f->fd = -1;
	run(f);
	assert_int_equal(f->closed, 1);
	assert_lines(f, "");
}

TEST_ON(closed_from_outside, fixture, f)
{
	say(f, "one\n");
	assert_int_equal(send(f->fd, "two\n", 4, MSG_NOSIGNAL), 4);
	assert_int_equal(buf_puts(line_peer_output(f->peer), "never\n"), 0);
	line_peer_flush(f->peer);
	close_peer(f);
	run(f);
	assert_gone(f);
	assert_lines(f, "[one]");
	assert_int_equal(f->closed, 0);
	line_peer_close(NULL);
}

TEST_ON(closed_inside_a_line, fixture, f)
{
	f->close_at_line = f->answer_lines = true;
	say(f, "bye\nnot any more\n");
	assert_lines(f, "[bye]");
	assert_int_equal(f->closed, 0);
	assert_gone(f);
}

TEST_ON(closed_when_drained, fixture, f)
{
	char data[CHUNK];
	ssize_t n;

	f->close_when_drained = true;
	fill_output(f);
	do {
		n = hear(f, data, sizeof(data));
		run(f);
	} while (n >= 0);
	assert_int_equal(f->drained, 1);
	assert_int_equal(f->closed, 0);
	assert_null(f->peer);
}
