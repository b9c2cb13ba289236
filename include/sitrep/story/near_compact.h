/* SPDX-License-Identifier: ISC */
/* near_compact.h: removes postings of items that are not compared any more from the index (near_index.h).
 *
 * An item that is pruned leaves its postings behind until its week is over, which is soon enough but for a feed that
 * brings tens of thousands of items a day. */
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
	size_t slot;   /* the table it stands in */
	int64_t place; /* the row that was looked at last */
};

int near_compact_init(struct near_compact *c, struct sql_db *db, struct error *err);
void near_compact_release(struct near_compact *c);
void near_compact_begin(struct near_compact *c);
/* The next rows; 1 when there are more.  n's counts of postings are brought up to date. */
int near_compact_step(struct near_compact *c, struct near_index *n, struct error *err);

#endif
