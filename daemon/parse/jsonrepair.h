/* SPDX-License-Identifier: ISC */
/* jsonrepair.h: JSON as it is published into JSON as it is specified.
 *
 * Private to jsonfeed.c, for text that the library has refused: a fault costs the value that it is in, not the
 * document. Bad escapes, lone surrogates and control characters in strings, quotation marks that were not escaped,
 * numbers that are none or too large (they become strings), NaN and other words (null), names without quotation marks,
 * commas too many or too few, comments, brackets that do not fit, and values nested deeper than LIMIT_DEPTH (null) are
 * mended.  Of a document that ends before its end, the elements of the root's lists that came whole are kept. */
#ifndef SITREP_PARSE_JSONREPAIR_H
#define SITREP_PARSE_JSONREPAIR_H

#include <stdbool.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

/* Appends the mended form of text to out, in one pass; *cut: the text ended within its root.  0 or out's failure. */
int json_repair(struct buf *out, struct str text, bool *cut);

#endif
