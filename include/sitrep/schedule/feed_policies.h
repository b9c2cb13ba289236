/* SPDX-License-Identifier: ISC */
/* feed_policies.h: the schedule's policy for each feed: [poll] of the configuration and the feed's own interval.
 *
 * The loop changes the policies, and the writer's thread plans with them: all functions but new and free may be called
 * from any thread. */
#ifndef SITREP_SCHEDULE_FEED_POLICIES_H
#define SITREP_SCHEDULE_FEED_POLICIES_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/config/config.h"
#include "sitrep/schedule/schedule.h"

struct feed_policies;

struct feed_policies *feed_policies_new(void); /* NULL without memory */
void feed_policies_free(struct feed_policies *p);

/* Makes room for feeds of ids up to highest.  0 or -ENOMEM. */
int feed_policies_reserve(struct feed_policies *p, int64_t highest);
/* Sets the common policy, from [poll] of c. */
void feed_policies_set(struct feed_policies *p, const struct config *c);
/* Sets the feed's own interval; 0: it has none.  Sets forced to false.  An id that is not reserved is ignored, here and
 * below. */
void feed_policies_set_interval(struct feed_policies *p, int64_t feed_id, int64_t interval_ms);
/* Sets whether the feed's server is the operator's own (schedule_policy.forced). */
void feed_policies_set_forced(struct feed_policies *p, int64_t feed_id, bool forced);
struct schedule_policy feed_policies_get(struct feed_policies *p, int64_t feed_id);

#endif
