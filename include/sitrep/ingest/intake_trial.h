/* SPDX-License-Identifier: ISC */
/* intake_trial.h: takes items in as the daemon does, one at a time, without feeds and polls.
 *
 * The decisions are those of the intake (daemon/ingest/intake.h), on a database in memory that ends with the trial.
 * Each source counts as a feed with the source's domain as its publisher, and each item as the only one of a document
 * of that feed.  So the source's other items count as gone from its document.
 *
 * An item with the text of an earlier one may be that item under another guid.  The daemon decides that by the other
 * items of the document (item_match.h).  A trial has no other items: it takes such an item for the earlier one when the
 * text has MATCH_TOKENS_MIN tokens or more. */
#ifndef SITREP_INGEST_INTAKE_TRIAL_H
#define SITREP_INGEST_INTAKE_TRIAL_H

#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/model/document.h"
#include "sitrep/story/grouping.h"

struct intake_trial;

/* params is copied.  NULL with a sentence. */
struct intake_trial *intake_trial_new(const struct story_params *params, struct error *err);
void intake_trial_free(struct intake_trial *t);

/* The decision about an item. */
struct intake_trial_answer {
	enum story_relation relation;      /* for an item that is known already: UPDATE or UNCHANGED */
	int64_t story_id;                  /* the number of the item that began the story */
	int64_t of_item;                   /* the known item itself, or the one that a new item refers to; 0: none */
	const struct story_answer *answer; /* of the comparison of texts, until the next call; NULL: not compared */
};

/* Takes in an item of the source at at_ms, which must not be before the time of the last call.  The item's computed
 * members must be set (identity.h).  A new item and the story that it begins get the number id, which is above 0.
 * After a failure the trial can only be freed. */
int intake_trial_take(struct intake_trial *t, struct str source, int64_t id, struct item *it, int64_t at_ms,
	struct intake_trial_answer *answer, struct error *err);

#endif
