/* SPDX-License-Identifier: ISC */
/* word_table.h: the words of a sealed automaton, and what begins with each.
 *
 * Nearly every word of a text is in no rule.  So the table is read in two steps.  The first reads a group: eight bytes
 * with a tag, seven bits of the hash, for each of eight places.  The groups of 10,000 words take 20 KiB, which stay in
 * the processor's nearest cache.  Only a word whose tag is there is looked at in its place, of sixteen bytes, which
 * tell all that is to be known at the beginning of a pattern.
 *
 * A word stands in the group of its hash, or, when that is full, in one of the next: each full group on the way then
 * says that words went on.
 *
 * A word is known by its key: its bytes, when it has at most eight, else 64 bits of its hash, whose seed nobody outside
 * knows.  Two words are taken for one another when their keys are equal and they meet in one group: for one look-up of
 * a long word in 10^18. */
#ifndef RULES_WORD_TABLE_H
#define RULES_WORD_TABLE_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "sitrep/base/str.h"

#define WORD_NONE UINT32_MAX

enum { WORD_GROUP_PLACES = 8 };

/* The bits of a group: the lower seven of each byte are the tag of a place, or 0 when no word is there.  The upper bit
 * of the last byte tells that words went on to the next group. */
#define WORD_TAGS UINT64_C(0x7F7F7F7F7F7F7F7F)
#define WORD_TAG_TOPS (WORD_TAGS + UINT64_C(0x0101010101010101))
#define WORD_WENT_ON (UINT64_C(1) << 63)

struct word_place {
	uint64_t key;     /* 0: no word */
	uint32_t state;   /* behind the word at the beginning of a pattern, or 0 */
	uint32_t pattern; /* that the word is by itself, or WORD_NONE */
};

/* A word's number is its place. */
struct word_table {
	uint64_t seed;
	uint64_t *groups;
	struct word_place *places; /* WORD_GROUP_PLACES for each group */
	uint32_t group_count;
};

/* Room for that many words. 0 or -ENOMEM. */
int word_table_init(struct word_table *t, uint64_t seed, size_t words);
void word_table_release(struct word_table *t);
/* Has the memory fetched in which a word will be put. */
void word_table_prefetch(const struct word_table *t, struct str word);
/* Puts a word that is not there yet; returns its number. */
uint32_t word_table_put(struct word_table *t, struct str word);

static inline uint32_t word_table_places(const struct word_table *t)
{
	return t->group_count * WORD_GROUP_PLACES;
}

/* The key of a word of more than eight bytes; never 0. */
static inline uint64_t word_key_long(const struct word_table *t, struct str word)
{
	uint64_t hash = XXH3_64bits_withSeed(word.data, word.len, t->seed);

	return hash != 0 ? hash : 1;
}

/* The first len bytes, 1 to 8, of a word, of which eight were read. */
static inline uint64_t word_key_short(uint64_t bytes, size_t len)
{
	return bytes & UINT64_MAX >> (64 - 8 * len) % 64;
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

/* The upper bits of the product depend on all of the key.  A text's author chooses keys, but does not know the seed, so
 * cannot make them stand in one group. */
static inline uint64_t word_hash(const struct word_table *t, uint64_t key)
{
	return key * (t->seed | 1);
}

static inline uint32_t word_table_group(const struct word_table *t, uint64_t hash)
{
	return (uint32_t)((hash >> 32) * t->group_count >> 32);
}

static inline uint64_t word_tag(uint64_t hash)
{
	return hash >> 40 & 0x7F;
}

/* The upper bit of each byte of a group whose tag is that one. */
static inline uint64_t word_group_find(uint64_t group, uint64_t tag)
{
	uint64_t others = (group & WORD_TAGS) ^ tag * (WORD_TAG_TOPS >> 7);

	return ~(others + WORD_TAGS) & WORD_TAG_TOPS;
}

/* The first of the places that word_group_find() found. */
static inline uint32_t word_group_place(uint32_t group, uint64_t found)
{
	return group * WORD_GROUP_PLACES + (uint32_t)__builtin_ctzll(found) / 8;
}

/* The number of the word with the key and its hash, or WORD_NONE. */
static inline uint32_t word_table_find(const struct word_table *t, uint64_t key, uint64_t hash)
{
	uint32_t group = word_table_group(t, hash);

	for (;; group = group + 1 < t->group_count ? group + 1 : 0) {
		uint64_t found = word_group_find(t->groups[group], word_tag(hash));

		for (; found != 0; found &= found - 1)
			if (t->places[word_group_place(group, found)].key == key)
				return word_group_place(group, found);
		if ((t->groups[group] & WORD_WENT_ON) == 0)
			return WORD_NONE;
	}
}

#endif
