/* Shared by websub_feeds.c and websub_endpoint.c only. */
#ifndef SITREP_WEBSUB_WEBSUB_INTERNAL_H
#define SITREP_WEBSUB_WEBSUB_INTERNAL_H

#include "sitrep/websub/websub.h"
#include "sitrep/websub/websub_feeds.h"

struct websub_push; /* in the parse pool */

/* Of a feed that has named a hub. */
struct subscription {
	struct websub_feeds *owner;
	struct websub_state state;
	struct transfer *transfer; /* the subscribe request under way; NULL: none */
	unsigned pushes;           /* in the parse pool */
	bool unsaved;              /* the state could not be stored */
};

struct websub_feeds {
	struct event_base *base;
	struct event *timer;
	const struct websub_callbacks *callbacks;
	void *arg;
	const struct config *config; /* in force; NULL: none yet */
	bool reachable;
	int64_t started_ms; /* wall clock */

	struct subscription **items; /* by feed_id, ascending */
	size_t count, size;
	struct subscription **spare; /* reserved */
	size_t spare_count;

	size_t requests; /* to hubs, under way */
	struct websub_push *pushes;
	struct websub_stats stats;
};

/* The feed's subscription; NULL: none. */
struct subscription *websub_subscription(const struct websub_feeds *w, int64_t feed_id);
/* s has changed, and was in that phase until now: logs it, saves it unless it is on its way to the database, and sets
 * the time of its next step. */
void websub_settle(struct subscription *s, enum websub_phase before, bool saved);
/* A copy for an outcome; NULL without memory. */
struct websub_state *websub_copy_state(const struct subscription *s);

/* websub_endpoint.c: when the pool has been freed. */
void websub_release_pushes(struct websub_feeds *w);

#endif
