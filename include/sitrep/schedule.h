/* schedule.h: when a feed is asked next; a pure function of what is known.
 *
 * No clock, no state, no randomness of its own: the same arguments give the same answer, so the
 * writer's thread may call it inside a transaction and tests drive it in virtual time. */
#ifndef SITREP_SCHEDULE_H
#define SITREP_SCHEDULE_H

#include <stddef.h>
#include <stdint.h>

#include "sitrep/feed_state.h"

struct schedule_policy {
	int64_t min_ms, max_ms, default_ms; /* [poll] */
	int64_t interval_ms; /* the feed's own, 0: none; overrides all of the above, never the server's word */
};

struct schedule_plan {
	int64_t due_ms;  /* TIME_NONE: not any more (gone) */
	const char *why; /* a literal: "configured interval", "server asked to wait", "backing off after errors" ... */
};

/* state is as it stands after the poll that ended at now_ms; fresh_items is what that poll brought.  The server's word
 * (state->server_wait_ms) is kept up to a day.  Errors back off exponentially to a day. jitter_seed spreads feeds
 * that would otherwise march in step; use the feed's id. */
struct schedule_plan schedule_next(const struct schedule_policy *policy, const struct feed_state *state,
	int fresh_items, int64_t now_ms, uint64_t jitter_seed);

/* Where in its interval a feed that was never polled starts, so that many new feeds never come as one burst: feed
 * number index of count, from now on.  Up to a thousand start at once, held back by the limits on parallel
 * transfers only; ten thousand and more spread evenly over their interval; between, in proportion. */
int64_t schedule_first(const struct schedule_policy *policy, size_t index, size_t count, int64_t now_ms);

#endif
