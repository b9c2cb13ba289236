/* SPDX-License-Identifier: ISC */
/* loopback.h: a small HTTP server on 127.0.0.1 that answers as a test tells it, right or wrong.
 *
 * One thread a connection.  A route's text is the whole answer, or its function writes it, so that it can be anything;
 * a function that returns false ends the connection. */
#ifndef TEST_LOOPBACK_H
#define TEST_LOOPBACK_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

#include "../test.h"

enum { LOOPBACK_REQUEST_MAX = 16384, LOOPBACK_LOG_MAX = 32 };

struct loopback;

struct exchange {
	struct loopback *server;
	int fd;
	char request[LOOPBACK_REQUEST_MAX]; /* head, NUL-terminated */
};

/* After the text: the connection stays, is closed, or stands still until the client closes it. */
enum loopback_then { LOOPBACK_STAYS, LOOPBACK_CLOSES, LOOPBACK_WAITS };

struct loopback_route {
	const char *path;
	bool (*answer)(struct exchange *x);
	const char *text;  /* instead of the function */
	const char *flood; /* repeated without end behind the text */
	enum loopback_then then;
};

struct loopback {
	int fd;
	int port;
	const struct loopback_route *routes;
	pthread_t acceptor;
	pthread_mutex_t lock;
	pthread_cond_t idle;
	int connections;             /* threads at work */
	int accepted;                /* connections so far */
	int open[256];               /* their descriptors, -1: free */
	char *log[LOOPBACK_LOG_MAX]; /* heads of the requests, in order */
	size_t log_count;
	bool stopping;
};

__attribute__((unused)) static bool loopback_send(struct exchange *x, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		ssize_t n = send(x->fd, at, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

__attribute__((unused, format(printf, 2, 3))) static bool loopback_printf(struct exchange *x, const char *fmt, ...)
{
	char text[8192];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return n >= 0 && (size_t)n < sizeof(text) && loopback_send(x, text, (size_t)n);
}

/* Waits until the client closes, or the server stops: for answers that never end. */
__attribute__((unused)) static void loopback_wait_close(struct exchange *x)
{
	char byte;

	while (recv(x->fd, &byte, 1, 0) > 0)
		;
}

/* The value of a request's field, copied to out; false when there is none. */
__attribute__((unused)) static bool loopback_field(const char *head, const char *name, char *out, size_t size)
{
	size_t len = strlen(name);

	for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
		line += 2;
		if (strncasecmp(line, name, len) == 0 && line[len] == ':') {
			const char *value = line + len + 1 + (line[len + 1] == ' ');

			snprintf(out, size, "%.*s", (int)strcspn(value, "\r"), value);
			return true;
		}
	}
	return false;
}

static bool loopback_read_head(struct exchange *x)
{
	size_t len = 0;

	while (len < sizeof(x->request) - 1) {
		ssize_t n = recv(x->fd, x->request + len, sizeof(x->request) - 1 - len, 0);

		if (n <= 0)
			return false;
		len += (size_t)n;
		x->request[len] = '\0';
		/* A TLS handshake: this server speaks plain text. */
		if (x->request[0] == 0x16) {
			loopback_send(x, "pardon?\r\n", 9);
			return false;
		}
		if (strstr(x->request, "\r\n\r\n") != NULL)
			return true;
	}
	return false;
}

static void loopback_note(struct loopback *s, const char *head)
{
	pthread_mutex_lock(&s->lock);
	if (s->log_count < LOOPBACK_LOG_MAX)
		s->log[s->log_count++] = strdup(head);
	pthread_mutex_unlock(&s->lock);
}

static bool loopback_say(struct exchange *x, const struct loopback_route *r)
{
	char block[4096];
	size_t len = 0;

	if (!loopback_send(x, r->text, strlen(r->text)))
		return false;
	if (r->flood != NULL) {
		for (; len + strlen(r->flood) < sizeof(block); len += strlen(r->flood))
			memcpy(block + len, r->flood, strlen(r->flood));
		while (loopback_send(x, block, len))
			;
		return false;
	}
	if (r->then == LOOPBACK_WAITS)
		loopback_wait_close(x);
	return r->then == LOOPBACK_STAYS;
}

static bool loopback_answer(struct exchange *x)
{
	const char *path = strchr(x->request, ' ');

	path = path != NULL ? path + 1 : "";
	for (const struct loopback_route *r = x->server->routes; r->path != NULL; r++)
		if (strncmp(path, r->path, strlen(r->path)) == 0)
			return r->answer != NULL ? r->answer(x) : loopback_say(x, r);
	return loopback_printf(x, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
}

static void *loopback_serve(void *arg)
{
	struct exchange *x = arg;
	struct loopback *s = x->server;

	while (loopback_read_head(x)) {
		loopback_note(s, x->request);
		if (!loopback_answer(x))
			break;
	}
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < sizeof(s->open) / sizeof(s->open[0]); i++)
		if (s->open[i] == x->fd)
			s->open[i] = -1;
	close(x->fd);
	s->connections--;
	pthread_cond_signal(&s->idle);
	pthread_mutex_unlock(&s->lock);
	free(x);
	return NULL;
}

static void *loopback_accept(void *arg)
{
	struct loopback *s = arg;
	int fd;

	while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
		struct exchange *x = calloc(1, sizeof(*x));
		pthread_t thread;
		bool taken = false;

		pthread_mutex_lock(&s->lock);
		for (size_t i = 0; !s->stopping && i < sizeof(s->open) / sizeof(s->open[0]) && !taken; i++) {
			if (s->open[i] < 0) {
				s->open[i] = fd;
				taken = true;
			}
		}
		if (taken) {
			s->connections++;
			s->accepted++;
		}
		pthread_mutex_unlock(&s->lock);
		if (!taken || x == NULL) {
			close(fd);
			free(x);
			continue;
		}
		x->server = s;
		x->fd = fd;
		if (pthread_create(&thread, NULL, loopback_serve, x) != 0)
			abort();
		pthread_detach(thread);
	}
	return NULL;
}

/* routes end with a NULL path; the first whose path the request's begins with answers. */
__attribute__((unused)) static void loopback_start(struct loopback *s, const struct loopback_route *routes)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(in);

	*s = (struct loopback){.routes = routes};
	for (size_t i = 0; i < sizeof(s->open) / sizeof(s->open[0]); i++)
		s->open[i] = -1;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->idle, NULL);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&in, sizeof(in)) != 0 || listen(s->fd, 128) != 0 ||
		getsockname(s->fd, (struct sockaddr *)&in, &len) != 0)
		abort();
	s->port = ntohs(in.sin_port);
	if (pthread_create(&s->acceptor, NULL, loopback_accept, s) != 0)
		abort();
}

__attribute__((unused)) static void loopback_stop(struct loopback *s)
{
	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	for (size_t i = 0; i < sizeof(s->open) / sizeof(s->open[0]); i++)
		if (s->open[i] >= 0)
			shutdown(s->open[i], SHUT_RDWR);
	pthread_mutex_unlock(&s->lock);
	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->acceptor, NULL);
	close(s->fd);
	pthread_mutex_lock(&s->lock);
	while (s->connections > 0)
		pthread_cond_wait(&s->idle, &s->lock);
	pthread_mutex_unlock(&s->lock);
	for (size_t i = 0; i < s->log_count; i++)
		free(s->log[i]);
	pthread_cond_destroy(&s->idle);
	pthread_mutex_destroy(&s->lock);
}

#endif
