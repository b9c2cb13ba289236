/* SPDX-License-Identifier: ISC */
/* Log lines: their form on a terminal, in a file and in the journal's stream, and that no text from outside makes two
 * lines of one or speaks to the terminal. */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "../test.h"
#include "sitrep/base/log.h"
#include "sitrep/base/str.h"
#include "sitrep/base/utf8.h"

enum { SAID_MAX = 1 << 20, WHO_AT = 26, THREADS = 8, LINES = 500, PAIRS = 16 };

/* Standard error, led into a file for as long as a test listens. */
struct ear {
	int real; /* standard error as it was */
	int fd;   /* of the file */
	char *said;
	size_t len;
};

static void listen_to(struct ear *e, int fd)
{
	e->real = dup(STDERR_FILENO);
	e->fd = fd;
	assert_true(e->real >= 0 && fd >= 0);
	assert_true(dup2(fd, STDERR_FILENO) >= 0);
}

static int setup(void **state)
{
	struct ear *e = calloc(1, sizeof(*e));
	char path[] = P_tmpdir "/sitrep-log-XXXXXX";
	int fd = mkstemp(path);

	assert_non_null(e);
	assert_true(fd >= 0);
	assert_int_equal(unlink(path), 0);
	e->said = malloc(SAID_MAX);
	assert_non_null(e->said);
	(void)unsetenv("JOURNAL_STREAM");
	listen_to(e, fd);
	log_init("test");
	log_set_level(LOG_LEVEL_INFO);
	*state = e;
	return 0;
}

static void stop_listening(struct ear *e)
{
	if (e->real < 0)
		return;
	(void)dup2(e->real, STDERR_FILENO);
	(void)close(e->real);
	e->real = -1;
}

static int teardown(void **state)
{
	struct ear *e = *state;

	stop_listening(e);
	(void)close(e->fd);
	free(e->said);
	free(e);
	(void)unsetenv("JOURNAL_STREAM");
	log_init("test");
	log_set_level(LOG_LEVEL_INFO);
	return 0;
}

/* What was said since the last time, as a string. */
static const char *heard(struct ear *e)
{
	ssize_t n = pread(e->fd, e->said, SAID_MAX - 1, 0);

	assert_true(n >= 0);
	e->said[n] = '\0';
	e->len = (size_t)n;
	assert_int_equal(ftruncate(e->fd, 0), 0);
	assert_int_equal(lseek(e->fd, 0, SEEK_SET), 0);
	return e->said;
}

/* A line after its clock: "12:03:22 warning feed fails". */
static const char *after_clock(const char *line)
{
	for (int i = 0; i < 8; i++)
		assert_true(i % 3 == 2 ? line[i] == ':' : char_is_digit(line[i]));
	assert_int_equal(line[8], ' ');
	return line + 9;
}

static void assert_heard(struct ear *e, const char *expected)
{
	assert_string_equal(after_clock(heard(e)), expected);
}

TEST_WITH(plain_lines, setup, teardown)
{
	struct ear *e = *state;

	log_emit(LOG_LEVEL_WARNING, "feed fails", "feed", "usni", "status", LOG_NUM(404), NULL);
	assert_heard(e, "warning feed fails feed=usni status=404\n");
	log_emit(LOG_LEVEL_ERROR, "ends", NULL);
	assert_heard(e, "error   ends\n");
	log_emit(LOG_LEVEL_NOTICE, "starts", "version", "1", NULL);
	assert_heard(e, "notice  starts version=1\n");
	log_emit(LOG_LEVEL_INFO, "range", "least", LOG_NUM(INT64_MIN), "most", LOG_NUM(INT64_MAX), NULL);
	assert_heard(e, "info    range least=-9223372036854775808 most=9223372036854775807\n");
}

TEST_WITH(levels, setup, teardown)
{
	static const char *const names[] = {"error", "warning", "notice", "info", "debug"};
	static const char *const wrong[] = {"", "Error", "err", "errors", "3", " info", "none"};
	struct ear *e = *state;

	for (int i = 0; i < 5; i++)
		assert_int_equal(log_level_parse(names[i]), LOG_LEVEL_ERROR + i);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(log_level_parse(wrong[i]), -1);
	for (int least = LOG_LEVEL_ERROR; least <= LOG_LEVEL_DEBUG; least++) {
		log_set_level((enum log_level)least);
		for (int level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++) {
			log_emit((enum log_level)level, "x", NULL);
			assert_int_equal(heard(e)[0] != '\0', level <= least);
		}
	}
}

TEST_WITH(quoting, setup, teardown)
{
	static const struct {
		const char *value, *written;
	} cases[] = {
		{"", "\"\""},
		{"plain", "plain"},
		{"two words", "\"two words\""},
		{"say \"no\"", "\"say \\\"no\\\"\""},
		{"\"", "\"\\\"\""},
		{"a=b", "\"a=b\""},
		{"x feed=fake", "\"x feed=fake\""},
		{"caf\xc3\xa9 \xe2\x82\xac", "\"caf\xc3\xa9 \xe2\x82\xac\""},
		{"https://a.example/?q", "https://a.example/?q"},
	};
	struct ear *e = *state;
	char expected[256];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		log_emit(LOG_LEVEL_INFO, "s", "k", cases[i].value, NULL);
		(void)snprintf(expected, sizeof(expected), "info    s k=%s\n", cases[i].written);
		assert_heard(e, expected);
	}
}

TEST_WITH(hostile_text, setup, teardown)
{
	static const struct {
		const char *value, *written;
	} cases[] = {
		{"a\nb", "\"a\\x0ab\""},
		{"a\tb", "\"a\\x09b\""},
		{"a\rb", "a\\x0db"},
		{"\n12:00:00 error   fake", "\"\\x0a12:00:00 error   fake\""},
		{"\x1b[2J\x1b]0;x\x07", "\\x1b[2J\\x1b]0;x\\x07"},
		{"\x7f", "\\x7f"},
		/* C1: a control sequence introducer in two bytes */
		{"\xc2\x9b", "\\x9b"},
		{"\xe2\x80\xae"
		 "exe",
			"\\u202eexe"},
		{"\xe2\x81\xa6\xe2\x81\xa9", "\\u2066\\u2069"},
		{"\xe2\x80\xa8\xe2\x80\xa9", "\\u2028\\u2029"},
		{"\xef\xbb\xbf", "\\ufeff"},
		{"\xd8\x9c", "\\u061c"},
		{"a\xff"
		 "b",
			"a\xef\xbf\xbd"
			"b"},
		{"\xe2\x82", "\xef\xbf\xbd"},
		{"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
	};
	struct ear *e = *state;
	char expected[256];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		log_emit(LOG_LEVEL_INFO, "s", "k", cases[i].value, NULL);
		(void)snprintf(expected, sizeof(expected), "info    s k=%s\n", cases[i].written);
		assert_heard(e, expected);
	}
}

/* Every byte and every pair of bytes: the line stays one, and valid, and quiet. */
TEST_WITH(any_bytes, setup, teardown)
{
	struct ear *e = *state;
	char value[4] = "";

	for (unsigned first = 1; first < 256; first++) {
		for (unsigned second = 1; second < 256; second++) {
			struct str line;
			size_t i = 0;

			value[0] = (char)first;
			value[1] = (char)second;
			value[2] = 'z';
			log_emit(LOG_LEVEL_INFO, "s", "k", value, NULL);
			line = str_make(e->said, strlen(heard(e)));
			assert_true(str_ends(line, STR("\n")));
			assert_true(utf8_valid(line));
			while (i < line.len - 1) {
				uint32_t cp = utf8_next(line, &i);

				assert_false(cp == '\n' || cp == '\t' || utf8_is_unsafe(cp));
			}
		}
	}
}

TEST_WITH(long_values, setup, teardown)
{
	static const char *const characters[] = {"x", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x9a\xa2"};
	struct ear *e = *state;
	char value[3 * LOG_VALUE_MAX];

	for (size_t c = 0; c < sizeof(characters) / sizeof(*characters); c++) {
		size_t width = strlen(characters[c]), room = LOG_VALUE_MAX / width * width;
		const char *line;

		/* the longest that is not cut, and one character more */
		for (size_t len = room; len <= room + width; len += width) {
			for (size_t i = 0; i < len; i += width)
				memcpy(value + i, characters[c], width);
			value[len] = '\0';
			log_emit(LOG_LEVEL_INFO, "s", "k", value, NULL);
			line = after_clock(heard(e)) + strlen("info    s k=");
			assert_memory_equal(line, value, room);
			assert_string_equal(line + room, len == room ? "\n" : "...\n");
		}
	}
	/* what is no UTF-8 is cut as well, not swallowed */
	memset(value, 0x80, sizeof(value));
	value[sizeof(value) - 1] = '\0';
	log_emit(LOG_LEVEL_INFO, "s", "k", value, NULL);
	assert_true(strlen(heard(e)) > 3 * LOG_VALUE_MAX);
	assert_non_null(strstr(e->said, "\xef\xbf\xbd...\n"));
}

/* The longest values that there are, each of nothing but what is escaped longest: all of it, and one line end. */
TEST_WITH(longest_line, setup, teardown)
{
	struct ear *e = *state;
	char v[LOG_VALUE_MAX + 1];

	memset(v, '\x01', LOG_VALUE_MAX);
	v[LOG_VALUE_MAX] = '\0';
	log_emit(LOG_LEVEL_INFO, "s", "a", v, "b", v, "c", v, "d", v, "e", v, "f", v, "g", v, "h", v, "i", v, "j", v,
		"k", v, "l", v, "m", v, "n", v, "o", v, "p", v, NULL);
	assert_int_equal(strlen(after_clock(heard(e))), strlen("info    s\n") + PAIRS * (3 + 4 * LOG_VALUE_MAX));
	assert_ptr_equal(strchr(e->said, '\n'), e->said + e->len - 1);
	log_emit(LOG_LEVEL_INFO, "next", NULL);
	assert_heard(e, "info    next\n");
}

TEST_WITH(value_that_is_missing, setup, teardown)
{
	struct ear *e = *state;
	const char *none = NULL;

	log_emit(LOG_LEVEL_INFO, "s", "a", "1", "b", none, NULL);
	assert_heard(e, "info    s a=1\n");
}

/* ---- where it goes ---- */

static void set_journal_stream(int fd, long long more)
{
	struct stat st;
	char text[64];

	assert_int_equal(fstat(fd, &st), 0);
	(void)snprintf(text, sizeof(text), "%lld:%lld", (long long)st.st_dev, (long long)st.st_ino + more);
	(void)setenv("JOURNAL_STREAM", text, 1);
}

TEST_WITH(stream_of_the_journal, setup, teardown)
{
	struct ear *e = *state;

	if (access("/run/systemd/journal/socket", F_OK) == 0)
		skip(); /* it would take the lines, and keep them */
	set_journal_stream(STDERR_FILENO, 0);
	log_init("test");
	log_emit(LOG_LEVEL_ERROR, "feed fails", "feed", "us ni", NULL);
	assert_string_equal(heard(e), "<3>feed fails feed=\"us ni\"\n");
	log_emit(LOG_LEVEL_INFO, "x", "k", "a\nb", NULL);
	assert_string_equal(heard(e), "<6>x k=\"a\\x0ab\"\n");
}

static bool write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		(void)close(fd);
	return written;
}

/* A view of the file system that only this process has, with /run empty; false where the kernel allows none. */
static bool hide_run(void)
{
	char user[32], group[32];

	(void)snprintf(user, sizeof(user), "0 %ld 1", (long)geteuid());
	(void)snprintf(group, sizeof(group), "0 %ld 1", (long)getegid());
	/* files can be made only by a user and a group that the new name space knows */
	return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && write_to("/proc/self/setgroups", "deny") &&
	       write_to("/proc/self/uid_map", user) && write_to("/proc/self/gid_map", group) &&
	       mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("none", "/run", "tmpfs", 0, "mode=0700") == 0;
}

/* The journal's socket, or -1 where the test may not have one. */
static int open_journal_socket(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/systemd/journal/socket"};
	int fd;

	if (!hide_run() || mkdir("/run/systemd", 0700) != 0 || mkdir("/run/systemd/journal", 0700) != 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		(void)close(fd);
		fd = -1;
	}
	return fd;
}

static bool took(int fd, const char *expected)
{
	char message[4096];
	ssize_t n = recv(fd, message, sizeof(message), 0);

	return n >= 0 && str_eq(str_make(message, (size_t)n), str_from(expected));
}

enum { IN_ORDER = 0, NOT_HERE = 77 };

/* The native protocol, spoken to a journal of the test's; which step went wrong, 0: none. */
static int speak_to_journal(struct ear *e)
{
	int fd = open_journal_socket();

	if (fd < 0)
		return NOT_HERE;
	set_journal_stream(STDERR_FILENO, 0);
	log_init("test");
	log_emit(LOG_LEVEL_WARNING, "feed fails", "feed", "us ni", "status", LOG_NUM(404), NULL);
	if (!took(fd, "PRIORITY=4\nSYSLOG_IDENTIFIER=test\nMESSAGE=feed fails feed=\"us ni\" status=404\n"
		      "SITREP_FEED=us ni\nSITREP_STATUS=404\n"))
		return 1;
	/* text from outside makes no field of its own */
	log_emit(LOG_LEVEL_INFO, "x", "k", "a\nPRIORITY=0", NULL);
	if (!took(fd, "PRIORITY=6\nSYSLOG_IDENTIFIER=test\nMESSAGE=x k=\"a\\x0aPRIORITY=0\"\n"
		      "SITREP_K=a\\x0aPRIORITY=0\n"))
		return 2;
	if (heard(e)[0] != '\0')
		return 3;
	/* a journal that is gone loses nothing */
	(void)close(fd);
	log_emit(LOG_LEVEL_ERROR, "ends", "k", "1", NULL);
	return strcmp(heard(e), "<3>ends k=1\n") == 0 ? IN_ORDER : 4;
}

TEST_WITH(journal, setup, teardown)
{
	struct ear *e = *state;
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0)
		_exit(speak_to_journal(e));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == NOT_HERE)
		skip();
	assert_int_equal(WEXITSTATUS(status), IN_ORDER);
}

/* A stream that is not ours any more: somebody led standard error elsewhere. */
TEST_WITH(stream_of_another, setup, teardown)
{
	static const char *const wrong[] = {"", ":", "1", "1:", "a:b", "99999999999999999999:1"};
	struct ear *e = *state;

	set_journal_stream(STDERR_FILENO, 1);
	log_init("test");
	log_emit(LOG_LEVEL_INFO, "x", NULL);
	assert_heard(e, "info    x\n");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		(void)setenv("JOURNAL_STREAM", wrong[i], 1);
		log_init("test");
		log_emit(LOG_LEVEL_INFO, "x", NULL);
		assert_heard(e, "info    x\n");
	}
}

/* Colour is for terminals, and only for those who did not decline it (no-color.org). */
TEST_WITH(terminal, setup, teardown)
{
	struct ear terminal = {0};
	struct termios raw;
	char line[200];
	int screen = posix_openpt(O_RDWR | O_NOCTTY);
	ssize_t n;

	if (screen < 0)
		skip();

	assert_int_equal(grantpt(screen), 0);
	assert_int_equal(unlockpt(screen), 0);
	listen_to(&terminal, open(ptsname(screen), O_RDWR | O_NOCTTY));
	assert_int_equal(tcgetattr(terminal.fd, &raw), 0);
	cfmakeraw(&raw);
	assert_int_equal(tcsetattr(terminal.fd, TCSANOW, &raw), 0);
	for (int declined = 0; declined < 2; declined++) {
		if (declined)
			(void)setenv("NO_COLOR", "1", 1);
		else
			(void)unsetenv("NO_COLOR");
		log_init("test");
		log_emit(LOG_LEVEL_ERROR, "x", "k", "\x1b[0m", NULL);
		n = read(screen, line, sizeof(line) - 1);
		assert_true(n > 0);
		line[n] = '\0';
		if (!declined) {
			assert_memory_equal(line, "\x1b[31m", 5);
			assert_string_equal(after_clock(line + 5), "error   x k=\\x1b[0m\x1b[0m\n");
		} else {
			assert_string_equal(after_clock(line), "error   x k=\\x1b[0m\n");
		}
		log_emit(LOG_LEVEL_INFO, "x", NULL);
		n = read(screen, line, sizeof(line) - 1);
		assert_true(n > 0);
		line[n] = '\0';
		assert_string_equal(after_clock(line), "info    x\n");
	}
	(void)unsetenv("NO_COLOR");
	stop_listening(&terminal);
	(void)close(terminal.fd);
	(void)close(screen);
}

/* Nobody reads any more: the daemon goes on. */
TEST_WITH(nobody_listens, setup, teardown)
{
	struct ear *e = *state;
	struct ear deaf = {0};
	uint64_t before = log_dropped();
	int ends[2];

	(void)signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(ends), 0);
	(void)close(ends[0]);
	listen_to(&deaf, ends[1]);
	log_emit(LOG_LEVEL_INFO, "x", NULL);
	stop_listening(&deaf);
	(void)close(deaf.fd);
	assert_int_equal(log_dropped() - before, 1);
	log_emit(LOG_LEVEL_INFO, "y", NULL);
	assert_non_null(strstr(heard(e), "lines are lost lines=1\n"));
	assert_true(str_ends(str_make(e->said, e->len), STR("info    y\n")));
}

static void *talk(void *arg)
{
	const char *name = arg;

	for (int i = 0; i < LINES; i++)
		log_emit(LOG_LEVEL_INFO, "from", "who", name, "n", LOG_NUM(i), "text", "some words", NULL);
	return NULL;
}

/* Lines of several threads stand whole, each thread's in its order. */
TEST_WITH(threads, setup, teardown)
{
	static char names[THREADS][2] = {"a", "b", "c", "d", "e", "f", "g", "h"};
	struct ear *e = *state;
	pthread_t threads[THREADS];
	int next[THREADS] = {0}, lines = 0;
	struct str rest, line;

	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, talk, names[i]), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	rest = str_from(heard(e));
	while (str_split(&rest, '\n', &line) && !str_empty(line)) {
		char expected[100], who = line.data[WHO_AT];
		int n;

		assert_in_range(who, 'a', 'a' + THREADS - 1);
		n = next[who - 'a']++;
		(void)snprintf(expected, sizeof(expected), "info    from who=%c n=%d text=\"some words\"", who, n);
		assert_true(str_eq(str_slice(line, 9, line.len), str_from(expected)));
		lines++;
	}
	assert_int_equal(lines, THREADS * LINES);
}

/* ---- a log that nobody reads ---- */

enum { FLOOD = 5000, UNREAD_MAX = 1 << 20 };

/* Far more than any of the channels and the lines that wait can hold.  Were one of these calls to wait, the alarm
 * would end the program. */
static void flood(void)
{
	char text[200];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	(void)alarm(60);
	for (int i = 0; i < FLOOD; i++)
		log_emit(LOG_LEVEL_WARNING, "flood", "n", LOG_NUM(i), "text", text, NULL);
	(void)alarm(0);
}

static char *read_all(int fd, size_t *len)
{
	char *all = malloc(UNREAD_MAX);
	ssize_t n;

	assert_non_null(all);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	*len = 0;
	/* What was written goes on being written as room is made. */
	do {
		n = read(fd, all + *len, UNREAD_MAX - 1 - *len);
		*len += n > 0 ? (size_t)n : 0;
		log_flush();
	} while (n > 0);
	all[*len] = '\0';
	return all;
}

/* Lines are whole, in order, and one at the end tells how many are missing. */
static void check_unread(int read_fd, uint64_t lost)
{
	size_t len, lines = 0;
	char *all = read_all(read_fd, &len), *line, *save = NULL, expected[64];
	bool told = false;

	for (line = strtok_r(all, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		(void)snprintf(expected, sizeof(expected), "warning flood n=%zu text=xxx", lines);
		assert_false(told);
		if (strstr(line, "lines are lost") == NULL) {
			assert_true(str_starts(str_from(after_clock(line)), str_from(expected)));
			assert_int_equal(line[strlen(line) - 1], 'x');
			lines++;
		} else {
			(void)snprintf(expected, sizeof(expected), " lines=%llu", (unsigned long long)lost);
			assert_true(str_ends(str_from(line), str_from(expected)));
			told = true;
		}
	}
	assert_true(told);
	assert_int_equal(lines + lost, FLOOD);
	free(all);
}

static void flood_channel(struct ear *e, int write_fd, int read_fd)
{
	int flags = fcntl(write_fd, F_GETFL);
	uint64_t before = log_dropped(), lost;

	assert_true(dup2(write_fd, STDERR_FILENO) >= 0);
	flood();
	lost = log_dropped() - before;
	/* the flags are shared with whoever else writes there */
	assert_int_equal(fcntl(write_fd, F_GETFL), flags);
	check_unread(read_fd, lost);
	log_emit(LOG_LEVEL_INFO, "next", NULL);
	assert_true(dup2(e->fd, STDERR_FILENO) >= 0);
	assert_true(lost > 0);
	assert_int_equal(log_dropped() - before, lost);
	(void)close(write_fd);
	(void)close(read_fd);
}

TEST_WITH(unread_pipe, setup, teardown)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	flood_channel(*state, ends[1], ends[0]);
}

TEST_WITH(unread_socket, setup, teardown)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	flood_channel(*state, ends[1], ends[0]);
}

/* Where /proc cannot be looked into, a pipe is written by pieces that poll() has promised room for. */
TEST_WITH(unread_pipe_of_another, setup, teardown)
{
	int ends[2];
	pid_t child;
	int status;

	assert_int_equal(pipe(ends), 0);
	if (geteuid() == 0)
		assert_int_equal(fchown(ends[1], 1, 1), 0);
	assert_int_equal(fchmod(ends[1], 0), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
			_exit(1);
		(void)dup2(ends[1], STDERR_FILENO);
		flood();
		_exit(log_dropped() > 0 && open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK) < 0 ? 0 : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

/* A long text to a reader that is slow, and to one that stands still. */
TEST_WITH(text_of_any_length, setup, teardown)
{
	enum { LENGTH = 300000 };
	struct ear *e = *state;
	char *text = malloc(LENGTH), *read_back = malloc(LENGTH);
	size_t len = 0;
	pid_t child;
	int ends[2], status;

	assert_true(text != NULL && read_back != NULL);
	for (int i = 0; i < LENGTH; i++)
		text[i] = (char)('a' + i % 23);
	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)dup2(ends[1], STDERR_FILENO);
		log_write(text, LENGTH);
		_exit(0);
	}
	while (len < LENGTH) {
		ssize_t n = read(ends[0], read_back + len, LENGTH - len);

		assert_true(n > 0);
		len += (size_t)n;
	}
	assert_memory_equal(text, read_back, LENGTH);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
	(void)alarm(60);
	log_write(text, LENGTH);
	(void)alarm(0);
	assert_true(dup2(e->fd, STDERR_FILENO) >= 0);
	(void)close(ends[0]);
	(void)close(ends[1]);
	free(text);
	free(read_back);
}

/* A disk without room for the log: the lines are counted, and told when there is some. */
TEST_WITH(full_device, setup, teardown)
{
	struct ear *e = *state;
	uint64_t before = log_dropped();
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	assert_true(full >= 0);
	assert_true(dup2(full, STDERR_FILENO) >= 0);
	log_emit(LOG_LEVEL_INFO, "first", NULL);
	log_emit(LOG_LEVEL_INFO, "second", NULL);
	log_flush();
	assert_int_equal(log_dropped() - before, 2);
	assert_true(dup2(e->fd, STDERR_FILENO) >= 0);
	log_flush();
	assert_heard(e, "warning the log was not read, lines are lost lines=2\n");
	log_flush();
	assert_string_equal(heard(e), "");
	(void)close(full);
}
