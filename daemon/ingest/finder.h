/* SPDX-License-Identifier: ISC */
/* finder.h: matches an item whose identity is unknown with the items that are known.
 *
 * Looks up the known items that have its text or its link, gathers the evidence about each, and asks the table
 * (item_match.h).  A text is looked for before a link; of several known items the strongest decision counts, and of
 * equal ones that with the same link, then the one closest in time. */
#ifndef SITREP_INGEST_FINDER_H
#define SITREP_INGEST_FINDER_H

#include <stdbool.h>
#include <stdint.h>

#include "intake_entries.h"
#include "sitrep/base/arena.h"
#include "sitrep/base/error.h"
#include "sitrep/identity/item_match.h"
#include "sitrep/identity/likeness.h"
#include "sitrep/store/item_store.h"

struct finder {
	struct item_store *items;      /* borrowed, as are entries */
	const struct entries *entries; /* of the document */
	struct sha256 *hash;           /* borrowed */
	struct arena arena;            /* a known item's latest record */
	struct likeness likeness;
	int64_t feed_id, at_ms, window_ms;
	enum match_document document; /* 0: not looked at yet */
};

struct finding {
	enum match_decision decision;
	enum match_owner owner;
	enum match_link link;
	int64_t apart_ms;
	struct known known;
};

void finder_init(struct finder *f, struct item_store *items, const struct entries *entries, struct sha256 *hash);
void finder_release(struct finder *f);

/* A document of the feed, whose entries are set already, at at_ms; window_ms is [dedup] window. */
void finder_begin(struct finder *f, int64_t feed_id, int64_t at_ms, int64_t window_ms);

/* 0, or negative errno. */
int finder_find(struct finder *f, const struct entry *e, struct finding *best, struct error *err);

/* The known item's latest record, valid until the next call: 1; 0 when there is none, or it is damaged. */
int finder_load(struct finder *f, int64_t item_id, struct item *it, struct error *err);

/* Does the feed have an item with e's text (of MATCH_TOKENS_MIN tokens or more) or with e's link? 1, 0, or negative
 * errno. */
int finder_knows(struct finder *f, const struct entry *e, struct error *err);

/* The key of e's text without the counter in its title (title_core.h), which stays the same when the counter changes:
 * 1; 0 when there is no counter; or negative errno. */
int finder_core_key(struct finder *f, const struct entry *e, uint8_t key[SHA256_LEN], struct error *err);

/* e->known was read by the rules of another CANON_VERSION, and e has another digest.  Did the outlet change the item
 * since the feed's last good poll, at last_poll_ms?  Other rules add or leave out words; an edited headline replaces
 * some.  1, 0, or negative errno; 0 when the known item is damaged. */
int finder_is_edited(struct finder *f, const struct entry *e, int64_t last_poll_ms, struct error *err);

/* Is e known by its link alone: because it has no guid, or because its guid is its link? */
bool finder_is_by_link(const struct entry *e);
/* Does e's link lead to another item than e->known now?  1, 0, or negative errno. */
int finder_is_replaced(struct finder *f, const struct entry *e, struct error *err);

#endif
