/* SPDX-License-Identifier: ISC */
/* posting_row.h: the bytes of a row of postings (near_index.c).
 *
 * A posting is four bytes of a shingle (its tag) and six of an item's number.  Behind the postings that one flush
 * adds to a bucket comes their sum in the form of a posting: its tag is their checksum, its item is 24 bits of ones and
 * the number of postings.  Older rows have no sums; older programs take a sum for the posting of an item that is
 * gone. */
#ifndef SITREP_STORY_POSTING_ROW_H
#define SITREP_STORY_POSTING_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

enum {
	POSTING_TAG_BYTES = 4,
	POSTING_ID_BYTES = 6,
	POSTING_BYTES = POSTING_TAG_BYTES + POSTING_ID_BYTES,
};

/* The highest number of an item that a posting can have. */
#define POSTING_ITEM_MAX INT64_C(0xFFFFFEFFFFFF)

/* Appends the sum of the count postings that row holds. */
int posting_row_seal(struct buf *row, size_t count);
/* Finds the row's next undamaged postings, at offsets *at to *end; false at the row's end.  *next is 0 before the first
 * call.  Postings that do not match their sum are left out and noted as damage of row place of the table.  Postings
 * without a sum are accepted, since the items they find are compared by their sketches anyway. */
bool posting_row_next(struct str row, size_t *at, size_t *end, size_t *next, int64_t place, const char *table);

#endif
