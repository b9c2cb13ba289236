/* SPDX-License-Identifier: ISC */
/* websub_state.h: the state of a feed's WebSub subscription, kept over restarts.
 *
 * The main loop owns the states and decides about them (websub_subscription.h).  The writer stores a copy in the
 * database, in one transaction with the items that a push brought.  callback and secret are secrets: a program that
 * knows them can push items in the hub's name.  They are sent to the hub and stored in the database, and never appear
 * in a log, a page or a report. */
#ifndef SITREP_MODEL_WEBSUB_STATE_H
#define SITREP_MODEL_WEBSUB_STATE_H

#include <stdint.h>

enum websub_phase {
	WEBSUB_NONE,      /* no subscription: no hub is known, or WebSub is off for the feed */
	WEBSUB_REQUESTED, /* the request is sent, and the hub has not verified it yet */
	WEBSUB_VERIFIED,  /* the hub has verified, but delivered nothing yet: polled as before */
	WEBSUB_TRUSTED,   /* the hub has delivered: polled rarely */
	WEBSUB_LAPSED,    /* the lease ran out before the hub renewed it */
	WEBSUB_DENIED,    /* the hub denied the subscription */
	WEBSUB_FAILED,    /* the hub does not answer, or never verified */
};
const char *websub_phase_name(enum websub_phase p); /* "none", "requested" ... */

struct websub_state {
	int64_t feed_id;
	enum websub_phase phase;
	char *hubs;             /* the hubs that the feed names, one a line, best first; NULL: none */
	char *topic;            /* the feed's own address (rel=self), its name at the hub */
	char *callback;         /* the URL that the hub calls, ending in the token; NULL: never subscribed */
	char *secret;           /* the key of the hub's signatures */
	char *reason;           /* why the phase is DENIED or FAILED, or why a renewal failed; NULL */
	int hub;                /* index into hubs of the one in use */
	int errors;             /* in a row */
	int64_t asked_ms;       /* time of the request that is not verified yet; TIME_NONE: none, also below */
	int64_t action_ms;      /* when to subscribe or renew */
	int64_t verified_ms;    /* when the hub verified */
	int64_t lease_until_ms; /* when the lease ends */
	int64_t pushed_ms;      /* last push with a valid signature */
	int64_t suspect_ms;     /* when a poll found items that no push had brought */
};

/* No subscription. */
void websub_state_init(struct websub_state *s);
/* A deep copy; -ENOMEM leaves *to empty. */
int websub_state_copy(struct websub_state *to, const struct websub_state *from);
/* Wipes the secrets; *s is then as after websub_state_init(), with feed_id 0. */
void websub_state_release(struct websub_state *s);
/* The clock was set by jump_ms and shows now_ms: moves all times of s by as much (clock.h). */
void websub_state_follow_clock(struct websub_state *s, int64_t jump_ms, int64_t now_ms);

#endif
