/* SPDX-License-Identifier: ISC */
/* story_edit.h: the operator corrects a grouping: split takes an item out of its story, join makes two stories one.
 *
 * Both are permanent: they are noted in table story_constraint, which the rule of stories obeys (story_constraint.h).
 * Both run within the caller's transaction and write an event.  They change nothing when the item is alone in its
 * story, or the two stories are one already.
 *
 * Published ids stay valid: the rest of a split story keeps its id, even when the item that is taken out began it; of
 * two joined stories the older one's id stays, and the other's leads there from then on (table story_alias).  An item
 * that began a story of its own, was joined and is split off again, has its old story's id again.
 *
 * A joined story's matches with rules, by which outputs and alerts list it, go to the other story.  A split item keeps
 * the matches that its own text made, and those of all outputs.  Alerts: see alert_desk.h. */
#ifndef SITREP_INGEST_STORY_EDIT_H
#define SITREP_INGEST_STORY_EDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "item_lookup.h"
#include "sitrep/base/error.h"
#include "sitrep/base/sha256.h"
#include "sitrep/store/counters.h"
#include "sitrep/store/event_log.h"
#include "sitrep/store/rule_pending.h"

struct sql_db;
struct sql_stmt;

enum story_edit_statement {
	STORY_EDIT_STORY_EXISTS,
	STORY_EDIT_LEAD,
	STORY_EDIT_BEGIN_STORY,
	STORY_EDIT_DROP_STORY,
	STORY_EDIT_MOVE_ITEM,
	STORY_EDIT_MOVE_SKETCH,
	STORY_EDIT_MOVE_MATCHES,
	STORY_EDIT_MOVE_PENDING,
	STORY_EDIT_UNLINK,
	STORY_EDIT_SET_APART,
	STORY_EDIT_MOVE_ITEMS,
	STORY_EDIT_MOVE_SKETCHES,
	STORY_EDIT_JOIN_MATCHES,
	STORY_EDIT_JOIN_PENDING,
	STORY_EDIT_SET_TOGETHER,
	STORY_EDIT_PASS_CONSTRAINTS_ON,
	STORY_EDIT_AGREE,
	STORY_EDIT_ADD_ALIAS,
	STORY_EDIT_PASS_ALIASES_ON,
	STORY_EDIT_DROP_ALIAS,
	STORY_EDIT_RECOUNT,
	STORY_EDIT_COUNTS,
	STORY_EDIT_STATEMENTS
};

struct story_edit {
	struct sql_stmt *s[STORY_EDIT_STATEMENTS];
	struct counters *counters; /* borrowed, as are event_log, pending and item_lookup */
	struct event_log *event_log;
	struct alert_desk *alerts;
	struct rule_pending *pending;
	struct item_lookup *item_lookup;
};

int story_edit_init(struct story_edit *y, struct sql_db *db, struct counters *counters, struct event_log *event_log,
	struct alert_desk *alerts, struct rule_pending *pending, struct item_lookup *item_lookup, struct error *err);
void story_edit_release(struct story_edit *y);

struct story_edit_result {
	bool changed;
	uint8_t story_uid[STORE_KEY_LEN];  /* the item's story now */
	uint8_t former_uid[STORE_KEY_LEN]; /* if changed: the story that was left, or joined to the other */
	int64_t sources, reports;          /* of story_uid */
};

/* Moves the item from its story to one of its own, unless it is alone in its story. */
int story_edit_split(
	struct story_edit *y, struct str item, int64_t at_ms, struct story_edit_result *edit, struct error *err);
/* Joins the stories of both items (or both stories), unless they are one already. */
int story_edit_join(struct story_edit *y, struct str item, struct str other, int64_t at_ms,
	struct story_edit_result *edit, struct error *err);

#endif
