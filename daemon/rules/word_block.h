/* SPDX-License-Identifier: ISC */
/* word_block.h: the forms of a text's words, some dozens at a time, looked up in the table of an automaton.
 *
 * A text is words with a space behind each, whose forms are separated by WORD_FORM_MARK (rule_words()).  Forms are
 * taken in blocks, so that the memory of one is fetched while others are looked at.  A form that is in no pattern costs
 * nothing after its group of tags was read (word_table.h). */
#ifndef RULES_WORD_BLOCK_H
#define RULES_WORD_BLOCK_H

#include "automaton.h"
#include "sitrep/base/buf.h"

enum {
	WORD_GROUP = 64, /* bytes that are searched for separators at once; at most as many forms end in them */
	WORD_BYTES = 8,  /* bytes of one read */
	/* When fewer bytes than this are left of a text, they are copied, so that no read goes beyond its end. */
	WORD_TAIL = WORD_GROUP + WORD_BYTES,
	WORD_BLOCK = 2 * WORD_TAIL,
};

struct word_block {
	size_t count; /* forms */
	size_t words; /* those whose last form is in the block */
	struct str forms[WORD_BLOCK];
	uint64_t keys[WORD_BLOCK]; /* word_table.h */
	/* -- since word_block_find() */
	struct automaton_word found[WORD_BLOCK];
	uint8_t known[WORD_BLOCK]; /* the forms that are in a pattern, in order */
	size_t known_count;
	bool has_prefix;          /* a form begins with a prefix of a pattern */
	char tail[2 * WORD_TAIL]; /* a copy of the last bytes of a text */
};

/* Is it the last form of its word? */
static inline bool word_block_ends_word(const struct word_block *b, size_t form)
{
	return b->forms[form].data[b->forms[form].len] == ' ';
}

/* Cuts forms off the beginning of *tokens, until the block is full or the text ends.  The forms point into the text, or
 * into the block. */
void word_block_take(struct word_block *b, struct str *tokens, const struct automaton *a);
/* Replaces each form by a copy in room, with mark before it.  Clears room first.  0, or room's failure. */
int word_block_mark(struct word_block *b, char mark, struct buf *room, const struct automaton *a);
/* Looks the forms up in the table of words and among the prefixes of a. */
void word_block_find(struct word_block *b, const struct automaton *a);

#endif
