/* SPDX-License-Identifier: ISC */
/* hits.h: the items that a query found, from all segments, at most the newest SEARCH_HITS_MAX of them. */
#ifndef SEARCH_HITS_H
#define SEARCH_HITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "candidates.h"
#include "doc.h"
#include "query_feeds.h"
#include "sitrep/search/search.h"

struct hit {
	struct doc doc;
	bool sure;                   /* it matches; else only the rule can tell */
	uint32_t group;              /* of its story: 0 before hits_group() */
	uint64_t text, title, often; /* terms of the ranking, by their number in the plan */
	double score;
};

struct hits {
	struct hit *items;
	size_t count, cap;
	bool is_newest; /* some older ones were dropped */
};

/* The filters of a query, worked out. */
struct hit_filter {
	int64_t from_ms, until_ms;
	struct str languages;
	bool by_feed;
	const bool *feeds; /* by place in struct query_feeds; with by_feed */
	const struct query_feeds *known;
};

void hits_release(struct hits *h);
/* Adds the segment's hits.  dead: its dead texts. */
int hits_add(struct hits *h, struct index_file *f, const struct segment *s, const struct text_set *set,
	const uint64_t *dead, const struct candidates *ranks, const struct hit_filter *filter, struct error *err);
/* Has no segment whose newest item is last_item anything to add? */
bool hits_end_before(const struct hits *h, int64_t last_item);
/* Works out the scores, and sorts. */
void hits_rank(struct hits *h, const struct candidates *ranks, uint64_t all_texts);
void hits_sort_by_time(struct hits *h);
/* Gives the hits of one story one number from 1, and returns how many stories there are.  0 without memory. */
size_t hits_group(struct hits *h);

#endif
