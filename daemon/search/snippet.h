/* SPDX-License-Identifier: ISC */
/* snippet.h: the part of a text around the words that were found. */
#ifndef SEARCH_SNIPPET_H
#define SEARCH_SNIPPET_H

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

/* Appends about 240 bytes of marked, a text with RULE_MARK_BEGIN and RULE_MARK_END, around its first mark, or from its
 * beginning when it has none; with "…" where it was cut, whole words, white space as single spaces, and no mark left
 * open. 0 or out's failure. */
int snippet_write(struct buf *out, struct str marked);

#endif
