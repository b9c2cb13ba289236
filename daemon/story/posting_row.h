/* SPDX-License-Identifier: ISC */
/* posting_row.h: a row of postings as near_index.c keeps it, and its sums.
 *
 * A posting is four bytes of a shingle (its tag) and six of an item's number.  A flush's postings in a bucket are
 * followed by their sum in the form of a posting: its item is 24 ones and their number, its tag is their checksum.
 * Older rows have no sums; older programs take a sum for an item that is gone. */
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

/* Little-endian numbers. */
uint64_t posting_take_bytes(const uint8_t *at, size_t count);
int posting_add_bytes(struct buf *out, uint64_t value, size_t count);

/* Appends the sum of the count postings that row holds. */
int posting_row_seal(struct buf *row, size_t count);
/* The row's next sound postings, from *at to *end; false at the row's end. *next is 0 at first.  Postings that do not
 * fit their sum are left out and noted as damage of row place of the table.  Postings without sum are taken as they
 * are, since the items they find are compared by their sketches anyway. */
bool posting_row_next(struct str row, size_t *at, size_t *end, size_t *next, int64_t place, const char *table);

#endif
