/* say.h: the operator corrects a grouping: split takes an item out of its story, join makes two stories one.
 *
 * Both are for good: what is said is noted in table held, which the rule of stories obeys (held.h).  Both happen within
 * the caller's transaction, write an event, and do nothing when nothing is left to do.
 *
 * Names that were published stay: what is left of a split story keeps its id, also when the item that is taken out
 * began it; of two joined ones the older one's id stays, and the other's leads there from then on (table
 * story_alias).  An item that began a story of its own, was joined and is split off again, has its old story's id
 * again.
 *
 * A story's marks (the outputs and alerts it is listed under) go along with it.  A split item keeps those that it
 * raised itself, and all outputs'; for an alert that another report raised, its next copy may raise it anew. */
#ifndef SITREP_INGEST_SAY_H
#define SITREP_INGEST_SAY_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "named.h"
#include "sitrep/base/error.h"
#include "sitrep/base/sha256.h"
#include "sitrep/store/journal.h"
#include "sitrep/store/totals.h"

enum say_statement {
	SAY_STORY_EXISTS,
	SAY_LEAD,
	SAY_BEGIN_STORY,
	SAY_DROP_STORY,
	SAY_MOVE_ITEM,
	SAY_MOVE_SKETCH,
	SAY_MOVE_MARKS,
	SAY_UNLINK,
	SAY_HOLD_APART,
	SAY_MOVE_ITEMS,
	SAY_MOVE_SKETCHES,
	SAY_JOIN_MARKS,
	SAY_HOLD_TOGETHER,
	SAY_PASS_HOLDS_ON,
	SAY_AGREE,
	SAY_ADD_ALIAS,
	SAY_PASS_ALIASES_ON,
	SAY_DROP_ALIAS,
	SAY_RECOUNT,
	SAY_COUNTS,
	SAY_STATEMENTS
};

struct say {
	sqlite3_stmt *s[SAY_STATEMENTS];
	struct totals *totals; /* borrowed, as are journal and named */
	struct journal *journal;
	struct named *named;
	struct sha256 *hash;
};

int say_init(struct say *y, sqlite3 *db, struct totals *totals, struct journal *journal, struct named *named,
	struct error *err);
void say_release(struct say *y);

/* What came of it. */
struct said {
	bool changed;
	uint8_t story_uid[STORE_KEY_LEN];  /* the item's story now */
	uint8_t former_uid[STORE_KEY_LEN]; /* changed: of the story it was taken from, or that became part of story_uid
					    */
	int64_t sources, reports;          /* of story_uid */
};

/* The item leaves its story and becomes one of its own, unless it is alone in it. */
int say_split(struct say *y, struct str item, int64_t at_ms, struct said *said, struct error *err);
/* The stories of both items (or both stories) become one, unless they are. */
int say_join(struct say *y, struct str item, struct str other, int64_t at_ms, struct said *said, struct error *err);

#endif
