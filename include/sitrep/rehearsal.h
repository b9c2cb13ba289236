/* rehearsal.h: taking items in on a database that is thrown away, by the daemon's own code.
 *
 * For `sitrep stories`, benchmarks and tests: what would become of these items?  The database stands in a temporary
 * folder and is never synced. */
#ifndef SITREP_REHEARSAL_H
#define SITREP_REHEARSAL_H

#include <stdint.h>

#include "sitrep/document.h"
#include "sitrep/error.h"
#include "sitrep/grouping.h"
#include "sitrep/str.h"

struct rehearsal;

struct rehearsal *rehearsal_new(const struct story_policy *policy, struct error *err);
/* Removes the folder with all that is in it. */
void rehearsal_free(struct rehearsal *r);

struct rehearsal_verdict {
	const char *relation; /* "new", "copy", "reprint", "update", "related", "unchanged" */
	int64_t item_id;
	int64_t story_id; /* the id of its first item */
	int64_t of_id;    /* 0: none */
	double score;
};

/* Takes in one item of an outlet (its host's name, also the publisher), as if a poll at at_ms had shown it alone.  The
 * item must have been through identity_assign() and identity_sketch(). */
int rehearsal_take(struct rehearsal *r, struct str outlet, struct item *it, int64_t at_ms,
	struct rehearsal_verdict *verdict, struct error *err);

/* What the index of texts holds, and the size of the whole database. */
int rehearsal_measure(struct rehearsal *r, struct grouping_stats *stats, int64_t *bytes, struct error *err);

#endif
