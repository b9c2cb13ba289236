/* intake.h: what an item of a poll means: new, a copy, an update, or nothing.
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
 * An item that is known by its link alone is new when something else stands there now.
 *
 * Identities are the feed's own (guid, else link, else digest) as long as it can be trusted with them
 * (identity_trust.h). When that ends, the items of the document at hand get their identities of the new kind as
 * aliases; what it does not show is found by its digest or link when it comes back.  An item's name (uid) is that of
 * its first identity for good.
 *
 * Of a document that is larger than what the size of the database allows (size.h), the newest items are looked at; the
 * rest is as if it were not there.
 *
 * A changed text is kept as a revision; it is told as `updated` when the change is material (story_rule.h), or when
 * nothing is known of what the text was, but for a part that changes at each poll (churn.h).
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

/* What a feed may bring while the size of the database is limited (size.h). */
struct intake_limits {
	int64_t document_bytes; /* of one document, its newest items; INT64_MAX: all */
	int64_t share_bytes;    /* of the database: a feed beyond it is remembered no longer than it shows its items */
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
	size_t cut; /* items, of the unchanged ones, that were not looked at since they are beyond the limit */
	/* When the feed's items are known by something else from this document on (identity_trust.h): the identities
	 * that were unknown in its last documents, and how many of these were of items that it had already; else 0. */
	size_t distrusted, distrusted_seen;
};

int intake_init(struct intake *in, struct item_store *items, struct event_log *event_log, struct publishers *publishers,
	struct grouping *grouping, struct error *err);
void intake_release(struct intake *in);

/* Takes the items of a feed's document in, the last one first, within the caller's transaction.  The
 * document's matches are used up; what is thought of the feed's identities is brought up to date in feed, for the
 * caller to save. */
int intake_document(struct intake *in, struct feed_row *feed, const struct document *d, int64_t at_ms,
	struct intake_counts *counts, struct error *err);

#endif
