/* SPDX-License-Identifier: ISC */
/* language.h: the language that an item is written in, as it was declared: nothing is guessed. */
#ifndef SITREP_MODEL_LANGUAGE_H
#define SITREP_MODEL_LANGUAGE_H

#include <stdbool.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/str.h"
#include "sitrep/model/document.h"

/* Has s the form of a language tag (RFC 5646): letters of at most eight, then more such parts behind hyphens? */
bool language_is_tag(struct str s);

/* What the item says, else its content, summary or title, else the feed, else the Content-Language that the feed came
 * with; XML hands the outer ones down, and what is inherited is not said by the inner one.  What names no language
 * (und, mul, a list, a sentence) is passed over; "en_US" is read as en-US.  Points into the item or the feed, or lies
 * in a; STR_NONE: nobody says. */
struct str language_of(
	struct arena *a, const struct item *it, const struct feed_facts *feed, struct str content_language);

#endif
