/* One line per change of state, to wherever the daemon's standard error leads: a terminal, a file, or the
 * journal.  The journal gets the pairs as fields over its native socket; what it does not take at once
 * goes to standard error with a priority prefix, which the journal reads as well. */
#include "sitrep/log.h"

#include <errno.h>
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

#include "sitrep/buf.h"
#include "sitrep/utf8.h"

enum {
	PAIRS_MAX = 16,
	/* Room for as many values of the greatest length, each of nothing but bytes that are escaped to four: a line
	 * that did not fit would lose its end, and run into the next. */
	LINE_MAX_LEN = PAIRS_MAX * 4 * LOG_VALUE_MAX + 16 * 1024,
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

/* JOURNAL_STREAM holds device and inode of the stream that the service manager gave us (systemd.exec(5));
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
	if (state.service && state.journal < 0)
		state.journal = open_journal();
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
	sent = !buf_failed(&out) && send(state.journal, out.data, out.len, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
	buf_release(&out);
	return sent;
}

static void to_stderr(enum log_level level, const char *subject, const struct pair *pairs, size_t count)
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
	if (out.len > 0 && write(STDERR_FILENO, out.data, out.len) < 0)
		state.colour = false; /* nobody is there to read; the daemon goes on */
	buf_release(&out);
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
	if (state.journal < 0 || !to_journal(level, subject, pairs, count))
		to_stderr(level, subject, pairs, count);
	(void)pthread_mutex_unlock(&state.lock);
}
