/* http.h: the HTTP server: GET and HEAD of what publish.h has, nothing else.
 *
 * libmicrohttpd with its epoll descriptor nested in our event loop: no thread.  Connections are accepted
 * by listener.h and handed over, so any number of addresses, Unix sockets and inherited sockets serve the
 * same.  Conditional requests, HEAD and gzip are dealt with here.  Limits: connections in all, memory and
 * time of each. */
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

/* A representation: made once, counted, served without copying; its gzip form is made when first asked for. */
struct http_body;

/* Takes over data (malloc'ed, len bytes). content_type is a literal. NULL without memory, data is then freed. */
struct http_body *http_body_new(char *data, size_t len, const char *content_type, int64_t modified_ms);
struct http_body *http_body_ref(struct http_body *b);
void http_body_unref(struct http_body *b);        /* NULL is fine */
size_t http_body_size(const struct http_body *b); /* memory, gzip form included */

struct http_request {
	struct str path; /* percent-decoded, without the query; holds no control characters */
};

struct http_answer {
	int status;                /* 200, 404, 503 ... */
	struct http_body *body;    /* a reference that the server takes over; NULL: a line that names the status */
	const char *cache_control; /* NULL: none */
};

typedef void http_handle_fn(void *arg, const struct http_request *request, struct http_answer *answer);

struct http_server *http_server_new(
	struct event_base *base, unsigned max_connections, http_handle_fn *fn, void *arg, struct error *err);
int http_server_listen(
	struct http_server *s, struct listener *l, struct error *err); /* l is borrowed and must outlive s */
void http_server_free(struct http_server *s);

struct http_stats {
	uint64_t requests, not_modified, refused;
	unsigned connections;
};
void http_server_get_stats(const struct http_server *s, struct http_stats *stats);

#endif
