/* http.h: the HTTP server: GET and HEAD of what publish.h has, nothing else.
 *
 * libmicrohttpd with its epoll descriptor nested in our event loop: no thread.  Connections are accepted
 * by listener.h and handed over, so any number of addresses, Unix sockets and inherited sockets serve the
 * same.  Limits: connections in all and per address, header size, time. */
#ifndef SITREP_HTTP_H
#define SITREP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/error.h"
#include "sitrep/listener.h"
#include "sitrep/str.h"

struct event_base;
struct http_server;

/* A representation, kept in memory by its maker and counted: served without copying. */
struct http_body {
	char *data;
	size_t len;
	char *gzip; /* NULL when not worth it */
	size_t gzip_len;
	char etag[48];	    /* strong, with quotes; the gzip form's differs by a suffix inside the quotes */
	int64_t modified_ms;
	const char *content_type;
	unsigned references;
};
struct http_body *http_body_ref(struct http_body *b);
void http_body_unref(struct http_body *b);

struct http_request {
	bool head;
	struct str path;  /* decoded, without the query; holds no NUL, no "..", no control characters */
	const char *host; /* Host header, NULL */
	bool (*query)(const struct http_request *r, const char *name, struct str *value);
	void *connection;
};

struct http_answer {
	int status; /* 200, 404, 503 … */
	struct http_body *body; /* a reference that the server takes over */
	const char *cache_control;
};

typedef void http_handle_fn(void *arg, const struct http_request *request, struct http_answer *answer);

struct http_server *http_server_new(struct event_base *base, unsigned max_connections, http_handle_fn *fn, void *arg, struct error *err);
int http_server_listen(struct http_server *s, struct listener *l, struct error *err); /* l is borrowed and must outlive s */
void http_server_free(struct http_server *s);

struct http_stats {
	uint64_t requests, not_modified, refused;
	unsigned connections;
};
void http_server_get_stats(const struct http_server *s, struct http_stats *stats);

#endif
