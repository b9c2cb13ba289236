/* SPDX-License-Identifier: ISC */
/* text_diff.h: compares two versions of a text word by word.
 *
 * A word is a run of letters and digits, or one character of any other kind; in scripts without spaces between words
 * each character is one.  White space does not count, but a line's end is a word of its own.  The comparison is that of
 * Myers, "An O(ND) Difference Algorithm" (1986).  Its work is bounded: of texts that differ in too many places, the
 * part between their common beginning and their common end is given as deleted and inserted as a whole. */
#ifndef SITREP_TEXT_TEXT_DIFF_H
#define SITREP_TEXT_TEXT_DIFF_H

#include <stdbool.h>

#include "sitrep/base/str.h"

enum {
	TEXT_DIFF_WORDS_MAX = 20000,  /* of each text; the rest is not compared, and left out */
	TEXT_DIFF_CHANGES_MAX = 600,  /* words deleted and inserted */
	TEXT_DIFF_STEPS_MAX = 500000, /* comparisons of two words: two milliseconds */
};

enum text_diff_kind { TEXT_DIFF_KEPT, TEXT_DIFF_DELETED, TEXT_DIFF_INSERTED };

/* A part of one line.  text points into the version after the change, or, when it was deleted, into that before it.
 * spaced: white space stands before it.  new_line: it is the first one of a line of either version. */
struct text_diff_piece {
	enum text_diff_kind kind;
	struct str text;
	bool spaced, new_line;
};
typedef void text_diff_fn(void *arg, const struct text_diff_piece *piece);

/* Calls fn for each piece in order; deleted ones come before those that were inserted in their place.  Both texts are
 * valid UTF-8.  *changed: they differ in a word or a line's end.  0 or -ENOMEM. */
int text_diff(struct str before, struct str after, text_diff_fn *fn, void *arg, bool *changed);

#endif
