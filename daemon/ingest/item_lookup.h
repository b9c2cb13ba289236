/* SPDX-License-Identifier: ISC */
/* item_lookup.h: finds the item or story that an operator names.
 *
 * An item or a story is named by its published id, with or without "urn:uuid:" before it; an item also by its link.
 * A story has the id of the item that began it, and keeps it when that item is split off.  Where an item is
 * expected, a story's id names its first item.  The id of a story that was joined to another one names that one.
 */
#ifndef SITREP_INGEST_ITEM_LOOKUP_H
#define SITREP_INGEST_ITEM_LOOKUP_H

#include <stdint.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"
#include "sitrep/identity/identity.h"
#include "sitrep/model/document.h"
#include "sitrep/sql/sql.h"

enum item_lookup_statement {
	ITEM_LOOKUP_BY_UID,
	ITEM_LOOKUP_BY_STORY,
	ITEM_LOOKUP_BY_URL,
	ITEM_LOOKUP_LOAD,
	ITEM_LOOKUP_STATEMENTS
};

struct item_lookup {
	struct sql_stmt *s[ITEM_LOOKUP_STATEMENTS];
	struct arena arena;
	struct identity *identity;
};

/* An item with its story; texts live until item_lookup_begin(). */
struct lookup_result {
	int64_t item_id;
	int64_t story_id;
	int64_t feed_id;
	int64_t publisher_id;
	int64_t first_seen_ms;
	int64_t lead_id; /* the story's first item */
	int64_t sources, reports;
	uint8_t uid[STORE_KEY_LEN];
	uint8_t story_uid[STORE_KEY_LEN];
	uint8_t digest[STORE_KEY_LEN];
	struct str url_key;   /* absent: it has none */
	struct str feed;      /* its name in the configuration */
	struct str outlet;    /* its title */
	struct str publisher; /* the source, for the rule of stories */
	struct item item;     /* the record */
};

int item_lookup_init(struct item_lookup *n, struct sql_db *db, struct error *err);
void item_lookup_release(struct item_lookup *n);

/* Releases the texts of all results so far. */
void item_lookup_begin(struct item_lookup *n);
/* The one to be found when a name is the id of an item and of a story. */
enum item_lookup_kind { ITEM_LOOKUP_ITEM, ITEM_LOOKUP_STORY };
/* 0; -ENOENT with a sentence when nothing has that name. */
int item_lookup_find(struct item_lookup *n, struct str name, enum item_lookup_kind kind, struct lookup_result *found,
	struct error *err);
/* The item of that number: 1; 0 when it is gone. */
int item_lookup_load(struct item_lookup *n, int64_t item_id, struct lookup_result *found, struct error *err);

#endif
