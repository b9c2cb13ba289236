/* SPDX-License-Identifier: ISC */
/* Listening sockets: what they are bound to, who is turned away and why, what is left behind, and that a loop without
 * descriptors waits.  All traffic stays on the loopback and in a folder of the test's own. */
#include <arpa/inet.h>
#include <event2/event.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "../test.h"
#include "sitrep/base/listener.h"
#include "sitrep/base/log.h"
#include "sitrep/base/str.h"

enum { PATIENCE_S = 30, CROWD = 200 };

struct guests {
	int last; /* the newest one's descriptor, -1: none */
	int family;
	int count;
	int enough; /* ends the loop */
};

struct fixture {
	char dir[64];
	char path[128]; /* of a socket in dir */
	struct event_base *base;
	struct listener *listener; /* the test's own, NULL: none */
	int client;                /* the test's own, -1: none */
	struct guests guests;
	struct error err;
};

static void setup(struct fixture *f)
{
	snprintf(f->dir, sizeof(f->dir), P_tmpdir "/sitrep-listener-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/s.sock", f->dir);
	f->base = event_base_new();
	assert_non_null(f->base);
	f->client = f->guests.last = -1;
}

static void close_if_open(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* The guests are sent home, and nobody listens any more. */
static void end(struct fixture *f)
{
	close_if_open(&f->client);
	close_if_open(&f->guests.last);
	f->guests.count = 0;
	listener_free(f->listener);
	f->listener = NULL;
}

static void teardown(struct fixture *f)
{
	end(f);
	event_base_free(f->base);
	unlink(f->path);
	assert_int_equal(rmdir(f->dir), 0);
}

FIXTURE(fixture, setup, teardown)

static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static unsigned mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static int connect_unix(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

static int connect_v4(const char *name)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	address.sin_port = htons((uint16_t)strtol(strrchr(name, ':') + 1, NULL, 10));
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* Listens without a listener. */
static int listen_unix(const char *path, int backlog)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(address.sun_path, path, strlen(path) + 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, backlog), 0);
	return fd;
}

/* A file of a socket that nobody listens on any more. */
static void leave_stale(const char *path)
{
	close(listen_unix(path, 1));
}

static void assert_refused(struct fixture *f, struct listener *l, int code, const char *names)
{
	assert_null(l);
	assert_int_equal(f->err.code, code);
	assert_non_null(strstr(f->err.text, names));
}

static void on_guest(void *arg, int fd, const struct sockaddr *peer, socklen_t peer_len)
{
	struct fixture *f = arg;
	struct guests *g = &f->guests;

	assert_true(peer_len > 0);
	close_if_open(&g->last);
	g->last = fd;
	g->family = peer->sa_family;
	if (++g->count == g->enough)
		event_base_loopbreak(f->base);
}

/* The test's listener is one that could be opened. */
static void use(struct fixture *f, struct listener *l)
{
	assert_non_null(l);
	f->listener = l;
}

static void open_unix(struct fixture *f, unsigned mode)
{
	use(f, listener_open_unix(f->path, mode, NULL, &f->err));
}

static void call_unix(struct fixture *f)
{
	f->client = connect_unix(f->path);
	assert_true(f->client >= 0);
}

static void call_v4(struct fixture *f)
{
	f->client = connect_v4(listener_name(f->listener));
}

static void start(struct fixture *f)
{
	assert_int_equal(listener_start(f->listener, f->base, on_guest, f, &f->err), 0);
}

/* Turns the loop until as many have come as are expected, or patience ends. */
static void wait_for(struct fixture *f, int enough)
{
	struct timeval patience = {.tv_sec = PATIENCE_S};

	f->guests.enough = enough;
	event_base_loopexit(f->base, &patience);
	if (f->guests.count < enough)
		event_base_dispatch(f->base);
	assert_int_equal(f->guests.count, enough);
}

static void welcome_one(struct fixture *f)
{
	start(f);
	wait_for(f, 1);
}

static uint16_t port_of(const struct listener *l)
{
	return (uint16_t)strtol(listener_name(l) + 17, NULL, 10);
}

TEST_ON(tcp, fixture, f)
{
	const int *guest = &f->guests.last;
	int no_delay = 0;
	socklen_t len = sizeof(no_delay);
	char byte;

	use(f, listener_open_tcp("127.0.0.1", 0, &f->err));
	assert_memory_equal(listener_name(f->listener), "http://127.0.0.1:", 17);
	assert_int_not_equal(port_of(f->listener), 0);
	/* who comes before the start waits at the door */
	call_v4(f);
	welcome_one(f);
	assert_int_equal(f->guests.family, AF_INET);
	assert_true(fcntl(*guest, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(*guest, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(getsockopt(*guest, IPPROTO_TCP, TCP_NODELAY, &no_delay, &len), 0);
	assert_true(no_delay);
	assert_int_equal(send(f->client, "x", 1, 0), 1);
	assert_int_equal(poll(&(struct pollfd){.fd = *guest, .events = POLLIN}, 1, PATIENCE_S * 1000), 1);
	assert_int_equal(recv(*guest, &byte, 1, 0), 1);
}

TEST_ON(tcp_of_both_families, fixture, f)
{
	struct listener *l = listener_open_tcp(NULL, 0, &f->err);

	if (l == NULL && f->err.code == -EAFNOSUPPORT)
		skip();
	use(f, l);
	assert_memory_equal(listener_name(l), "http://[::]:", 12);
	call_v4(f);
	welcome_one(f);
	end(f);
	f->listener = listener_open_tcp("::1", 0, &f->err);
	if (f->listener != NULL)
		assert_memory_equal(listener_name(f->listener), "http://[::1]:", 13);
	else
		assert_int_equal(f->err.code, -EADDRNOTAVAIL);
}

TEST_ON(tcp_refusals, fixture, f)
{
	static const char *const wrong[] = {"localhost", "", "127.0.0.1.", "127.1", "[::1]", "::1%lo", "127.0.0.1:80"};
	uint16_t port;
	char names[32];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_refused(f, listener_open_tcp(wrong[i], 8484, &f->err), -EINVAL, wrong[i]);
	use(f, listener_open_tcp("127.0.0.1", 0, &f->err));
	port = port_of(f->listener);
	snprintf(names, sizeof(names), "127.0.0.1:%u", port);
	assert_refused(f, listener_open_tcp("127.0.0.1", port, &f->err), -EADDRINUSE, names);
	/* a documentation address (RFC 5737) is nobody's own */
	assert_refused(f, listener_open_tcp("192.0.2.1", 0, &f->err), -EADDRNOTAVAIL, "192.0.2.1:0");
}

/* One that was stopped with connections behind it can be had again at once. */
TEST_ON(tcp_again, fixture, f)
{
	uint16_t port;

	use(f, listener_open_tcp("127.0.0.1", 0, &f->err));
	port = port_of(f->listener);
	call_v4(f);
	welcome_one(f);
	/* closing first leaves this end in TIME_WAIT */
	close_if_open(&f->guests.last);
	end(f);
	use(f, listener_open_tcp("127.0.0.1", port, &f->err));
}

TEST_ON(unix, fixture, f)
{
	static const unsigned modes[] = {0600, 0660, 0666};
	char name[160];
	mode_t mask = umask(0027);

	snprintf(name, sizeof(name), "unix:%s", f->path);
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		open_unix(f, modes[i]);
		assert_string_equal(listener_name(f->listener), name);
		/* as asked for, whatever the process's mask, which is left as it was */
		assert_int_equal(mode_of(f->path), modes[i]);
		assert_int_equal(umask(0027), 0027);
		start(f);
		call_unix(f);
		wait_for(f, 1);
		assert_int_equal(f->guests.family, AF_UNIX);
		end(f);
		assert_false(exists(f->path));
	}
	umask(mask);
}

TEST_ON(unix_in_use, fixture, f)
{
	open_unix(f, 0600);
	assert_refused(f, listener_open_unix(f->path, 0666, NULL, &f->err), -EADDRINUSE, f->path);
	/* the one who was there first is as before */
	assert_int_equal(mode_of(f->path), 0600);
	call_unix(f);
	end(f);
	assert_false(exists(f->path));
}

/* A living daemon that has not yet taken those who wait answers no one; it is in use all the same. */
TEST_ON(unix_with_a_full_queue, fixture, f)
{
	int fd = listen_unix(f->path, 0);

	call_unix(f);
	assert_refused(f, listener_open_unix(f->path, 0600, NULL, &f->err), -EADDRINUSE, f->path);
	assert_true(exists(f->path));
	close(fd);
}

TEST_ON(unix_stale, fixture, f)
{
	leave_stale(f->path);
	assert_true(exists(f->path));
	open_unix(f, 0600);
	call_unix(f);
}

/* Whatever else is there stays: a file, a folder, and a link, even one to a stale socket. */
TEST_ON(unix_on_another_file, fixture, f)
{
	char target[160];
	int fd = open(f->path, O_CREAT | O_WRONLY, 0600);

	assert_int_equal(write(fd, "mine", 4), 4);
	close(fd);
	assert_refused(f, listener_open_unix(f->path, 0666, NULL, &f->err), -EEXIST, f->path);
	assert_int_equal(mode_of(f->path), 0600);
	assert_int_equal(unlink(f->path), 0);
	assert_int_equal(mkdir(f->path, 0700), 0);
	assert_refused(f, listener_open_unix(f->path, 0600, NULL, &f->err), -EEXIST, f->path);
	assert_int_equal(rmdir(f->path), 0);
	snprintf(target, sizeof(target), "%s.old", f->path);
	leave_stale(target);
	assert_int_equal(symlink(target, f->path), 0);
	assert_refused(f, listener_open_unix(f->path, 0600, NULL, &f->err), -EEXIST, f->path);
	assert_true(exists(target));
	assert_int_equal(unlink(target), 0);
}

TEST_ON(unix_path, fixture, f)
{
	enum { ROOM = sizeof(((struct sockaddr_un *)NULL)->sun_path) };
	char path[ROOM + 2];
	size_t len = strlen(f->dir);

	memset(path, 'x', sizeof(path));
	memcpy(path, f->dir, len);
	path[len] = '/';
	path[ROOM] = '\0';
	assert_refused(f, listener_open_unix(path, 0600, NULL, &f->err), -ENAMETOOLONG, path);
	assert_false(exists(path));
	/* the longest that fits */
	path[ROOM - 1] = '\0';
	use(f, listener_open_unix(path, 0600, NULL, &f->err));
	assert_string_equal(listener_name(f->listener) + 5, path);
	end(f);
	assert_false(exists(path));
	snprintf(path, sizeof(path), "%s/none/s.sock", f->dir);
	assert_refused(f, listener_open_unix(path, 0600, NULL, &f->err), -ENOENT, path);
	assert_null(listener_open_unix("", 0600, NULL, &f->err));
}

TEST_ON(unix_group, fixture, f)
{
	const struct group *own = getgrgid(getegid());
	struct stat st;

	assert_refused(f, listener_open_unix(f->path, 0660, "no such group", &f->err), -EINVAL, "no such group");
	assert_false(exists(f->path));
	if (own != NULL) {
		use(f, listener_open_unix(f->path, 0660, own->gr_name, &f->err));
		assert_int_equal(stat(f->path, &st), 0);
		assert_int_equal(st.st_gid, getegid());
		assert_int_equal(st.st_mode & 07777, 0660);
	}
}

/* A daemon that is ended while it starts left its socket files. */
TEST_ON(end_before_the_loop, fixture, f)
{
	static const int numbers[] = {SIGTERM, SIGINT};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		int status = 0;
		pid_t child = fork();

		assert_true(child >= 0);
		if (child == 0) {
			struct listener *other, *l;

			listener_catch_signals();
			other = listener_open_tcp("127.0.0.1", 0, NULL);
			l = listener_open_unix(f->path, 0600, NULL, NULL);
			if (other != NULL && l != NULL && access(f->path, F_OK) == 0)
				(void)raise(numbers[i]);
			_exit(1);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), numbers[i]);
		assert_false(exists(f->path));
	}
}

TEST_ON(urls, fixture, f)
{
	struct listener *list[2] = {
		listener_open_unix(f->path, 0600, NULL, &f->err), listener_open_tcp("127.0.0.1", 0, &f->err)};

	assert_true(list[0] != NULL && list[1] != NULL);
	assert_string_equal(listeners_url(list, 2), listener_name(list[1]));
	assert_null(listeners_url(list, 1));
	listener_free(list[1]);
	listener_free(list[0]);
}

TEST_ON(adopting, fixture, f)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 5), 0);
	use(f, listener_adopt(fd, &f->err));
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_memory_equal(listener_name(f->listener), "http://127.0.0.1:", 17);
	call_v4(f);
	welcome_one(f);
	end(f);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

/* The file of an inherited Unix socket is the service manager's, who goes on listening. */
TEST_ON(adopting_unix, fixture, f)
{
	use(f, listener_adopt(listen_unix(f->path, 5), &f->err));
	assert_memory_equal(listener_name(f->listener), "unix:/", 6);
	end(f);
	assert_true(exists(f->path));
}

/* One that does not listen would be readable for ever with nobody to accept. */
TEST_ON(adopting_what_does_not_listen, fixture, f)
{
	int fds[] = {socket(AF_INET, SOCK_STREAM, 0), socket(AF_UNIX, SOCK_DGRAM, 0), open("/dev/null", O_RDONLY)};

	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
		char names[16];

		snprintf(names, sizeof(names), "%d", fds[i]);
		assert_true(fds[i] >= 0);
		assert_refused(f, listener_adopt(fds[i], &f->err), -EINVAL, names);
		/* taken, so closed */
		assert_int_equal(fcntl(fds[i], F_GETFD), -1);
	}
}

TEST_ON(crowd, fixture, f)
{
	int clients[CROWD];

	open_unix(f, 0600);
	for (int i = 0; i < CROWD; i++) {
		clients[i] = connect_unix(f->path);
		assert_true(clients[i] >= 0);
	}
	start(f);
	/* one turn of the loop does not take them all */
	assert_int_equal(event_base_loop(f->base, EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	assert_in_range(f->guests.count, 1, CROWD - 1);
	wait_for(f, CROWD);
	for (int i = 0; i < CROWD; i++)
		close(clients[i]);
}

TEST_ON(stopping, fixture, f)
{
	open_unix(f, 0600);
	listener_stop(f->listener); /* never started: nothing to do */
	start(f);
	listener_stop(f->listener);
	listener_stop(f->listener);
	call_unix(f);
	event_base_loop(f->base, EVLOOP_NONBLOCK);
	assert_int_equal(f->guests.count, 0);
	/* started again it takes who waited */
	welcome_one(f);
	listener_free(NULL);
}

/* Without descriptors the listener waits for its timer alone, which is what keeps the loop from spinning. */
TEST_ON(out_of_descriptors, fixture, f)
{
	struct rlimit before, none;

	open_unix(f, 0600);
	call_unix(f);
	start(f);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
	log_set_level(LOG_LEVEL_ERROR); /* it warns, rightly */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	event_base_loop(f->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	log_set_level(LOG_LEVEL_INFO);
	assert_int_equal(f->guests.count, 0);
	assert_int_equal(event_base_get_num_events(f->base, EVENT_BASE_COUNT_ADDED), 1);
	/* and then takes who waited */
	wait_for(f, 1);
}
