/* SPDX-License-Identifier: ISC */
/* near_index.h: finds the items that share shingles with a text.
 *
 * An inverted list.  An item is indexed under a few of its shingles; a posting is one such shingle with the item's
 * number.  Four tables hold the postings of a week each and are used in turn, so that postings that leave the window
 * are removed by emptying a table.  In a table the postings lie in buckets by the first bits of their shingle, some
 * rows for each.
 *
 * An item's shingles belong to as many pages of the index, and writing each at once would rewrite all these pages.
 * So postings wait, in the table near_pending (one short row an item) and in memory, until there are many for each
 * page, and are then written together in order.  After a crash, waiting postings are read from near_pending. */
#ifndef SITREP_STORY_NEAR_INDEX_H
#define SITREP_STORY_NEAR_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/identity/sketch.h"
#include "sitrep/story/near_store.h"
#include "sitrep/story/posting_buffer.h"
#include "sitrep/story/shingle_filter.h"

struct sql_db;
struct sql_stmt;

enum {
	NEAR_SLOTS = 4,
	/* Weeks that are searched, this one included: so the window is at least two weeks. */
	NEAR_WEEKS = 3,
	/* Shingles that an item is indexed under and searched with: a sample of 24 and 8 of its opening.  24 find a
	 * copy that shares a fifth of the shingles with a chance of 0.995. */
	NEAR_SHINGLES_MAX = 32,
	NEAR_OPENING_MAX = 8,
	NEAR_SAMPLE_MAX = NEAR_SHINGLES_MAX - NEAR_OPENING_MAX,
	/* Items that one search returns. */
	NEAR_CANDIDATES_MAX = 16,
	/* Postings that one search reads; only hostile texts match more. */
	NEAR_MATCHES_MAX = 4096,
	/* Postings of one week: half a million items.  Further items of that week are not found by their text. */
	NEAR_POSTINGS_MAX = 16 * 1024 * 1024,
};

enum near_index_statement {
	INDEX_FIND_0, /* one for each slot, as the next three kinds */
	INDEX_FIND_1,
	INDEX_FIND_2,
	INDEX_FIND_3,
	INDEX_ADD_0,
	INDEX_ADD_1,
	INDEX_ADD_2,
	INDEX_ADD_3,
	INDEX_EMPTY_0,
	INDEX_EMPTY_1,
	INDEX_EMPTY_2,
	INDEX_EMPTY_3,
	INDEX_ALL_0,
	INDEX_ALL_1,
	INDEX_ALL_2,
	INDEX_ALL_3,
	INDEX_PEND,
	INDEX_PENDING,
	INDEX_PENDED,
	INDEX_STATEMENTS
};

struct near_slot {
	int64_t week; /* whose postings the table holds; -1: not used yet */
	int64_t postings;
	struct shingle_filter filter;
};

struct near_match {
	int64_t item_id;
	size_t shingle; /* index of the shingle that was searched */
};

struct near_index {
	struct sql_stmt *s[INDEX_STATEMENTS];
	struct near_store *store; /* borrowed, for numbers stored by name */
	struct near_slot slots[NEAR_SLOTS];
	struct posting_buffer pending;
	int64_t pending_week;
	bool is_stale; /* a transaction was rolled back: memory may be ahead of the tables */
	struct near_match matches[NEAR_MATCHES_MAX];
	size_t match_count;
	struct buf row;
};

/* Writes the shingles under which a text is indexed and searched into keys, ascending; thins s.  Returns how many. */
size_t near_keys(struct sketch *s, uint64_t keys[NEAR_SHINGLES_MAX]);

int near_index_init(struct near_index *n, struct sql_db *db, struct near_store *store, struct error *err);
void near_index_release(struct near_index *n);

/* Indexes the item under the shingles (at most NEAR_SHINGLES_MAX, ascending) in the week of at_ms.  is_revision: some
 * of them may be indexed already. */
int near_index_add(struct near_index *n, int64_t item_id, bool is_revision, const uint64_t *shingles, size_t count,
	int64_t at_ms, struct error *err);
/* Writes into ids the items of the window up to at_ms that share most of the shingles (at most NEAR_SHINGLES_MAX,
 * ascending); of equals the later item comes first. */
int near_index_find(struct near_index *n, const uint64_t *shingles, size_t count, int64_t at_ms,
	int64_t ids[NEAR_CANDIDATES_MAX], size_t *found, struct error *err);
/* To be called after a transaction or savepoint was rolled back. */
void near_index_rolled_back(struct near_index *n);

/* The number of postings in all weeks, pending ones included. */
int64_t near_index_postings(const struct near_index *n);

#endif
