/* SPDX-License-Identifier: ISC */
/* rule_parser.h: the state of the parser, which its grammar (rule_parse.c) and its terms (rule_term.c) share. */
#ifndef RULES_RULE_PARSER_H
#define RULES_RULE_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rule_parse.h"

struct parser {
	struct arena *arena;
	struct rule_tokens tokens;
	enum parse_mode {
		PARSE_RULE,
		PARSE_CHECK,   /* rule_parse_check() */
		PARSE_OUTLINE, /* references are accepted */
	} mode;
	struct rule_expression *e;
	bool negated;
	int depth;
	/* Of the expression just read: two terms without which it cannot match, or RULE_NO_TERM.  required is its only
	 * anchor, and needed is no anchor: in "missile AND iran" missile is required and iran is needed. */
	uint32_t required, needed;
	struct buf canonical; /* the tokens of the present term */
	size_t rarity;        /* of the expression's commonest anchor; 0: it has no anchor */
};

/* Each reads an operand that begins at the present token, adds its terms and its step, and moves behind it. */
int rule_parse_term(struct parser *p);
int rule_parse_list(struct parser *p);
/* Reads a definition or a list in a file, whose text is not known here. */
int rule_parse_reference(struct parser *p);

int rule_parse_emit(struct parser *p, enum rule_op op, uint32_t arg);
/* Sets text to a part of the rule as one line: written itself when it is one line, else a copy. */
int rule_parse_line(struct parser *p, struct str written, struct str *text);
/* Sets the error; -ENOMEM. */
int rule_parse_no_memory(struct parser *p);

#endif
