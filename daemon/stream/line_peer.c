/* SPDX-License-Identifier: ISC */
/* A connection that exchanges lines. update_events() alone decides which events the loop watches; every callback ends
 * there. */
#include "line_peer.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/turn.h"

enum {
	READ_CHUNK = 16 * 1024,
	/* The lines handled in one turn; a peer that sends thousands waits between turns as others do. */
	LINES_A_TURN = 16,
	/* No further line is handled in a turn after this much processor time, so that fifty such peers delay the loop
	 * only a little. */
	LINES_US = 500,
	/* No line is handled while more output than this waits: a peer must read its answers before it may ask more. */
	OUTPUT_PAUSE = 64 * 1024,
	/* Bytes offered to the kernel in one turn. */
	SEND_CHUNK = 256 * 1024,
	/* The time in which a closing peer may read its last lines. */
	FINISH_S = 10,
	/* Memory that a peer keeps for its next output. */
	KEPT_MAX = 4 * 1024,
};

struct line_peer {
	struct event_base *base;
	int fd;
	struct event *readable;
	struct event *writable;
	struct event *flusher;
	struct event *reaper;
	struct event *later; /* handles lines that are left from an earlier turn */
	struct buf in;
	struct buf out;
	size_t sent; /* bytes of out that the kernel has taken */
	const struct line_peer_callbacks *callbacks;
	void *arg;
	bool waiting_to_write;
	bool pending;   /* a whole line is in the buffer and not handled yet */
	bool reading;   /* false while lines are pending */
	bool finishing; /* closes when all output was taken */
	bool lost;      /* a line did not fit the output, so the peer must be closed */
	bool closing;
	unsigned inside; /* callbacks of ours on the stack */
};

static void release(struct line_peer *p)
{
	struct event *events[] = {p->readable, p->writable, p->flusher, p->reaper, p->later};

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (events[i] != NULL)
			event_free(events[i]);
	(void)close(p->fd);
	buf_release(&p->in);
	buf_release(&p->out);
	free(p);
}

static void on_reap(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	release(arg);
}

void line_peer_close(struct line_peer *p)
{
	if (p == NULL || p->closing)
		return;
	p->closing = true;
	(void)event_del(p->readable);
	(void)event_del(p->writable);
	(void)event_del(p->flusher);
	(void)event_del(p->later);
	if (p->inside > 0)
		event_active(p->reaper, EV_TIMEOUT, 0);
	else
		release(p);
}

static void other_end_went(struct line_peer *p)
{
	if (p->closing)
		return;
	p->callbacks->closed(p->arg);
	line_peer_close(p);
}

/* 0, or -1 without memory. */
static int update_reading(struct line_peer *p)
{
	static const struct timeval next_turn = {0};
	bool reading = !p->pending && !p->finishing;

	if (p->pending && !p->finishing && line_peer_queued(p) < OUTPUT_PAUSE && event_add(p->later, &next_turn) != 0)
		return -1;
	if (p->reading == reading)
		return 0;
	p->reading = reading;
	return reading ? event_add(p->readable, NULL) : event_del(p->readable);
}

/* The end of every callback.  A connection whose events cannot be watched is closed, since it would be silent for ever.
 */
static void update_events(struct line_peer *p)
{
	bool queued = line_peer_queued(p) > 0;
	int result = 0;

	turn_yield(p->base);
	if (p->closing)
		return;
	if (queued && !p->waiting_to_write)
		result = event_add(p->writable, NULL);
	else if (!queued && p->waiting_to_write)
		result = event_del(p->writable);
	p->waiting_to_write = queued;
	if (result != 0 || update_reading(p) != 0)
		other_end_went(p);
}

/* Drops sent bytes when all or most of the output was sent: moving the rest costs less than sending did. */
static void drop_sent(struct line_peer *p)
{
	if (p->sent < p->out.len && p->sent < p->out.len / 2)
		return;
	buf_consume(&p->out, p->sent);
	p->sent = 0;
	if (p->out.len == 0 && p->out.cap > KEPT_MAX)
		buf_release(&p->out);
}

/* 0, or -1 when the other end has closed. */
static int send_output(struct line_peer *p)
{
	size_t len = line_peer_queued(p);
	ssize_t n;

	if (len == 0)
		return 0;
	do
		n = send(
			p->fd, p->out.data + p->sent, len < SEND_CHUNK ? len : SEND_CHUNK, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
	p->sent += (size_t)n;
	drop_sent(p);
	return 0;
}

static bool has_lost(const struct line_peer *p)
{
	return p->lost || buf_failed(&p->out);
}

static void end_when_sent(struct line_peer *p)
{
	if (p->finishing && line_peer_queued(p) == 0)
		other_end_went(p);
}

static void on_flush(evutil_socket_t fd, short what, void *arg)
{
	struct line_peer *p = arg;

	(void)fd;
	(void)what;
	p->inside++;
	if (has_lost(p) || (!p->waiting_to_write && send_output(p) != 0))
		other_end_went(p);
	end_when_sent(p);
	update_events(p);
	p->inside--;
}

void line_peer_flush(struct line_peer *p)
{
	if (!p->closing)
		event_active(p->flusher, EV_TIMEOUT, 0);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct line_peer *p = arg;

	(void)fd;
	(void)what;
	p->inside++;
	if (has_lost(p) || send_output(p) != 0)
		other_end_went(p);
	end_when_sent(p);
	update_events(p);
	if (!p->closing && line_peer_queued(p) == 0)
		p->callbacks->drained(p->arg);
	p->inside--;
}

/* Handles at least one line, so that every turn makes progress. */
static void take_lines(struct line_peer *p)
{
	int64_t end_us = clock_thread_cpu_us() + LINES_US;
	size_t from = 0, end = 0;

	for (int i = 0; i < LINES_A_TURN && !p->closing && !p->finishing && line_peer_queued(p) < OUTPUT_PAUSE &&
			(i == 0 || clock_thread_cpu_us() < end_us);
		i++) {
		struct str line;

		end = str_find_char(buf_str(&p->in), '\n', from);
		if (end == STR_NPOS)
			break;
		line = str_slice(buf_str(&p->in), from, end);
		if (line.len > 0 && line.data[line.len - 1] == '\r')
			line.len--;
		from = end + 1;
		p->callbacks->line(p->arg, line);
	}
	if (p->closing)
		return;
	buf_consume(&p->in, from);
	p->pending = end != STR_NPOS && str_find_char(buf_str(&p->in), '\n', 0) != STR_NPOS;
	if (p->in.len == 0 && p->in.cap > KEPT_MAX)
		buf_release(&p->in);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct line_peer *p = arg;
	char chunk[READ_CHUNK];
	ssize_t n = recv(fd, chunk, sizeof(chunk), MSG_DONTWAIT);

	(void)what;
	p->inside++;
	if (n > 0 && buf_append(&p->in, chunk, (size_t)n) == 0)
		take_lines(p);
	else if (n >= 0 || (errno != EAGAIN && errno != EINTR))
		other_end_went(p);
	if (p->in.len > LIMIT_STREAM_LINE && !p->pending)
		other_end_went(p);
	update_events(p);
	p->inside--;
}

static void on_later(evutil_socket_t fd, short what, void *arg)
{
	struct line_peer *p = arg;

	(void)fd;
	(void)what;
	p->inside++;
	if (p->finishing)
		other_end_went(p);
	else
		take_lines(p);
	update_events(p);
	p->inside--;
}

void line_peer_finish(struct line_peer *p)
{
	static const struct timeval patience = {.tv_sec = FINISH_S};

	if (p->closing || p->finishing)
		return;
	p->finishing = true;
	p->reading = false;
	(void)event_del(p->readable);
	(void)event_add(p->later, &patience);
	line_peer_flush(p);
}

struct line_peer *line_peer_new(
	struct event_base *base, int fd, size_t output_max, const struct line_peer_callbacks *callbacks, void *arg)
{
	struct line_peer *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		(void)close(fd);
		return NULL;
	}
	p->base = base;
	p->fd = fd;
	p->reading = true;
	p->callbacks = callbacks;
	p->arg = arg;
	/* Bytes behind the newline of the longest line do not count towards its length. */
	buf_init(&p->in, LIMIT_STREAM_LINE + READ_CHUNK);
	buf_init(&p->out, output_max);
	p->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, p);
	p->writable = event_new(base, fd, EV_WRITE | EV_PERSIST, on_writable, p);
	p->flusher = event_new(base, -1, 0, on_flush, p);
	p->reaper = event_new(base, -1, 0, on_reap, p);
	p->later = evtimer_new(base, on_later, p);
	if (p->readable == NULL || p->writable == NULL || p->flusher == NULL || p->reaper == NULL || p->later == NULL ||
		event_add(p->readable, NULL) != 0) {
		release(p);
		return NULL;
	}
	return p;
}

struct buf *line_peer_output(struct line_peer *p)
{
	return &p->out;
}

void line_peer_lose(struct line_peer *p)
{
	p->lost = true;
	line_peer_flush(p);
}

size_t line_peer_queued(const struct line_peer *p)
{
	return p->out.len - p->sent;
}

bool line_peer_is_waiting(const struct line_peer *p)
{
	return p->waiting_to_write;
}
