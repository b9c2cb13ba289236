/* SPDX-License-Identifier: ISC */
/* automaton.h: finds many patterns of words in one pass.
 *
 * A pattern is a sequence of words; the last may be a prefix. Equal patterns get the same number.  Patterns are
 * added first, then the automaton is sealed, then words are fed to it one by one.  It is independent of rules. */
#ifndef RULES_AUTOMATON_H
#define RULES_AUTOMATON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lexicon.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"
#include "word_table.h"

struct automaton;

struct automaton *automaton_new(void);
void automaton_free(struct automaton *a);

/* Where a pattern is found; SCOPE_TITLE: only in steps with in_title. */
enum automaton_scope { SCOPE_ANYWHERE, SCOPE_TITLE };

/* Adds a pattern of count words, at least one; patterns are numbered from 0. 0, -ENOMEM or -E2BIG. */
int automaton_add(struct automaton *a, const struct str *words, size_t count, bool prefix, enum automaton_scope scope,
	uint32_t *pattern);
/* Makes room for so many patterns more, of so many words in all, so that none is copied while they are added; few are
 * not worth it. 0 or -ENOMEM. */
int automaton_reserve(struct automaton *a, size_t patterns, size_t words);
size_t automaton_pattern_count(const struct automaton *a);
/* Numbers the patterns anew: those that are one word come first, so that what is kept of them lies close together. */
int automaton_seal(struct automaton *a);
/* The number, once sealed, of a pattern that automaton_add() numbered. */
uint32_t automaton_pattern(const struct automaton *a, uint32_t added);

/* A sealed automaton in an image (rule_image.h); NULL without memory.  One that was opened can only search. */
size_t automaton_bytes(const struct automaton *a); /* about so many in an image */
void automaton_write(const struct automaton *a, struct buf *image);
struct automaton *automaton_open(struct str image);

typedef void automaton_hit_fn(void *arg, uint32_t pattern);

/* A word that was looked up. */
struct automaton_word {
	uint32_t number; /* its place in the table of words, or WORD_NONE */
	uint32_t prefix; /* the longest prefix in a pattern that it begins with (automaton_prefix()), or WORD_NONE */
};
#define AUTOMATON_NO_PATTERN WORD_NONE
/* Where words are looked up.  A place's state is the one behind the word that was fed to state 0. */
const struct word_table *automaton_words(const struct automaton *a);
struct prefix_filter automaton_prefix_filter(const struct automaton *a);
uint32_t automaton_prefix(const struct automaton *a, struct str word);
/* Of pairs of a state and a word: two bits in one number for each, so that most pairs with which no pattern goes on are
 * known as such. */
struct automaton_filter {
	const uint64_t *bits;
	int shift; /* of a hash, to the place of its number */
};
struct automaton_filter automaton_filter(const struct automaton *a);

static inline uint64_t automaton_pair(uint32_t state, uint32_t number)
{
	return (uint64_t)state << 32 | 2 * number;
}

/* Fibonacci hashing is enough: pairs are our own small numbers, not chosen from outside. */
static inline uint64_t automaton_pair_hash(uint64_t pair)
{
	return pair * UINT64_C(0x9E3779B97F4A7C15);
}

/* The bits of a hash in its number of the filter. */
static inline uint64_t automaton_filter_bits(uint64_t hash)
{
	return UINT64_C(1) << (hash >> 20 & 63) | UINT64_C(1) << (hash >> 26 & 63);
}

/* False: no pattern goes on from the state with the word of that number.  True is wrong for one of thirty others, or
 * fewer. */
static inline bool automaton_filter_has(const struct automaton_filter *f, uint64_t pair)
{
	uint64_t hash = automaton_pair_hash(pair);

	return (~f->bits[hash >> f->shift] & automaton_filter_bits(hash)) == 0;
}

/* Does a pattern go on from the state of the pair, behind one word, with its word?  If not, the word leads where it
 * does from state 0. */
bool automaton_goes_on(const struct automaton *a, uint64_t pair);
/* Is it a state behind several words? */
bool automaton_is_deep(const struct automaton *a, uint32_t state);
/* Fed to state 0, does the word leave that state and hit nothing? */
static inline bool automaton_is_unknown(const struct automaton_word *word)
{
	return word->number == WORD_NONE && word->prefix == WORD_NONE;
}

/* Feeds one word.  *state is 0 before the first of a text; hit is called for every pattern that ends here. */
void automaton_step(const struct automaton *a, uint32_t *state, const struct automaton_word *word, bool in_title,
	automaton_hit_fn *hit, void *arg);

#endif
