/* SPDX-License-Identifier: ISC */
/* Where log lines go: the journal, a terminal, a channel that nobody reads, several threads at a time. */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>

#include "log_fixture.h"

enum { WHO_AT = CLOCK_LEN + 17, THREADS = 8, LINES = 500 };

static void set_journal_stream(int fd, long long more)
{
	struct stat st;
	char text[64];

	assert_int_equal(fstat(fd, &st), 0);
	snprintf(text, sizeof(text), "%lld:%lld", (long long)st.st_dev, (long long)st.st_ino + more);
	setenv("JOURNAL_STREAM", text, 1);
}

TEST_ON(stream_of_the_journal, ear, e)
{
	if (access("/run/systemd/journal/socket", F_OK) == 0)
		skip(); /* it would take the lines, and keep them */
	set_journal_stream(STDERR_FILENO, 0);
	log_init("test");
	log_emit(LOG_LEVEL_ERROR, "feed fails", "feed", "us ni", NULL);
	assert_string_equal(heard(e), "<3>feed fails feed=\"us ni\"\n");
	log_emit(LOG_LEVEL_INFO, "x", "k", "a\nb", NULL);
	assert_string_equal(heard(e), "<6>x k=\"a\\x0ab\"\n");
	log_write(LOG_LEVEL_ERROR, "a.conf:1: x\na.conf:2: y\n", 24);
	assert_string_equal(heard(e), "<3>a.conf:1: x\n<3>a.conf:2: y\n");
}

static bool write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return written;
}

/* A view of the file system that only this process has, with /run empty; false where the kernel allows none. */
static bool hide_run(void)
{
	char user[32], group[32];

	snprintf(user, sizeof(user), "0 %ld 1", (long)geteuid());
	snprintf(group, sizeof(group), "0 %ld 1", (long)getegid());
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
		close(fd);
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
	log_leave_journal();
	log_emit(LOG_LEVEL_ERROR, "last line", "k", "1", NULL);
	if (strcmp(heard(e), "<3>last line k=1\n") != 0)
		return 5;
	log_init("test");
	/* a journal that is gone loses nothing */
	close(fd);
	log_emit(LOG_LEVEL_ERROR, "ends", "k", "1", NULL);
	return strcmp(heard(e), "<3>ends k=1\n") == 0 ? IN_ORDER : 4;
}

/* The status that a child ended with. */
static int wait_for(pid_t child)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

TEST_ON(journal, ear, e)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0)
		_exit(speak_to_journal(e));
	status = wait_for(child);
	if (status == NOT_HERE)
		skip();
	assert_int_equal(status, IN_ORDER);
}

/* A stream that is not ours any more: somebody led standard error elsewhere. */
TEST_ON(stream_of_another, ear, e)
{
	static const char *const wrong[] = {"", ":", "1", "1:", "a:b", "99999999999999999999:1"};

	set_journal_stream(STDERR_FILENO, 1);
	log_init("test");
	log_emit(LOG_LEVEL_INFO, "x", NULL);
	assert_heard(e, "info    x\n");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		setenv("JOURNAL_STREAM", wrong[i], 1);
		log_init("test");
		log_emit(LOG_LEVEL_INFO, "x", NULL);
		assert_heard(e, "info    x\n");
	}
}

static void read_screen(int fd, char *text, size_t size)
{
	ssize_t n = read(fd, text, size - 1);

	assert_true(n > 0);
	text[n] = '\0';
}

/* Colour is for terminals, and only for those who did not decline it (no-color.org). */
TEST_ON(terminal, ear, e)
{
	struct ear terminal = {0};
	struct termios raw;
	char line[200];
	int screen = posix_openpt(O_RDWR | O_NOCTTY);

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
			setenv("NO_COLOR", "1", 1);
		else
			unsetenv("NO_COLOR");
		log_init("test");
		log_emit(LOG_LEVEL_ERROR, "x", "k", "\x1b[0m", NULL);
		read_screen(screen, line, sizeof(line));
		if (!declined) {
			assert_memory_equal(line, "\x1b[31m", 5);
			assert_string_equal(after_clock(line + 5), "error   x k=\\x1b[0m\x1b[0m\n");
		} else {
			assert_string_equal(after_clock(line), "error   x k=\\x1b[0m\n");
		}
		log_emit(LOG_LEVEL_INFO, "x", NULL);
		read_screen(screen, line, sizeof(line));
		assert_string_equal(after_clock(line), "info    x\n");
	}
	unsetenv("NO_COLOR");
	stop_listening(&terminal);
	close(terminal.fd);
	close(screen);
}

/* Nobody reads any more: the daemon goes on. */
TEST_ON(nobody_listens, ear, e)
{
	struct ear deaf = {0};
	uint64_t before = log_dropped();
	int ends[2];

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	listen_to(&deaf, ends[1]);
	log_emit(LOG_LEVEL_INFO, "x", NULL);
	stop_listening(&deaf);
	close(deaf.fd);
	assert_int_equal(log_dropped() - before, 1);
	log_emit(LOG_LEVEL_INFO, "y", NULL);
	assert_non_null(strstr(heard(e), "log lines were lost, standard error was not read lines=1\n"));
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
TEST_ON(threads, ear, e)
{
	static char names[THREADS][2] = {"a", "b", "c", "d", "e", "f", "g", "h"};
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
		snprintf(expected, sizeof(expected), "info    from who=%c n=%d text=\"some words\"", who, n);
		assert_true(str_eq(str_slice(line, CLOCK_LEN, line.len), str_from(expected)));
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
	alarm(60);
	for (int i = 0; i < FLOOD; i++)
		log_emit(LOG_LEVEL_WARNING, "flood", "n", LOG_NUM(i), "text", text, NULL);
	alarm(0);
}

static char *read_all(int fd, size_t *len)
{
	char *all = scratch_take(malloc(UNREAD_MAX));
	ssize_t n;

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
		snprintf(expected, sizeof(expected), "warning flood n=%zu text=xxx", lines);
		assert_false(told);
		if (strstr(line, "log lines were lost") == NULL) {
			assert_true(str_starts(str_from(after_clock(line)), str_from(expected)));
			assert_int_equal(line[strlen(line) - 1], 'x');
			lines++;
		} else {
			snprintf(expected, sizeof(expected), " lines=%llu", (unsigned long long)lost);
			assert_true(str_ends(str_from(line), str_from(expected)));
			told = true;
		}
	}
	assert_true(told);
	assert_int_equal(lines + lost, FLOOD);
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
	close(write_fd);
	close(read_fd);
}

TEST_ON(unread_pipe, ear, e)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	flood_channel(e, ends[1], ends[0]);
}

TEST_ON(unread_socket, ear, e)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	flood_channel(e, ends[1], ends[0]);
}

/* Where /proc cannot be looked into, a pipe is written by pieces that poll() has promised room for. */
TEST_ON(unread_pipe_of_another, ear, e)
{
	int ends[2];
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	if (geteuid() == 0)
		assert_int_equal(fchown(ends[1], 1, 1), 0);
	assert_int_equal(fchmod(ends[1], 0), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
			_exit(1);
		dup2(ends[1], STDERR_FILENO);
		flood();
		_exit(log_dropped() > 0 && open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK) < 0 ? 0 : 2);
	}
	assert_int_equal(wait_for(child), 0);
	close(ends[0]);
	close(ends[1]);
}

/* A long text to a reader that is slow, and to one that stands still. */
TEST_ON(text_of_any_length, ear, e)
{
	enum { LENGTH = 300000 };
	char *text = scratch_take(malloc(LENGTH)), *read_back = scratch_take(malloc(LENGTH));
	size_t len = 0;
	pid_t child;
	int ends[2], status;

	for (int i = 0; i < LENGTH; i++)
		text[i] = (char)('a' + i % 23);
	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		dup2(ends[1], STDERR_FILENO);
		log_write(LOG_LEVEL_ERROR, text, LENGTH);
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
	alarm(60);
	log_write(LOG_LEVEL_ERROR, text, LENGTH);
	alarm(0);
	assert_true(dup2(e->fd, STDERR_FILENO) >= 0);
	close(ends[0]);
	close(ends[1]);
}

/* A disk without room for the log: the lines are counted, and told when there is some. */
TEST_ON(full_device, ear, e)
{
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
	assert_heard(e, "warning log lines were lost, standard error was not read lines=2\n");
	log_flush();
	assert_string_equal(heard(e), "");
	close(full);
}
