/* SPDX-License-Identifier: ISC */
/* recognition.h: matches an item whose identity is unknown with the items that are known.
 *
 * Looks up the known items that have its text or its link, gathers the evidence about each, and asks the table
 * (item_match.h).  A text is looked for before a link; of several known items the strongest decision counts, and of
 * equal ones that with the same link, then the one closest in time. */
#ifndef SITREP_INGEST_RECOGNITION_H
#define SITREP_INGEST_RECOGNITION_H

#include <stdbool.h>
#include <stdint.h>

#include "intake_entries.h"
#include "sitrep/base/arena.h"
#include "sitrep/base/error.h"
#include "sitrep/identity/item_match.h"
#include "sitrep/identity/likeness.h"
#include "sitrep/store/item_store.h"

struct recognition {
	struct item_store *items;      /* borrowed, as are entries */
	const struct entries *entries; /* of the document */
	struct arena arena;            /* a known item's latest record */
	struct likeness likeness;
	int64_t feed_id, at_ms, window_ms;
	enum match_document document; /* 0: not examined yet */
	enum match_document assumed;  /* not 0: of all documents, which are not examined then (intake_trial.c) */
};

struct finding {
	enum match_decision decision;
	enum match_owner owner;
	enum match_link link;
	int64_t apart_ms;
	struct known_item known;
};

void recognition_init(struct recognition *r, struct item_store *items, const struct entries *entries);
void recognition_release(struct recognition *r);

/* Begins a document of the feed that came at at_ms; its entries must be set already.  window_ms is [dedup] window. */
void recognition_begin(struct recognition *r, int64_t feed_id, int64_t at_ms, int64_t window_ms);

/* 0, or negative errno. */
int recognition_find(struct recognition *r, const struct entry *e, struct finding *best, struct error *err);

/* The known item's latest record, valid until the next call: 1; 0 when there is none, or it is damaged. */
int recognition_load(struct recognition *r, int64_t item_id, struct item *it, struct error *err);

/* 1 when the feed has an item with e's text (of MATCH_TOKENS_MIN tokens or more) or with e's link; 0; or negative
 * errno. */
int recognition_knows(struct recognition *r, const struct entry *e, struct error *err);

/* The key of e's text without the counter in its title (title_core.h), which stays the same when the counter changes.
 * False when there is no counter. */
bool recognition_core_key(const struct entry *e, uint8_t key[SHA256_LEN]);

/* For an item whose e->known was stored with another CANON_VERSION and has another digest: 1 when the outlet changed it
 * since the feed's last good poll, at last_poll_ms; 0 when it did not, or the known item is damaged; or negative errno.
 * Another CANON_VERSION only adds or leaves out words; an edited headline replaces some. */
int recognition_is_edited(struct recognition *r, const struct entry *e, int64_t last_poll_ms, struct error *err);

/* True when e's link is its only identity: it has no guid, or its guid is its link. */
bool recognition_is_by_link(const struct entry *e);
/* 1 when e's link leads to another item than e->known now; 0; or negative errno. */
int recognition_is_replaced(struct recognition *r, const struct entry *e, struct error *err);

#endif
