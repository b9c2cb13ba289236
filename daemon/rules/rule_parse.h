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

/* A phrase longer than this is a pasted paragraph; the bound also bounds the work a word can cause. */
enum { RULE_PHRASE_WORDS_MAX = 64 };

/* A rule's anchors are terms, none of them negated, of which at least one must be found for the rule to
 * hold, so that it needs no look while none is.  Of "missile AND (the OR a)" the anchor is missile alone: of an
 * AND either side will do, and longer words are the rarer ones. */
struct rule_term {
	enum rule_field field;
	bool prefix;  /* the last word, or the name, is only how it begins */
	bool negated; /* under an odd number of NOTs: its presence never makes the rule match */
	bool anchor;
	bool first;        /* no earlier term of the rule that is not negated is the same; set by the rule set */
	struct str text;   /* as written, without quotation marks */
	struct str *words; /* canonical, or one name as rule_put_name() makes it */
	size_t word_count;
	uint32_t pattern; /* its number in the automaton; set by the rule set */
};

/* The program works on one truth value.  Jumps give AND and OR their short way out without a stack. */
enum rule_op {
	RULE_OP_TERM,         /* the value becomes: term number arg was found */
	RULE_OP_NOT,          /* the value is turned round */
	RULE_OP_JUMP_IF_TRUE, /* on to step number arg, the value stays */
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
	bool anchored;     /* false when the rule holds with none of its terms there */
	size_t not_column; /* of the first NOT, 0 when there is none */
};

/* Everything goes into a. 0; -EINVAL with the place and what was expected; -ENOMEM. */
int rule_parse(struct arena *a, struct str text, struct rule_expression *e, struct error *err);

/* A feed's or category's name as one word that no text can hold: a mark of the field and the name in lower case. */
int rule_put_name(struct buf *out, enum rule_field field, struct str name);

#endif
