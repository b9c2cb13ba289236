/* SPDX-License-Identifier: ISC */
/* One line per change of state, to wherever the daemon's standard error leads: a terminal, a file, or the journal.
 * The journal gets the pairs as fields over its native socket.  A line that the journal does not take at once goes
 * to standard error with a priority prefix, which the journal reads as well. */
#include "sitrep/base/log.h"

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
#include <unistd.h>

#include "log_stderr.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/utf8.h"

enum {
	PAIRS_MAX = 16,
	/* Room for PAIRS_MAX values of LOG_VALUE_MAX bytes, each byte escaped to four ("\x1b").  A line that did not
	 * fit would lose its newline and run into the next line. */
	LINE_MAX_LEN = PAIRS_MAX * 4 * LOG_VALUE_MAX + 16 * 1024,
	/* The longest wait of log_write(). */
	WRITE_WAIT_MS = 2000,
};

struct pair {
	const char *key;
	const char *value;
};

static struct {
	pthread_mutex_t lock;
	const char *program;
	enum log_level level;
	int journal; /* its socket, -1: none */
	bool service;
	bool colour;
	uint64_t lost_told; /* lines */
} state = {.lock = PTHREAD_MUTEX_INITIALIZER, .program = "sitrepd", .level = LOG_LEVEL_INFO, .journal = -1};

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

/* JOURNAL_STREAM holds device and inode of the stream that the service manager opened (systemd.exec(5)).  Standard
 * error may have been redirected since then. */
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
		close(fd);
		fd = -1;
	}
	return fd;
}

void log_init(const char *program)
{
	state.program = program;
	state.service = stderr_is_journal();
	if (state.service && state.journal < 0)
		state.journal = open_journal();
	state.colour = !state.service && isatty(STDERR_FILENO) && getenv("NO_COLOR") == NULL;
}

void log_leave_journal(void)
{
	pthread_mutex_lock(&state.lock);
	if (state.journal >= 0)
		close(state.journal);
	state.journal = -1;
	pthread_mutex_unlock(&state.lock);
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
	snprintf(text, 24, "%lld", n);
	return text;
}

/* Appends text from outside as one line without control characters. */
static void add_escaped(struct buf *out, const char *value)
{
	struct str s = utf8_cut(str_from(value), LOG_VALUE_MAX);
	size_t i = 0;

	while (i < s.len) {
		size_t start = i;
		uint32_t cp = utf8_next(s, &i);

		if (cp == '\n' || cp == '\t' || utf8_is_unsafe(cp))
			buf_printf(out, cp < 0x100 ? "\\x%02x" : "\\u%04x", (unsigned)cp);
		else if (cp == 0xfffd)
			buf_put_utf8(out, cp);
		else
			buf_append(out, s.data + start, i - start);
	}
	if (s.len < strlen(value))
		buf_puts(out, "...");
}

static bool needs_quotes(const char *value)
{
	return value[0] == '\0' || strpbrk(value, " \"=\t\n") != NULL;
}

static void add_pair(struct buf *out, const struct pair *p)
{
	struct buf value = BUF_INIT(LINE_MAX_LEN);

	add_escaped(&value, p->value);
	buf_printf(out, " %s=", p->key);
	if (needs_quotes(p->value)) {
		buf_putc(out, '"');
		for (size_t i = 0; i < value.len; i++) {
			if (value.data[i] == '"')
				buf_putc(out, '\\');
			buf_putc(out, value.data[i]);
		}
		buf_putc(out, '"');
	} else {
		buf_add(out, buf_str(&value));
	}
	buf_release(&value);
}

static void add_message(struct buf *out, const char *subject, const struct pair *pairs, size_t count)
{
	buf_puts(out, subject);
	for (size_t i = 0; i < count; i++)
		add_pair(out, &pairs[i]);
}

/* The journal's native protocol: NAME=value, one a line; systemd.journal-fields(7) for the names. */
static bool to_journal(enum log_level level, const char *subject, const struct pair *pairs, size_t count)
{
	struct buf out = BUF_INIT(2 * LINE_MAX_LEN);
	bool sent;

	buf_printf(&out, "PRIORITY=%d\nSYSLOG_IDENTIFIER=%s\nMESSAGE=", (int)level, state.program);
	add_message(&out, subject, pairs, count);
	for (size_t i = 0; i < count; i++) {
		buf_puts(&out, "\nSITREP_");
		for (const char *k = pairs[i].key; *k != '\0'; k++)
			buf_putc(&out, *k >= 'a' && *k <= 'z' ? (char)(*k - 32) : *k);
		buf_putc(&out, '=');
		add_escaped(&out, pairs[i].value);
	}
	buf_putc(&out, '\n');
	sent = !buf_failed(&out) && send(state.journal, out.data, out.len, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
	buf_release(&out);
	return sent;
}

/* ---- standard error ---- */

/* The line for standard error, to be released; it may have failed. */
static struct buf make_line(enum log_level level, const char *subject, const struct pair *pairs, size_t count)
{
	struct buf out = BUF_INIT(LINE_MAX_LEN);
	char now[TIME_TEXT_MAX];

	if (state.service)
		buf_printf(&out, "<%d>", (int)level);
	else
		buf_printf(&out, "%s%s %-8s", state.colour ? levels[level].colour : "",
			time_format_local(now, clock_wall_ms()), levels[level].name);
	add_message(&out, subject, pairs, count);
	buf_puts(&out, state.colour && levels[level].colour[0] != '\0' ? "\033[0m\n" : "\n");
	return out;
}

/* Logs the number of lost lines, as soon as no line waits. */
static void tell_lost(void)
{
	uint64_t lost = log_stderr_lost();
	char number[24];
	const struct pair lines = {"lines", log_number(number, (long long)(lost - state.lost_told))};
	struct buf line;

	if (log_stderr_waits() || lost == state.lost_told)
		return;
	line = make_line(LOG_LEVEL_WARNING, "log lines were lost, standard error was not read", &lines, 1);
	if (log_stderr_try(buf_failed(&line) ? STR_NONE : buf_str(&line)))
		state.lost_told = lost;
	buf_release(&line);
}

static void to_stderr(enum log_level level, const char *subject, const struct pair *pairs, size_t count)
{
	struct buf line;

	log_stderr_write_waiting();
	tell_lost();
	line = make_line(level, subject, pairs, count);
	log_stderr_add(buf_failed(&line) ? STR_NONE : buf_str(&line));
	log_stderr_write_waiting();
	buf_release(&line);
}

void log_flush(void)
{
	pthread_mutex_lock(&state.lock);
	if (log_stderr_waits() || log_stderr_lost() != state.lost_told) {
		log_stderr_write_waiting();
		tell_lost();
	}
	pthread_mutex_unlock(&state.lock);
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

void log_write(enum log_level level, const char *text, size_t len)
{
	int64_t end_ms = clock_mono_ms() + WRITE_WAIT_MS;
	struct str rest = {text, len}, line;

	pthread_mutex_lock(&state.lock);
	if (!state.service) {
		log_stderr_write(text, len, end_ms);
	} else {
		/* The journal takes the number before each line for its level. */
		while (str_split(&rest, '\n', &line)) {
			char prefix[8];

			if (str_empty(line))
				continue;
			snprintf(prefix, sizeof(prefix), "<%d>", (int)level);
			log_stderr_write(prefix, strlen(prefix), end_ms);
			log_stderr_write(line.data, line.len, end_ms);
			log_stderr_write("\n", 1, end_ms);
		}
	}
	pthread_mutex_unlock(&state.lock);
}

uint64_t log_dropped(void)
{
	uint64_t n;

	pthread_mutex_lock(&state.lock);
	n = log_stderr_lost();
	pthread_mutex_unlock(&state.lock);
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
	pthread_mutex_lock(&state.lock);
	if (state.journal < 0 || !to_journal(level, subject, pairs, count))
		to_stderr(level, subject, pairs, count);
	pthread_mutex_unlock(&state.lock);
}
