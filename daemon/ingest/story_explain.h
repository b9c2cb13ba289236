/* SPDX-License-Identifier: ISC */
/* story_explain.h: explains why an item is in its story, and compares two items by the rule of stories.
 *
 * Written as a JSON object for sitrep(1).  Of one item: how it was placed when it came, from table story_link, and the
 * operator's corrections since.  Of two: a comparison as the rule would make it now, from their stored sketches.  It
 * may differ from the decision when they came, since boilerplate and settings may have changed. */
#ifndef SITREP_INGEST_STORY_EXPLAIN_H
#define SITREP_INGEST_STORY_EXPLAIN_H

#include "item_lookup.h"
#include "sitrep/base/error.h"
#include "sitrep/base/jsonw.h"
#include "sitrep/story/grouping.h"

struct sql_db;
struct sql_stmt;

enum story_explain_statement { STORY_EXPLAIN_LINKS, STORY_EXPLAIN_CONSTRAINTS, STORY_EXPLAIN_STATEMENTS };

struct story_explain {
	struct sql_stmt *s[STORY_EXPLAIN_STATEMENTS];
	struct item_lookup *item_lookup; /* borrowed, as is grouping */
	struct grouping *grouping;
};

int story_explain_init(struct story_explain *y, struct sql_db *db, struct item_lookup *item_lookup,
	struct grouping *grouping, struct error *err);
void story_explain_release(struct story_explain *y);

/* Writes one object; other is STR_NONE for one item alone. */
int story_explain_write(struct story_explain *y, struct str item, struct str other, struct jsonw *w, struct error *err);

#endif
