/* SPDX-License-Identifier: ISC */
/* transfer.h: one GET, or one POST of a form, by libcurl's multi socket interface, driven by the event loop.
 *
 * No thread is needed: curl names the descriptors and the timer that it waits for, and libevent watches them.  All
 * functions belong to the loop's thread.  Callbacks are called from the loop, never by transfer_start(), and may start
 * new transfers.
 *
 * Redirects are followed here, not by curl, so that each hop is checked.  A body is counted after decompression, and
 * given up at the limit, or when it is a decompression bomb.  Gzip that no header announced is unpacked.  Cookies live
 * within one transfer: they are sent to the later hops of its redirects, and forgotten at its end.
 *
 * Some faults of servers are worked around within the transfer, by a second request: HTTP/2 that breaks, and a
 * Content-Encoding that is wrong or unknown.  The fault is remembered for a day (server_quirks.h).
 *
 * When libcurl's multi handle fails, it is replaced: transfers under way end with FAILURE_INTERNAL, and new ones work.
 * A transfer that libcurl does not end in time is ended here, some seconds later.
 *
 * A proxy resolves names itself, so their addresses cannot be checked here; the proxy's own rules must do that.  An
 * address in the URL itself, and "localhost", are checked. */
#ifndef SITREP_FETCH_TRANSFER_H
#define SITREP_FETCH_TRANSFER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"
#include "sitrep/config/config.h"
#include "sitrep/model/feed_state.h"

/* The part of an error page that is kept for a person to read. */
enum { TRANSFER_ERROR_PAGE_MAX = 8 * 1024 };

struct event_base;
struct transfers; /* the curl multi handle and what belongs to it */
struct transfer;  /* one transfer under way */

struct transfers_options {
	long max_connections; /* that are kept open, to all servers together */
	int64_t connect_timeout_ms;
	int max_redirects;
	const char *proxy;   /* NULL: no proxy, even if the environment names one */
	const char *ca_file; /* NULL: the system's */
	/* The daemon's own listeners, which are never connected to, whatever allow says. Copied. */
	const struct sockaddr_storage *own;
	size_t own_count;
};

/* TRANSFER_HTTP_AUTO: HTTP/2 where the server offers it, and HTTP/1.1 for a day once its HTTP/2 has broken.
 * TRANSFER_HTTP_2: HTTP/2 where it is offered, even if it breaks. */
enum transfer_http { TRANSFER_HTTP_AUTO, TRANSFER_HTTP_1, TRANSFER_HTTP_2 };

/* A request; everything is borrowed until transfer_start() returns. */
struct transfer_request {
	const char *url;
	const char *form; /* NULL: a GET.  Else it is POSTed as application/x-www-form-urlencoded; any 2xx is an answer
			   * then, and only redirects that keep the method (307, 308) are followed */
	const char *etag; /* sent back byte for byte; NULL: none is sent */
	const char *last_modified; /* the same */
	const char *user_agent;
	const char *user; /* basic authentication; NULL */
	const char *password;
	const char *bearer;
	const char *const *headers; /* "Name: value", NULL-terminated; NULL: none.  Headers and credentials are for the
				     * URL's host only: a redirect to another host goes without them */
	struct str client_cert, client_key;  /* PEM, for the URL's host only; empty: none */
	struct str authorities;              /* PEM, trusted besides the system's, or instead of ca_file; empty: none */
	const char *proxy;                   /* replaces the common one; NULL: it does not */
	int64_t timeout_ms;                  /* of all hops together */
	int64_t max_body;                    /* decoded bytes */
	const struct config_networks *allow; /* exceptions from the guard; NULL: none */
	const struct config_networks *allow_too; /* further exceptions */
	bool want_error_page;                    /* the beginning of an error page is kept */
	bool allow_downgrade;                    /* redirects from https to http are followed */
	bool allow_old_tls;                      /* TLS 1.0 and 1.1 and weak keys are accepted */
	enum transfer_http http;
	bool allow_private; /* private addresses are allowed (guard_is_private()) */
};

struct transfer_answer {
	enum poll_failure failure; /* FAILURE_NONE: a full answer or a 304 came */
	struct error error;        /* the sentence for a failure */
	int http_status;           /* of the last hop; 0: none came */
	bool is_unreached;         /* the name was not resolved, or no connection was made */
	struct buf body;           /* decoded; empty after a failure.  The callback may take it */
	struct buf error_page;     /* the beginning of the error page, decoded, when it was wanted */
	char *final_url;           /* of the last hop, without user and password; may be NULL after a failure */
	char *content_type;        /* this and the following: NULL when absent, and after a failure */
	char *content_location;
	char *content_language;
	char *etag;
	char *last_modified;
	char *hubs, *topic;             /* of the Link fields (link_header_read_hubs()) */
	char *permanent_url;            /* the target of the redirects, when each was a 301 or 308 */
	bool is_detour;                 /* at least one redirect was temporary */
	int64_t retry_after_ms;         /* a duration; -1: absent */
	int64_t fresh_ms;               /* response_head_fresh_ms(); -1: no lifetime given */
	int64_t received;               /* bytes over the wire, with headers */
	char address[INET6_ADDRSTRLEN]; /* of the last hop's server; "": none was reached, or a proxy was used */
};

/* Frees its members, not the struct. */
void transfer_answer_release(struct transfer_answer *answer);

/* answer is freed after the call.  A function that takes a string sets it to NULL; one that takes the body leaves an
 * empty one. */
typedef void transfer_done_fn(void *arg, struct transfer_answer *answer);

/* Initialises libcurl.  NULL with err, also when libcurl lacks TLS or the asynchronous resolver. */
struct transfers *transfers_new(struct event_base *base, const struct transfers_options *options, struct error *err);
/* Cancels all transfers without callbacks.  Not from a callback. */
void transfers_free(struct transfers *t);

/* Starts a transfer.  fn is called once, from the loop, unless the transfer is cancelled; the transfer is freed when fn
 * returns.  NULL only without memory: a wrong URL is reported to fn, as every other failure is. */
struct transfer *transfer_start(struct transfers *t, const struct transfer_request *request, transfer_done_fn *fn,
	void *arg, struct error *err);
/* May be called from any callback.  In the callback of tr itself it does nothing.  tr may be NULL. */
void transfer_cancel(struct transfer *tr);

size_t transfers_active(const struct transfers *t);
/* Bytes of bodies received so far by transfers under way. */
size_t transfers_buffered(const struct transfers *t);

#endif
