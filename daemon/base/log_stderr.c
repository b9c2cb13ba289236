/* SPDX-License-Identifier: ISC */
/* The open file description of standard error is shared with the process that started the daemon, so O_NONBLOCK must
 * not be set on it.  A pipe or a terminal is opened once more through /proc; a socket gets MSG_DONTWAIT; where neither
 * works, poll(2) is asked first and at most PIPE_BUF bytes are written. */
#include "log_stderr.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sitrep/base/clock.h"

/* Room for the longest line (log.c). */
enum { WAITING_MAX = 64 * 1024 };

/* How standard error is written without waiting. */
enum sink {
	SINK_FILE,   /* a regular file: takes everything at once */
	SINK_OWN,    /* a pipe or terminal, by a descriptor of our own with O_NONBLOCK */
	SINK_SOCKET, /* MSG_DONTWAIT */
	SINK_POLLED, /* poll() first, then no more than PIPE_BUF bytes */
};

static struct {
	/* The file that standard error was when it was looked at last. */
	bool is_known;
	dev_t device;
	ino_t inode;
	enum sink sink;
	int own; /* of SINK_OWN, else -1 */

	char waiting[WAITING_MAX];
	size_t waiting_len, waiting_lines;
	uint64_t lost; /* lines */
} state = {.own = -1};

/* Chooses the sink anew when standard error has become another file: it may be redirected at any time. */
static void look_at_stderr(void)
{
	struct stat st;

	if (fstat(STDERR_FILENO, &st) != 0 || (state.is_known && st.st_dev == state.device && st.st_ino == state.inode))
		return;
	if (state.own >= 0)
		close(state.own);
	state.own = -1;
	state.device = st.st_dev;
	state.inode = st.st_ino;
	state.is_known = true;
	state.sink = SINK_FILE;
	if (S_ISSOCK(st.st_mode)) {
		state.sink = SINK_SOCKET;
	} else if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)) {
		state.own = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
		state.sink = state.own >= 0 ? SINK_OWN : SINK_POLLED;
	}
}

static ssize_t write_polled(const char *data, size_t len)
{
	struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};

	if (poll(&p, 1, 0) <= 0) {
		errno = EAGAIN;
		return -1;
	}
	return write(STDERR_FILENO, data, len < PIPE_BUF ? len : PIPE_BUF);
}

/* Returns the number of bytes written; -1 with EAGAIN when there is no room now. */
static ssize_t write_sink(const char *data, size_t len)
{
	switch (state.sink) {
	case SINK_FILE:
		return write(STDERR_FILENO, data, len);
	case SINK_OWN:
		return write(state.own, data, len);
	case SINK_SOCKET:
		return send(STDERR_FILENO, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	case SINK_POLLED:
		return write_polled(data, len);
	}
	return -1;
}

static void lose_waiting(void)
{
	state.lost += state.waiting_lines;
	state.waiting_len = state.waiting_lines = 0;
}

void log_stderr_write_waiting(void)
{
	size_t done = 0;

	look_at_stderr();
	while (done < state.waiting_len) {
		ssize_t n = write_sink(state.waiting + done, state.waiting_len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN) {
			/* The reader has gone, or the disk is full; the daemon goes on. */
			lose_waiting();
			return;
		}
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	state.waiting_len -= done;
	memmove(state.waiting, state.waiting + done, state.waiting_len);
	if (state.waiting_len == 0)
		state.waiting_lines = 0;
}

void log_stderr_add(struct str line)
{
	if (str_empty(line) || line.len > sizeof(state.waiting) - state.waiting_len) {
		state.lost++;
		return;
	}
	memcpy(state.waiting + state.waiting_len, line.data, line.len);
	state.waiting_len += line.len;
	state.waiting_lines++;
}

bool log_stderr_try(struct str line)
{
	uint64_t lost = state.lost;

	log_stderr_add(line);
	log_stderr_write_waiting();
	if (state.lost == lost)
		return true;
	state.lost = lost;
	return false;
}

bool log_stderr_waits(void)
{
	return state.waiting_len > 0;
}

uint64_t log_stderr_lost(void)
{
	return state.lost;
}

void log_stderr_write(const char *text, size_t len, int64_t end_ms)
{
	int64_t left_ms;
	ssize_t n = 0;

	look_at_stderr();
	while (len > 0 && (left_ms = end_ms - clock_mono_ms()) > 0) {
		struct pollfd p = {.fd = state.own >= 0 ? state.own : STDERR_FILENO, .events = POLLOUT};

		n = write_sink(text, len);
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			poll(&p, 1, (int)left_ms);
		} else if (n == 0 || errno != EINTR) {
			break;
		}
	}
}
