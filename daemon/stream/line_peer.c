/* A connection that speaks lines.  One function, update_events(), decides what the loop watches for; every
 * callback ends there. */
#include "sitrep/line_peer.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sitrep/limits.h"

enum { READ_CHUNK = 16 * 1024 };

struct line_peer {
	int fd;
	struct event *readable;
	struct event *writable;
	struct event *flusher;
	struct event *reaper;
	struct buf in;
	struct buf out;
	const struct line_peer_callbacks *callbacks;
	void *arg;
	bool waiting_to_write;
	bool closing;
	unsigned inside; /* callbacks of ours on the stack */
};

static void release(struct line_peer *p)
{
	struct event *events[] = {p->readable, p->writable, p->flusher, p->reaper};

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

static void update_events(struct line_peer *p)
{
	if (p->closing)
		return;
	if (p->out.len > 0 && !p->waiting_to_write)
		(void)event_add(p->writable, NULL);
	else if (p->out.len == 0 && p->waiting_to_write)
		(void)event_del(p->writable);
	p->waiting_to_write = p->out.len > 0;
}

/* 0, or -1 when the other end went. */
static int send_output(struct line_peer *p)
{
	while (p->out.len > 0) {
		ssize_t n = send(p->fd, p->out.data, p->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
		buf_consume(&p->out, (size_t)n);
	}
	return 0;
}

static void on_flush(evutil_socket_t fd, short what, void *arg)
{
	struct line_peer *p = arg;

	(void)fd;
	(void)what;
	p->inside++;
	if (buf_failed(&p->out) || (!p->waiting_to_write && send_output(p) != 0))
		other_end_went(p);
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
	if (send_output(p) != 0)
		other_end_went(p);
	update_events(p);
	if (!p->closing && p->out.len == 0)
		p->callbacks->drained(p->arg);
	p->inside--;
}

static void take_lines(struct line_peer *p)
{
	size_t from = 0;

	while (!p->closing) {
		size_t end = str_find_char(buf_str(&p->in), '\n', from);
		struct str line;

		if (end == STR_NPOS)
			break;
		line = str_slice(buf_str(&p->in), from, end);
		if (line.len > 0 && line.data[line.len - 1] == '\r')
			line.len--;
		from = end + 1;
		p->callbacks->line(p->arg, line);
	}
	if (!p->closing)
		buf_consume(&p->in, from);
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
	if (p->in.len > LIMIT_STREAM_LINE)
		other_end_went(p);
	update_events(p);
	p->inside--;
}

struct line_peer *line_peer_new(
	struct event_base *base, int fd, size_t output_max, const struct line_peer_callbacks *callbacks, void *arg)
{
	struct line_peer *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		(void)close(fd);
		return NULL;
	}
	p->fd = fd;
	p->callbacks = callbacks;
	p->arg = arg;
	/* What comes in one breath with the longest line's end is not part of it. */
	buf_init(&p->in, LIMIT_STREAM_LINE + READ_CHUNK);
	buf_init(&p->out, output_max);
	p->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, p);
	p->writable = event_new(base, fd, EV_WRITE | EV_PERSIST, on_writable, p);
	p->flusher = event_new(base, -1, 0, on_flush, p);
	p->reaper = event_new(base, -1, 0, on_reap, p);
	if (p->readable == NULL || p->writable == NULL || p->flusher == NULL || p->reaper == NULL ||
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

size_t line_peer_queued(const struct line_peer *p)
{
	return p->out.len;
}
