/* SPDX-License-Identifier: ISC */
/* lexicon.h: the words that occur in rules, numbered.
 *
 * There are whole words, found by hash, and prefixes ("missile*"). A word may begin with several prefixes ("miss*",
 * "missile*"). Words and prefixes are added first, then the lexicon is sealed, then words are looked up. */
#ifndef WATCH_LEXICON_H
#define WATCH_LEXICON_H

#include <stdint.h>

#include "sitrep/base/str.h"

#define LEXICON_NONE UINT32_MAX

struct lexicon;

struct lexicon *lexicon_new(void);
void lexicon_free(struct lexicon *l);

/* Gives a word or prefix its number, the same each time; words and prefixes are numbered separately from 0. 0, -ENOMEM
 * or -E2BIG. */
int lexicon_add_word(struct lexicon *l, struct str word, uint32_t *id);
int lexicon_add_prefix(struct lexicon *l, struct str prefix, uint32_t *id);

int lexicon_seal(struct lexicon *l);

/* The word's number, or LEXICON_NONE. */
uint32_t lexicon_find(const struct lexicon *l, struct str word);
/* The longest prefix that word begins with; then with lexicon_shorter_prefix() each shorter one. LEXICON_NONE ends
 * them. */
uint32_t lexicon_longest_prefix(const struct lexicon *l, struct str word);
uint32_t lexicon_shorter_prefix(const struct lexicon *l, uint32_t prefix);

#endif
