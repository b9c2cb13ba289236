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

/* Has the memory fetched that adding a pattern of these words will read. */
void automaton_prefetch(const struct automaton *a, const struct str *words, size_t count);
/* Adds a pattern of count words, at least one; patterns are numbered from 0. 0, -ENOMEM or -E2BIG. */
int automaton_add(struct automaton *a, const struct str *words, size_t count, bool prefix, enum automaton_scope scope,
	uint32_t *pattern);
/* Makes room for that many more patterns, of that many words in all, so that nothing is copied while they are added.
 * Does nothing for few patterns.  0 or -ENOMEM. */
int automaton_reserve(struct automaton *a, size_t patterns, size_t words);
size_t automaton_pattern_count(const struct automaton *a);
/* Ends the adding.  Numbers the patterns anew: those of one word come first, so that their data lies close together.
 * 0 or -ENOMEM. */
int automaton_seal(struct automaton *a);
/* The number, once sealed, of a pattern that automaton_add() numbered. */
uint32_t automaton_pattern(const struct automaton *a, uint32_t added);

/* About the bytes that a sealed automaton takes in an image (rule_image.h). */
size_t automaton_bytes(const struct automaton *a);
/* Writes a sealed automaton; a failure is image's. */
void automaton_write(const struct automaton *a, struct buf *image);
/* The automaton in an image, which must outlive it; it can only search.  NULL without memory. */
struct automaton *automaton_open(struct str image);

typedef void automaton_hit_fn(void *arg, uint32_t pattern);

/* A word that was looked up. */
struct automaton_word {
	uint32_t number; /* its place in the table of words, or WORD_NONE */
	uint32_t prefix; /* the longest prefix in a pattern that it begins with (automaton_prefix()), or WORD_NONE */
};
#define AUTOMATON_NO_PATTERN WORD_NONE
/* The table in which words are looked up.  The state of a place is the one behind the word at state 0. */
const struct word_table *automaton_words(const struct automaton *a);
struct prefix_filter automaton_prefix_filter(const struct automaton *a);
uint32_t automaton_prefix(const struct automaton *a, struct str word);
/* A filter of pairs of a state and a word.  A pair with which a pattern goes on has two bits in one of its numbers, so
 * most other pairs are told by a bit that is missing. */
struct automaton_filter {
	const uint64_t *bits;
	int shift; /* makes a hash the place of its number */
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

/* The two bits of a hash. */
static inline uint64_t automaton_filter_bits(uint64_t hash)
{
	return UINT64_C(1) << (hash >> 20 & 63) | UINT64_C(1) << (hash >> 26 & 63);
}

/* False: no pattern goes on from the state with the word.  True is wrong for at most one of thirty such pairs. */
static inline bool automaton_filter_has(const struct automaton_filter *f, uint64_t pair)
{
	uint64_t hash = automaton_pair_hash(pair);

	return (~f->bits[hash >> f->shift] & automaton_filter_bits(hash)) == 0;
}

/* Does a pattern go on from the pair's state, which is behind one word, with the pair's word?  If not, the word leads
 * to the same state as from state 0. */
bool automaton_goes_on(const struct automaton *a, uint64_t pair);
/* True for a state behind two words or more. */
bool automaton_is_deep(const struct automaton *a, uint32_t state);
/* True when the word is in no pattern and begins with no prefix: it leads to state 0 without a hit. */
static inline bool automaton_is_unknown(const struct automaton_word *word)
{
	return word->number == WORD_NONE && word->prefix == WORD_NONE;
}

/* Feeds one word.  *state is 0 before the first of a text; hit is called for every pattern that ends here. */
void automaton_step(const struct automaton *a, uint32_t *state, const struct automaton_word *word, bool in_title,
	automaton_hit_fn *hit, void *arg);

#endif
