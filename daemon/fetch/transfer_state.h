/* SPDX-License-Identifier: ISC */
/* Shared by the transfer sources only. transfer.c owns transfers; transfer_request.c builds the request, transfer_url.c
 * its URL, transfer_route.c chooses addresses, proxy and trust; transfer_hop.c makes one request with a curl handle;
 * transfer_loop.c joins curl's multi handle to libevent. */
#ifndef SITREP_FETCH_TRANSFER_STATE_H
#define SITREP_FETCH_TRANSFER_STATE_H

#include <curl/curl.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "response_head.h"
#include "sitrep/fetch/transfer.h"

enum {
	/* Curl handles kept for reuse: making one costs more than a request over loopback. */
	IDLE_HANDLES_MAX = 64,
	/* Bytes of an unwanted body that are read so that the connection can be used again. A longer body ends the
	 * connection. */
	UNWANTED_BODY_MAX = 64 * 1024,
	/* A body slower than this over the window is given up; else servers that drip could hold every slot. */
	BODY_RATE_MIN = 128, /* bytes a second, before decompression */
	BODY_RATE_WINDOW_S = 10,
	/* Time from the first byte of a head to its end. Before the first byte a server may use the transfer's whole
	 * time. */
	HEAD_WINDOW_S = 10,
	/* Both windows are at most a third of the whole time, so that they work for short timeouts too. */
	WINDOW_SHARE = 3,
	/* Text packs to a twentieth, a list of almost equal entries to a fiftieth; a body that unpacks to more than 200
	 * times its size is no feed. The slack allows for curl, which counts received bytes late, and for small
	 * answers. */
	UNPACK_RATIO_MAX = 200,
	UNPACK_SLACK = 16 * 1024, /* bytes before decompression */
	/* Limit for all bodies under way together: 64 MiB, or four times the largest allowed body if that is more. Past
	 * it, only bodies smaller than an even share may grow. */
	BODIES_MAX = 64 * 1024 * 1024,
	BODIES_LARGEST = 4,
	/* Addresses of a name are cached this long, so that many feeds of one host need one look-up. Curl does not know
	 * the TTL of the answer. */
	DNS_CACHE_S = 60,
	/* The second kind of address is tried beside the first after this (RFC 8305, 5, advises 250). */
	HAPPY_EYEBALLS_MS = 250,
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
	int socket_errno;         /* errno of a socket that could not be made; 0: none failed */
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
	bool easy_is_suspect;              /* not to be used again */
	struct curl_slist *headers;        /* all headers; those for the first host only come first ... */
	struct curl_slist *public_headers; /* ... the rest of that list, for every host; NULL: all are private */
	struct config_networks allow;      /* a copy */
	bool allow_private;
	bool allow_downgrade;
	bool want_refusal;
	bool by_proxy;
	bool conditional;
	bool posts;
	bool asked_delta; /* only what is new since the validator, RFC 3229 */
	size_t max_body;
	int64_t timeout_ms;
	int64_t deadline_ms; /* monotonic */

	CURLU *url; /* of this hop, without user, password and fragment */
	CURLU *first_url;
	char **visited; /* texts of all hops' URLs, this one last */
	size_t visited_count;
	bool all_permanent; /* every redirect so far was a permanent one */
	int64_t hop_timeout_ms;
	struct hop hop;

	struct transfer_answer answer;
};

/* How the loop's part of a hop ends, with the handle out of the multi handle.  transfer.c hands them to the loop. */
struct transfer_ends {
	void (*ended)(struct transfer *tr, CURLcode code);         /* curl is done with it */
	void (*given_up)(struct transfer *tr, const char *reason); /* it fails through no fault of the server */
	void (*overdue)(struct transfer *tr);                      /* curl did not end it in time */
};

struct transfers {
	struct event_base *base;
	const struct transfer_ends *ends;
	CURLM *multi;      /* NULL: no memory for a new one; the tick tries again */
	const char *fault; /* why the multi handle must be replaced; NULL: it works */
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
	bool has_ca_bundle; /* libcurl was built with one, so the folder of certificates need not be looked at */
};

/* transfer_loop.c */
/* ends must outlive t. */
int transfer_loop_init(struct transfers *t, const struct transfer_ends *ends, struct error *err);
void transfer_loop_release(struct transfers *t);
/* Hands tr->easy to curl. 0, -ENOMEM, or -EIO when the multi handle is dead, which is then replaced from the loop. */
int transfer_loop_add(struct transfer *tr);
/* Takes tr->easy back from curl; does nothing when curl does not have it. */
void transfer_loop_remove(struct transfer *tr);
/* Replaces the multi handle at once if it has failed or is missing. Must not be called from curl's callbacks. */
void transfer_loop_mend(struct transfers *t);

/* transfer_request.c */
/* Sets all options that are the same for all hops. 0, -EINVAL for a URL that we do not fetch, or -ENOMEM. */
int transfer_request_prepare(struct transfer *tr, const struct transfer_request *request);
void transfer_request_release(struct transfer *tr);

/* transfer_url.c */
/* Makes text the first hop's URL. Its user and password are returned; the caller must curl_free() them. */
int transfer_url_set(struct transfer *tr, const char *text, char **user, char **password);
/* Makes the redirect's target the next hop's URL; a negative code and err when it is refused. */
int transfer_url_follow(struct transfer *tr, struct error *err);
/* Whether this hop may see the credentials of the first hop's host. */
bool transfer_url_is_first_host(const struct transfer *tr);

/* transfer_route.c */
/* Sets on tr->easy which addresses, proxy and certificates it may use, for all hops. */
int transfer_route_prepare(struct transfer *tr, const struct transfer_request *request);
/* Whether a proxy may be asked for tr->url; if not, the hop notes why. */
bool transfer_route_may_ask_proxy(struct transfer *tr);

/* transfer_hop.c */
/* Sets everything on tr->easy that stays the same over all hops. */
int transfer_hop_prepare(struct transfer *tr, const struct transfer_request *request);
/* Hands tr->url to curl. 0, -ETIMEDOUT when no time is left, -EACCES when the guard refuses it, or as
 * transfer_loop_add(). */
int transfer_hop_start(struct transfer *tr);
/* The failure at the end of the request, without regard to the status; FAILURE_NONE: the status decides. */
enum poll_failure transfer_hop_judge(struct transfer *tr, CURLcode code, struct error *err);
/* True for 200, and for 203, into which a transforming proxy changes it. */
bool transfer_status_is_full(int status);

/* In functions with a handle named easy that return 0 or -ENOMEM. */
#define SET(option, value)                                                                                             \
	do {                                                                                                           \
		if (curl_easy_setopt(easy, (option), (value)) != CURLE_OK)                                             \
			return -ENOMEM;                                                                                \
	} while (0)

#endif
