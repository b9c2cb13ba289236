/* SPDX-License-Identifier: ISC */
/* http_internal.h: shared by the files http*.c of this room. */
#ifndef SITREP_PUBLISH_HTTP_INTERNAL_H
#define SITREP_PUBLISH_HTTP_INTERNAL_H

#include <stdbool.h>

#include "compression.h"
#include "sitrep/publish/http.h"

enum { HTTP_TAG_MAX = 32, HTTP_ETAG_MAX = 48 };

struct http_body {
	char *data;
	size_t len;
	/* Compressed forms, each made when a client first wants it, one piece for each turn of a waiting request. */
	struct http_form {
		char *data; /* NULL until it is made */
		size_t len;
		struct compression *compression; /* NULL: it is not being made */
		bool refused;                    /* it is no smaller than the document, or there was no memory */
	} forms[COMPRESSION_CODINGS];
	char tag[HTTP_TAG_MAX]; /* the ETag without its quotes; a compressed form's has a suffix: "-gz" */
	int64_t modified_ms;
	const char *content_type;
	unsigned references;
};

/* The phase of a connection: it waits for the end of a head, receives a body, or is being answered; or its answer has
 * no end, and nothing or something of it is on the way. */
enum http_phase { HTTP_WAITS, HTTP_UPLOADS, HTTP_ANSWERED, HTTP_FLOW_RESTS, HTTP_FLOW_RUNS };

struct http_connection {
	int fd;              /* libmicrohttpd's */
	bool is_local;       /* over a Unix socket */
	bool for_monitors;   /* HTTP_FOR_MONITORS */
	bool has_address;    /* its address has a limit */
	bool is_late;        /* came when only the part kept for hubs was free */
	bool answered;       /* its first request */
	bool shut;           /* was shut down, and libmicrohttpd will close it */
	uint8_t address[16]; /* of IPv6 only the /64 network; zeros without a limit */
	enum http_phase phase;
	int64_t since_ms, deadline_ms; /* of the phase, monotonic */
	struct http_connection *prev, *next;
};

/* All connections, and how many there may be. */
struct http_admission {
	unsigned max, max_per_address;
	struct config_network *proxies;
	size_t proxy_count;
	struct http_connection *first;
	unsigned count;
	uint64_t dropped[HTTP_DROP_REASONS];
};

int http_admission_init(struct http_admission *d, const struct http_options *options); /* 0 or -ENOMEM */
void http_admission_release(struct http_admission *d);
/* NULL: no room or no memory; the caller closes fd. May shut other connections down. */
struct http_connection *http_admission_enter(struct http_admission *d, int fd, const struct sockaddr *peer);
void http_admission_leave(struct http_admission *d, struct http_connection *c);
/* Notes that c has entered the phase; answer_len is the length of the answer, else 0. */
void http_admission_note(struct http_connection *c, enum http_phase phase, size_t answer_len);
/* True when a connection is being answered, or has sent no request yet. */
bool http_admission_owes(const struct http_admission *d);
/* Shuts down all connections past their deadline; true if there was one. */
bool http_admission_close_late(struct http_admission *d);

struct MHD_Connection;

/* http_etag.c */
void http_etag_make(char tag[HTTP_TAG_MAX], struct str document);
/* Writes the tag of a form of the body, with its quotes.  coding: HTTP_IDENTITY, or a number of enum
 * compression_coding. */
void http_etag_write(char tag[HTTP_ETAG_MAX], const struct http_body *b, int coding);
/* Does the client have this body already, by If-None-Match or If-Modified-Since? */
bool http_etag_is_current(struct MHD_Connection *connection, const struct http_body *b);
/* Is a part of this body wanted?  Not when If-Range names another one (RFC 9110, 13.1.5). */
bool http_etag_is_of_range(struct MHD_Connection *connection, const struct http_body *b);

/* http_response.c */
/* RFC 9110, 12.5.3: the coding that the client likes best of those that we know, an enum compression_coding;
 * HTTP_IDENTITY: none. */
enum { HTTP_IDENTITY = -1 };
int http_coding(struct MHD_Connection *connection);
/* A response with the answer's body, or with a part of it, or without one for a client that has it; its status is 206,
 * 416 or 304 then.  NULL without memory. */
struct MHD_Response *http_response(struct MHD_Connection *connection, struct http_answer *answer);
/* Adds the fields that let scripts of other origins read the answer. */
void http_add_origin(
	struct MHD_Connection *connection, struct MHD_Response *response, const struct http_answer *answer);

/* http_flow.c: answers without an end. */
struct http_flows {
	struct http_flow *first;
	void (*run_soon)(void *arg); /* a connection was resumed */
	void *arg;
};
/* A response whose bytes callbacks->read() gives.  NULL without memory, and closed() is called.  Else closed() is
 * called when the response is destroyed, and place notes what is on the way. */
struct MHD_Response *http_flow_response(struct http_flows *all, struct MHD_Connection *connection,
	struct http_connection *place, struct http_answer *answer);
/* Ends all within a turn of the loop: a client comes back by itself, and is asked for its credential. */
void http_flows_end(struct http_flows *all);
/* The end of the server: resumes all. */
void http_flows_resume(struct http_flows *all);

/* http_error.c: the body of an answer that has none, a page, JSON or a line.  NULL without memory. */
struct http_body *http_error_body(struct MHD_Connection *connection, const char *url, int status);

/* http_request_head.c: the value of a field, or NULL. */
const char *http_header(struct MHD_Connection *connection, const char *name);

/* http_request_head.c: a literal that names the fault of an ambiguous head, which a proxy in front of us could take for
 * another request; NULL: no fault. */
const char *http_head_mistake(struct MHD_Connection *connection);

/* Appends a path or an argument without its escapes; false for one with control characters or broken escapes. */
bool http_decode(struct buf *out, const char *raw);

/* The body of a POST on its way in. */
struct http_upload {
	struct buf body;
	int status;       /* 0: accepted; else the status of the refusal, while the body is skipped */
	size_t kept;      /* bytes put into body, even if its owner has changed */
	size_t discarded; /* bytes skipped */
	size_t *total;    /* bytes kept by all uploads together */
};

/* limit: of the body. announced: its Content-Length, or 0. NULL without memory. */
struct http_upload *http_upload_new(int status, size_t limit, uint64_t announced, size_t *total);
/* True when the body is too large even to be skipped: it is refused unread. */
bool http_upload_is_hopeless(uint64_t announced);
/* Keeps or skips a piece. False once too much was skipped. */
bool http_upload_add(struct http_upload *u, const char *data, size_t len);
void http_upload_free(struct http_upload *u);

/* Does one piece of work on the form. READY: it is there; NONE: there will be none; LATER: it takes another turn. */
enum http_compression { HTTP_COMPRESSION_READY, HTTP_COMPRESSION_NONE, HTTP_COMPRESSION_LATER };
enum http_compression http_body_compress(struct http_body *b, enum compression_coding coding);

#endif
