/* SPDX-License-Identifier: ISC */
/* transfer.h: one GET, or one POST of a form, over libcurl's multi socket interface, driven by the event loop.
 *
 * There is no thread: curl names the descriptors and the timer that it waits for, and libevent watches them. Redirects
 * are followed here, one hop a curl transfer, so that each hop is checked. Bodies are counted after decompression and
 * end at the limit, or when they turn out to be a bomb.  All functions belong to the loop's thread; callbacks run from
 * the loop, never from inside transfer_start(), and may start new transfers.
 *
 * When libcurl's multi handle fails, it is replaced: transfers under way end with FAILURE_INTERNAL, and new ones work.
 * A transfer that libcurl does not end in time is ended here, some seconds later.
 *
 * A proxy resolves names, so their addresses cannot be checked here; the proxy's own rules must do that. An address in
 * the URL itself, and "localhost", are checked. */
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
enum { TRANSFER_REFUSAL_MAX = 8 * 1024 };

struct event_base;
struct transfers; /* the curl multi handle and what belongs to it */
struct transfer;  /* one transfer under way */

struct transfers_options {
	long max_connections; /* connections kept open in all */
	int64_t connect_timeout_ms;
	int max_redirects;
	const char *proxy;   /* NULL: no proxy, even if the environment names one */
	const char *ca_file; /* NULL: the system's */
	/* The daemon's own listeners, which are never connected to, whatever allow says. Copied. */
	const struct sockaddr_storage *own;
	size_t own_count;
};

/* A request; everything is borrowed until transfer_start() returns. */
struct transfer_request {
	const char *url;
	const char *form; /* NULL: a GET; else POSTed as application/x-www-form-urlencoded: any 2xx is then an answer,
			   * and only redirects that keep the method (307, 308) are followed */
	const char *etag; /* sent back byte for byte; NULL: none */
	const char *last_modified; /* the same */
	const char *user_agent;
	const char *user; /* basic authentication; NULL */
	const char *password;
	const char *bearer;
	const char *const *headers; /* "Name: value", NULL-terminated, or NULL; like credentials for the URL's host
				     * only: a redirect to another one goes without them */
	struct str client_cert, client_key;  /* PEM, for the URL's host only as well; empty: none */
	struct str authorities;              /* PEM, trusted besides the system's or in place of ca_file; empty: none */
	const char *proxy;                   /* overrides the common one */
	int64_t timeout_ms;                  /* of the whole, all hops */
	int64_t max_body;                    /* decoded bytes */
	const struct config_networks *allow; /* NULL: no exceptions */
	const struct config_networks *allow_too; /* the same; both count */
	bool want_refusal;                       /* keep the beginning of an error page */
	bool allow_downgrade;                    /* redirects from https to http are followed */
	bool allow_private; /* loopback, private and shared addresses too, but no other special ones (guard.h) */
};

struct transfer_answer {
	enum poll_failure failure; /* FAILURE_NONE for any HTTP status that is a full answer or 304 */
	struct error error;        /* the sentence for a failure */
	int http_status;           /* of the last hop; 0: no status came */
	struct buf body;           /* decoded, empty in every failure; the callback may take it */
	struct buf refusal;        /* the beginning of an error's page, decoded, when it was wanted */
	char *final_url;           /* of the last hop, without user and password; may be NULL in a failure */
	char *content_type;        /* from here on all NULL when absent, and in every failure */
	char *content_location;
	char *content_language;
	char *etag;
	char *last_modified;
	char *hubs, *topic;     /* of the Link fields (link_header_read_hubs()) */
	char *permanent_url;    /* target of the redirects, when every one was a 301 or 308 */
	bool is_detour;         /* at least one redirect was temporary */
	int64_t retry_after_ms; /* a duration; -1: absent */
	int64_t fresh_ms; /* Cache-Control max-age less Age, else Expires less Date; 0: stale, or not to be kept; -1: no
			   * lifetime given
			   */
	int64_t received; /* bytes over the wire, headers too */
	char address[INET6_ADDRSTRLEN]; /* address of the last hop's server; "" when no server was reached, or through a
					 * proxy */
};

/* Frees its members, not the struct. */
void transfer_answer_release(struct transfer_answer *answer);

/* answer is freed after the call. A callback that takes strings or the body sets them to NULL or empty. */
typedef void transfer_done_fn(void *arg, struct transfer_answer *answer);

/* curl_global_init() and one multi handle; an error when libcurl lacks TLS or the asynchronous resolver. */
struct transfers *transfers_new(struct event_base *base, const struct transfers_options *options, struct error *err);
/* Cancels all transfers without callbacks.  Not from a callback. */
void transfers_free(struct transfers *t);

/* fn is called exactly once, from the loop, unless the transfer is cancelled; the transfer is gone when fn returns.
 * NULL only without memory; a wrong URL is reported by fn like every other failure. */
struct transfer *transfer_start(struct transfers *t, const struct transfer_request *request, transfer_done_fn *fn,
	void *arg, struct error *err);
/* May be called from any callback; in its own it does nothing. NULL is allowed. */
void transfer_cancel(struct transfer *tr);

size_t transfers_active(const struct transfers *t);
/* Bytes of bodies received so far by transfers under way. */
size_t transfers_buffered(const struct transfers *t);

#endif
