/* SPDX-License-Identifier: ISC */
/* grouping_internal.h: the state that grouping's files share. */
#ifndef SITREP_STORY_GROUPING_INTERNAL_H
#define SITREP_STORY_GROUPING_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/story/boilerplate.h"
#include "sitrep/story/grouping.h"
#include "sitrep/story/near_index.h"
#include "sitrep/story/near_store.h"
#include "story_constraint.h"

struct candidate {
	int64_t item_id;
	int64_t story_id;
	uint32_t words;
	bool is_own; /* of the report's outlet */
	struct story_reasons reasons;
};

struct grouping {
	struct near_store store;
	struct near_index index;
	struct story_constraints constraints;
	struct boilerplate *phrases;
	struct story_params params;
	int64_t ahead_ms;                 /* by how much the clock may be ahead */
	struct sketch whole;              /* the sketch of the report in question */
	struct sketch asked;              /* the same without boilerplate */
	size_t omitted_of;                /* shingles of whole */
	size_t omitted_count;             /* shingles of whole that are not in asked */
	struct sketch sampled;            /* asked, thinned */
	uint64_t keys[NEAR_SHINGLES_MAX]; /* the shingles that it is found by */
	size_t key_count;
	struct near_item known; /* the stored item that was read last */
	struct sketch lead;     /* the first report of the story that is being compared */
	struct buf bytes;
	int64_t halved_week; /* as stored; -1: not read yet */
	unsigned unexpired;  /* items since the last expiry */
	struct candidate candidates[NEAR_CANDIDATES_MAX];
	size_t candidate_count;
};

/* The hash of a source that is stored: sources are only compared, never shown. */
int64_t grouping_source_key(struct str source);
/* Decodes the report's sketch into whole, asked (without boilerplate), sampled and keys; false when it cannot be
 * compared. */
bool grouping_take_sketch(struct grouping *g, const struct grouping_item *r);

#endif
