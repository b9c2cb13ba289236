/* SPDX-License-Identifier: ISC */
/* feed_state.h: the state of a feed that outlives polls and restarts.
 *
 * The writer stores it in the same transaction as the items of the poll.  The main loop has a copy, which it gets anew
 * after each commit. */
#ifndef SITREP_MODEL_FEED_STATE_H
#define SITREP_MODEL_FEED_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum feed_health {
	FEED_NEW, /* never polled */
	FEED_OK,
	FEED_FAILING, /* the last poll failed; errors counts failures in a row */
	FEED_GONE,    /* the server answered 410: not polled until an operator asks for it */
};

/* The kinds of failure of a poll, for tables and metrics. */
enum poll_failure {
	FAILURE_NONE,
	FAILURE_DNS,
	FAILURE_CONNECT,
	FAILURE_TLS,
	FAILURE_TIMEOUT,
	FAILURE_TOO_SLOW,
	FAILURE_TOO_LARGE,
	FAILURE_FORBIDDEN, /* the address guard refused */
	FAILURE_REDIRECT,  /* too many, a loop, or to a forbidden address */
	FAILURE_PROTOCOL,  /* not HTTP, broken off, undecodable */
	FAILURE_HTTP,      /* 4xx and 5xx */
	FAILURE_NOT_A_FEED,
	FAILURE_EMPTY,
	FAILURE_PARSER,   /* the worker died or exceeded its limits */
	FAILURE_INTERNAL, /* no memory, no disk */
	FAILURE_SECRET,   /* a file with the feed's password, header or certificate cannot be read */
	FAILURE_COUNT
};
const char *poll_failure_name(enum poll_failure f); /* "dns", "connect" ... */
const char *poll_failure_help(enum poll_failure f); /* a sentence for the manual page */
const char *feed_health_name(enum feed_health h);   /* "new", "ok", "failing", "gone" */

/* The key of a feed's items. FEED_BY_GUID: the guid, else the link, else the text. FEED_BY_URL, for feeds whose guids
 * change: the link. FEED_BY_DIGEST, for feeds whose links change too: the text. */
enum feed_identity { FEED_BY_GUID, FEED_BY_URL, FEED_BY_DIGEST };
const char *feed_identity_name(enum feed_identity i); /* "guid", "url", "digest" */

/* News about a feed's silence: a gap between posts that its earlier gaps do not explain (schedule/post_gaps.h). */
struct feed_silence {
	enum { SILENCE_NO_NEWS, SILENCE_BEGUN, SILENCE_ENDED } news;
	int64_t since_ms; /* the last post before it */
	int64_t usual_ms; /* the feed's usual gap between posts */
	int64_t limit_ms; /* and the longest one that is no silence */
};

struct feed_state {
	int64_t id; /* the database's */
	char *name;
	char *url;        /* configured */
	char *categories; /* separated by newlines */
	char *title;      /* the configured title, else the feed's own, else the name */
	char *link;       /* the site's address, NULL when unknown */
	char *etag;       /* validators of the last full answer that was committed; NULL: none */
	char *last_modified;
	bool active; /* in the configuration and enabled */
	enum feed_health health;
	enum feed_identity identity;
	enum poll_failure failure;
	char *reason; /* sentence of the last failure, NULL when ok */
	int http_status;
	int errors;     /* failures in a row */
	int64_t due_ms; /* time of the next poll, TIME_NONE: not planned */
	int64_t failing_since_ms;
	int64_t first_poll_ms; /* this and the times below are TIME_NONE for never */
	int64_t last_poll_ms;
	int64_t last_success_ms;
	int64_t last_new_ms;
	int64_t polls;
	int64_t not_modified;
	int64_t bytes;          /* received */
	int64_t items;          /* known */
	char *moved_url;        /* where permanent redirects lead; NULL: nowhere */
	int64_t moved_since_ms; /* time of the first such redirect; TIME_NONE: none */
	int moved_count;        /* such redirects in a row */
	bool moved;             /* the redirect is believed: polls go to moved_url */
	char *onward_url;       /* where permanent redirects from moved_url lead; counted like moved_* */
	int64_t onward_since_ms;
	int onward_count;
	bool pushed;            /* a hub delivers its items: polls are a precaution (websub_state.h) */
	int64_t server_wait_ms; /* the wait that the server last asked for: Retry-After, max-age */
	unsigned char *history; /* encoded history for the schedule (feed_history.h), NULL: none */
	size_t history_len;
	struct feed_silence silence; /* what the last outcome told; not stored */
};

/* A deep copy; -ENOMEM leaves *to empty. */
int feed_state_copy(struct feed_state *to, const struct feed_state *from);
void feed_state_release(struct feed_state *s);

/* The clock was set by jump_ms and shows now_ms: moves all times of s, so that elapsed times and the wait until the
 * next poll stay the same (clock.h). */
void feed_state_follow_clock(struct feed_state *s, int64_t jump_ms, int64_t now_ms);
/* Times of past events that lie in the future become now.  due_ms is left as it is. */
void feed_state_clamp(struct feed_state *s, int64_t now_ms);

#endif
