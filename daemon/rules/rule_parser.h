/* SPDX-License-Identifier: ISC */
/* rule_parser.h: the parser of a rule, between its grammar (rule_parse.c) and its terms (rule_term.c). */
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
	/* Terms without which the expression just read cannot match, or RULE_NO_TERM where none is known; needed is
	 * neither required nor an anchor. */
	uint32_t required, needed;
	struct buf canonical; /* of a term */
	size_t rarity;        /* of the commonest anchor of the expression just read; 0: it has no anchor */
};

/* Each reads what begins at the present token, writes its terms and its step, and moves behind it. */
int rule_parse_term(struct parser *p);
int rule_parse_list(struct parser *p);
/* A definition or a list in a file, whose text is not known here. */
int rule_parse_reference(struct parser *p);

int rule_parse_emit(struct parser *p, enum rule_op op, uint32_t arg);
/* A part of the rule as one line, where it stands or as a copy. */
int rule_parse_line(struct parser *p, struct str written, struct str *text);
/* Sets the error; -ENOMEM. */
int rule_parse_no_memory(struct parser *p);

#endif
