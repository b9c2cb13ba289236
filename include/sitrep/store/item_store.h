/* SPDX-License-Identifier: ISC */
/* item_store.h: the tables of items and stories, and of their identities and digests.
 *
 * Single steps on the tables; intake.c combines them. */
#ifndef SITREP_STORE_ITEM_STORE_H
#define SITREP_STORE_ITEM_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"
#include "sitrep/identity/churn.h"
#include "sitrep/model/document.h"
#include "sitrep/sql/sql.h"
#include "sitrep/store/counters.h"

/* The feeds that have an item in the story, as the table "of".  Each step skips the items of the feed before. */
#define STORY_FEEDS_SQL(story)                                                                                         \
	"WITH RECURSIVE of(feed_id) AS (SELECT min(feed_id) FROM item WHERE story_id = " story " UNION ALL"            \
	" SELECT (SELECT min(i.feed_id) FROM item i WHERE i.story_id = " story " AND i.feed_id > of.feed_id) FROM of"  \
	" WHERE of.feed_id IS NOT NULL) "
/* The item that leads the story: the first item of the feed with the lowest rank. */
#define STORY_LEAD_SQL(story)                                                                                          \
	"(" STORY_FEEDS_SQL(story) "SELECT (SELECT min(i.id) FROM item i WHERE i.story_id = " story                    \
				   " AND i.feed_id = of.feed_id) AS lead"                                              \
				   " FROM of JOIN feed f ON f.id = of.feed_id ORDER BY f.rank, lead LIMIT 1)"

/* Bytes that a row takes in the database, with its index entries, in pages that are two thirds full; measured on
 * databases of 10,000 items.  An item's sketch grows with its text up to 3000 bytes. */
enum { KEPT_ITEM = 1200, KEPT_IDENTITY = 80, KEPT_DIGEST = 80, KEPT_SKETCH_MAX = 3000 };
/* The size of an item with its story, sketch, postings, event and revisions, for its feed's share (size.h). */
#define ITEM_BYTES_SQL                                                                                                 \
	"(1200 + length(i.record) + min(length(i.record), 3000)"                                                       \
	" + coalesce((SELECT sum(length(r.record) + 80) FROM revision r WHERE r.item_id = i.id), 0))"

enum item_statement {
	ITEM_BY_IDENTITY,
	ITEM_BY_DIGEST,
	ITEM_BY_OWN_DIGEST,
	ITEM_BY_URL,
	ITEM_BY_OWN_URL,
	ITEM_BY_READING,
	ITEM_ADD,
	ITEM_ADD_IDENTITY,
	ITEM_ADD_DIGEST,
	ITEM_REPLACE,
	ITEM_REHASH,
	ITEM_TOUCH_IDENTITY,
	ITEM_TOUCH_DIGEST,
	STORY_ADD,
	STORY_JOIN,
	STORY_CHANGED,
	STORY_SORT,
	REVISION_ADD,
	REVISION_DROP,
	ITEM_UID,
	ITEM_RECORD,
	ITEM_CHURN,
	ITEM_SET_CHURN,
	ITEM_KEEP,
	ITEM_MEASURE,
	IDENTITY_NEXT,
	IDENTITY_DROP,
	ITEM_STATEMENTS
};

struct item_store {
	struct sql_stmt *s[ITEM_STATEMENTS];
	struct counters *counters; /* borrowed */
	int64_t kept_bytes;        /* added less replaced bytes, since the caller set it to 0 */
	int64_t written;           /* identities and digests added since the start */
};

int item_store_init(struct item_store *is, struct sql_db *db, struct counters *counters, struct error *err);
void item_store_release(struct item_store *is);

/* An item found by one of its keys. */
struct known_item {
	int64_t item_id;
	int64_t feed_id;
	int64_t story_id; /* 0: the item is gone, this is its tombstone */
	int64_t last_seen_ms;
	uint8_t digest[STORE_KEY_LEN];
	uint32_t canon_version;
	/* not set by item_store_by_identity() */
	int64_t published_ms; /* TIME_NONE: unknown */
	int64_t first_seen_ms;
	bool has_url;
	uint8_t url_key[STORE_KEY_LEN];
};

/* Most items that a look-up by one key returns. */
enum { KNOWN_ITEMS_MAX = 64 };

/* 1 found, 0 not, negative errno. */
int item_store_by_identity(
	struct item_store *is, int64_t feed_id, const uint8_t *identity, struct known_item *k, struct error *err);
/* Up to KNOWN_ITEMS_MAX items into k, their number into *count; feed_id 0: of any feed.  By URL, last_seen_ms is 0. */
int item_store_by_digest(struct item_store *is, const uint8_t *digest, int64_t feed_id, struct known_item *k,
	size_t *count, struct error *err);
int item_store_by_url(struct item_store *is, const uint8_t *url_key, int64_t feed_id, struct known_item *k,
	size_t *count, struct error *err);

/* Of the feed's newest KNOWN_ITEMS_MAX items, those of another canon_version. */
int item_store_by_reading(struct item_store *is, uint32_t canon_version, int64_t feed_id, struct known_item *k,
	size_t *count, struct error *err);

/* Reads the item's present record into a.  1; 0 when it is missing or damaged. */
int item_store_record(struct item_store *is, int64_t item_id, struct arena *a, struct item *it, struct error *err);

/* An item to be stored. */
struct item_row {
	int64_t id; /* set by item_store_add() */
	int64_t feed_id;
	int64_t story_id; /* 0: begins a story, and is set */
	int64_t publisher_id;
	int64_t sort_ms; /* of the story: given when the item begins one, else set */
	int64_t seen_ms;
	int64_t updated_ms;   /* for item_store_add(): when the item changed its story */
	int64_t published_ms; /* TIME_NONE: unknown */
	const uint8_t *identity;
	const uint8_t *digest;
	const uint8_t *url_key; /* NULL: none */
	uint32_t canon_version;
	uint8_t uid[STORE_KEY_LEN];
	struct str record;
};

/* Adds the item with its identity and digest; it begins or joins its story. */
int item_store_add(struct item_store *is, struct item_row *row, struct error *err);
/* Stores a new text for row->id: record, digest, URL, date.  is_news: the story changes too, if the item leads it. */
int item_store_replace(struct item_store *is, struct item_row *row, bool is_news, struct error *err);
/* From now on the item is found by this digest as well. */
int item_store_add_digest(struct item_store *is, const uint8_t *digest, int64_t feed_id, int64_t item_id,
	int64_t seen_ms, struct error *err);
/* Keeps the item's present text as a revision, before it is replaced; of more than 20 the oldest is dropped. */
int item_store_revise(struct item_store *is, int64_t item_id, struct error *err);
/* As item_store_replace() for a small edit: without a revision, and neither item nor story counts as changed. */
int item_store_keep(struct item_store *is, const struct item_row *row, struct error *err);
/* Sets row->sort_ms to that of row->story_id. */
int item_store_sort(struct item_store *is, struct item_row *row, struct error *err);
/* The item's record of changes of its text (churn.h). */
int item_store_churn(struct item_store *is, int64_t item_id, struct churn *c, struct error *err);
int item_store_set_churn(struct item_store *is, int64_t item_id, const struct churn *c, struct error *err);
/* The item's uid; 1 found, 0 not. */
int item_store_uid(struct item_store *is, int64_t item_id, uint8_t uid[STORE_KEY_LEN], struct error *err);
/* Stores digest and URL key of the same text and link under new rules of the canonical forms. */
int item_store_rehash(struct item_store *is, const struct item_row *row, struct error *err);
/* From now on identity leads to the item (or tombstone) item_id. */
int item_store_alias(struct item_store *is, int64_t feed_id, const uint8_t *identity, int64_t item_id, int64_t seen_ms,
	struct error *err);
/* Drops identities of the feed for which shown() returns false, unless a stored item was added with them.  Reads
 * that many rows after the identity from; at the end of the table it continues at the beginning. */
typedef bool identity_shown_fn(void *arg, struct str identity);
int item_store_trim(struct item_store *is, int64_t feed_id, const uint8_t *from, size_t rows, identity_shown_fn *shown,
	void *arg, struct error *err);
/* Notes that identity was seen, and the item's digest unless it is NULL. */
int item_store_touch(struct item_store *is, int64_t feed_id, const uint8_t *identity, const uint8_t *digest,
	int64_t item_id, int64_t seen_ms, struct error *err);

#endif
