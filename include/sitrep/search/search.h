/* SPDX-License-Identifier: ISC */
/* search.h: finds stored items by a rule.
 *
 * The index (search_index.h) gives the items that may match; the rule itself decides about those that are shown, on
 * their present text and story.  So the answer is that of a slow scan of all items with the same rule, but for items
 * that the index has not taken in yet.
 *
 * Items are counted by story.  When more than SEARCH_HITS_MAX items match, the newest ones alone are ranked and
 * counted.  Counts take items for matching that only the index knows (a phrase in more than SEARCH_CHECKED_MAX items);
 * the answer then says so. */
#ifndef SITREP_SEARCH_SEARCH_H
#define SITREP_SEARCH_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"
#include "sitrep/store/uid.h"

enum {
	SEARCH_HITS_MAX = 10000,
	SEARCH_CHECKED_MAX = 2000,
	SEARCH_SHOWN_MAX = 200,  /* stories in one answer */
	SEARCH_FACETS_MAX = 100, /* values of one facet */
};

enum search_sort { SEARCH_BEST, SEARCH_NEW };

struct search_query {
	struct str rule;
	enum search_sort sort;
	int64_t from_ms, until_ms;               /* the story's time; until_ms is not part of it; 0: no bound */
	struct str feeds, categories, languages; /* names, one a line: any of them; absent: all */
	size_t skip, limit;                      /* stories */
	bool facets;
	bool snippets;    /* title and text are marked; else absent */
	int64_t limit_us; /* the search ends with what it has after so long, monotonic time; 0: no limit */
};

struct search_story {
	char uid[UID_TEXT_MAX];    /* of the story */
	int64_t story_id, item_id; /* item_id: its report that matches best, or is the newest */
	int64_t sort_ms;           /* the time of the story (reader.h) */
	double score;              /* 0 when sorted by time */
	/* with RULE_MARK_BEGIN and RULE_MARK_END (rule.h) around the words that were found; text is some of it, on one
	 * line */
	struct str title, text;
	struct str link, source, feed, language;
	int64_t outlets; /* of the story */
};

struct search_facet {
	struct str value; /* "2026-11", a category, a feed's name, a language */
	struct str label; /* of a feed: its title; else absent */
	size_t stories;
};

struct search_facets {
	struct search_facet *items; /* months: the newest first; others: the most frequent first */
	size_t count;
};

struct search_result {
	struct arena arena; /* holds the rest */
	struct search_story *stories;
	size_t count;
	size_t found;     /* stories that match, among the newest SEARCH_HITS_MAX items that do */
	bool is_newest;   /* more items match: only the newest are ranked and counted */
	bool is_estimate; /* found counts items that may not match */
	bool is_cut;      /* limit_us was reached: stories may be missing */
	bool is_last;     /* no story follows */
	int64_t behind;   /* items that the index does not have yet */
	struct search_facets months, categories, feeds, languages;
};

struct searcher;

/* Reads the database and the index of the folder; both are opened by the first search.  One thread uses it. */
struct searcher *searcher_new(const char *state_dir, struct error *err);
void searcher_free(struct searcher *s);

/* 0; -EINVAL for a mistake in the rule, with the sentence of rule_set_add(); -ENOENT without an index; -EUCLEAN for a
 * damaged one, which the daemon builds anew.  The caller releases the result after 0. */
int searcher_run(struct searcher *s, const struct search_query *q, struct search_result *result, struct error *err);
void search_result_release(struct search_result *r);

#endif
