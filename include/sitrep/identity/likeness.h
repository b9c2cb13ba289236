/* SPDX-License-Identifier: ISC */
/* likeness.h: decides whether two items with one link are one item, by their words.
 *
 * Titles and plain summaries are compared, since the whole text of a stored item is not at hand.  A third of the
 * shorter one's runs of words must be in the other, since one text may be an excerpt.  When most figures differ, three
 * quarters must: they may be two notices from one template.  A counter, clock or age at the end of a title, or in
 * brackets, is ignored (title_core.h). */
#ifndef SITREP_IDENTITY_LIKENESS_H
#define SITREP_IDENTITY_LIKENESS_H

#include "sitrep/base/buf.h"
#include "sitrep/identity/sketch.h"
#include "sitrep/model/document.h"

/* Buffers, reused from comparison to comparison. */
struct likeness {
	struct sketch a, b;
	struct buf title, body;
};

void likeness_init(struct likeness *l);
void likeness_release(struct likeness *l);

/* 1: one item; 0: two items; -ENOMEM. */
int likeness_compare(struct likeness *l, const struct item *a, const struct item *b);

/* Whether an outlet edited a's headline into b's: some words stay, others are replaced.  1: yes.  0: no; also when one
 * title is the other with characters left out, as two program versions may parse "a<b and c>d", unless numbers differ.
 * -ENOMEM. */
int likeness_title_edited(struct likeness *l, const struct item *a, const struct item *b);

#endif
