/* SPDX-License-Identifier: ISC */
/* jsonrepair.h: repairs faulty JSON, for jsonfeed.c.
 *
 * For text that jansson has refused: a mistake loses the value that it is in, not the document.  Repaired are bad
 * escapes, lone surrogates and control characters in strings, quotation marks that were not escaped, malformed or too
 * large numbers (they become strings), NaN and other words (null), names without quotation marks, commas too many or
 * too few, comments, brackets that do not match, and values nested deeper than LIMIT_DEPTH (null).  Of a document that
 * was cut, the complete elements of the root's lists are kept. */
#ifndef SITREP_PARSE_JSONREPAIR_H
#define SITREP_PARSE_JSONREPAIR_H

#include <stdbool.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

/* Appends the repaired text to out, in one pass. *cut: the text ended before its root was closed.  0 or out's
 * failure. */
int json_repair(struct buf *out, struct str text, bool *cut);

#endif
