/* SPDX-License-Identifier: ISC */
/* One line per change of state, to wherever the daemon's standard error leads: a terminal, a file, or the
 * journal.  The journal gets the pairs as fields over its native socket; what it does not take at once
 * goes to standard error with a priority prefix, which the journal reads as well.
 *
 * Standard error is never waited for.  Its open file description is shared with whoever started us, so O_NONBLOCK
 * must not be set on it: a pipe or a terminal is opened once more through /proc, a socket is sent to with
 * MSG_DONTWAIT, and where neither works each piece is at most as long as poll(2) promises room for. */
#include "sitrep/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/utf8.h"

enum {
	PAIRS_MAX = 16,
	/* Room for as many values of the greatest length, each of nothing but bytes that are escaped to four: a line
	 * that did not fit would lose its end, and run into the next. */
	LINE_MAX_LEN = PAIRS_MAX * 4 * LOG_VALUE_MAX + 16 * 1024,
	/* Lines that standard error cannot take now; lines that do not fit are dropped and counted. It has room for the
	   longest line. */
	PENDING_MAX = 64 * 1024,
	/* log_write() waits no longer. */
	WRITE_WAIT_MS = 2000,
};

/* How standard error is written without waiting. */
enum sink {
	SINK_FILE,   /* a regular file: takes everything at once */
	SINK_OWN,    /* a pipe or terminal, by a descriptor of our own with O_NONBLOCK */
	SINK_SOCKET, /* MSG_DONTWAIT */
	SINK_POLLED, /* poll() first, then no more than PIPE_BUF bytes */
};

struct pair {
	const char *key;
	const char *value;
};

static struct {
	pthread_mutex_t lock;
	const char *program;
	enum log_level level;
	int event_log; /* its socket, -1: none */
	bool service;
	bool colour;

	/* The file that standard error was when it was looked at last. */
	bool sink_known;
	dev_t device;
	ino_t inode;
	enum sink sink;
	int own; /* of SINK_OWN, else -1 */

	char pending[PENDING_MAX];
	size_t pending_len, pending_lines;
	uint64_t dropped, dropped_told; /* lines */
} state = {
	.lock = PTHREAD_MUTEX_INITIALIZER, .program = "sitrepd", .level = LOG_LEVEL_INFO, .event_log = -1, .own = -1};

static const struct {
	const char *name;
	const char *colour;
} levels[] = {
	[LOG_LEVEL_ERROR] = {"error", "\033[31m"},
	[LOG_LEVEL_WARNING] = {"warning", "\033[33m"},
	[LOG_LEVEL_NOTICE] = {"notice", ""},
	[LOG_LEVEL_INFO] = {"info", ""},
	[LOG_LEVEL_DEBUG] = {"debug", "\033[2m"},
};

/* EVENT_LOG_STREAM holds device and inode of the stream that the service manager gave us (systemd.exec(5));
 * standard error may since have been led elsewhere. */
static bool stderr_is_journal(void)
{
	const char *given = getenv("JOURNAL_STREAM");
	struct str rest = str_from(given), part;
	long long device, inode;
	struct stat st;

	return given != NULL && fstat(STDERR_FILENO, &st) == 0 && str_split(&rest, ':', &part) &&
	       str_to_int(part, &device) && str_to_int(rest, &inode) && (dev_t)device == st.st_dev &&
	       (ino_t)inode == st.st_ino;
}

static int open_journal(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/systemd/journal/socket"};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		(void)close(fd);
		fd = -1;
	}
	return fd;
}

void log_init(const char *program)
{
	state.program = program;
	state.service = stderr_is_journal();
	if (state.service && state.event_log < 0)
		state.event_log = open_journal();
	state.colour = !state.service && isatty(STDERR_FILENO) && getenv("NO_COLOR") == NULL;
}

void log_set_level(enum log_level least_urgent)
{
	state.level = least_urgent;
}

int log_level_parse(const char *name)
{
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (levels[i].name != NULL && strcmp(levels[i].name, name) == 0)
			return (int)i;
	return -1;
}

const char *log_number(char text[24], long long n)
{
	(void)snprintf(text, 24, "%lld", n);
	return text;
}

/* Text from outside as one line that does nothing to a terminal. */
static void add_escaped(struct buf *out, const char *value)
{
	struct str s = utf8_cut(str_from(value), LOG_VALUE_MAX);
	size_t i = 0;

	while (i < s.len) {
		size_t start = i;
		uint32_t cp = utf8_next(s, &i);

		if (cp == '\n' || cp == '\t' || utf8_is_unsafe(cp))
			(void)buf_printf(out, cp < 0x100 ? "\\x%02x" : "\\u%04x", (unsigned)cp);
		else if (cp == 0xfffd)
			(void)buf_put_utf8(out, cp);
		else
			(void)buf_append(out, s.data + start, i - start);
	}
	if (s.len < strlen(value))
		(void)buf_puts(out, "...");
}

static bool needs_quotes(const char *value)
{
	return value[0] == '\0' || strpbrk(value, " \"=\t\n") != NULL;
}

static void add_pair(struct buf *out, const struct pair *p)
{
	struct buf value = BUF_INIT(LINE_MAX_LEN);

	add_escaped(&value, p->value);
	(void)buf_printf(out, " %s=", p->key);
	if (needs_quotes(p->value)) {
		(void)buf_putc(out, '"');
		for (size_t i = 0; i < value.len; i++) {
			if (value.data[i] == '"')
				(void)buf_putc(out, '\\');
			(void)buf_putc(out, value.data[i]);
		}
		(void)buf_putc(out, '"');
	} else {
		(void)buf_add(out, buf_str(&value));
	}
	buf_release(&value);
}

static void add_message(struct buf *out, const char *subject, const struct pair *pairs, size_t count)
{
	(void)buf_puts(out, subject);
	for (size_t i = 0; i < count; i++)
		add_pair(out, &pairs[i]);
}

/* The journal's native protocol: NAME=value, one a line; systemd.journal-fields(7) for the names. */
static bool to_journal(enum log_level level, const char *subject, const struct pair *pairs, size_t count)
{
	struct buf out = BUF_INIT(2 * LINE_MAX_LEN);
	bool sent;

	(void)buf_printf(&out, "PRIORITY=%d\nSYSLOG_IDENTIFIER=%s\nMESSAGE=", (int)level, state.program);
	add_message(&out, subject, pairs, count);
	for (size_t i = 0; i < count; i++) {
		(void)buf_puts(&out, "\nSITREP_");
		for (const char *k = pairs[i].key; *k != '\0'; k++)
			(void)buf_putc(&out, *k >= 'a' && *k <= 'z' ? (char)(*k - 32) : *k);
		(void)buf_putc(&out, '=');
		add_escaped(&out, pairs[i].value);
	}
	(void)buf_putc(&out, '\n');
	sent = !buf_failed(&out) && send(state.event_log, out.data, out.len, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
	buf_release(&out);
	return sent;
}

/* ---- standard error ---- */

/* Standard error may be led elsewhere at any time. */
static void look_at_stderr(void)
{
	struct stat st;

	if (fstat(STDERR_FILENO, &st) != 0 ||
		(state.sink_known && st.st_dev == state.device && st.st_ino == state.inode))
		return;
	if (state.own >= 0)
		(void)close(state.own);
	state.own = -1;
	state.device = st.st_dev;
	state.inode = st.st_ino;
	state.sink_known = true;
	state.sink = SINK_FILE;
	if (S_ISSOCK(st.st_mode)) {
		state.sink = SINK_SOCKET;
	} else if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)) {
		state.own = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
		state.sink = state.own >= 0 ? SINK_OWN : SINK_POLLED;
	}
}

static ssize_t put_polled(const char *data, size_t len)
{
	struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};

	if (poll(&p, 1, 0) <= 0) {
		errno = EAGAIN;
		return -1;
	}
	return write(STDERR_FILENO, data, len < PIPE_BUF ? len : PIPE_BUF);
}

/* Bytes that were taken; -1 with EAGAIN when there is no room now. */
static ssize_t put(const char *data, size_t len)
{
	switch (state.sink) {
	case SINK_FILE:
		return write(STDERR_FILENO, data, len);
	case SINK_OWN:
		return write(state.own, data, len);
	case SINK_SOCKET:
		return send(STDERR_FILENO, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	case SINK_POLLED:
		return put_polled(data, len);
	}
	return -1;
}

static void drop_pending(void)
{
	state.dropped += state.pending_lines;
	state.pending_len = state.pending_lines = 0;
}

/* Writes waiting lines as far as there is room. */
static void push(void)
{
	size_t done = 0;

	look_at_stderr();
	while (done < state.pending_len) {
		ssize_t n = put(state.pending + done, state.pending_len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN) {
			/* The reader has gone, or the disk is full; the daemon goes on. */
			drop_pending();
			return;
		}
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	state.pending_len -= done;
	memmove(state.pending, state.pending + done, state.pending_len);
	if (state.pending_len == 0)
		state.pending_lines = 0;
}

static void add_line(enum log_level level, const char *subject, const struct pair *pairs, size_t count)
{
	struct buf out = BUF_INIT(LINE_MAX_LEN);
	time_t now = time(NULL);
	struct tm tm = {0};

	if (state.service) {
		(void)buf_printf(&out, "<%d>", (int)level);
	} else {
		(void)localtime_r(&now, &tm);
		(void)buf_printf(&out, "%s%02d:%02d:%02d %-8s", state.colour ? levels[level].colour : "", tm.tm_hour,
			tm.tm_min, tm.tm_sec, levels[level].name);
	}
	add_message(&out, subject, pairs, count);
	(void)buf_puts(&out, state.colour && levels[level].colour[0] != '\0' ? "\033[0m\n" : "\n");
	if (buf_failed(&out) || out.len > sizeof(state.pending) - state.pending_len) {
		state.dropped++;
	} else {
		memcpy(state.pending + state.pending_len, out.data, out.len);
		state.pending_len += out.len;
		state.pending_lines++;
	}
	buf_release(&out);
}

/* Once all that waited has left. */
static void tell_dropped(void)
{
	uint64_t dropped = state.dropped;
	char number[24];
	const struct pair lines = {"lines", log_number(number, (long long)(dropped - state.dropped_told))};

	if (state.pending_len > 0 || dropped == state.dropped_told)
		return;
	add_line(LOG_LEVEL_WARNING, "the log was not read, lines are lost", &lines, 1);
	push();
	if (state.dropped == dropped)
		state.dropped_told = dropped;
	else
		state.dropped = dropped; /* this one went the same way, and is said again */
}

static void to_stderr(enum log_level level, const char *subject, const struct pair *pairs, size_t count)
{
	push();
	tell_dropped();
	add_line(level, subject, pairs, count);
	push();
}

void log_flush(void)
{
	(void)pthread_mutex_lock(&state.lock);
	if (state.pending_len > 0 || state.dropped != state.dropped_told) {
		push();
		tell_dropped();
	}
	(void)pthread_mutex_unlock(&state.lock);
}

void log_emit_lines(enum log_level level, const char *subject, const char *key, struct str text)
{
	struct str line;

	while (str_split(&text, '\n', &line)) {
		char copy[LOG_VALUE_MAX];

		if (str_empty(line))
			continue;
		line = utf8_cut(line, sizeof(copy) - 1);
		memcpy(copy, line.data, line.len);
		copy[line.len] = '\0';
		log_emit(level, subject, key, copy, NULL);
	}
}

void log_write(const char *text, size_t len)
{
	int64_t end_ms = clock_mono_ms() + WRITE_WAIT_MS, left_ms;
	ssize_t n = 0;

	(void)pthread_mutex_lock(&state.lock);
	look_at_stderr();
	while (len > 0 && (left_ms = end_ms - clock_mono_ms()) > 0) {
		struct pollfd p = {.fd = state.own >= 0 ? state.own : STDERR_FILENO, .events = POLLOUT};

		n = put(text, len);
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			(void)poll(&p, 1, (int)left_ms);
		} else if (n == 0 || errno != EINTR) {
			break;
		}
	}
	(void)pthread_mutex_unlock(&state.lock);
}

uint64_t log_dropped(void)
{
	uint64_t n;

	(void)pthread_mutex_lock(&state.lock);
	n = state.dropped;
	(void)pthread_mutex_unlock(&state.lock);
	return n;
}

void log_emit(enum log_level level, const char *subject, ...)
{
	struct pair pairs[PAIRS_MAX];
	size_t count = 0;
	const char *key;
	va_list ap;

	if (level > state.level)
		return;
	va_start(ap, subject);
	while (count < PAIRS_MAX && (key = va_arg(ap, const char *)) != NULL) {
		const char *value = va_arg(ap, const char *);

		if (value == NULL)
			break;
		pairs[count++] = (struct pair){key, value};
	}
	va_end(ap);
	(void)pthread_mutex_lock(&state.lock);
	if (state.event_log < 0 || !to_journal(level, subject, pairs, count))
		to_stderr(level, subject, pairs, count);
	(void)pthread_mutex_unlock(&state.lock);
}
