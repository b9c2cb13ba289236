/* SPDX-License-Identifier: ISC */
/* prune.h: removes an item with all that is kept for it; its identities and digests stay as tombstones. */
#ifndef SITREP_INGEST_PRUNE_H
#define SITREP_INGEST_PRUNE_H

#include <stdint.h>

#include "ingest.h"
#include "sitrep/base/error.h"

struct sql_db;
struct sql_stmt;

enum prune_statement { PRUNE_ITEM, PRUNE_REVISIONS, PRUNE_REPORT, PRUNE_STORY, PRUNE_PUBLISHER, PRUNE_STATEMENTS };

struct pruner {
	struct sql_stmt *s[PRUNE_STATEMENTS];
};

struct pruned_item {
	int64_t id, feed_id, story_id, publisher_id;
	int64_t bytes; /* ITEM_BYTES_SQL */
};

/* Reads rows of list, whose columns are those of a pruned_item in that order, until it ends or there are max.  The
 * number of items, or negative errno. */
int pruned_items_read(struct sql_stmt *list, struct pruned_item *items, int max, struct error *err);

int pruner_init(struct pruner *p, struct sql_db *db, struct error *err);
void pruner_release(struct pruner *p);

/* Within the caller's transaction.  The story goes with its last item, and so does the publisher. */
int pruner_drop(struct pruner *p, struct ingest *k, const struct pruned_item *it, struct error *err);

#endif
