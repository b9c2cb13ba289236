/* SPDX-License-Identifier: ISC */
/* word_table.h: the words of a sealed automaton, and what begins with each.
 *
 * Nearly every word of a text is in no rule, so that question is answered first, by one bit of a filter that fits the
 * processor's nearest caches.  A word that passes has one place in a table, of sixteen bytes: they tell all that is to
 * be known at the beginning of a pattern.
 *
 * A word is known by its key: its bytes, when it has at most eight, else 64 bits of its hash, whose seed nobody outside
 * knows.  Two words are then taken for one another when their keys are equal and they stand in the same run of the
 * table, for one look-up of a long word in 10^18. */
#ifndef WATCH_WORD_TABLE_H
#define WATCH_WORD_TABLE_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "sitrep/base/str.h"

#define WORD_NONE UINT32_MAX

struct word_place {
	uint64_t key;     /* 0: no word */
	uint32_t state;   /* behind the word at the beginning of a pattern, or 0 */
	uint32_t pattern; /* that the word is by itself, or WORD_NONE */
};

/* A word's number is its place. */
struct word_table {
	uint64_t seed;
	struct word_place *places; /* at most half of them are words */
	uint32_t count;
	uint64_t *filter; /* bits, at least twelve for each word */
	uint64_t filter_mask;
};

/* Room for that many words. 0 or -ENOMEM. */
int word_table_init(struct word_table *t, uint64_t seed, size_t words);
void word_table_release(struct word_table *t);
/* Puts a word that is not there yet; returns its number. */
uint32_t word_table_put(struct word_table *t, struct str word);

/* The key of a word of more than eight bytes; never 0. */
static inline uint64_t word_key_long(const struct word_table *t, struct str word)
{
	uint64_t hash = XXH3_64bits_withSeed(word.data, word.len, t->seed);

	return hash != 0 ? hash : 1;
}

/* The first len bytes of a word, of which eight were read. */
static inline uint64_t word_key_short(uint64_t bytes, size_t len)
{
	return len >= sizeof(bytes) ? bytes : bytes & ((UINT64_C(1) << (8 * len)) - 1);
}

/* The key of the empty word is 0, which no word has. */
static inline uint64_t word_key(const struct word_table *t, struct str word)
{
	uint64_t bytes = 0;

	if (word.len > sizeof(bytes))
		return word_key_long(t, word);
	if (word.len > 0)
		memcpy(&bytes, word.data, word.len);
	return le64toh(bytes);
}

/* Keys are chosen by whoever writes a text: without the seed they cannot be made to stand in one place. */
static inline uint64_t word_hash(const struct word_table *t, uint64_t key)
{
	uint64_t hash = (key ^ t->seed) * UINT64_C(0x9E3779B97F4A7C15);

	hash = (hash ^ hash >> 32) * UINT64_C(0xD6E8FEB86659FD93);
	return hash ^ hash >> 32;
}

/* False: the word is not there.  True is wrong for one of twelve others, or fewer. */
static inline bool word_table_may_have(const struct word_table *t, uint64_t hash)
{
	uint64_t bit = hash & t->filter_mask;

	return (t->filter[bit / 64] >> bit % 64 & 1) != 0;
}

static inline uint32_t word_table_start(const struct word_table *t, uint64_t hash)
{
	return (uint32_t)((hash >> 32) * t->count >> 32);
}

/* The number of the word with the key and its hash, or WORD_NONE. */
static inline uint32_t word_table_find(const struct word_table *t, uint64_t key, uint64_t hash)
{
	uint32_t at = word_table_start(t, hash);

	while (t->places[at].key != 0) {
		if (t->places[at].key == key)
			return at;
		at = at + 1 < t->count ? at + 1 : 0;
	}
	return WORD_NONE;
}

#endif
