/* SPDX-License-Identifier: ISC */
/* The service manager's side, played by the test: it listens on a notify socket and hands sockets on to a child. */
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "../test.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/service.h"
#include "sitrep/base/str.h"
#include "sitrep/base/utf8.h"

enum { FIRST_FD = 3, MESSAGE_MAX = 4096 };

static void forget_environment(void)
{
	static const char *const names[] = {
		"NOTIFY_SOCKET", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "WATCHDOG_USEC", "WATCHDOG_PID"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		unsetenv(names[i]);
}

static void setup(void)
{
	forget_environment();
}

static void set_number(const char *name, long long n)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", n);
	setenv(name, text, 1);
}

/* ---- notifications ---- */

/* A socket for notifications, named in the environment; one of the folder's, or an abstract one. */
static int open_notify_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	memcpy(address.sun_path, path, strlen(path));
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	assert_int_equal(bind(fd, (struct sockaddr *)&address,
				 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path))),
		0);
	setenv("NOTIFY_SOCKET", path, 1);
	return fd;
}

static void assert_message(int fd, const char *expected)
{
	char message[MESSAGE_MAX];
	ssize_t n = recv(fd, message, sizeof(message) - 1, 0);

	assert_true(n >= 0);
	message[n] = '\0';
	assert_int_equal(strlen(message), n);
	assert_string_equal(message, expected);
}

static void assert_messages(int fd)
{
	int64_t before, after;
	char message[MESSAGE_MAX];
	long long usec;
	ssize_t n;

	assert_true(service_ready(NULL));
	assert_message(fd, "READY=1");
	assert_true(service_ready("running"));
	assert_message(fd, "READY=1\nSTATUS=running");
	assert_true(service_stopping());
	assert_message(fd, "STOPPING=1");
	assert_true(service_ready("12 feeds, 3 fail"));
	assert_message(fd, "READY=1\nSTATUS=12 feeds, 3 fail");
	assert_true(service_watchdog_ping());
	assert_message(fd, "WATCHDOG=1");
	before = clock_mono_us();
	assert_true(service_reloading());
	after = clock_mono_us();
	n = recv(fd, message, sizeof(message) - 1, 0);
	assert_true(n > 27);
	assert_memory_equal(message, "RELOADING=1\nMONOTONIC_USEC=", 27);
	assert_true(str_to_int(str_make(message + 27, (size_t)n - 27), &usec));
	assert_true(usec >= before && usec <= after);
	/* one datagram each */
	assert_int_equal(recv(fd, message, sizeof(message), 0), -1);
	assert_int_equal(errno, EAGAIN);
}

TEST_WITH(notify_socket, setup, NULL)
{
	char dir[] = P_tmpdir "/sitrep-service-XXXXXX", path[64];
	int fd;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/notify", dir);
	fd = open_notify_socket(path);
	assert_messages(fd);
	close(fd);
	/* nobody listens any more, and then there is not even a file */
	assert_false(service_ready(NULL));
	assert_int_equal(unlink(path), 0);
	assert_false(service_watchdog_ping());
	assert_int_equal(rmdir(dir), 0);
}

TEST_WITH(abstract_notify_socket, setup, NULL)
{
	char name[64];
	int fd;

	snprintf(name, sizeof(name), "@sitrep-service-test-%ld", (long)getpid());
	fd = open_notify_socket(name);
	assert_messages(fd);
	close(fd);
}

TEST_WITH(no_service_manager, setup, NULL)
{
	char longest[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 1];
	static const char *const wrong[] = {"", "/", "@", "relative/notify", "vsock:2:1234"};

	assert_false(service_ready("x"));
	assert_false(service_reloading());
	assert_false(service_stopping());
	assert_false(service_ready(""));
	assert_false(service_watchdog_ping());
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		setenv("NOTIFY_SOCKET", wrong[i], 1);
		assert_false(service_ready(NULL));
	}
	memset(longest, 'x', sizeof(longest));
	longest[0] = '/';
	longest[sizeof(longest) - 1] = '\0';
	setenv("NOTIFY_SOCKET", longest, 1);
	assert_false(service_ready(NULL));
}

/* A status is one line of valid text, or systemd drops it, or takes what follows for another message. */
TEST_WITH(status_is_one_line, setup, NULL)
{
	char name[64], status[1000], message[MESSAGE_MAX], *at;
	ssize_t n;
	int fd;

	snprintf(name, sizeof(name), "@sitrep-service-test-%ld", (long)getpid());
	fd = open_notify_socket(name);
	assert_true(service_ready("one\nSTOPPING=1\r\n two\x1b"));
	assert_message(fd, "READY=1\nSTATUS=one STOPPING=1 two");
	assert_true(service_ready("bad \xff byte"));
	assert_message(fd, "READY=1\nSTATUS=bad \xef\xbf\xbd byte");
	for (at = status; at + 2 < status + sizeof(status); at += 2)
		memcpy(at, "\xc3\xa9", 2);
	*at = '\0';
	/* long text is cut between two characters, wherever those begin */
	for (size_t from = 0; from < 2; from++) {
		if (from == 1)
			status[1] = 'x';
		assert_true(service_ready(status + from));
		n = recv(fd, message, sizeof(message), 0);
		assert_true(n > 200 && n < 300);
		assert_true(utf8_valid(str_make(message, (size_t)n)));
	}
	close(fd);
}

/* ---- the watchdog ---- */

TEST_WITH(watchdog, setup, NULL)
{
	static const char *const none[] = {"", "0", "-5", "soon", "3s", "99999999999999999999"};

	assert_int_equal(service_watchdog_interval_ms(), 0);
	setenv("WATCHDOG_USEC", "30000000", 1);
	assert_int_equal(service_watchdog_interval_ms(), 15000);
	set_number("WATCHDOG_PID", getpid());
	assert_int_equal(service_watchdog_interval_ms(), 15000);
	/* another process is watched */
	set_number("WATCHDOG_PID", (long long)getpid() + 1);
	assert_int_equal(service_watchdog_interval_ms(), 0);
	unsetenv("WATCHDOG_PID");
	/* however short it is, it is one */
	setenv("WATCHDOG_USEC", "1", 1);
	assert_int_equal(service_watchdog_interval_ms(), 1);
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
		setenv("WATCHDOG_USEC", none[i], 1);
		assert_int_equal(service_watchdog_interval_ms(), 0);
	}
}

/* ---- inherited sockets ---- */

/* Says on standard error which check failed; the child cannot use cmocka's, which would run the rest of the tests in
 * it. */
#define expect(condition)                                                                                              \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                \
			_exit(1);                                                                                      \
		}                                                                                                      \
	} while (0)

/* Runs a check in a child of its own, since inherited sockets have the numbers that they have. */
static void in_child(void (*check)(void))
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		check();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* What the manager leaves to its child: count sockets from FIRST_FD on. */
static void inherit(int count, const char *names)
{
	for (int i = 0; i < count; i++) {
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);

		expect(fd >= 0);
		if (fd != FIRST_FD + i) {
			expect(dup2(fd, FIRST_FD + i) >= 0);
			close(fd);
		}
		expect(fcntl(FIRST_FD + i, F_SETFD, 0) == 0);
	}
	set_number("LISTEN_PID", getpid());
	set_number("LISTEN_FDS", count);
	if (names != NULL)
		setenv("LISTEN_FDNAMES", names, 1);
}

static void expect_environment_gone(void)
{
	expect(getenv("LISTEN_PID") == NULL);
	expect(getenv("LISTEN_FDS") == NULL);
	expect(getenv("LISTEN_FDNAMES") == NULL);
}

static void check_taking(void)
{
	struct service_fds fds;
	struct error err = {0};

	inherit(5, "http:stream:http:odd:");
	expect(service_listen_fds(&fds, &err) == 0);
	expect(fds.count == 5);
	expect_environment_gone();
	for (int fd = FIRST_FD; fd < FIRST_FD + 5; fd++)
		expect((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	expect(service_take_fd(&fds, "none") == -1);
	expect(service_take_fd(&fds, "htt") == -1);
	expect(service_take_fd(&fds, "http") == FIRST_FD);
	expect(service_take_fd(&fds, "http") == FIRST_FD + 2);
	expect(service_take_fd(&fds, "http") == -1);
	expect(service_take_fd(&fds, "stream") == FIRST_FD + 1);
	/* those that nobody knows are closed, those taken are not */
	expect(service_close_rest(&fds) == 2);
	expect(fcntl(FIRST_FD + 3, F_GETFD) == -1 && fcntl(FIRST_FD + 4, F_GETFD) == -1);
	expect(fcntl(FIRST_FD, F_GETFD) >= 0 && fcntl(FIRST_FD + 1, F_GETFD) >= 0 && fcntl(FIRST_FD + 2, F_GETFD) >= 0);
	expect(service_close_rest(&fds) == 0);
	expect(service_take_fd(&fds, "odd") == -1);
}

static void check_without_names(void)
{
	struct service_fds fds;

	inherit(2, NULL);
	expect(service_listen_fds(&fds, NULL) == 0);
	expect(fds.count == 2);
	expect(service_take_fd(&fds, "http") == -1);
	expect(service_close_rest(&fds) == 2);
}

/* Fewer names than sockets, more, and one that is too long. */
static void check_odd_names(void)
{
	char names[SERVICE_FD_NAME_MAX * 2];
	struct service_fds fds;

	inherit(2, "only");
	expect(service_listen_fds(&fds, NULL) == 0);
	expect(service_take_fd(&fds, "only") == FIRST_FD);
	expect(service_close_rest(&fds) == 1);
	inherit(1, "a:b:c");
	expect(service_listen_fds(&fds, NULL) == 0);
	expect(fds.count == 1);
	expect(service_take_fd(&fds, "b") == -1);
	memset(names, 'n', sizeof(names));
	names[sizeof(names) - 1] = '\0';
	inherit(1, names);
	expect(service_listen_fds(&fds, NULL) == 0);
	expect(strlen(fds.fds[0].name) == SERVICE_FD_NAME_MAX - 1);
	expect(service_close_rest(&fds) == 1);
}

static void check_most(void)
{
	struct service_fds fds;

	inherit(SERVICE_FDS_MAX, NULL);
	expect(service_listen_fds(&fds, NULL) == 0);
	expect(fds.count == SERVICE_FDS_MAX);
	expect(service_close_rest(&fds) == SERVICE_FDS_MAX);
}

static void check_too_many(void)
{
	struct service_fds fds;
	struct error err = {0};

	set_number("LISTEN_PID", getpid());
	set_number("LISTEN_FDS", SERVICE_FDS_MAX + 1);
	expect(service_listen_fds(&fds, &err) == -E2BIG);
	expect(err.code == -E2BIG && strstr(err.text, "33") != NULL);
	expect(fds.count == 0);
	expect_environment_gone();
}

/* The manager promised more than there is. */
static void check_missing(void)
{
	struct service_fds fds;
	struct error err = {0};

	inherit(1, "http");
	close(FIRST_FD + 1);
	set_number("LISTEN_FDS", 2);
	expect(service_listen_fds(&fds, &err) == -EBADF);
	expect(err.code == -EBADF && strstr(err.text, "4") != NULL);
	expect_environment_gone();
}

static void check_nothing_for_us(void)
{
	static const struct {
		const char *pid, *count;
	} cases[] = {{NULL, NULL}, {NULL, "1"}, {"", "1"}, {"1", "1"}, {"self", "1"}};
	struct service_fds fds;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (cases[i].pid != NULL)
			setenv("LISTEN_PID", cases[i].pid, 1);
		if (cases[i].count != NULL)
			setenv("LISTEN_FDS", cases[i].count, 1);
		fds.count = 9;
		expect(service_listen_fds(&fds, NULL) == 0);
		expect(fds.count == 0);
		expect_environment_gone();
	}
	for (int i = 0; i < 4; i++) {
		static const char *const counts[] = {"0", "-1", "", "many"};

		set_number("LISTEN_PID", getpid());
		setenv("LISTEN_FDS", counts[i], 1);
		expect(service_listen_fds(&fds, NULL) == 0);
		expect(fds.count == 0);
		expect_environment_gone();
	}
}

TEST_WITH(inherited_sockets, setup, NULL)
{
	in_child(check_taking);
	in_child(check_without_names);
	in_child(check_odd_names);
	in_child(check_most);
}

TEST_WITH(inherited_sockets_refused, setup, NULL)
{
	in_child(check_too_many);
	in_child(check_missing);
	in_child(check_nothing_for_us);
}
