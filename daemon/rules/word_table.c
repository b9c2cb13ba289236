/* SPDX-License-Identifier: ISC */
#include "word_table.h"

#include <errno.h>
#include <stdlib.h>

enum { FILTER_LEAST = 512, BITS_A_WORD = 8 };

int word_table_init(struct word_table *t, uint64_t seed, size_t words)
{
	size_t bits = FILTER_LEAST;

	while (bits < BITS_A_WORD * words)
		bits *= 2;
	*t = (struct word_table){.seed = seed, .count = (uint32_t)(2 * words + 1), .filter_mask = bits - 1};
	t->places = calloc(t->count, sizeof(*t->places));
	t->filter = calloc(bits / 64, sizeof(*t->filter));
	return t->places == NULL || t->filter == NULL ? -ENOMEM : 0;
}

void word_table_release(struct word_table *t)
{
	free(t->places);
	free(t->filter);
}

uint32_t word_table_put(struct word_table *t, struct str word)
{
	uint64_t key = word_key(t, word), hash = word_hash(t, key), bit = hash & t->filter_mask;
	uint32_t at = word_table_start(t, hash);

	while (t->places[at].key != 0)
		at = at + 1 < t->count ? at + 1 : 0;
	t->places[at] = (struct word_place){.key = key, .pattern = WORD_NONE};
	t->filter[bit / 64] |= UINT64_C(1) << bit % 64;
	return at;
}
