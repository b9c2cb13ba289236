/* grouping.h: the stories of the last weeks, by their text.
 *
 * Finds, for a new item that nothing else has placed (identity, equal text, link), the report whose story it tells,
 * by an index of shingles in the database; and remembers each item for those to come.  Works on any database that has
 * its tables (grouping_create() makes them), within the caller's transactions: the daemon's, where the writer
 * calls it, or one in memory.  The window is kept in four tables a kind, one a week, and the oldest is emptied whole,
 * so neither time nor space an item depends on how long it has run.
 *
 * Groups are never merged by themselves; what speaks for it is kept as a link. */
#ifndef SITREP_GROUPING_H
#define SITREP_GROUPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/error.h"
#include "sitrep/story_rule.h"
#include "sitrep/str.h"

struct sqlite3;
struct grouping;

/* The tables; for a database that was not made by store.h. */
int grouping_create(struct sqlite3 *db, struct error *err);

/* The counts of common shingles are loaded; policy is copied.  NULL with err. */
struct grouping *grouping_new(struct sqlite3 *db, const struct story_policy *policy, struct error *err);
void grouping_free(struct grouping *g);
void grouping_set_policy(struct grouping *g, const struct story_policy *policy);

/* An item that is placed or to be placed. */
struct grouping_item {
	int64_t item_id;
	int64_t story_id;
	int64_t publisher_id;
	int64_t seen_ms;
	struct str sketch; /* empty: the text is too short, and nothing is found or kept */
};

enum { GROUPING_PARTS_MAX = 8 };

/* An earlier report, and what it is to the item. */
struct grouping_match {
	int64_t item_id;
	int64_t story_id;
	struct story_judgement judgement;
};

struct grouping_answer {
	struct grouping_match best; /* relation RELATION_NONE: nothing fits, item_id 0 */
	/* An item twice as long as several stories that it contains is a roundup: it links to these and joins none. */
	struct grouping_match parts[GROUPING_PARTS_MAX];
	size_t part_count; /* 0, or at least 2 */
};

/* Looks only. */
int grouping_find(
	struct grouping *g, const struct grouping_item *item, struct grouping_answer *answer, struct error *err);
/* Remembers the item as placed; is_original: it began its story or goes on with its outlet's own text, so its words
 * count for what is common; what other outlets reprint does not. */
int grouping_keep(struct grouping *g, const struct grouping_item *item, bool is_original, struct error *err);
/* What the item's new text changes against the one that is remembered: 1; 0 when none is any more, or either is too
 * short. */
int grouping_compare_revision(
	struct grouping *g, const struct grouping_item *item, struct story_change *change, struct error *err);
/* The judgement on two items that are still remembered; -ENOENT when one is not. */
int grouping_compare(
	struct grouping *g, int64_t item_id, int64_t other_id, struct story_judgement *j, struct error *err);
/* The item's story is another one now, by the operator's word. */
int grouping_move(struct grouping *g, int64_t item_id, int64_t story_id, struct error *err);

/* The caller's transaction was rolled back, or a part of it. */
void grouping_rolled_back(struct grouping *g);

/* Writes down what has changed of the counts, in the caller's transaction; a crash between two calls costs only the
 * difference. */
int grouping_save(struct grouping *g, struct error *err);

struct grouping_stats {
	int64_t items, shingles; /* in the index */
};
int grouping_get_stats(struct grouping *g, struct grouping_stats *stats, struct error *err);

#endif
