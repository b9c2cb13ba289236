/* SPDX-License-Identifier: ISC */
/* rule_token.h: the tokens of a rule's text.
 *
 *     title:"carrier strike group" NEAR/5 deploy* AND words>200 NOT /exercise [A-Z]/
 *
 * gives a term, NEAR, a term, AND, a condition, NOT, a regular expression.  All texts point into the rule. */
#ifndef RULES_RULE_TOKEN_H
#define RULES_RULE_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rule_condition.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"

/* The words of title and body, of one part of them, or a name that is compared whole. */
enum rule_field {
	RULE_TEXT,
	RULE_TITLE,
	RULE_FEED,
	RULE_CATEGORY,
	RULE_LANGUAGE,
	RULE_SUMMARY,
	RULE_AUTHOR,
	RULE_LINK,
	RULE_SOURCE,
	RULE_PUBLISHER,
	RULE_FIELDS,
};

enum rule_token_kind {
	TOKEN_END,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_AND,
	TOKEN_OR,
	TOKEN_NOT,
	TOKEN_NEAR,
	TOKEN_TERM,
	TOKEN_REGEX,
	TOKEN_LENGTH,    /* words>200 */
	TOKEN_STORY,     /* sources>=3 */
	TOKEN_LIST,      /* list(frigate* = 10, "carrier strike group" = 20) >= 30 */
	TOKEN_LIST_FILE, /* list "ships.txt" >= 30 */
	TOKEN_REFERENCE, /* $navy */
};

/* NEAR: of NEAR/n.  SCORE: of list(...) >= n. */
enum { RULE_NEAR_MAX = 100, RULE_SCORE_MAX = 1000000 };

struct rule_token {
	enum rule_token_kind kind;
	struct str whole;      /* as written */
	enum rule_field field; /* of a term */
	struct str value; /* of a term without field and quotation marks, of a regular expression without slashes, of
			   * a list the text in its parentheses, of a file or reference its name */
	bool ordered;     /* ONEAR */
	bool any_case;    /* /.../i */
	struct rule_condition condition;
	uint32_t number; /* NEAR/n: the words between; a list: the sum that it must reach */
};

struct rule_tokens {
	struct str text;
	size_t pos;              /* behind the token */
	struct rule_token token; /* the last one read */
	struct error *err;
};

/* Reads the next token into t->token.  0, or -EINVAL with the column and what was expected. */
int rule_token_next(struct rule_tokens *t);

/* The column of a place in the rule, in characters from 1. */
size_t rule_token_column(const struct rule_tokens *t, const char *at);
/* Sets "at column 8: found "...", expected ..."; -EINVAL. */
int rule_token_mistake(struct rule_tokens *t, struct str found, const char *expected);

/* The entries of a list, one by one: moves *rest behind the next one.  1 with its words as token->value and its weight;
 * 0 at the end; -EINVAL. */
int rule_token_entry(struct rule_tokens *t, struct str *rest, struct rule_token *token, int *weight);

/* The length of the quotation mark at pos, or 0. Curly marks count, since pasted rules have them. */
size_t rule_token_quote(struct str text, size_t pos);
/* The place of the first quotation mark from pos on, or the text's length. */
size_t rule_token_next_quote(struct str text, size_t pos);

#endif
