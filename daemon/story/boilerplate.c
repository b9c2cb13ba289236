/* SPDX-License-Identifier: ISC */
/* A count-min sketch of two rows with conservative update: only the smaller of a shingle's two counters grows, so
 * that a counter shared with a frequent shingle does not make a rare one look frequent.  Shingles are hashes
 * already; one multiplication spreads them anew, since those of long texts all end in zeroes.
 *
 * A counter has four bits, two counters a byte: a count above fifteen makes no difference, and half of the memory means
 * half of the cache misses. */
#include "sitrep/story/boilerplate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	ROW_BITS = 23,
	ROW = 1 << ROW_BITS,
	ROWS = 2,
	/* Two in each counter on the average: the chance that both of a new shingle's counters hold eight
	 * is below one in a million. */
	CROWDED = 2 * ROW,
};

_Static_assert(ROWS *ROW / 2 == BOILERPLATE_PAGE * BOILERPLATE_PAGES, "the pages are the rows");

struct boilerplate {
	uint8_t *counters; /* two a byte, one row behind the other */
	uint32_t load;     /* sum of the first row, as far as it grew since the last halving */
	bool changed[BOILERPLATE_PAGES];
};

struct boilerplate *boilerplate_new(struct error *err)
{
	struct boilerplate *b = calloc(1, sizeof(*b));

	if (b != NULL)
		b->counters = calloc(ROWS, ROW / 2);
	if (b == NULL || b->counters == NULL) {
		error_set(err, -ENOMEM, "no memory to count phrases");
		free(b);
		return NULL;
	}
	return b;
}

void boilerplate_free(struct boilerplate *b)
{
	if (b == NULL)
		return;
	free(b->counters);
	free(b);
}

static void places(uint64_t shingle, size_t at[ROWS])
{
	uint64_t mixed = (shingle ^ shingle >> 24) * UINT64_C(0x9E3779B97F4A7C15);

	at[0] = (size_t)(mixed >> (64 - ROW_BITS));
	at[1] = ROW + ((size_t)(mixed >> (64 - 2 * ROW_BITS)) & (ROW - 1));
}

static unsigned counter(const struct boilerplate *b, size_t at)
{
	return b->counters[at / 2] >> at % 2 * 4 & 0xF;
}

static inline unsigned frequency(const struct boilerplate *b, uint64_t shingle)
{
	size_t at[ROWS];
	unsigned first, second;

	places(shingle, at);
	first = counter(b, at[0]);
	if (first == 0)
		return 0;
	second = counter(b, at[1]);
	return first < second ? first : second;
}

unsigned boilerplate_frequency(const struct boilerplate *b, uint64_t shingle)
{
	return frequency(b, shingle);
}

static void count_one(struct boilerplate *b, uint64_t shingle)
{
	unsigned before = frequency(b, shingle);
	size_t at[ROWS];

	if (before == BOILERPLATE_COUNT_MAX)
		return;
	places(shingle, at);
	for (size_t row = 0; row < ROWS; row++) {
		if (counter(b, at[row]) != before)
			continue;
		b->counters[at[row] / 2] = (uint8_t)(b->counters[at[row] / 2] + (1U << at[row] % 2 * 4));
		b->changed[at[row] / 2 / BOILERPLATE_PAGE] = true;
	}
	b->load += b->load < UINT32_MAX;
}

void boilerplate_count(struct boilerplate *b, const struct sketch *s)
{
	uint64_t mask = (UINT64_C(1) << s->level) - 1;

	for (size_t i = 0; i < s->shingle_count; i++)
		count_one(b, s->shingles[i]);
	/* shingles of the opening that are not in the sample */
	for (size_t i = 0; i < s->opening_count; i++)
		if ((s->opening[i] & mask) != 0)
			count_one(b, s->opening[i]);
}

static size_t filter_list(const struct boilerplate *b, uint64_t *list, size_t count, unsigned least)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (frequency(b, list[i]) < least)
			list[kept++] = list[i];
	return kept;
}

/* Keeps the shingles of the opening that are still among the text's.  The shingles of an unsampled text include its
 * opening. */
static size_t keep_common(struct sketch *s)
{
	size_t kept = 0, k = 0;

	for (size_t i = 0; i < s->opening_count; i++) {
		while (k < s->shingle_count && s->shingles[k] < s->opening[i])
			k++;
		if (k < s->shingle_count && s->shingles[k] == s->opening[i])
			s->opening[kept++] = s->opening[i];
	}
	return kept;
}

size_t boilerplate_filter(const struct boilerplate *b, struct sketch *s, unsigned least)
{
	size_t before = s->shingle_count;

	s->shingle_count = filter_list(b, s->shingles, s->shingle_count, least);
	s->opening_count = s->level == 0 ? keep_common(s) : filter_list(b, s->opening, s->opening_count, least);
	return before - s->shingle_count;
}

bool boilerplate_is_crowded(const struct boilerplate *b)
{
	return b->load >= CROWDED;
}

/* A counter at fifteen may have been higher: it becomes eight, not seven, so that a phrase of every text stays
 * boilerplate. */
static unsigned half(unsigned count)
{
	return (count + (count == BOILERPLATE_COUNT_MAX)) / 2;
}

static uint32_t load_of(const uint8_t *bytes, size_t count)
{
	uint32_t load = 0;

	for (size_t i = 0; i < count; i++)
		load += (bytes[i] & 0xFU) + (bytes[i] >> 4);
	return load;
}

void boilerplate_halve(struct boilerplate *b)
{
	for (size_t i = 0; i < (size_t)ROWS * ROW / 2; i++)
		b->counters[i] = (uint8_t)(half(b->counters[i] & 0xFU) | half(b->counters[i] >> 4) << 4);
	b->load = load_of(b->counters, ROW / 2);
	for (size_t i = 0; i < BOILERPLATE_PAGES; i++)
		b->changed[i] = true;
}

struct str boilerplate_take_changed(struct boilerplate *b, size_t *page)
{
	while (*page < BOILERPLATE_PAGES && !b->changed[*page])
		(*page)++;
	if (*page >= BOILERPLATE_PAGES)
		return STR_NONE;
	b->changed[*page] = false;
	return str_make((const char *)b->counters + *page * BOILERPLATE_PAGE, BOILERPLATE_PAGE);
}

int boilerplate_load(struct boilerplate *b, size_t page, struct str bytes)
{
	if (page >= BOILERPLATE_PAGES || bytes.len != BOILERPLATE_PAGE)
		return -EPROTO;
	memcpy(b->counters + page * BOILERPLATE_PAGE, bytes.data, BOILERPLATE_PAGE);
	if (page < BOILERPLATE_PAGES / ROWS)
		b->load += load_of((const uint8_t *)bytes.data, BOILERPLATE_PAGE);
	b->changed[page] = false;
	return 0;
}
