/* SPDX-License-Identifier: ISC */
/* transfer_state.h: what the files of a transfer share:
 *
 *	transfer.c          start, order of the hops, end, delivery of the answer
 *	transfer_request.c  headers and credentials of a request
 *	transfer_url.c      URL of each hop, redirects
 *	transfer_route.c    addresses that may be connected to, proxy, TLS
 *	transfer_hop.c      one request with a curl handle, and what is kept of its answer
 *	transfer_judge.c    failure of a hop, and its sentence
 *	transfer_loop.c     curl's multi handle on libevent */
#ifndef SITREP_FETCH_TRANSFER_STATE_H
#define SITREP_FETCH_TRANSFER_STATE_H

#include <curl/curl.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gunzip.h"
#include "response_head.h"
#include "server_quirks.h"
#include "sitrep/fetch/transfer.h"

enum {
	/* Curl handles that are kept for reuse: to make one costs more than a request over loopback. */
	IDLE_HANDLES_MAX = 64,
	/* Bytes of an unwanted body that are read so that the connection can be used again. A longer body ends the
	 * connection. */
	UNWANTED_BODY_MAX = 64 * 1024,
	/* A body that is slower than this over the window is given up; else slow servers could hold every slot. */
	BODY_RATE_MIN = 128, /* bytes a second, before decompression */
	BODY_RATE_WINDOW_S = 10,
	/* The time from the first byte of a head to its end.  Before the first byte a server may use all of the
	 * transfer's time. */
	HEAD_WINDOW_S = 10,
	/* Both windows are at most a third of the transfer's time, so that they work with short timeouts too. */
	WINDOW_SHARE = 3,
	/* Text packs to a twentieth, a list of almost equal entries to a fiftieth; a body that unpacks to more than 200
	 * times its size is no feed. The slack allows for curl, which counts received bytes late, and for small
	 * answers. */
	UNPACK_RATIO_MAX = 200,
	UNPACK_SLACK = 16 * 1024, /* bytes before decompression */
	/* The limit for all bodies under way together: 64 MiB, or four times the largest allowed body if that is more.
	 * Beyond it, only bodies that are smaller than an even share may grow. */
	BODIES_MAX = 64 * 1024 * 1024,
	BODIES_LARGEST = 4,
	/* Addresses of a name are cached this long, so that many feeds of one host need one look-up. Curl does not know
	 * the TTL of the answer. */
	DNS_CACHE_S = 60,
	/* The other address family is tried after this time, beside the first (RFC 8305, 5, advises 250). */
	HAPPY_EYEBALLS_MS = 250,
	/* Requests of one hop over HTTP/2, when the server refuses the stream (RFC 9113, 8.7) or drops a connection
	 * that was idle. Curl by itself would try six times. */
	HTTP2_TRIES_MAX = 2,
	REFUSED_TEXT_MAX = 160,
};

enum transfer_state {
	TRANSFER_RUNNING,    /* its handle is in the multi handle */
	TRANSFER_FINISHED,   /* the answer waits for the loop to deliver it */
	TRANSFER_DELIVERING, /* its callback runs */
};

struct transfer_list {
	struct transfer *first, *last;
};

/* One request and its answer; begins anew with each redirect. */
struct hop {
	struct response_head head;
	size_t unwanted; /* bytes read of an unwanted body */
	bool head_too_large;
	bool head_too_slow;
	bool body_too_large;
	bool body_is_bomb;
	bool body_over_share;
	bool no_memory;
	bool body_is_damaged;     /* it is gzip and does not unpack */
	unsigned http2_tries;     /* requests over HTTP/2 */
	bool over_http2;          /* the last request was over HTTP/2 */
	bool tls_begun;           /* there is a connection, and its handshake has begun */
	struct gunzip *gunzip;    /* NULL: the body is not unpacked here */
	int socket_errno;         /* errno of the last failed socket(); 0: none failed */
	unsigned addresses_tried; /* sockets made */
	unsigned addresses_refused;
	char refused[REFUSED_TEXT_MAX]; /* the first address that the guard refused, and the reason */
	char curl_text[CURL_ERROR_SIZE];
};

struct transfer {
	struct transfers *owner;
	struct transfer *prev, *next; /* on owner->running or owner->finished */
	enum transfer_state state;
	transfer_done_fn *fn;
	void *arg;

	CURL *easy;
	CURLM *multi;                      /* in which easy is; NULL: in none */
	bool easy_is_suspect;              /* it is not used again */
	struct curl_slist *headers;        /* all headers; the private ones, for the first host only, come first */
	struct curl_slist *public_headers; /* the rest of that list, for every host; NULL: all are private */
	struct config_networks allow;      /* a copy */
	bool allow_private;
	bool allow_downgrade;
	bool want_error_page;
	bool by_proxy;
	bool conditional;
	bool posts;
	bool asked_delta; /* A-IM was sent: the server may answer with the new items only (RFC 3229) */
	size_t max_body;
	int64_t timeout_ms;
	int64_t deadline_ms; /* monotonic */

	enum transfer_http http;
	bool allow_old_tls;
	unsigned quirks;       /* of this hop's server, remembered or tried now */
	unsigned tried_quirks; /* those tried now, after a failure of the hop */
	enum poll_failure first_failure;
	struct error first_error; /* of first_failure, before any quirk was tried */

	CURLU *url; /* of this hop, without user, password and fragment */
	CURLU *first_url;
	char **visited; /* the URLs of all hops, the present one last */
	size_t visited_count;
	size_t cookie_at;   /* index of the first visit that was made with all present cookies */
	bool all_permanent; /* each redirect so far was permanent */
	int64_t hop_timeout_ms;
	struct hop hop;

	struct transfer_answer answer;
};

/* Called by transfer_loop.c at the end of a hop, when its handle is out of the multi handle. */
struct transfer_ends {
	void (*ended)(struct transfer *tr, CURLcode code);         /* curl has ended it */
	void (*given_up)(struct transfer *tr, const char *reason); /* the multi handle has failed */
	void (*overdue)(struct transfer *tr);                      /* curl did not end it in time */
};

struct transfers {
	struct event_base *base;
	const struct transfer_ends *ends;
	CURLM *multi;      /* NULL: no memory for a new one; the tick tries again */
	const char *fault; /* the reason to replace the multi handle; NULL: it works */
	bool is_replacing;
	bool timer_is_lost;    /* curl's timer could not be set */
	struct watch *watches; /* of sockets */
	struct event *timer;
	struct event *tick;
	struct event *mend;
	struct event *deliver;
	struct transfer_list running;
	struct transfer_list finished;
	size_t active;
	size_t buffered;
	CURL *idle[IDLE_HANDLES_MAX];
	size_t idle_count;
	long max_connections;
	int64_t connect_timeout_ms;
	int max_redirects;
	char *proxy;
	char *ca_file;
	struct sockaddr_storage *own;
	size_t own_count;
	struct server_quirks quirks;
	bool has_ca_bundle; /* libcurl was built with one, so the folder of certificates is not needed */
};

/* transfer_loop.c */
/* ends must outlive t. */
int transfer_loop_init(struct transfers *t, const struct transfer_ends *ends, struct error *err);
void transfer_loop_release(struct transfers *t);
/* Adds tr->easy to the multi handle.  0, -ENOMEM, or -EIO when the multi handle has failed; the loop replaces it then.
 */
int transfer_loop_add(struct transfer *tr);
/* Takes tr->easy out of its multi handle, if it is in one. */
void transfer_loop_remove(struct transfer *tr);
/* Replaces the multi handle if it has failed or is missing.  Must not be called from curl's callbacks. */
void transfer_loop_mend(struct transfers *t);

/* transfer_request.c */
/* Sets the options that are the same for all hops.  0; -EINVAL: the URL is not http or https; -ENOMEM. */
int transfer_request_prepare(struct transfer *tr, const struct transfer_request *request);
void transfer_request_release(struct transfer *tr);

/* transfer_url.c */
/* Makes text the first hop's URL. Its user and password are returned; the caller must curl_free() them. */
int transfer_url_set(struct transfer *tr, const char *text, char **user, char **password);
/* Makes the redirect's target the next hop's URL; a negative code and err when it is refused. */
int transfer_url_follow(struct transfer *tr, struct error *err);
/* The server of this hop, "https://www.example.org:443"; the caller frees it. NULL without memory. */
char *transfer_url_server(const struct transfer *tr);
/* Whether this hop may see the credentials of the first hop's host. */
bool transfer_url_is_first_host(const struct transfer *tr);

/* transfer_route.c */
/* Sets on tr->easy the addresses, the proxy and the certificates that all hops may use. */
int transfer_route_prepare(struct transfer *tr, const struct transfer_request *request);
/* Whether a proxy may be asked for tr->url; if not, the reason is noted in the hop. */
bool transfer_route_may_ask_proxy(struct transfer *tr);

/* transfer_hop.c */
/* Sets everything on tr->easy that stays the same over all hops. */
int transfer_hop_prepare(struct transfer *tr, const struct transfer_request *request);
/* Starts the request for tr->url.  0; -ETIMEDOUT: no time is left; -EACCES: the guard refuses it; or as
 * transfer_loop_add(). */
int transfer_hop_start(struct transfer *tr);
/* Releases the data of the last hop. */
void transfer_hop_release(struct transfer *tr);

/* transfer_receive.c */
/* Sets on tr->easy the functions that take the answer.  0 or -ENOMEM. */
int transfer_receive_prepare(struct transfer *tr);
/* The length of a window: at_most_s, or a third of the transfer's time if that is less; at least 1. */
int64_t transfer_window_s(const struct transfer *tr, int64_t at_most_s);
/* True for 200, for 203 (200 changed by a proxy) and for 226 (RFC 3229). */
bool transfer_status_is_full(int status);

/* transfer_judge.c */
/* The failure of a hop that has ended.  FAILURE_NONE: the answer is whole, and its status decides. */
enum poll_failure transfer_judge(struct transfer *tr, CURLcode code, struct error *err);
/* Whether the hop failed before a connection was made. */
bool transfer_is_unreached(const struct transfer *tr, enum poll_failure failure);
/* The fault of the server that explains the failure and that a second request can work around; 0: none. */
unsigned transfer_find_quirk(const struct transfer *tr, CURLcode code, enum poll_failure failure);
/* Remembers, at the end of a hop, the faults of the server whose work-around has helped. */
void transfer_note_quirks(struct transfer *tr, enum poll_failure failure, const struct error *err);

/* In functions with a handle named easy that return 0 or -ENOMEM. */
#define SET(option, value)                                                                                             \
	do {                                                                                                           \
		if (curl_easy_setopt(easy, (option), (value)) != CURLE_OK)                                             \
			return -ENOMEM;                                                                                \
	} while (0)

#endif
