/* grouping_internal.h: what grouping's files share. */
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
	struct story_constraints held;
	struct boilerplate *phrases;
	struct story_params params;
	int64_t ahead_ms;                 /* of the clock, perhaps */
	struct sketch whole;              /* the report's */
	struct sketch asked;              /* the same without boilerplate */
	size_t omitted_of;                /* of whole, as it came */
	size_t omitted_count;             /* shingles of whole that are not in asked */
	struct sketch sampled;            /* the same, thinned */
	uint64_t keys[NEAR_SHINGLES_MAX]; /* what it is found by */
	size_t key_count;
	struct near_item known;
	struct sketch lead; /* of the story that is looked at: its first report */
	struct buf bytes;
	int64_t halved_week; /* as kept; -1: to be read */
	unsigned unexpired;  /* items since the window was last looked at */
	struct candidate candidates[NEAR_CANDIDATES_MAX];
	size_t candidate_count;
};

/* Sources are compared, never shown: a hash of fixed seed does, since it is stored. */
int64_t grouping_source_key(struct str source);
/* The report's sketch without boilerplate, and its sample; false when there is nothing to compare. */
bool grouping_take_sketch(struct grouping *g, const struct grouping_item *r);

#endif
