/* SPDX-License-Identifier: ISC */
/* matched_words.h: the words of an item that an alert's rule found, marked or listed.
 *
 * An alert is stored with the terms that were found, one a line, as they stand in the rule ("missile*", "amber
 * strait").  Here they are looked for again, so that their words are known.  An item whose text has changed since may
 * have none. */
#ifndef PAGES_MATCHED_WORDS_H
#define PAGES_MATCHED_WORDS_H

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"
#include "sitrep/model/document.h"

/* Appends the item's headline as markup, with <mark> around the words of those terms. */
void matched_headline(struct buf *out, const struct item *it, struct str terms);
/* Appends the words as markup: '<mark>missiles</mark> and <mark>launched</mark> in the headline, <mark>strait</mark> in
 * the text'; the terms themselves where they are not found. */
void matched_list(struct buf *out, const struct item *it, struct str terms);

#endif
