/* SPDX-License-Identifier: ISC */
/* A connection that exchanges lines. update_events() alone decides which events the loop watches; every callback ends
 * there. */
#include "line_peer.h"

#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
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
	/* Bytes offered in one call, cut behind a line.  Linux takes so few whole or not at all on a Unix socket, so a
	 * peer that reads nothing seldom has a line under way that must be kept for it. */
	SEND_WHOLE = 16 * 1024,
	/* Output that the kernel keeps for a peer whose share is limited. Linux doubles the number, and takes half of
	 * the double whole. */
	KERNEL_OUTPUT = SEND_WHOLE + 1024,
	/* The time in which a closing peer may read its last lines. */
	FINISH_S = 10,
};

struct line_peer {
	struct event_base *base;
	int fd;
	struct event *readable;
	struct event *writable;
	struct event *flusher; /* sends, or frees a closed peer */
	struct event *later;   /* handles lines that are left from an earlier turn; NULL: there were none yet */
	struct buf in;
	struct buf out;
	size_t sent; /* bytes of out that the kernel has taken */
	const struct line_peer_callbacks *callbacks;
	void *arg;
	bool waiting_to_write;
	bool blocked;   /* the kernel took less than was offered */
	bool midline;   /* the kernel has the begin of a line, and out the rest */
	bool pending;   /* a whole line is in the buffer and not handled yet */
	bool reading;   /* false while lines are pending */
	bool ended;     /* the other end sends no more */
	bool finishing; /* closes when all output was taken */
	bool lost;      /* a line did not fit the output, so the peer must be closed */
	bool closing;
	unsigned inside; /* callbacks of ours on the stack */
};

static void release(struct line_peer *p)
{
	struct event *events[] = {p->readable, p->writable, p->flusher, p->later};

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (events[i] != NULL)
			event_free(events[i]);
	close(p->fd);
	buf_release(&p->in);
	buf_release(&p->out);
	free(p);
}

void line_peer_close(struct line_peer *p)
{
	if (p == NULL || p->closing)
		return;
	p->closing = true;
	event_del(p->readable);
	event_del(p->writable);
	event_del(p->flusher);
	if (p->later != NULL)
		event_del(p->later);
	if (p->inside > 0)
		event_active(p->flusher, EV_TIMEOUT, 0);
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

static void on_later(evutil_socket_t fd, short what, void *arg);

/* 0, or -1 without memory. */
static int call_later(struct line_peer *p, struct timeval wait)
{
	if (p->later == NULL)
		p->later = evtimer_new(p->base, on_later, p);
	return p->later != NULL ? event_add(p->later, &wait) : -1;
}

/* 0, or -1 without memory. */
static int update_reading(struct line_peer *p)
{
	bool reading = !p->pending && !p->finishing && !p->ended;

	if (p->pending && !p->finishing && line_peer_queued(p) < OUTPUT_PAUSE &&
		call_later(p, (struct timeval){0}) != 0)
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
	bool waiting;
	int result = 0;

	if (p->blocked && line_peer_queued(p) > 0 && !p->closing && p->callbacks->stalled != NULL)
		p->callbacks->stalled(p->arg);
	turn_yield(p->base);
	if (p->closing)
		return;
	waiting = p->blocked || line_peer_queued(p) > 0;
	if (waiting && !p->waiting_to_write)
		result = event_add(p->writable, NULL);
	else if (!waiting && p->waiting_to_write)
		result = event_del(p->writable);
	p->waiting_to_write = waiting;
	if (result != 0 || update_reading(p) != 0)
		other_end_went(p);
}

/* Drops sent bytes when all or most of the output was sent: moving the rest costs less than sending did. */
static void drop_sent(struct line_peer *p)
{
	if (p->sent < p->out.len && p->sent < p->out.len / 2)
		return;
	if (p->sent == p->out.len)
		buf_release(&p->out);
	else
		buf_consume(&p->out, p->sent);
	p->sent = 0;
}

/* One call of send(): the bytes that the kernel took, or -1 when the other end has closed. */
static ssize_t offer(struct line_peer *p, struct str bytes)
{
	ssize_t n;

	do
		n = send(p->fd, bytes.data, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
		return -1;
	if (n < 0)
		n = 0;
	p->blocked = (size_t)n < bytes.len;
	if (n > 0)
		p->midline = bytes.data[n - 1] != '\n';
	return n;
}

/* The output that the next call offers. */
static struct str next_piece(const struct line_peer *p)
{
	struct str unsent = line_peer_unsent(p);
	const char *end;

	if (unsent.len > SEND_WHOLE) {
		end = memrchr(unsent.data, '\n', SEND_WHOLE);
		unsent.len = end != NULL ? (size_t)(end + 1 - unsent.data) : unsent.len;
	}
	return str_slice(unsent, 0, SEND_CHUNK < unsent.len ? SEND_CHUNK : unsent.len);
}

/* 0, or -1 when the other end has closed. */
static int send_output(struct line_peer *p)
{
	size_t total = 0;

	p->blocked = false;
	while (line_peer_queued(p) > 0 && total < SEND_CHUNK && !p->blocked) {
		ssize_t n = offer(p, next_piece(p));

		if (n < 0)
			return -1;
		p->sent += (size_t)n;
		total += (size_t)n;
		drop_sent(p);
	}
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

static void on_flush(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct line_peer *p = arg;

	if (p->closing) {
		release(p);
		return;
	}
	p->inside++;
	if (has_lost(p) || (!line_peer_is_waiting(p) && send_output(p) != 0))
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

static void on_writable(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct line_peer *p = arg;

	p->inside++;
	if (has_lost(p) || send_output(p) != 0)
		other_end_went(p);
	end_when_sent(p);
	update_events(p);
	if (!p->closing && !p->waiting_to_write)
		p->callbacks->drained(p->arg);
	p->inside--;
}

bool line_peer_pass(struct line_peer *p, struct str line)
{
	ssize_t n;

	if (line_peer_is_waiting(p) || p->closing || has_lost(p))
		return false;
	if (line_peer_queued(p) > 0) {
		buf_add(&p->out, line);
		line_peer_flush(p);
		return true;
	}
	n = offer(p, line);
	if (n == (ssize_t)line.len)
		return true;
	if (n < 0)
		line_peer_lose(p);
	else if (n > 0)
		buf_add(&p->out, str_slice(line, (size_t)n, line.len));
	/* Its events are watched from the loop. */
	line_peer_flush(p);
	return n > 0;
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
	if (p->in.len == 0)
		buf_release(&p->in);
}

/* The other end has shut its sending side, and has not closed: the kernel tells both by an empty read. */
static bool still_receives(const struct line_peer *p)
{
	struct pollfd look = {.fd = p->fd};

	return p->callbacks->may_stop_sending && poll(&look, 1, 0) >= 0 && (look.revents & (POLLHUP | POLLERR)) == 0;
}

/* The last line needs no newline: "printf REQUEST | socat" sends none. */
static void end_lines(struct line_peer *p)
{
	p->ended = true;
	if (p->in.len > 0 && buf_putc(&p->in, '\n') == 0)
		take_lines(p);
	else if (p->in.len > 0)
		line_peer_lose(p);
}

static void on_readable(evutil_socket_t fd, short what UNUSED, void *arg)
{
	struct line_peer *p = arg;
	char chunk[READ_CHUNK];
	ssize_t n = recv(fd, chunk, sizeof(chunk), MSG_DONTWAIT);

	p->inside++;
	if (n > 0 && buf_append(&p->in, chunk, (size_t)n) == 0)
		take_lines(p);
	else if (n == 0 && still_receives(p))
		end_lines(p);
	else if (n >= 0 || (errno != EAGAIN && errno != EINTR))
		other_end_went(p);
	if (p->in.len > LIMIT_STREAM_LINE && !p->pending)
		other_end_went(p);
	update_events(p);
	p->inside--;
}

static void on_later(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct line_peer *p = arg;

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
	if (p->closing || p->finishing)
		return;
	p->finishing = true;
	p->reading = false;
	event_del(p->readable);
	/* Without a timer nothing would bound the wait. */
	if (call_later(p, (struct timeval){.tv_sec = FINISH_S}) != 0)
		p->lost = true;
	line_peer_flush(p);
}

struct line_peer *line_peer_new(
	struct event_base *base, int fd, size_t output_max, const struct line_peer_callbacks *callbacks, void *arg)
{
	struct line_peer *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		close(fd);
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
	if (p->readable == NULL || p->writable == NULL || p->flusher == NULL || event_add(p->readable, NULL) != 0) {
		release(p);
		return NULL;
	}
	return p;
}

bool line_peer_user(int fd, struct ucred *who)
{
	socklen_t len = sizeof(*who);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, who, &len) == 0 && len == sizeof(*who);
}

void line_peer_limit_kernel(struct line_peer *p)
{
	int most = KERNEL_OUTPUT;

	setsockopt(p->fd, SOL_SOCKET, SO_SNDBUF, &most, sizeof(most));
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

struct str line_peer_unsent(const struct line_peer *p)
{
	return str_slice(buf_str(&p->out), p->sent, p->out.len);
}

bool line_peer_is_midline(const struct line_peer *p)
{
	return p->midline;
}

bool line_peer_cut(struct line_peer *p, size_t keep)
{
	struct buf kept = BUF_INIT(p->out.max);

	if (buf_add(&kept, str_slice(buf_str(&p->out), p->sent, p->sent + keep)) != 0) {
		buf_release(&kept);
		return false;
	}
	buf_release(&p->out);
	p->out = kept;
	p->sent = 0;
	return true;
}

size_t line_peer_queued(const struct line_peer *p)
{
	return p->out.len - p->sent;
}

bool line_peer_is_waiting(const struct line_peer *p)
{
	return p->waiting_to_write || p->blocked;
}
