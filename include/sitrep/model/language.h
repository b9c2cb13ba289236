/* SPDX-License-Identifier: ISC */
/* language.h: the declared language of an item.  It is never guessed from the text. */
#ifndef SITREP_MODEL_LANGUAGE_H
#define SITREP_MODEL_LANGUAGE_H

#include "sitrep/base/arena.h"
#include "sitrep/base/str.h"
#include "sitrep/model/document.h"

/* The language declared by the item, else by its content, summary or title, else by the feed, else by the header
 * Content-Language.  An xml:lang that is inherited from the feed does not count as the item's.  A value that names
 * no language (und, mul, a list, a sentence) is skipped; "en_US" is read as en-US. The result points into the item
 * or the feed, or lies in a; STR_NONE: not declared. */
struct str language_of(
	struct arena *a, const struct item *it, const struct feed_facts *feed, struct str content_language);

/* The item's language when it has the form of a tag, else STR_NONE. */
struct str language_shown(const struct item *it);

#endif
