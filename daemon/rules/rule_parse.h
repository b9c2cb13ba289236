/* SPDX-License-Identifier: ISC */
/* rule_parse.h: one rule's text into a small program over its terms. */
#ifndef WATCH_RULE_PARSE_H
#define WATCH_RULE_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"

enum rule_field { RULE_TEXT, RULE_TITLE, RULE_FEED, RULE_CATEGORY, RULE_LANGUAGE };

/* A longer phrase is a pasted paragraph. The limit also bounds the work for one word of a text. */
enum { RULE_PHRASE_WORDS_MAX = 64 };

/* A rule can only match when at least one of its anchors is found, so it is evaluated only then. Anchors are terms that
 * are not negated. Of an OR both sides are anchors; of an AND the rarer side is enough: in "missile AND (the OR a)" the
 * anchor is missile alone. */
struct rule_term {
	enum rule_field field;
	bool prefix;  /* the last word, or the name, is a prefix */
	bool negated; /* under an odd number of NOTs: its presence never makes the rule match */
	bool anchor;
	bool first;        /* the first term of its pattern that is not negated; set by the rule set */
	struct str text;   /* as written, without quotation marks */
	struct str *words; /* canonical tokens, or one name as rule_put_name() writes it */
	size_t word_count;
	uint32_t pattern; /* its number in the automaton; set by the rule set */
};

/* The program works on one truth value. AND and OR are jumps over their right side, so no stack is needed. */
enum rule_op {
	RULE_OP_TERM,         /* the value becomes: term number arg was found */
	RULE_OP_NOT,          /* the value is negated */
	RULE_OP_JUMP_IF_TRUE, /* continue at step number arg; the value stays */
	RULE_OP_JUMP_IF_FALSE,
};

struct rule_step {
	enum rule_op op;
	uint32_t arg;
};

struct rule_program {
	struct rule_step *items;
	size_t count, cap;
};

struct rule_terms {
	struct rule_term *items;
	size_t count, cap;
};

struct rule_expression {
	struct rule_program program;
	struct rule_terms terms;
	bool anchored;     /* false when the rule could match without any of its terms */
	size_t not_column; /* of the first NOT; 0: no NOT */
};

/* All memory comes from a. 0; -EINVAL with a sentence that names the column; -ENOMEM. */
int rule_parse(struct arena *a, struct str text, struct rule_expression *e, struct error *err);

/* Appends a name as one word that no text contains: a control character for the field, then the name in lower case. */
int rule_put_name(struct buf *out, enum rule_field field, struct str name);

#endif
