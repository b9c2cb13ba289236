/* SPDX-License-Identifier: ISC */
/* intake_change.h: writes the row, the story and the events of an item of a document.
 *
 * Single steps of intake.c, which decides on them. */
#ifndef SITREP_INGEST_INTAKE_CHANGE_H
#define SITREP_INGEST_INTAKE_CHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "intake.h"

/* One document while it is being stored. */
struct intake_run {
	struct intake *in;
	const struct feed_row *feed;
	int64_t at_ms;
	struct intake_counts *counts;
	size_t unknown, seen; /* unknown identities; and those of the feed's items (identity_trust.h) */
	bool is_continued;    /* the document shows items that the feed had before */
	struct error *err;
};

/* Where a new item goes. */
struct story_placement {
	enum story_relation relation;
	int64_t story_id; /* 0: it begins one */
	int64_t of_item;  /* 0: it refers to none */
	double score;
	const struct story_answer *answer; /* NULL: its text was not compared */
};

/* Adds a new item, placed by p. */
int intake_add(struct intake_run *t, struct entry *e, const struct story_placement *p);
/* Adds a new item to the story of a known one with the same text or link. */
int intake_add_copy(struct intake_run *t, struct entry *e, const struct known_item *k);
/* Stores the new text of a known item.  A material change raises `updated`; a part that changes at each poll (churn.h)
 * is ignored. */
int intake_update(struct intake_run *t, struct entry *e, const struct known_item *k);
/* Stores the text of a known item that differs by the rules of another CANON_VERSION only: no `updated`. */
int intake_read_again(struct intake_run *t, struct entry *e, const struct known_item *k);
/* Notes that a known item is still in its feed, once a day. */
int intake_touch(struct intake_run *t, const struct entry *e, const struct known_item *k);
/* Adds another identity of a known item. */
int intake_alias(struct intake_run *t, struct entry *e, int64_t item_id);

#endif
