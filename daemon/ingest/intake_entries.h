/* intake_entries.h: the items of one document, and what each is known by. */
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
	uint8_t identity[SHA256_LEN]; /* what its feed's items are known by, made distinct within its document */
	int64_t date_ms;              /* item_date.h */
	bool skip;                    /* says what another item of the document says */
	bool url_counts;              /* its link tells it from the document's other items */
	bool found;                   /* identity was known before this document */
	struct known known;
	int64_t item_id; /* what the database knows it as, 0 while it does not */
};

/* Reused from document to document. */
struct entries {
	struct entry *items; /* in document order */
	size_t count;
	size_t cap;
	struct entry **sorted; /* room for sorting, cap elements */
	size_t ordered;        /* of sorted, by entries_order() */
	int64_t *ids;          /* the items that entries are known as: a hash table, 0 where a place is free */
	size_t ids_mask;       /* its places, less one; at most half of them are taken */
};

/* Texts of fewer tokens are too often the same by chance. */
enum { ENTRY_TOKENS_MIN = 8 };

/* Takes over the items of d, a feed's whose items are known by by; it must outlive the entries.  -EPROTO when an item
 * lacks what the worker should have worked out, -ENOMEM. */
int entries_set(
	struct entries *e, const struct document *d, enum feed_identity by, struct sha256 *hash, struct error *err);
/* Gives the entries the identities that they have when their feed's items are known by something else. */
int entries_identify(struct entries *e, enum feed_identity by, struct sha256 *hash, struct error *err);
void entries_release(struct entries *e);

/* e, one of the entries, is known as item_id from now on. */
void entries_know(struct entries *all, struct entry *e, int64_t item_id);
/* Is an item of this document known as item_id?  Costs the same however many items there are. */
bool entries_contain(const struct entries *e, int64_t item_id);

/* Skips what stands below the newest items that together take bytes; the first is always looked at.  Returns how many
 * are skipped. */
size_t entries_cut(struct entries *e, int64_t bytes);
/* From here on entries_show() may be asked, until the entries are changed. */
void entries_order(struct entries *e);
/* Has an item of this document the identity, of which len bytes are given? */
bool entries_show(const struct entries *e, const uint8_t *identity, size_t len);

/* The keys, or NULL where the item has none. */
const uint8_t *entry_digest(const struct entry *e);
const uint8_t *entry_url_key(const struct entry *e);

#endif
