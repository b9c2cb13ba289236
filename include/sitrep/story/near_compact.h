/* SPDX-License-Identifier: ISC */
/* near_compact.h: removes postings of items that are no longer stored from the index (near_index.h), some rows at a
 * time.
 *
 * The postings of an item that is pruned would stay until the table of its week is emptied.  With a feed that brings
 * tens of thousands of items a day that is too late. */
#ifndef SITREP_STORY_NEAR_COMPACT_H
#define SITREP_STORY_NEAR_COMPACT_H

#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/story/near_index.h"

struct sql_db;
struct sql_stmt;

enum {
	COMPACT_NEXT,
	COMPACT_PUT = NEAR_SLOTS,
	COMPACT_DROP = 2 * NEAR_SLOTS,
	COMPACT_IS_KEPT = 3 * NEAR_SLOTS,
	COMPACT_STATEMENTS
};

struct near_compact {
	struct sql_stmt *s[COMPACT_STATEMENTS];
	struct buf row;
	size_t slot;   /* the index of the table that is being compacted */
	int64_t place; /* the key of the row that was read last */
};

int near_compact_init(struct near_compact *c, struct sql_db *db, struct error *err);
void near_compact_release(struct near_compact *c);
/* Begins with the first row of the first table. */
void near_compact_begin(struct near_compact *c);
/* Compacts the next rows and updates n's counts of postings.  1: there are more.  0: all are done. */
int near_compact_step(struct near_compact *c, struct near_index *n, struct error *err);

#endif
