/* intake_change.h: what becomes of an item of a poll in the database: its row, its story and its events.
 *
 * Single steps of intake.c, which decides on them. */
#ifndef SITREP_INGEST_INTAKE_CHANGE_H
#define SITREP_INGEST_INTAKE_CHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "intake.h"

/* One document on its way in. */
struct intake_run {
	struct intake *in;
	const struct feed_row *feed;
	int64_t at_ms;
	struct intake_counts *counts;
	size_t unknown, seen; /* identities, and of these the feed's own items (identity_trust.h) */
	bool is_continued;    /* the first document from where the feed is asked now shows items that it had before */
	struct error *err;
};

/* Where a new item goes. */
struct story_placement {
	enum story_relation relation;
	int64_t story_id; /* 0: it begins one */
	int64_t of_item;  /* 0: it refers to none */
	double score;
	const struct story_answer *answer; /* NULL: it was not looked at by its text */
};

/* A new item, where p says. */
int intake_add(struct intake_run *t, struct entry *e, const struct story_placement *p);
/* A new item in the story of one that is known, for the same text or the same link. */
int intake_add_copy(struct intake_run *t, struct entry *e, const struct known *k);
/* Another text of a known item: told when it is material, unless it is a part that changes at each poll (churn.h). */
int intake_update(struct intake_run *t, struct entry *e, const struct known *k);
/* A known item that the feed did not change, read by other rules than before: the new text is kept, and nothing told.
 */
int intake_read_again(struct intake_run *t, struct entry *e, const struct known *k);
/* A known item is still there. */
int intake_touch(struct intake_run *t, const struct entry *e, const struct known *k);
/* A known item under another identity. */
int intake_alias(struct intake_run *t, struct entry *e, int64_t item_id);

#endif
