/* SPDX-License-Identifier: ISC */
/* Listening sockets.  Binding and accepting are two steps: the daemon binds every socket before it opens its
 * database, so that a second daemon started by mistake ends before it has changed anything. */
#include "sitrep/base/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "process_name.h"
#include "sitrep/base/log.h"
#include "sitrep/base/turn.h"

enum {
	BACKLOG = 512,
	/* Connections accepted in one turn, so that a burst of them does not hold the loop. */
	ACCEPTS_A_TURN = 64,
	NAME_MAX_LEN = 160,
};

struct listener {
	int fd;
	char name[NAME_MAX_LEN];
	char *unlink_path; /* the socket file that listener_open_unix() made; NULL: none */
	struct listener *next_made;
	struct event *readable;
	struct event *retry;
	listener_accept_fn *fn;
	void *arg;
};

/* Listeners that made a socket file.  The list is changed only while SIGTERM and SIGINT are blocked, so that their
 * handler can walk it. */
static struct listener *made;

/* ---- signals before the event loop ---- */

static void block_end_signals(sigset_t *before)
{
	sigset_t ends;

	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	pthread_sigmask(SIG_BLOCK, &ends, before);
}

static void unblock_end_signals(const sigset_t *before)
{
	pthread_sigmask(SIG_SETMASK, before, NULL);
}

/* SA_RESETHAND: the second signal has its usual effect. */
static void on_end_signal(int number)
{
	for (const struct listener *l = made; l != NULL; l = l->next_made)
		unlink(l->unlink_path);
	raise(number);
}

void listener_catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_end_signal, .sa_flags = (int)(SA_RESETHAND | SA_NODEFER)};

	sigemptyset(&action.sa_mask);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
}

/* ---- opening ---- */

static struct listener *listener_new(int fd)
{
	struct listener *l = calloc(1, sizeof(*l));

	if (l != NULL)
		l->fd = fd;
	return l;
}

static void name_tcp(struct listener *l)
{
	struct sockaddr_storage address = {0};
	socklen_t len = sizeof(address);
	char host[INET6_ADDRSTRLEN] = "";

	if (getsockname(l->fd, (struct sockaddr *)&address, &len) != 0)
		return;
	if (address.ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)&address;

		inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
		snprintf(l->name, sizeof(l->name), "http://%s:%u", host, ntohs(in->sin_port));
	} else if (address.ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&address;

		inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
		snprintf(l->name, sizeof(l->name), "http://[%s]:%u", host, ntohs(in6->sin6_port));
	} else if (address.ss_family == AF_UNIX) {
		const struct sockaddr_un *un = (const struct sockaddr_un *)&address;

		snprintf(l->name, sizeof(l->name), "unix:%s", un->sun_path);
	}
}

static struct listener *listen_on(int fd, const char *what, struct error *err)
{
	struct listener *l;

	if (listen(fd, BACKLOG) != 0) {
		error_sys(err, -errno, "cannot listen on %s", what);
		close(fd);
		return NULL;
	}
	l = listener_new(fd);
	if (l == NULL) {
		error_sys(err, -ENOMEM, "cannot listen on %s", what);
		close(fd);
		return NULL;
	}
	name_tcp(l);
	return l;
}

struct listener *listener_open_tcp(const char *host, uint16_t port, struct error *err)
{
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_ANY_INIT};
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
	bool is_v4 = host != NULL && inet_pton(AF_INET, host, &in.sin_addr) == 1;
	char what[NAME_MAX_LEN], user[PROCESS_NAME_MAX];
	int on = 1, off = 0;
	int fd;

	snprintf(what, sizeof(what), host != NULL && !is_v4 ? "[%s]:%u" : "%s:%u", host != NULL ? host : "*",
		(unsigned)port);
	if (!is_v4 && host != NULL && inet_pton(AF_INET6, host, &in6.sin6_addr) != 1)
		return error_set_null(err, -EINVAL,
			"cannot listen on %s: not a numeric address; give one such as 127.0.0.1 or ::1", what);
	fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_sys_null(err, -errno, "cannot listen on %s", what);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (!is_v4)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, host == NULL ? &off : &on, sizeof(on));
	if (bind(fd, is_v4 ? (struct sockaddr *)&in : (struct sockaddr *)&in6,
		    is_v4 ? (socklen_t)sizeof(in) : (socklen_t)sizeof(in6)) != 0) {
		if (errno == EADDRINUSE)
			error_set(err, -EADDRINUSE, "cannot listen on %s: the address is in use by %s", what,
				process_on_port(user, port) ? user : "another process (\"ss -ltnp\" as root names it)");
		else
			error_sys(err, -errno, "cannot listen on %s", what);
		close(fd);
		return NULL;
	}
	return listen_on(fd, what, err);
}

/* The process at the other end of a connected socket, for a sentence. */
static const char *peer_name(int fd, char text[PROCESS_NAME_MAX])
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0 || peer.pid <= 0)
		return "another process";
	return process_name(text, peer.pid);
}

/* Removes a socket file on which no process listens: a daemon that died has left it. */
static int remove_stale(const struct sockaddr_un *address, struct error *err)
{
	char user[PROCESS_NAME_MAX];
	struct stat st;
	int fd, connected, result = 0;

	if (lstat(address->sun_path, &st) != 0)
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return error_set(err, -EEXIST, "cannot listen on %s: the path is a file that is not a socket",
			address->sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_sys(err, -errno, "cannot listen on %s", address->sun_path);
	connected = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ? 0 : -errno;
	if (connected != -ECONNREFUSED)
		result = error_set(err, -EADDRINUSE, "cannot listen on %s: the socket is in use by %s",
			address->sun_path, connected == 0 ? peer_name(fd, user) : "another process");
	else if (unlink(address->sun_path) != 0)
		result = error_sys(err, -errno, "cannot replace the stale socket %s", address->sun_path);
	close(fd);
	return result;
}

static int find_group(const char *name, gid_t *gid, struct error *err)
{
	const struct group *entry = getgrnam(name);

	if (entry == NULL)
		return error_set(
			err, -EINVAL, "there is no group %s: create it with groupadd(8), or name another", name);
	*gid = entry->gr_gid;
	return 0;
}

int listener_check_group(const char *name, struct error *err)
{
	gid_t gid = 0;
	int fd, result = find_group(name, &gid, err);

	if (result != 0 || gid == getegid())
		return result;
	fd = open("/tmp", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0 || fchown(fd, (uid_t)-1, gid) != 0)
		result = error_sys(err, -errno, "cannot give a file to the group %s", name);
	if (fd >= 0)
		close(fd);
	return result;
}

static int set_access(const char *path, unsigned mode, const char *group, struct error *err)
{
	struct stat st;
	gid_t gid = 0;

	if (group != NULL) {
		if (find_group(group, &gid, err) != 0)
			return err->code;
		/* A file that has the group needs no chown(2), which a service may be forbidden. */
		if ((stat(path, &st) != 0 || st.st_gid != gid) && chown(path, (uid_t)-1, gid) != 0)
			return error_sys(err, -errno, "cannot give %s to the group %s", path, group);
	}
	if (chmod(path, (mode_t)mode) != 0)
		return error_sys(err, -errno, "cannot set the mode of %s", path);
	return 0;
}

/* Binds fd, which it owns.  The caller has blocked SIGTERM and SIGINT. */
static struct listener *bind_unix(
	int fd, const struct sockaddr_un *address, unsigned mode, const char *group, struct error *err)
{
	const char *path = address->sun_path;
	struct listener *l;
	/* The umask keeps others out between bind and chmod. */
	mode_t mask = umask(0177);
	int bound = bind(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ? 0 : -errno;

	umask(mask);
	if (bound != 0) {
		error_sys(err, bound, "cannot listen on %s", path);
		close(fd);
		return NULL;
	}
	if (set_access(path, mode, group, err) != 0) {
		unlink(path);
		close(fd);
		return NULL;
	}
	l = listen_on(fd, path, err);
	if (l != NULL && (l->unlink_path = strdup(path)) == NULL) {
		error_sys(err, -ENOMEM, "cannot listen on %s", path);
		listener_free(l);
		l = NULL;
	}
	if (l == NULL) {
		unlink(path);
		return NULL;
	}
	l->next_made = made;
	made = l;
	return l;
}

struct listener *listener_open_unix(const char *path, unsigned mode, const char *group, struct error *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct listener *l;
	sigset_t before;
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return error_set_null(err, -ENAMETOOLONG, "cannot listen on %s: the path is longer than %zu bytes",
			path, sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (remove_stale(&address, err) != 0)
		return NULL;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_sys_null(err, -errno, "cannot listen on %s", path);
	block_end_signals(&before);
	l = bind_unix(fd, &address, mode, group, err);
	unblock_end_signals(&before);
	return l;
}

/* The loop would spin on a socket that does not listen: it is always readable, and accept() always fails. */
static bool is_listening(int fd)
{
	int on = 0;
	socklen_t len = sizeof(on);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) == 0 && on != 0;
}

struct listener *listener_adopt(int fd, struct error *err)
{
	struct listener *l = listener_new(fd);

	if (l == NULL || !is_listening(fd) || evutil_make_socket_nonblocking(fd) != 0 ||
		evutil_make_socket_closeonexec(fd) != 0) {
		error_set(err, -EINVAL, "cannot use the inherited socket %d: the .socket unit must make it listen", fd);
		close(fd);
		free(l);
		return NULL;
	}
	name_tcp(l);
	return l;
}

static bool out_of_resources(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static void on_readable(evutil_socket_t listening, short what UNUSED, void *arg)
{
	struct listener *l = arg;

	for (int i = 0; i < ACCEPTS_A_TURN && (i == 0 || !turn_is_spent()); i++) {
		struct sockaddr_storage peer = {0};
		socklen_t len = sizeof(peer);
		int on = 1;
		int fd = accept4(listening, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0 && out_of_resources(errno)) {
			/* The socket stays readable: without this wait the loop would spin on it. */
			struct timeval second = {.tv_sec = 1};

			log_emit(LOG_LEVEL_WARNING, "cannot accept connections for now", "socket", l->name, "reason",
				strerror(errno), NULL);
			event_del(l->readable);
			event_add(l->retry, &second);
			return;
		}
		if (fd < 0)
			return;
		if (peer.ss_family == AF_INET || peer.ss_family == AF_INET6)
			setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		l->fn(l->arg, fd, (struct sockaddr *)&peer, len);
	}
	turn_yield(event_get_base(l->readable));
}

static void on_retry(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct listener *l = arg;

	event_add(l->readable, NULL);
}

int listener_start(struct listener *l, struct event_base *base, listener_accept_fn *fn, void *arg, struct error *err)
{
	l->fn = fn;
	l->arg = arg;
	l->readable = event_new(base, l->fd, EV_READ | EV_PERSIST, on_readable, l);
	l->retry = evtimer_new(base, on_retry, l);
	if (l->readable == NULL || l->retry == NULL || event_add(l->readable, NULL) != 0)
		return error_set(err, -ENOMEM, "cannot watch %s", l->name);
	return 0;
}

void listener_stop(struct listener *l)
{
	if (l->readable != NULL)
		event_free(l->readable);
	if (l->retry != NULL)
		event_free(l->retry);
	l->readable = l->retry = NULL;
}

bool listener_address(const struct listener *l, struct sockaddr_storage *address)
{
	socklen_t len = sizeof(*address);

	*address = (struct sockaddr_storage){0};
	return getsockname(l->fd, (struct sockaddr *)address, &len) == 0 &&
	       (address->ss_family == AF_INET || address->ss_family == AF_INET6);
}

const char *listener_name(const struct listener *l)
{
	return l->name;
}

const char *listeners_url(struct listener *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strncmp(list[i]->name, "http://", 7) == 0)
			return list[i]->name;
	return NULL;
}

/* Removes l's socket file, and l from the list made. */
static void remove_socket_file(struct listener *l)
{
	sigset_t before;

	if (l->unlink_path == NULL)
		return;
	unlink(l->unlink_path);
	block_end_signals(&before);
	for (struct listener **at = &made; *at != NULL; at = &(*at)->next_made) {
		if (*at == l) {
			*at = l->next_made;
			break;
		}
	}
	unblock_end_signals(&before);
	free(l->unlink_path);
}

void listener_free(struct listener *l)
{
	if (l == NULL)
		return;
	listener_stop(l);
	remove_socket_file(l);
	close(l->fd);
	free(l);
}
