/* SPDX-License-Identifier: ISC */
/* posting.h: the texts of a segment that have a word, as bytes.
 *
 * Texts are numbered from 0 within their segment.  A list holds rising numbers: the distances between them, seven bits
 * a byte, or a bitmap where that is shorter. */
#ifndef SEARCH_POSTING_H
#define SEARCH_POSTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

/* Most texts of a segment. */
enum { SEGMENT_DOCS_MAX = 65536, SEGMENT_BITMAP_WORDS = SEGMENT_DOCS_MAX / 64 };

/* Appends the list of count rising numbers below docs: count, then the rest. */
int posting_put(struct buf *out, const uint32_t *numbers, size_t count, uint32_t docs);
/* Takes a list off the front of *in.  Its numbers go into numbers, which has room for docs.  False when the bytes are
 * not such a list. */
bool posting_take(struct str *in, uint32_t docs, uint32_t *numbers, size_t *count);
/* The same, but sets the bits of the numbers. */
bool posting_take_bits(struct str *in, uint32_t docs, uint64_t *bits);
/* Takes a list off without reading its numbers. */
bool posting_skip(struct str *in, uint32_t docs);

#endif
