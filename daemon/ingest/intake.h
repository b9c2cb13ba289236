/* SPDX-License-Identifier: ISC */
/* intake.h: decides about each item of a document: new, a copy, an update, or unchanged.
 *
 * The decision table:
 *
 *   identity  digest                      link                  what happens
 *   known     same                                              nothing (noted once a day that it is still there)
 *   known     same, other canon_version                         the link key is replaced quietly
 *   known     other, other canon_version                        digest, link key and record are replaced quietly,
 *                                                             unless the headline was edited or the item dates its
 *                                                             change after the feed's last poll: `updated`
 *   known     other                                             `updated`: record replaced, revision counted
 *   known, but its item was pruned                              nothing: what was pruned does not come back
 *   new       any                       any                   the known items with its text, else with its link, are
 *                                                             found (finder.h) and the evidence decides (item_match.h):
 *                                                             same        alias: guid or link changed, the item did not
 *                                                             changed     `updated` of that item, alias
 *                                                             copy        `copy`, joins that story
 *                                                             look-alike  `new`, related to that story
 *                                                             tombstone   remembered as pruned
 *                                                             none        by its text (grouping.h): `copy` of another
 *                                                                         outlet's report or of the outlet's own
 *                                                                         earlier one, joins that story; else `new`:
 *                                                                         begins a story
 *
 * An item that is known by its link alone is new when the link leads to another item now.
 *
 * Identities are the feed's own (guid, else link, else digest) as long as these are trusted (identity_trust.h).  When
 * that ends, the items of the present document get identities of the new kind as aliases; an item that the document
 * does not show is found by its digest or link when it comes back.  An item's uid is made from its first identity and
 * never changes.
 *
 * Of a document larger than the size of the database allows (size.h), only the newest items are looked at.
 *
 * A changed item's former text is kept as a revision.  The change raises `updated` when it is material (story_rule.h),
 * or when the former text cannot be compared.  A part that changes at each poll (churn.h) is ignored.
 *
 * Texts of fewer than 8 tokens ("Daily update") say too little to be recognised by in another feed.  A link counts
 * unless it stands twice in the document, leads to the site's front page, or is that of several items of one feed. */
#ifndef SITREP_INGEST_INTAKE_H
#define SITREP_INGEST_INTAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "finder.h"
#include "intake_entries.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/base/sha256.h"
#include "sitrep/identity/churn.h"
#include "sitrep/model/document.h"
#include "sitrep/store/event_log.h"
#include "sitrep/store/feed_store.h"
#include "sitrep/store/item_store.h"
#include "sitrep/store/publisher.h"
#include "sitrep/story/grouping.h"

/* Limits for a feed's documents while the size of the database is limited (size.h). */
struct intake_limits {
	int64_t document_bytes; /* of one document, its newest items; INT64_MAX: all */
	int64_t share_bytes;    /* of the database: beyond it, identities that are not shown are removed */
};

struct intake {
	struct item_store *items; /* borrowed, as are event_log, publishers and grouping */
	struct event_log *event_log;
	struct publishers *publishers;
	struct grouping *grouping;
	struct sha256 *hash;
	struct entries entries;
	struct buf record;
	struct finder finder;
	struct churn_reader churn;
	struct intake_limits limits;
	int64_t *published_ms; /* of the document's items that were new or copies, in the order they were taken */
	size_t published_cap;
};

struct intake_counts {
	int fresh, copies, updates, unchanged;
	size_t cut; /* items beyond the limit, which were not looked at; counted in unchanged, too */
	/* When this document ended the trust in the feed's identities (identity_trust.h): the unknown identities of its
	 * last documents, and how many of these were of items that it had already; else 0. */
	size_t distrusted, distrusted_seen;
};

int intake_init(struct intake *in, struct item_store *items, struct event_log *event_log, struct publishers *publishers,
	struct grouping *grouping, struct error *err);
void intake_release(struct intake *in);

/* Stores the items of a feed's document, the last one first, within the caller's transaction.  Uses up the document's
 * matches.  Updates feed's kind of identity, trust and kept_bytes, for the caller to save. */
int intake_document(struct intake *in, struct feed_row *feed, const struct document *d, int64_t at_ms,
	struct intake_counts *counts, struct error *err);

#endif
