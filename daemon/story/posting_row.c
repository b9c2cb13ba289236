/* SPDX-License-Identifier: ISC */
#include "posting_row.h"

#include "sitrep/base/le.h"
#include "sitrep/sql/damage.h"
#include "sitrep/sql/seal.h"

enum { TAG_BYTES = POSTING_TAG_BYTES, ID_BYTES = POSTING_ID_BYTES, SUM_COUNT_BITS = 24 };

static const uint64_t sum_mark = 0xFFFFFF;

int posting_row_seal(struct buf *row, size_t count)
{
	uint32_t sum = seal_sum(buf_str(row));
	int result = le_append(row, sum, TAG_BYTES);

	return result == 0 ? le_append(row, sum_mark << SUM_COUNT_BITS | count, ID_BYTES) : result;
}

static bool is_sum(struct str row, size_t at)
{
	const uint8_t *id = (const uint8_t *)row.data + at + TAG_BYTES;

	return le_get(id, ID_BYTES) >> SUM_COUNT_BITS == sum_mark;
}

/* The end of the undamaged postings between first and the sum at i: i when the sum's postings match it, else the offset
 * before these. */
static size_t sound_end(struct str row, size_t first, size_t i)
{
	const uint8_t *sum = (const uint8_t *)row.data + i;
	size_t count = (size_t)le_get(sum + TAG_BYTES, SUM_COUNT_BITS / 8);

	if (count * POSTING_BYTES > i - first)
		return first;
	if (le_get(sum, TAG_BYTES) == seal_sum(str_slice(row, i - count * POSTING_BYTES, i)))
		return i;
	return i - count * POSTING_BYTES;
}

bool posting_row_next(struct str row, size_t *at, size_t *end, size_t *next, int64_t place, const char *table)
{
	for (*at = *next; *at + POSTING_BYTES <= row.len; *at = *next) {
		size_t i = *at;

		while (i + POSTING_BYTES <= row.len && !is_sum(row, i))
			i += POSTING_BYTES;
		*end = i;
		*next = i + POSTING_BYTES;
		if (*next <= row.len)
			*end = sound_end(row, *at, i);
		if (*end != i)
			damage_note_row(table, place, "postings");
		if (*at < *end)
			return true;
	}
	return false;
}
