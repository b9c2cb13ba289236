/* SPDX-License-Identifier: ISC */
/* Lines over a socket. */
#include "lines.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sitrep/base/clock.h"

enum { READ_CHUNK = 64 * 1024 };

void lines_init(struct lines *l, int fd, size_t max)
{
	int flags = fcntl(fd, F_GETFL);

	*l = (struct lines){.fd = fd};
	buf_init(&l->in, max + READ_CHUNK);
	if (flags >= 0)
		fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

void lines_release(struct lines *l)
{
	if (l->fd >= 0)
		close(l->fd);
	buf_release(&l->in);
	*l = LINES_CLOSED;
}

int64_t lines_deadline(int timeout_ms)
{
	return timeout_ms < 0 ? LINES_FOREVER : clock_mono_ms() + timeout_ms;
}

/* 1: the socket is ready, 0: the deadline is over, or a negative code. */
static int wait_for(const struct lines *l, short events, int64_t deadline)
{
	struct pollfd p = {.fd = l->fd, .events = events};
	int64_t left = -1;
	int ready;

	if (deadline != LINES_FOREVER) {
		left = deadline - clock_mono_ms();
		left = left < 0 ? 0 : left > INT_MAX ? INT_MAX : left;
	}
	ready = poll(&p, 1, (int)left);
	return ready < 0 ? -errno : ready;
}

int lines_send(struct lines *l, struct str text, int64_t deadline, struct error *err)
{
	size_t sent = 0;

	while (sent <= text.len) {
		bool is_end = sent == text.len;
		ssize_t n = send(l->fd, is_end ? "\n" : text.data + sent, is_end ? 1 : text.len - sent, MSG_NOSIGNAL);
		int ready;

		if (n > 0) {
			sent += (size_t)n;
			continue;
		}
		if (errno != EAGAIN && errno != EINTR)
			return error_sys(err, -errno, "cannot ask the daemon");
		ready = wait_for(l, POLLOUT, deadline);
		if (ready < 0)
			return error_sys(err, ready, "cannot ask the daemon");
		if (ready == 0)
			return error_set(err, -ETIMEDOUT, "the daemon does not read the request");
	}
	return 0;
}

/* Drops the lines that were given out, and reads: the number of bytes, 0 when the other side has closed, or a negative
 * code. */
static ssize_t read_more(struct lines *l, struct error *err)
{
	ssize_t n;

	buf_consume(&l->in, l->taken);
	l->taken = 0;
	l->looked = l->in.len;
	if (l->in.len > l->in.max - READ_CHUNK)
		return error_set(err, -EMSGSIZE, "the daemon sent a line that is too long");
	if (buf_reserve(&l->in, READ_CHUNK) != 0)
		return error_sys(err, -ENOMEM, "cannot read from the daemon");
	n = read(l->fd, l->in.data + l->in.len, READ_CHUNK);
	if (n < 0)
		return -errno;
	l->in.len += (size_t)n;
	l->in.data[l->in.len] = '\0';
	return n;
}

int lines_receive(struct lines *l, int64_t deadline, struct str *line, struct error *err)
{
	size_t end;

	if (l->fd < 0)
		return error_set(err, -ENOTCONN, "there is no connection to the daemon");
	while ((end = str_find_char(buf_str(&l->in), '\n', l->looked)) == STR_NPOS) {
		ssize_t n = read_more(l, err);
		int ready;

		if (n == 0)
			return error_set(err, -EPIPE, "the daemon closed the connection");
		if (n == -EMSGSIZE || n == -ENOMEM)
			return (int)n;
		if (n > 0)
			continue;
		ready = n == -EAGAIN || n == -EINTR ? wait_for(l, POLLIN, deadline) : (int)n;
		if (ready < 0)
			return error_sys(err, ready, "cannot read from the daemon");
		if (ready == 0)
			return 0;
	}
	l->in.data[end] = '\0';
	*line = str_slice(buf_str(&l->in), l->taken, end);
	l->taken = end + 1;
	l->looked = end + 1;
	return 1;
}
