/* SPDX-License-Identifier: ISC */
/* candidates.h: the texts of a segment that a rule may match, by its plan (rule_plan.h). */
#ifndef SEARCH_CANDIDATES_H
#define SEARCH_CANDIDATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "posting.h"
#include "query_feeds.h"
#include "sitrep/base/arena.h"
#include "sitrep/rules/rule_plan.h"
#include "word_lookup.h"

/* Terms that count in the ranking. */
enum { RANKED_MAX = 64 };

/* Two sides of a set of texts. */
struct text_set {
	uint64_t may[SEGMENT_BITMAP_WORDS];
	uint64_t sure[SEGMENT_BITMAP_WORDS]; /* those that surely match */
};

/* Where a term of the ranking was found. */
struct ranked_term {
	uint64_t text[SEGMENT_BITMAP_WORDS];
	uint64_t title[SEGMENT_BITMAP_WORDS];
	uint64_t often[SEGMENT_BITMAP_WORDS];
	uint64_t texts; /* that have it, in all segments so far */
	bool used;
};

struct candidates {
	struct word_lookup *lookup;
	const struct query_feeds *feeds;
	const struct rule_plan *plan;
	struct text_set *stack;     /* of plan->depth sets */
	struct ranked_term *ranked; /* NULL: no ranking */
	size_t ranked_count;
	struct buf word;
	uint64_t *words; /* one bitmap */
	struct error *err;
};

/* The memory is in a.  0 or -ENOMEM. */
int candidates_init(struct candidates *c, struct arena *a, struct word_lookup *lookup, const struct query_feeds *feeds,
	const struct rule_plan *plan, bool ranks, struct error *err);
void candidates_release(struct candidates *c);
/* The candidates of a segment, its dead texts included; *set lives until the next call. */
int candidates_find(struct candidates *c, const struct segment *s, struct text_set **set);

#endif
