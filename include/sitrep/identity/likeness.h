/* SPDX-License-Identifier: ISC */
/* likeness.h: have two items words in common that say that they are one, when a link says so too?
 *
 * Compared are the titles and the plain summaries, which are all that a stored item has at hand.  A third of the runs
 * of words of the one that has fewer is enough, since what stood under a link before may have been an excerpt; but
 * where most figures differ, three quarters: less is two notices from one template.  A counter, clock or age at the end
 * of a title, or in brackets, counts for nothing (title_core.h). */
#ifndef SITREP_IDENTITY_LIKENESS_H
#define SITREP_IDENTITY_LIKENESS_H

#include <stdbool.h>

#include "sitrep/base/buf.h"
#include "sitrep/identity/sketch.h"
#include "sitrep/model/document.h"

/* Reused from comparison to comparison. */
struct likeness {
	struct sketch a, b;
	struct buf title, body;
};

void likeness_init(struct likeness *l);
void likeness_release(struct likeness *l);

/* 1 when they have, 0 when not, -ENOMEM. */
int likeness_compare(struct likeness *l, const struct item *a, const struct item *b);

/* Did an outlet edit a's headline into b's?  Then some words stay, and others stand in the place of some.  1; 0 also
 * where one of the two has all characters of the other, as when one reading of a title leaves some out ("a<b and c>d"),
 * unless numbers differ; -ENOMEM. */
int likeness_title_edited(struct likeness *l, const struct item *a, const struct item *b);

#endif
