/* SPDX-License-Identifier: ISC */
/* lexicon.h: the words that occur in rules, numbered.
 *
 * There are whole words, and prefixes ("missile*").  A word may begin with several prefixes ("miss*", "missile*").
 * Words and prefixes are added first, then the lexicon is sealed: the words go into a table (word_table.h), where they
 * are looked up, and prefixes are found here. */
#ifndef RULES_LEXICON_H
#define RULES_LEXICON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"
#include "word_table.h"

#define LEXICON_NONE UINT32_MAX

struct lexicon;

struct lexicon *lexicon_new(void);
void lexicon_free(struct lexicon *l);

/* Has the memory fetched where the number of a word is looked up. */
void lexicon_prefetch(const struct lexicon *l, struct str word);
/* Gives a word or prefix its number, the same each time; words and prefixes are numbered separately from 0. 0, -ENOMEM
 * or -E2BIG. */
int lexicon_add_word(struct lexicon *l, struct str word, uint32_t *id);
int lexicon_add_prefix(struct lexicon *l, struct str prefix, uint32_t *id);

/* Makes room for so many words in all, so that they are not copied while they are added. 0 or -ENOMEM. */
int lexicon_reserve(struct lexicon *l, uint32_t words);
uint32_t lexicon_word_count(const struct lexicon *l);
/* Puts the words into an empty table, and forgets them; numbers[id], for each word, becomes its number there.  0 or
 * -ENOMEM. */
int lexicon_seal(struct lexicon *l, struct word_table *table, uint32_t *numbers);

/* A sealed lexicon in an image (rule_image.h); NULL without memory.  lexicon_open() finds it there, and only
 * lexicon_longest_prefix(), lexicon_shorter_prefix() and lexicon_free() may be called. */
void lexicon_write(const struct lexicon *l, struct buf *image);
struct lexicon *lexicon_open(struct str image);

/* Tells of most words that they begin with no prefix: a bit for the first bytes of each, at most eight of them. */
struct prefix_filter {
	const uint64_t *bits;
	int shift;        /* of a hash, to the number of its bit */
	uint32_t lengths; /* bit n: a prefix has n bytes, or 8: eight or more; 0: no prefixes */
};
struct prefix_filter lexicon_prefix_filter(const struct lexicon *l);

/* first: the first bytes of a word or prefix, as word_key_short() takes them. */
static inline uint64_t prefix_filter_bit(const struct prefix_filter *f, uint64_t first, size_t len)
{
	return word_key_short(first, len) * UINT64_C(0x9E3779B97F4A7C15) >> f->shift;
}

/* False: the word begins with no prefix. */
static inline bool prefix_filter_has(const struct prefix_filter *f, uint64_t first)
{
	for (uint32_t lengths = f->lengths; lengths != 0; lengths &= lengths - 1) {
		uint64_t bit = prefix_filter_bit(f, first, (size_t)__builtin_ctz(lengths));

		if ((f->bits[bit / 64] >> bit % 64 & 1) != 0)
			return true;
	}
	return false;
}

/* The longest prefix that word begins with; then with lexicon_shorter_prefix() each shorter one. LEXICON_NONE ends
 * them. */
uint32_t lexicon_longest_prefix(const struct lexicon *l, struct str word);
uint32_t lexicon_shorter_prefix(const struct lexicon *l, uint32_t prefix);

#endif
