/* SPDX-License-Identifier: ISC */
/* intake.h: decides about each item of a document: new, a copy, an update, or unchanged.
 *
 * The decision table:
 *
 *   identity  digest                       decision
 *   known     same                         unchanged; once a day it is noted that the item is still there
 *   known     same, other canon_version    unchanged; digest and link key are replaced
 *   known     other                        `updated`: the record is replaced, the former text kept as a revision
 *   known     other, other canon_version   digest, link key and record are replaced without an event; but `updated`
 *                                          when the headline was edited, or the item dates its change after the
 *                                          feed's last good poll
 *   known, but its item was pruned         unchanged: a pruned item does not come back
 *   new       any                          the known items with its text, else with its link, are looked up
 *                                          (recognition.h), and the evidence decides (item_match.h):
 *
 *             same        the known item under another guid or link: an alias is added
 *             changed     the same, and `updated` of the known item
 *             copy        `copy`: joins the known item's story
 *             look-alike  `new`, related to the known item; its text may still put it into another story
 *             tombstone   unchanged: the known item was pruned; an alias is added
 *             none        its text decides (grouping.h): `copy` of another outlet's report, or of the outlet's own
 *                         earlier one, whose story it joins; else `new`: begins a story
 *
 * An item that is known by its link alone is new when the link leads to another item now.
 *
 * Identities are the feed's own (guid, else link, else digest) as long as these are trusted (identity_trust.h).  When
 * that ends, the items of the present document get identities of the new kind as aliases; an item that the document
 * does not show is found by its digest or link when it comes back.  An item's uid is made from its first identity and
 * never changes.
 *
 * Of a document larger than the size of the database allows (size.h), only the newest items are stored.
 *
 * A changed item's former text is kept as a revision.  The change raises `updated` when it is material
 * (story_threshold.h), or when the former text cannot be compared.  A part that changes at each poll (churn.h) is
 * ignored.
 *
 * Texts of fewer than 8 tokens ("Daily update") are not compared with other feeds.  A link is compared unless it is
 * in the document twice, leads to the site's front page, or belongs to several items of one feed. */
#ifndef SITREP_INGEST_INTAKE_H
#define SITREP_INGEST_INTAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "bursts.h"
#include "intake_entries.h"
#include "recognition.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/base/histogram.h"
#include "sitrep/base/sha256.h"
#include "sitrep/identity/churn.h"
#include "sitrep/model/document.h"
#include "sitrep/store/alert_desk.h"
#include "sitrep/store/event_log.h"
#include "sitrep/store/feed_store.h"
#include "sitrep/store/item_store.h"
#include "sitrep/store/publisher.h"
#include "sitrep/store/rule_pending.h"
#include "sitrep/story/grouping.h"

/* Limits for a feed's documents while the size of the database is limited (size.h). */
struct intake_limits {
	int64_t document_bytes; /* of one document, its newest items; INT64_MAX: all */
	int64_t share_bytes;    /* of the database: beyond it, identities that are not shown are removed */
};

/* The decision about an item. */
struct intake_decision {
	enum story_relation relation; /* for an item that is known already: UPDATE or UNCHANGED */
	int64_t story_id;
	int64_t of_item; /* the known item itself, or the one that a new item refers to; 0: it refers to none */
	bool compared;   /* by its text (grouping.h): answer is set */
	struct story_answer answer;
};

struct intake {
	struct item_store *items; /* borrowed, as are event_log, pending, publishers and grouping */
	struct event_log *event_log;
	struct alert_desk *alerts;
	struct rule_pending *pending;
	struct publishers *publishers;
	struct bursts *bursts;
	struct grouping *grouping;
	struct entries entries;
	struct buf record;
	struct recognition recognition;
	struct churn_reader churn;
	struct intake_limits limits;
	struct intake_decision last; /* about the item that was taken last, for intake_trial.h */
	int64_t *published_ms;       /* of the document's items that were new or copies, in the order they were taken */
	size_t published_cap;
};

struct intake_counts {
	int fresh, copies, updates, unchanged;
	size_t cut; /* items beyond the limit, which were skipped; counted in unchanged, too */
	/* When this document ended the trust in the feed's identities (identity_trust.h): the unknown identities of its
	 * last documents, and how many of these were of items that it had already; else 0. */
	size_t distrusted, distrusted_seen;
	struct histogram delays; /* of new items with a date: from then until they were seen; of waits */
};

int intake_init(struct intake *in, struct item_store *items, struct event_log *event_log, struct alert_desk *alerts,
	struct rule_pending *pending, struct publishers *publishers, struct grouping *grouping, struct error *err);
void intake_release(struct intake *in);

/* Stores the items of a feed's document, the last one first, within the caller's transaction.  Updates feed's kind of
 * identity, trust and kept_bytes, for the caller to save. */
int intake_document(struct intake *in, struct feed_row *feed, const struct document *d, int64_t at_ms,
	struct intake_counts *counts, struct error *err);

#endif
