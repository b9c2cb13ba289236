/* SPDX-License-Identifier: ISC */
/* http.h: the HTTP server: GET, HEAD and OPTIONS of the documents of publish.h, and POST to the WebSub endpoint.
 *
 * libmicrohttpd with its epoll descriptor nested in our event loop: no thread.  Connections are accepted by listener.h
 * and handed over, so any number of addresses, Unix sockets and inherited sockets work alike. Conditional requests,
 * HEAD and compression are handled here. There are limits for connections in all and of one address, for the memory of
 * each, and for the time of each head, body and answer as a whole. Room is kept for Unix sockets and for hubs, and made
 * by closing idle connections. Work that does not fit one turn of the loop waits for the next. A POST is judged by its
 * head, before any of its body is kept; all bodies under way share one limit. */
#ifndef SITREP_PUBLISH_HTTP_H
#define SITREP_PUBLISH_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/base/listener.h"
#include "sitrep/base/str.h"
#include "sitrep/config/config.h"

struct event_base;
struct http_access;
struct http_server;

/* The body of an answer: made once, reference-counted, and served without copying. Its compressed forms (gzip, br,
 * zstd) are made when they are first wanted. */
struct http_body;

/* Takes over data (malloc'ed, len bytes). content_type is a literal. NULL without memory, data is then freed. */
struct http_body *http_body_new(char *data, size_t len, const char *content_type, int64_t modified_ms);
struct http_body *http_body_ref(struct http_body *b);
void http_body_unref(struct http_body *b);        /* NULL is fine */
size_t http_body_size(const struct http_body *b); /* memory, compressed forms included */
struct str http_body_bytes(const struct http_body *b);
const char *http_body_tag(const struct http_body *b); /* the ETag without its quotes */
/* As http_body_new(): what has changed in the document whole, under its ETag and type, for an answer 226 (RFC 3229). */
struct http_body *http_body_new_changes(char *data, size_t len, const struct http_body *whole);

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_OPTIONS };

struct http_request {
	enum http_method method;
	struct str path;  /* percent-decoded, without the query; holds no control characters */
	struct buf *body; /* of a POST, as it came; the handler may take it. NULL otherwise */
	void *connection; /* for the next two */
	bool again;       /* a handler answered this request with later before */
	bool is_trusted;  /* it has a credential, or none is wanted */
};

/* Appends the fields of that name in the request's head, joined by ", ".  False when there is none. */
bool http_request_field(const struct http_request *r, const char *name, struct buf *out);
/* Appends the query's first argument of that name, decoded.  False when there is no such argument, or it is malformed:
 * control characters, broken escapes, too long for out. */
bool http_request_argument(const struct http_request *r, const char *name, struct buf *out);

/* Calls fn for each of the query's arguments but token in order, decoded, until it returns anything but 0, and returns
 * that. -EINVAL for a malformed argument; -ENOMEM. */
typedef int http_argument_fn(void *arg, struct str name, struct str value);
int http_request_arguments(const struct http_request *r, http_argument_fn *fn, void *arg);

/* The weight that an Accept field gives to a media type, in thousandths; -1: it does not name the type. */
int http_weight(struct str accept, struct str type);

/* Access of scripts on pages of other origins (CORS): of none, of any, of the one that the request names, or of others
 * than that one. */
enum http_origin { HTTP_ORIGIN_NONE, HTTP_ORIGIN_ANY, HTTP_ORIGIN_ASKING, HTTP_ORIGIN_OTHER };

/* A body whose bytes come as they arise, for as long as the client stays. */
struct http_flow; /* the server's side of it */
#define HTTP_FLOW_END SIZE_MAX
struct http_flow_callbacks {
	/* The answer has begun: flow is there until closed() is called. */
	void (*opened)(void *arg, struct http_flow *flow);
	/* Puts up to room bytes into out, once the former ones have gone to the kernel.  0: none yet, and
	 * http_flow_wake() tells of more; HTTP_FLOW_END: the connection is closed. */
	size_t (*read)(void *arg, char *out, size_t room);
	/* The client has gone, or the answer could not begin: the last call. */
	void (*closed)(void *arg);
};
/* No callback is called from within. */
void http_flow_wake(struct http_flow *flow);

struct http_answer {
	int status; /* 200, 226, 404, 503 ... */
	/* A reference that the server takes over.  NULL: a page that names the status and leads home, or as JSON or one
	 * line, by the request's Accept field. */
	struct http_body *body;
	const char *cache_control; /* NULL: none; with "no-store" there is no ETag and no 304 */
	unsigned max_age_s;        /* without cache_control: its max-age; 0: none */
	char *location;            /* of a redirect, malloc'ed: the server takes it over; else NULL */
	bool ranges;               /* parts of the body may be asked for (RFC 9110, 14) */
	enum http_origin origin;   /* whose scripts may read it */
	bool later;                /* not finished: the handler is called again in another turn */
	bool idle;                 /* with later: another thread is at it, so there is no hurry */
	/* Events (text/event-stream) in place of a body; with status 200.  NULL: none. */
	const struct http_flow_callbacks *flow;
	void *flow_arg;
};

typedef void http_handle_fn(void *arg, const struct http_request *request, struct http_answer *answer);

/* Called with the head of a POST. Returns 0 and sets *limit to the largest body allowed, and http_handle_fn is called
 * once the body is there; or returns the status of the refusal: 404, 405 ... */
typedef int http_post_fn(void *arg, struct str path, size_t *limit);

struct http_options {
	unsigned max_connections;
	unsigned max_flows;                    /* besides those */
	unsigned max_per_address;              /* loopback and proxies have no such limit */
	const struct config_networks *proxies; /* NULL: none; copied */
};

struct http_server *http_server_new(
	struct event_base *base, const struct http_options *options, http_handle_fn *fn, void *arg, struct error *err);
/* fn is called for the head of each POST, with the same arg; without fn every POST is refused. */
void http_server_allow_post(struct http_server *s, http_post_fn *fn);
/* Puts an access (http_access.h) into force, and takes it over.  Until then everything is answered.  Where it asks for
 * credentials, answers without an end are ended. */
void http_server_set_access(struct http_server *s, struct http_access *access);
/* MONITORS: /metrics and /healthz alone are served, and then /metrics on no other listener. */
enum http_audience { HTTP_FOR_ALL, HTTP_FOR_MONITORS };
/* l is borrowed and must outlive s */
int http_server_listen(struct http_server *s, struct listener *l, enum http_audience audience, struct error *err);
/* The end of a daemon whose sockets stay open elsewhere: no connection is accepted any more.  The requests that came
 * are answered while the loop runs. */
void http_server_stop_accepting(struct http_server *s);
/* Whether an accepted connection waits for its answer, or has not brought its first request yet. */
bool http_server_owes(const struct http_server *s);
void http_server_free(struct http_server *s);

/* Why a connection was refused (no room, or too many from its address) or closed (for another one, or because its head,
 * body or answer took too long). */
enum http_drop_reason {
	HTTP_DROP_FULL,
	HTTP_DROP_ADDRESS,
	HTTP_DROP_ROOM,
	HTTP_DROP_HEAD,
	HTTP_DROP_BODY,
	HTTP_DROP_ANSWER,
};
enum { HTTP_DROP_REASONS = HTTP_DROP_ANSWER + 1 };
const char *http_drop_reason_name(enum http_drop_reason r);

/* The most requests answered in one turn of the loop, and the most processor time for all but the last of them. */
enum { HTTP_TURN_REQUESTS = 64, HTTP_TURN_US = 3000 };

struct http_stats {
	uint64_t requests, not_modified;
	uint64_t ambiguous;   /* requests refused for their head */
	uint64_t misdirected; /* requests for a name that is not the server's */
	uint64_t barred;      /* requests without a right credential */
	uint64_t dropped[HTTP_DROP_REASONS];
	uint64_t postponed; /* requests that waited for another turn */
	unsigned turn_requests_max;
	unsigned connections;
};
void http_server_get_stats(const struct http_server *s, struct http_stats *stats);

#endif
