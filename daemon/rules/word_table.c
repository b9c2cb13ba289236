/* SPDX-License-Identifier: ISC */
#include "word_table.h"

#include <errno.h>
#include <stdlib.h>

#include "sitrep/base/pages.h"

/* In the mean: so few words go on to the next group, and the table has little room that is not used. */
enum { WORDS_A_GROUP = 4 };

int word_table_init(struct word_table *t, uint64_t seed, size_t words)
{
	*t = (struct word_table){.seed = seed, .group_count = (uint32_t)(words / WORDS_A_GROUP + 1)};
	t->groups = calloc(t->group_count, sizeof(*t->groups));
	t->places =
		pages_take(calloc(word_table_places(t), sizeof(*t->places)), word_table_places(t) * sizeof(*t->places));
	return t->places == NULL || t->groups == NULL ? -ENOMEM : 0;
}

void word_table_release(struct word_table *t)
{
	free(t->places);
	free(t->groups);
}

/* The first free place of the group, or the first of the next one. */
static uint32_t free_place(const struct word_table *t, uint32_t group)
{
	uint32_t at = group * WORD_GROUP_PLACES, end = at + WORD_GROUP_PLACES;

	while (at < end && t->places[at].key != 0)
		at++;
	return at;
}

void word_table_prefetch(const struct word_table *t, struct str word)
{
	uint32_t group = word_table_group(t, word_hash(t, word_key(t, word)));
	const struct word_place *places = &t->places[(size_t)group * WORD_GROUP_PLACES];

	__builtin_prefetch(&t->groups[group], 1);
	__builtin_prefetch(places, 1);
	__builtin_prefetch(places + WORD_GROUP_PLACES / 2, 1);
}

uint32_t word_table_put(struct word_table *t, struct str word)
{
	uint64_t key = word_key(t, word), hash = word_hash(t, key);
	uint32_t group = word_table_group(t, hash), at = free_place(t, group);

	while (at / WORD_GROUP_PLACES != group) {
		t->groups[group] |= WORD_WENT_ON;
		group = group + 1 < t->group_count ? group + 1 : 0;
		at = free_place(t, group);
	}
	t->groups[group] |= word_tag(hash) << 8 * (at % WORD_GROUP_PLACES);
	t->places[at] = (struct word_place){.key = key, .pattern = WORD_NONE};
	return at;
}
