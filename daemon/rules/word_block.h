/* SPDX-License-Identifier: ISC */
/* word_block.h: the forms of a text's words, some dozens at a time, looked up in the table of an automaton.
 *
 * A text is words with a space behind each, whose forms are separated by WORD_FORM_MARK (rule_words()).  Forms are
 * taken in blocks, so that the memory of one is fetched while others are looked at, and so that a form that is in no
 * pattern costs nothing after its group of tags was read (word_table.h). */
#ifndef RULES_WORD_BLOCK_H
#define RULES_WORD_BLOCK_H

#include "automaton.h"
#include "sitrep/base/buf.h"

enum {
	WORD_GROUP = 64, /* bytes that are looked through at once, and so the forms that they can hold at most */
	WORD_BYTES = 8,  /* that are read at once */
	/* Fewer bytes at the end of a text are copied, so that as many may be read behind them. */
	WORD_TAIL = WORD_GROUP + WORD_BYTES,
	WORD_BLOCK = 2 * WORD_TAIL,
};

struct word_block {
	size_t count; /* forms */
	size_t words; /* that end with one of them */
	struct str forms[WORD_BLOCK];
	uint64_t keys[WORD_BLOCK]; /* word_table.h */
	/* -- since word_block_find() */
	struct automaton_word found[WORD_BLOCK];
	uint8_t known[WORD_BLOCK]; /* the forms that are in a pattern, in order */
	size_t known_count;
	bool has_prefix;          /* a form begins with one */
	char tail[2 * WORD_TAIL]; /* the last bytes of a text */
};

/* Is it the last form of its word? */
static inline bool word_block_ends_word(const struct word_block *b, size_t form)
{
	return b->forms[form].data[b->forms[form].len] == ' ';
}

/* Takes forms from the beginning of *tokens.  They stay where they are, or are in the block. */
void word_block_take(struct word_block *b, struct str *tokens, const struct automaton *a);
/* Puts a character before each form, in room, which is cleared.  0, or room's failure. */
int word_block_mark(struct word_block *b, char mark, struct buf *room, const struct automaton *a);
/* Looks the forms up. */
void word_block_find(struct word_block *b, const struct automaton *a);

#endif
