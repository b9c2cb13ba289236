/* SPDX-License-Identifier: ISC */
/* plain_text.h: one line of plain text out of a sanitised text. */
#ifndef SITREP_MODEL_PLAIN_TEXT_H
#define SITREP_MODEL_PLAIN_TEXT_H

#include "sitrep/base/buf.h"
#include "sitrep/model/document.h"

/* Appends t as one line without markup.  0 or the buffer's failure. */
int plain_text(struct buf *out, const struct text *t);

/* The same, for finding words: as the worker reads a text for its tokens (identity.c), so that a tag within a word
 * does not part it, and a text that was escaped twice is read again. */
int plain_words(struct buf *out, const struct text *t);

#endif
