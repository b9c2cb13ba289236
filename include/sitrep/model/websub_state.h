/* SPDX-License-Identifier: ISC */
/* websub_state.h: the state of a feed's WebSub subscription, kept over restarts.
 *
 * The main loop owns the states and decides about them (websub.h); the writer keeps a copy in the database,
 * committed together with the items that a push brought.  callback and secret are secrets: whoever knows them
 * can speak for the hub.  They go to the hub and to the database, never to a log, a page or a report. */
#ifndef SITREP_MODEL_WEBSUB_STATE_H
#define SITREP_MODEL_WEBSUB_STATE_H

#include <stdbool.h>
#include <stdint.h>

enum websub_phase {
	WEBSUB_NONE,      /* nothing is subscribed and nothing will be asked: no hub is known, or it is not wanted */
	WEBSUB_REQUESTED, /* the hub is asked, and has not verified yet that it was us */
	WEBSUB_VERIFIED,  /* the subscription holds, but nothing says yet that the hub delivers: polled as before */
	WEBSUB_TRUSTED,   /* the hub has delivered: polled rarely */
	WEBSUB_LAPSED,    /* the lease ran out before the hub renewed it */
	WEBSUB_DENIED,    /* the hub does not want us */
	WEBSUB_FAILED,    /* the hub does not answer, or never verified */
};
const char *websub_phase_name(enum websub_phase p); /* "none", "requested" ... */

struct websub_state {
	int64_t feed_id;
	enum websub_phase phase;
	char *hubs;             /* that the feed names, one a line, the best first; NULL: none */
	char *topic;            /* the feed's own address as it gives it, which the hub knows it by */
	char *callback;         /* our address as the hub knows it, ending in the token; NULL: never subscribed */
	char *secret;           /* signs what the hub sends */
	char *reason;           /* why the phase is DENIED or FAILED, or why a renewal failed; NULL */
	int hub;                /* which of hubs is asked, from 0 */
	int errors;             /* in a row */
	int64_t asked_ms;       /* when the request went out that is not verified yet; TIME_NONE, as all of these */
	int64_t action_ms;      /* when to subscribe, or to renew */
	int64_t verified_ms;    /* since when the subscription holds */
	int64_t lease_until_ms; /* till when */
	int64_t pushed_ms;      /* last good push */
	int64_t suspect_ms;     /* when a poll found news that no push has brought yet */
};

/* No subscription. */
void websub_state_init(struct websub_state *s);
/* A deep copy; -ENOMEM leaves *to empty. */
int websub_state_copy(struct websub_state *to, const struct websub_state *from);
/* Wipes the secrets; *s is then as after websub_state_init(), its feed forgotten. */
void websub_state_release(struct websub_state *s);
/* The clock was set by jump_ms and shows now_ms: all times of s move along (clock.h). */
void websub_state_follow_clock(struct websub_state *s, int64_t jump_ms, int64_t now_ms);

#endif
