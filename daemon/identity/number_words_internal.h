/* number_words_internal.h: what the two files of number_words.h share. */
#ifndef SITREP_IDENTITY_NUMBER_WORDS_INTERNAL_H
#define SITREP_IDENTITY_NUMBER_WORDS_INTERNAL_H

#include <stdio.h>

#include "number_words.h"

/* As number_words_read(), where tokens begin with a letter of these scripts. */
void number_words_han(struct number_text *n, struct str tokens);
void number_words_korean(struct number_text *n, struct str tokens);
/* The same where they begin with a figure: "200万人", "2억 5000만". */
void number_words_figure(struct number_text *n, struct str tokens);

static inline struct str number_token(struct str tokens)
{
	size_t end = str_find_char(tokens, ' ', 0);

	return end == STR_NPOS ? str_slice(tokens, 0, 0) : str_slice(tokens, 0, end);
}

static inline struct str number_after(struct str tokens, struct str token)
{
	return str_slice(tokens, token.len + 1, tokens.len);
}

static inline void number_set(struct number_text *n, uint64_t value, size_t tokens, enum number_scale scale)
{
	(void)snprintf(n->room, sizeof(n->room), "%llu", (unsigned long long)value);
	n->digits = str_from(n->room);
	n->tokens = tokens;
	n->scale = scale;
}

#endif
