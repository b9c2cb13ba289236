/* SPDX-License-Identifier: ISC */
/* intake_entries.h: the items of one document and their identities. */
#ifndef SITREP_INGEST_INTAKE_ENTRIES_H
#define SITREP_INGEST_INTAKE_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/base/sha256.h"
#include "sitrep/model/document.h"
#include "sitrep/model/feed_state.h"
#include "sitrep/store/item_store.h"

struct entry {
	struct item *item;            /* in the document */
	uint8_t identity[SHA256_LEN]; /* of the feed's kind, made distinct within the document */
	int64_t date_ms;              /* item_date.h */
	bool skip;                    /* repeats another item of the document, or is beyond the limit (entries_cut()) */
	bool url_counts;              /* no other item of the document has its link, and it is not the site's */
	bool found;                   /* identity was known before this document */
	struct known_item known;
	int64_t item_id; /* its number in the database, 0: not known yet */
};

/* Reused from document to document. */
struct entries {
	struct entry *items; /* in document order */
	size_t count;
	size_t cap;
	struct entry **sorted; /* room for sorting, cap elements */
	size_t ordered;        /* of sorted, by entries_order() */
	int64_t *ids;          /* hash table of the entries' item_ids; 0: a free place */
	size_t ids_mask;       /* its places, less one; at most half of them are taken */
};

/* Texts of fewer tokens are too often equal by chance. */
enum { ENTRY_TOKENS_MIN = 8 };

/* Sets the entries to the items of d, with identities of the feed's kind by; d must outlive them. -EPROTO when an item
 * lacks the identity or digest that the worker computes, -ENOMEM. */
int entries_set(struct entries *e, const struct document *d, enum feed_identity by, struct error *err);
/* Gives the entries identities of kind by. */
void entries_identify(struct entries *e, enum feed_identity by);
void entries_release(struct entries *e);

/* Sets the number in the database of e, one of the entries. */
void entries_know(struct entries *all, struct entry *e, int64_t item_id);
/* True when an entry has the number item_id.  Takes constant time. */
bool entries_contain(const struct entries *e, int64_t item_id);

/* Skips all but the first, newest items that together take bytes; the first is never skipped.  Returns how many are
 * skipped. */
size_t entries_cut(struct entries *e, int64_t bytes);
/* Prepares entries_show(), which may be called until the entries change. */
void entries_order(struct entries *e);
/* True when an entry's identity begins with these len bytes. */
bool entries_show(const struct entries *e, const uint8_t *identity, size_t len);

/* The keys, or NULL where the item has none. */
const uint8_t *entry_digest(const struct entry *e);
const uint8_t *entry_url_key(const struct entry *e);

#endif
