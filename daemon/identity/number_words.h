/* SPDX-License-Identifier: ISC */
/* number_words.h: numbers that are written in words, in English, French, German, Spanish, Russian, Korean and the
 * numerals of Japanese and Chinese.
 *
 * "Eight drones" and "twelve drones" tell two days apart as 8 and 12 do.  Read are canonical tokens (canon.h), each
 * followed by a space: "quatre vingt dix" is 90, "two hundred and fifty" 250, "a dozen" is 12.  Of millions
 * and billions the scale is kept beside the number: "two billion", "2 billion" and "2bn" are 2 and a billion; the point
 * of "2.5 billion" is gone from the tokens, so that it is 25 of them, but never 25 million.  Words that are
 * mostly something else stand for no number by themselves: one, un, ein, and single syllables and characters that no
 * counted thing follows. */
#ifndef SITREP_IDENTITY_NUMBER_WORDS_H
#define SITREP_IDENTITY_NUMBER_WORDS_H

#include <stdint.h>

#include "number_text.h"
#include "sitrep/base/str.h"

/* Reads the number that begins with the first of tokens, of which hash is the XXH3 by seed; previous is the token
 * before it, or empty. */
void number_words_read(struct number_text *n, struct str tokens, uint64_t hash, struct str previous);

/* The hashes by which words are known. */
void number_words_prepare(uint64_t (*hash_of)(struct str token));

#endif
