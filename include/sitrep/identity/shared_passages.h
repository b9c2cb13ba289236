/* SPDX-License-Identifier: ISC */
/* shared_passages.h: finds the passages that stand in two texts.
 *
 * Words are compared by their canonical tokens (canon.h), so that case and punctuation do not matter.  A passage is at
 * least SHARED_PASSAGE_WORDS words long; a character of a script without spaces between words counts half.  The work is
 * bounded: of a run of words that a text repeats often, some places alone are compared. */
#ifndef SITREP_IDENTITY_SHARED_PASSAGES_H
#define SITREP_IDENTITY_SHARED_PASSAGES_H

#include <stddef.h>

#include "sitrep/base/str.h"

enum {
	SHARED_PASSAGE_WORDS = 6,
	SHARED_PASSAGES_TEXT_MAX = 6000, /* words of each text; the rest is not compared */
};

struct passage {
	size_t from, to; /* bytes of the text */
};

struct passage_list {
	struct passage *items; /* in order; they do not touch */
	size_t count;
	size_t words, shared; /* of the whole text, and of its passages */
};

/* Sets the passages of each text (valid UTF-8).  0 or -ENOMEM; the caller frees items in any case. */
int shared_passages(struct str a, struct str b, struct passage_list *in_a, struct passage_list *in_b);

#endif
