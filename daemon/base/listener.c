/* SPDX-License-Identifier: ISC */
/* Listening sockets.  Binding and accepting are apart, so that the daemon can hold every socket it needs
 * before it touches its database, and a second daemon started by mistake ends without having touched
 * anything. */
#include "sitrep/base/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <grp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

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
	char *unlink_path; /* the socket file that we made, NULL: none */
	struct event *readable;
	struct event *retry;
	listener_accept_fn *fn;
	void *arg;
};

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

		(void)inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
		(void)snprintf(l->name, sizeof(l->name), "http://%s:%u", host, ntohs(in->sin_port));
	} else if (address.ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&address;

		(void)inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
		(void)snprintf(l->name, sizeof(l->name), "http://[%s]:%u", host, ntohs(in6->sin6_port));
	} else if (address.ss_family == AF_UNIX) {
		const struct sockaddr_un *un = (const struct sockaddr_un *)&address;

		(void)snprintf(l->name, sizeof(l->name), "unix:%s", un->sun_path);
	}
}

static struct listener *finish(int fd, const char *what, struct error *err)
{
	struct listener *l;

	if (listen(fd, BACKLOG) != 0) {
		(void)error_sys(err, -errno, "cannot listen on %s", what);
		(void)close(fd);
		return NULL;
	}
	l = listener_new(fd);
	if (l == NULL) {
		(void)error_sys(err, -ENOMEM, "cannot listen on %s", what);
		(void)close(fd);
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
	char what[NAME_MAX_LEN];
	int on = 1, off = 0;
	int fd;

	(void)snprintf(what, sizeof(what), host != NULL && !is_v4 ? "[%s]:%u" : "%s:%u", host != NULL ? host : "*",
		(unsigned)port);
	if (!is_v4 && host != NULL && inet_pton(AF_INET6, host, &in6.sin6_addr) != 1) {
		(void)error_set(err, -EINVAL, "cannot listen on %s: not a numeric address", what);
		return NULL;
	}
	fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		(void)error_sys(err, -errno, "cannot listen on %s", what);
		return NULL;
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (!is_v4)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, host == NULL ? &off : &on, sizeof(on));
	if (bind(fd, is_v4 ? (struct sockaddr *)&in : (struct sockaddr *)&in6,
		    is_v4 ? (socklen_t)sizeof(in) : (socklen_t)sizeof(in6)) != 0) {
		(void)error_sys(err, -errno, "cannot listen on %s", what);
		(void)close(fd);
		return NULL;
	}
	return finish(fd, what, err);
}

/* A socket file without a listening process was left by a daemon that died. */
static int remove_stale(const struct sockaddr_un *address, struct error *err)
{
	struct stat st;
	int fd, result = 0;

	if (lstat(address->sun_path, &st) != 0)
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return error_set(err, -EEXIST, "cannot listen on %s: there is a file of that name", address->sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_sys(err, -errno, "cannot listen on %s", address->sun_path);
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 || errno != ECONNREFUSED)
		result = error_set(err, -EADDRINUSE, "cannot listen on %s: another process does", address->sun_path);
	else if (unlink(address->sun_path) != 0)
		result = error_sys(err, -errno, "cannot replace the stale socket %s", address->sun_path);
	(void)close(fd);
	return result;
}

static int set_access(const char *path, unsigned mode, const char *group, struct error *err)
{
	if (group != NULL) {
		const struct group *entry = getgrnam(group);

		if (entry == NULL)
			return error_set(err, -EINVAL, "cannot give %s to the group %s: no such group", path, group);
		if (chown(path, (uid_t)-1, entry->gr_gid) != 0)
			return error_sys(err, -errno, "cannot give %s to the group %s", path, group);
	}
	if (chmod(path, (mode_t)mode) != 0)
		return error_sys(err, -errno, "cannot set the mode of %s", path);
	return 0;
}

struct listener *listener_open_unix(const char *path, unsigned mode, const char *group, struct error *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct listener *l;
	mode_t mask;
	int fd, bound;

	if (strlen(path) >= sizeof(address.sun_path)) {
		(void)error_set(err, -ENAMETOOLONG, "cannot listen on %s: longer than %zu bytes", path,
			sizeof(address.sun_path) - 1);
		return NULL;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (remove_stale(&address, err) != 0)
		return NULL;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		(void)error_sys(err, -errno, "cannot listen on %s", path);
		return NULL;
	}
	/* The umask keeps others out between bind and chmod. */
	mask = umask(0177);
	bound = bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ? 0 : -errno;
	(void)umask(mask);
	if (bound != 0) {
		(void)error_sys(err, bound, "cannot listen on %s", path);
		(void)close(fd);
		return NULL;
	}
	if (set_access(path, mode, group, err) != 0) {
		(void)unlink(path);
		(void)close(fd);
		return NULL;
	}
	l = finish(fd, path, err);
	if (l != NULL && (l->unlink_path = strdup(path)) == NULL) {
		(void)error_sys(err, -ENOMEM, "cannot listen on %s", path);
		listener_free(l);
		l = NULL;
	}
	if (l == NULL)
		(void)unlink(path);
	return l;
}

/* One that does not listen would be readable for ever, with nobody to accept. */
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
		(void)error_set(err, -EINVAL, "cannot use the inherited socket %d", fd);
		(void)close(fd);
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

static void on_readable(evutil_socket_t listening, short what, void *arg)
{
	struct listener *l = arg;

	(void)what;
	for (int i = 0; i < ACCEPTS_A_TURN && (i == 0 || !turn_is_spent()); i++) {
		struct sockaddr_storage peer = {0};
		socklen_t len = sizeof(peer);
		int on = 1;
		int fd = accept4(listening, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0 && out_of_resources(errno)) {
			/* The socket stays readable: waiting keeps the loop from spinning on it. */
			struct timeval second = {.tv_sec = 1};

			log_emit(LOG_LEVEL_WARNING, "cannot accept connections for now", "socket", l->name, "reason",
				strerror(errno), NULL);
			(void)event_del(l->readable);
			(void)event_add(l->retry, &second);
			return;
		}
		if (fd < 0)
			return;
		if (peer.ss_family == AF_INET || peer.ss_family == AF_INET6)
			(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		l->fn(l->arg, fd, (struct sockaddr *)&peer, len);
	}
	turn_yield(event_get_base(l->readable));
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct listener *l = arg;

	(void)fd;
	(void)what;
	(void)event_add(l->readable, NULL);
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

void listener_free(struct listener *l)
{
	if (l == NULL)
		return;
	listener_stop(l);
	if (l->unlink_path != NULL)
		(void)unlink(l->unlink_path);
	free(l->unlink_path);
	(void)close(l->fd);
	free(l);
}
