/* SPDX-License-Identifier: ISC */
/* Sketches as bytes, and their comparison.
 *
 * The bytes are a fixed header, then the lists, everything little-endian: version, level, number level, number of
 * title words (a byte each), words (4 bytes), numbers (2), shingles (2), from version 2 on shingles of the opening
 * (1); title words of 4 bytes, numbers, shingles and those of the opening of 6.  A sketch is written in the version
 * that made it.  Each sketch has exactly one encoding, and any other bytes are refused, since bytes come from a
 * worker that read hostile text, or from a disk. */
#include <errno.h>
#include <stdbool.h>

#include "number_words.h"
#include "sitrep/base/le.h"
#include "sitrep/identity/sketch.h"

enum { HEADER_BYTES = 12, TITLE_BYTES = 4, SHINGLE_BYTES = SKETCH_SHINGLE_BITS / 8 };

static bool has_opening(uint8_t version)
{
	return version >= 2;
}

/* ---- writing ---- */

int sketch_encode(struct buf *out, const struct sketch *s)
{
	le_append(out, s->version, 1);
	le_append(out, s->level, 1);
	le_append(out, s->number_level, 1);
	le_append(out, s->title_count, 1);
	le_append(out, s->words, 4);
	le_append(out, s->number_count, 2);
	le_append(out, s->shingle_count, 2);
	if (has_opening(s->version))
		le_append(out, s->opening_count, 1);
	for (size_t i = 0; i < s->title_count; i++)
		le_append(out, s->title[i], TITLE_BYTES);
	for (size_t i = 0; i < s->number_count; i++)
		le_append(out, s->numbers[i], SHINGLE_BYTES);
	for (size_t i = 0; i < s->shingle_count; i++)
		le_append(out, s->shingles[i], SHINGLE_BYTES);
	for (size_t i = 0; has_opening(s->version) && i < s->opening_count; i++)
		le_append(out, s->opening[i], SHINGLE_BYTES);
	return out->failed;
}

/* ---- reading ---- */

static int take_title(const uint8_t **at, struct sketch *s)
{
	for (size_t i = 0; i < s->title_count; i++) {
		s->title[i] = (uint32_t)le_take(at, TITLE_BYTES);
		if (i > 0 && s->title[i] <= s->title[i - 1])
			return -EPROTO;
	}
	return 0;
}

/* Reads hashes; in each, the bits from shift to shift + level must be zero. */
static int take_hashes(const uint8_t **at, uint64_t *list, size_t count, unsigned shift, unsigned level)
{
	for (size_t i = 0; i < count; i++) {
		list[i] = le_take(at, SHINGLE_BYTES);
		if ((i > 0 && list[i] <= list[i - 1]) || (list[i] >> shift & ((UINT64_C(1) << level) - 1)) != 0)
			return -EPROTO;
	}
	return 0;
}

int sketch_decode(struct str bytes, struct sketch *s)
{
	const uint8_t *at = (const uint8_t *)bytes.data;
	int result;

	if (bytes.len < HEADER_BYTES)
		return -EPROTO;
	s->version = (uint8_t)le_take(&at, 1);
	if (s->version < SKETCH_VERSION_OLDEST || s->version > SKETCH_VERSION ||
		bytes.len < HEADER_BYTES + (size_t)has_opening(s->version))
		return -EPROTO;
	s->level = (uint8_t)le_take(&at, 1);
	s->number_level = (uint8_t)le_take(&at, 1);
	s->title_count = (size_t)le_take(&at, 1);
	s->words = (uint32_t)le_take(&at, 4);
	s->number_count = (size_t)le_take(&at, 2);
	s->shingle_count = (size_t)le_take(&at, 2);
	s->opening_count = has_opening(s->version) ? (size_t)le_take(&at, 1) : 0;
	if (s->level >= SKETCH_SHINGLE_BITS || s->number_level >= SKETCH_CONTEXT_BITS ||
		s->title_count > SKETCH_TITLE_MAX || s->number_count > SKETCH_NUMBERS_MAX ||
		s->shingle_count > SKETCH_SHINGLES_MAX || s->opening_count > SKETCH_OPENING_MAX ||
		bytes.len != HEADER_BYTES + (size_t)has_opening(s->version) + TITLE_BYTES * s->title_count +
				     SHINGLE_BYTES * (s->number_count + s->shingle_count + s->opening_count))
		return -EPROTO;
	result = take_title(&at, s);
	if (result == 0)
		result = take_hashes(&at, s->numbers, s->number_count, SKETCH_CONTEXT_BITS, s->number_level);
	if (result == 0)
		result = take_hashes(&at, s->shingles, s->shingle_count, 0, s->level);
	if (result == 0)
		result = take_hashes(&at, s->opening, s->opening_count, 0, 0);
	return result;
}

/* ---- side by side ---- */

struct overlap sketch_shingle_overlap(const struct sketch *a, const struct sketch *b)
{
	uint64_t mask = (UINT64_C(1) << (a->level > b->level ? a->level : b->level)) - 1;
	struct overlap o = {0};
	size_t i = 0, k = 0;

	while (i < a->shingle_count || k < b->shingle_count) {
		/* the end of a list counts as larger than any hash */
		uint64_t x = i < a->shingle_count ? a->shingles[i] : UINT64_MAX;
		uint64_t y = k < b->shingle_count ? b->shingles[k] : UINT64_MAX;
		bool counts = ((x < y ? x : y) & mask) == 0;

		o.of_a += counts && x <= y;
		o.of_b += counts && y <= x;
		o.shared += counts && x == y;
		i += x <= y;
		k += y <= x;
	}
	return o;
}

size_t sketch_opening_shared(const struct sketch *whole, const struct sketch *sampled)
{
	size_t shared = 0, i = 0, k = 0;

	if (whole->level > 0 || sampled->level == 0)
		return 0;
	while (i < whole->shingle_count && k < sampled->opening_count) {
		uint64_t x = whole->shingles[i], y = sampled->opening[k];

		shared += x == y;
		i += x <= y;
		k += y <= x;
	}
	return shared;
}

/* Keeps in list the hashes that b certainly lacks; mask: the level of b. */
static size_t subtract(uint64_t *list, size_t count, const struct sketch *b, uint64_t mask)
{
	size_t kept = 0, k = 0;

	for (size_t i = 0; i < count; i++) {
		while (k < b->shingle_count && b->shingles[k] < list[i])
			k++;
		if ((list[i] & mask) == 0 && (k == b->shingle_count || b->shingles[k] != list[i]))
			list[kept++] = list[i];
	}
	return kept;
}

void sketch_subtract(struct sketch *a, const struct sketch *b)
{
	uint64_t mask = (UINT64_C(1) << b->level) - 1;

	a->shingle_count = subtract(a->shingles, a->shingle_count, b, mask);
	a->opening_count = subtract(a->opening, a->opening_count, b, mask);
}

struct overlap sketch_title_overlap(const struct sketch *a, const struct sketch *b)
{
	struct overlap o = {.of_a = a->title_count, .of_b = b->title_count};
	size_t i = 0, k = 0;

	while (i < a->title_count && k < b->title_count) {
		uint32_t x = a->title[i], y = b->title[k];

		o.shared += x == y;
		i += x <= y;
		k += y <= x;
	}
	return o;
}

/* ---- numbers ---- */

static const uint64_t context_mask = ((UINT64_C(1) << SKETCH_CONTEXT_BITS) - 1) & ~(SKETCH_SPELLED | SKETCH_SCALE);

static bool is_spelled(const struct sketch *s, uint64_t number)
{
	return s->version >= 2 && (number & SKETCH_SPELLED) != 0;
}

static enum number_scale scale_of(const struct sketch *s, uint64_t number)
{
	return s->version >= 3 ? (enum number_scale)((number & SKETCH_SCALE) >> SKETCH_SCALE_SHIFT) : NUMBER_ONES;
}

/* Whether s has the number, by its context alone: before version 3 "2 thousand" was the number 2, so that it cannot be
 * compared between two versions. */
static bool has_whole(const struct sketch *s, const struct sketch *a, uint64_t number)
{
	if ((s->version >= 3) == (a->version >= 3))
		return false;
	for (size_t i = 0; i < s->number_count; i++)
		if (((s->numbers[i] ^ number) & context_mask) == 0 &&
			(scale_of(a, number) == NUMBER_WHOLE || scale_of(s, s->numbers[i]) == NUMBER_WHOLE))
			return true;
	return false;
}

/* "2 million" is not "2 billion"; a bare 2 agrees with both. */
static bool scales_agree(enum number_scale a, enum number_scale b)
{
	return a == b || a == NUMBER_ONES || b == NUMBER_ONES;
}

/* Whether s has the number.  Words and figures match only behind the same words: "squadron 2" does not match "two
 * ships". */
static bool has_number(const struct sketch *s, const struct sketch *a, uint64_t number)
{
	uint64_t value = number >> SKETCH_CONTEXT_BITS;
	size_t low = 0, high = s->number_count;
	bool found = false;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->numbers[mid] >> SKETCH_CONTEXT_BITS < value)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < s->number_count && s->numbers[low] >> SKETCH_CONTEXT_BITS == value && !found; low++)
		found = scales_agree(scale_of(s, s->numbers[low]), scale_of(a, number)) &&
			(is_spelled(s, s->numbers[low]) == is_spelled(a, number) ||
				((s->numbers[low] ^ number) & context_mask) == 0);
	return found || has_whole(s, a, number);
}

static bool has_context(const struct sketch *s, uint64_t number)
{
	for (size_t i = 0; i < s->number_count; i++)
		if (((s->numbers[i] ^ number) & context_mask) == 0)
			return true;
	return false;
}

/* Counts a's numbers that b has.  The entries of a number with several contexts are neighbours in the list. */
static struct number_overlap numbers_within(const struct sketch *a, const struct sketch *b)
{
	unsigned level = a->number_level > b->number_level ? a->number_level : b->number_level;
	struct number_overlap o = {0};
	size_t i = 0;

	while (i < a->number_count) {
		uint64_t number = a->numbers[i] >> SKETCH_CONTEXT_BITS;
		bool shared = false, placed = false, written = false, written_shared = false;

		for (; i < a->number_count && a->numbers[i] >> SKETCH_CONTEXT_BITS == number; i++) {
			bool has = has_number(b, a, a->numbers[i]);

			shared = shared || has;
			placed = placed || has || has_context(b, a->numbers[i]);
			if (!is_spelled(a, a->numbers[i])) {
				written = true;
				written_shared = written_shared || has;
			}
		}
		if ((number & ((UINT64_C(1) << level) - 1)) != 0)
			continue;
		o.of++;
		o.shared += shared;
		o.placed += placed;
		o.written_of += written;
		o.written_shared += written_shared;
		if (!placed || (number & SKETCH_FIGURE) == 0)
			continue;
		o.figures += written;
		o.figures_shared += written_shared;
		o.spelled += !written;
		o.spelled_shared += !written && shared;
	}
	return o;
}

struct number_overlap sketch_number_overlap(const struct sketch *a, const struct sketch *b)
{
	struct number_overlap ab = numbers_within(a, b), ba = numbers_within(b, a);

	if (ab.of != ba.of)
		return ab.of < ba.of ? ab : ba;
	return ab.placed < ba.placed ? ab : ba;
}
