/* lexicon.h: the words that occur in rules, numbered.
 *
 * Two kinds: whole words, found by hash, and prefixes ("missile*"), of which a word may have several, one
 * within the other.  Words are added first, then the lexicon is sealed, then it is asked. */
#ifndef WATCH_LEXICON_H
#define WATCH_LEXICON_H

#include <stdint.h>

#include "sitrep/base/str.h"

#define LEXICON_NONE UINT32_MAX

struct lexicon;

struct lexicon *lexicon_new(void);
void lexicon_free(struct lexicon *l);

/* The number of a word or prefix, new or known; words and prefixes count separately from 0. 0, -ENOMEM or -E2BIG. */
int lexicon_add_word(struct lexicon *l, struct str word, uint32_t *id);
int lexicon_add_prefix(struct lexicon *l, struct str prefix, uint32_t *id);

int lexicon_seal(struct lexicon *l);

/* The word's number, or LEXICON_NONE. */
uint32_t lexicon_find(const struct lexicon *l, struct str word);
/* The longest prefix that word begins with, then each shorter one, then LEXICON_NONE. */
uint32_t lexicon_longest_prefix(const struct lexicon *l, struct str word);
uint32_t lexicon_shorter_prefix(const struct lexicon *l, uint32_t prefix);

#endif
