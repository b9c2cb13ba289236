/* SPDX-License-Identifier: ISC */
/* language.h: the declared language of an item.  It is never guessed from the text. */
#ifndef SITREP_MODEL_LANGUAGE_H
#define SITREP_MODEL_LANGUAGE_H

#include <stdbool.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/str.h"
#include "sitrep/model/document.h"

/* Whether s has the form of a language tag (RFC 5646): at most eight letters, then parts of at most eight letters and
 * digits, each behind a hyphen. */
bool language_is_tag(struct str s);

/* The language declared by the item, else by its content, summary or title, else by the feed, else by the header
 * Content-Language.  An xml:lang that is inherited from the feed does not count as the item's.  A value that names
 * no language (und, mul, a list, a sentence) is skipped; "en_US" is read as en-US. The result points into the item
 * or the feed, or lies in a; STR_NONE: not declared. */
struct str language_of(
	struct arena *a, const struct item *it, const struct feed_facts *feed, struct str content_language);

#endif
