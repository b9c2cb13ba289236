/* SPDX-License-Identifier: ISC */
/* index_word.h: the words of the index.
 *
 * Words of title and body stand as they are.  All others have a character in front that no word begins with, so that
 * one list in order holds them all. */
#ifndef SEARCH_INDEX_WORD_H
#define SEARCH_INDEX_WORD_H

#include <stdbool.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

enum index_word_kind {
	WORD_TEXT = 0,      /* of title or body */
	WORD_TITLE = 1,     /* of the title; it is a WORD_TEXT, too */
	WORD_OTHER = 2,     /* of summary, authors, address or outlet, unless it is a WORD_TEXT */
	WORD_LANGUAGE = 3,  /* a name */
	WORD_PUBLISHER = 4, /* a name: the outlet's host, or its end */
	WORD_FEED = 5,      /* the feed's number */
	WORD_PAIR = 6,      /* two neighbours of a script without spaces: two characters of Han */
	WORD_OFTEN = 7,     /* stands WORD_OFTEN_COUNT times or more in title and body */
};

enum { WORD_OFTEN_COUNT = 3 };

/* Replaces out's content by the word, cut to TERM_WORD_MAX.  False when it was cut: then other words may be the same.
 */
bool index_word_make(struct buf *out, enum index_word_kind kind, struct str word);
bool index_word_make_feed(struct buf *out, int64_t feed_id);
bool index_word_make_pair(struct buf *out, struct str first, struct str second);
/* Is the word a character of a script without spaces between words? */
bool index_word_is_single(struct str word);

#endif
