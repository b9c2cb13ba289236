/* SPDX-License-Identifier: ISC */
/* number_words.h: reads numbers written in words: in English, French, German, Spanish, Russian, Korean, and in the
 * numerals of Japanese and Chinese.
 *
 * "Eight drones" and "twelve drones" distinguish two days' reports as 8 and 12 do.  The input is canonical tokens
 * (canon.h), each followed by a space: "quatre vingt dix" is 90, "two hundred and fifty" 250, "a dozen" 12.  The
 * scale of millions and billions is kept beside the number: "two billion", "2 billion" and "2bn" are 2 with the
 * scale billion.  Tokens have lost the point of "2.5 billion", so it is 25 billion, but never 25 million.  Words
 * that mostly have another meaning are no number alone: one, un, ein, and single syllables and characters without a
 * counted noun. */
#ifndef SITREP_IDENTITY_NUMBER_WORDS_H
#define SITREP_IDENTITY_NUMBER_WORDS_H

#include <stdint.h>

#include "number_text.h"
#include "sitrep/base/str.h"

/* Reads the number that begins with the first of tokens into *n.  hash is that token's hash by hash_of(); previous is
 * the token before it, or empty. */
void number_words_read(struct number_text *n, struct str tokens, uint64_t hash, struct str previous);

/* To be called once, before the first number_words_read(): fills the table of words.  hash_of gives a token's hash. */
void number_words_prepare(uint64_t (*hash_of)(struct str token));

#endif
