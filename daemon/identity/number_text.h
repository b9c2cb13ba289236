/* SPDX-License-Identifier: ISC */
/* number_text.h: a number that was read from canonical tokens. */
#ifndef SITREP_IDENTITY_NUMBER_TEXT_H
#define SITREP_IDENTITY_NUMBER_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sitrep/base/str.h"

enum { NUMBER_DIGITS_MAX = 24 };

/* The unit of a number's digits.  One outlet's "2 billion" may be the bare 2 of another's table. */
enum number_scale {
	NUMBER_ONES,
	NUMBER_MILLIONS,
	NUMBER_BILLIONS,
	NUMBER_WHOLE, /* ones, but a scale was multiplied in: "2 thousand" and "200만" are 2000 and 2000000 */
};

struct number_text {
	size_t tokens; /* the number of tokens that it was read from; 0: no number begins here */
	struct str digits;
	enum number_scale scale;
	char room[NUMBER_DIGITS_MAX];
};

/* The first token of tokens, each of which is followed by a space. */
static inline struct str number_token(struct str tokens)
{
	size_t end = str_find_char(tokens, ' ', 0);

	return end == STR_NPOS ? str_slice(tokens, 0, 0) : str_slice(tokens, 0, end);
}

/* The tokens after the first one. */
static inline struct str number_after(struct str tokens, struct str token)
{
	return str_slice(tokens, token.len + 1, tokens.len);
}

static inline void number_set(struct number_text *n, uint64_t value, size_t tokens, enum number_scale scale)
{
	snprintf(n->room, sizeof(n->room), "%llu", (unsigned long long)value);
	n->digits = str_from(n->room);
	n->tokens = tokens;
	n->scale = scale;
}

#endif
