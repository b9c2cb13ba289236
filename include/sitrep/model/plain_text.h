/* SPDX-License-Identifier: ISC */
/* plain_text.h: makes one line of plain text of a sanitised text. */
#ifndef SITREP_MODEL_PLAIN_TEXT_H
#define SITREP_MODEL_PLAIN_TEXT_H

#include "sitrep/base/buf.h"
#include "sitrep/model/document.h"

/* Appends t as one line without markup.  0 or the buffer's failure. */
int plain_text(struct buf *out, const struct text *t);

/* The same for a search of words, which reads text as the worker does for tokens (identity.c): a tag within a word does
 * not split it ("mis<b>sile</b>" is one word), and text that was escaped twice is unescaped twice. */
int plain_words(struct buf *out, const struct text *t);

/* Appends t with each paragraph, list item or line as a line that ends with a newline, without markup; empty ones are
 * left out.  0 or the buffer's failure. */
int plain_lines(struct buf *out, const struct text *t);

#endif
