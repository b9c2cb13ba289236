/* SPDX-License-Identifier: ISC */
/* rule_words.h: the characters of words, and apostrophes within them. */
#ifndef RULES_RULE_WORDS_H
#define RULES_RULE_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

/* Is cp part of a word: a letter, a digit, a mark, or an invisible character, which tokens lose? */
bool rule_is_word_character(uint32_t cp);
/* Appends text with all kinds of apostrophes within words as the plain one.  0, or out's failure. */
int rule_plain_apostrophes(struct buf *out, struct str text);

#endif
