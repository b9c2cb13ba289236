/* SPDX-License-Identifier: ISC */
/* websub_internal.h: the structs that websub_feeds.c and websub_endpoint.c share. */
#ifndef SITREP_WEBSUB_WEBSUB_INTERNAL_H
#define SITREP_WEBSUB_WEBSUB_INTERNAL_H

#include "sitrep/websub/websub_feeds.h"
#include "websub_subscription.h"

/* The subscription of one feed that has named a hub. */
struct subscription {
	struct websub_feeds *owner;
	struct websub_state state;
	struct transfer *transfer; /* the subscribe request under way, or NULL */
	unsigned pushes;           /* in the parse pool */
	bool unsaved;              /* the writer could not store the state */
};

/* A push in the parse pool. */
struct websub_push {
	struct websub_feeds *owner;
	struct websub_push *prev, *next;
	struct poll_outcome *outcome;
};

struct websub_feeds {
	struct event_base *base;
	struct event *timer;
	int64_t timer_ms; /* monotonic clock: when the timer fires */
	const struct websub_callbacks *callbacks;
	void *arg;
	const struct config *config; /* in force, or NULL */
	bool reachable;
	int64_t started_ms; /* wall clock */

	struct subscription **items; /* by feed_id, ascending */
	size_t count, size;
	struct subscription **spare; /* reserved for websub_feeds_configure() */
	size_t spare_count;

	size_t requests; /* transfers to hubs under way */
	struct websub_push *pushes;
	struct websub_stats stats;
};

/* The feed's subscription, or NULL. */
struct subscription *websub_subscription(const struct websub_feeds *w, int64_t feed_id);
/* To be called after each change of s.  before: its phase until then; saved: the state is on its way to the database
 * already. Logs the change, saves the state unless saved, sets the timer. */
void websub_settle(struct subscription *s, enum websub_phase before, bool saved);
/* A copy of the state for an outcome; NULL without memory. */
struct websub_state *websub_copy_state(const struct subscription *s);
/* Takes a push out of the list and frees it. */
void websub_drop_push(struct websub_push *p);

#endif
