/* SPDX-License-Identifier: ISC */
/* segment_merge.h: several segments become one, without their dead texts.
 *
 * A search looks its words up in each segment, so there may not be many.  Segments are sorted into tiers by size, each
 * four times as large as the one below; MERGE_FANOUT of one tier become one of the next.  So each text is written some
 * eight times, and a million texts have about forty segments. */
#ifndef SEARCH_SEGMENT_MERGE_H
#define SEARCH_SEGMENT_MERGE_H

#include <stdatomic.h>

#include "index_file.h"
#include "sitrep/base/error.h"

enum { MERGE_FANOUT = 4, MERGE_MAX = 16 };

/* Chooses the segments to be merged next, from all of them: their number into *count, 0 when there are none; and moves
 * them to the front.  A segment of which most texts are dead is merged alone. */
void segment_merge_choose(struct segment *segments, size_t all, size_t *count);
/* Merges them in the caller's transaction.  -ECANCELED when *stop became true. */
int segment_merge(
	struct index_file *f, const struct segment *segments, size_t count, const atomic_bool *stop, struct error *err);

#endif
