/* SPDX-License-Identifier: ISC */
/* rule_parse.h: compiles the text of one rule into a small program over its terms. */
#ifndef RULES_RULE_PARSE_H
#define RULES_RULE_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "rule_condition.h"
#include "rule_token.h"
#include "sitrep/base/arena.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"

#define RULE_NO_TERM UINT32_MAX

/* A longer phrase is a pasted paragraph. The limit also bounds the work for one word of a text. */
enum { RULE_PHRASE_WORDS_MAX = 64 };

/* A rule can only match when at least one of its anchors is found, so it is evaluated only then. Anchors are terms that
 * are not negated. Of an OR both sides are anchors; of an AND the rarer side is enough: in "missile AND (the OR a)" the
 * anchor is missile alone. */
enum rule_term_kind {
	TERM_WORDS,  /* words in the automaton */
	TERM_REGEX,  /* a regular expression; the automaton does not find it */
	TERM_LENGTH, /* a number of words; the automaton does not find it either */
	TERM_STORY,  /* a condition on the item's story, which the text does not tell */
	TERM_LIST,   /* the sum of the weights of the terms behind it, its entries, which are found */
};

struct rule_term {
	struct str text;     /* as written, without quotation marks */
	struct str words;    /* TERM_WORDS: canonical tokens with a space between two (rule_term_words()); TERM_REGEX:
			      * the expression, without its slashes */
	uint32_t word_count; /* TERM_WORDS */
	uint32_t pattern;    /* its number in the automaton; set by the rule set */
	/* TERM_LIST, and each of its entries: the list's number in the rule + 1, in the set once added */
	uint32_t list;
	int32_t weight;       /* of an entry */
	uint32_t least, most; /* TERM_LENGTH: the text's words; TERM_LIST: the least sum, and the number of entries */
	uint32_t condition;   /* TERM_STORY: its number in the rule */
	enum rule_term_kind kind;
	enum rule_field field;
	bool prefix;  /* the last word, or the name, is a prefix */
	bool negated; /* under an odd number of NOTs: its presence never makes the rule match */
	bool anchor;
	bool placed;   /* an operand of NEAR: its places in the text are needed */
	bool first;    /* the first term of its pattern that is not negated; set by the rule set */
	bool any_case; /* TERM_REGEX */
};

/* A NEAR: one of the terms from left to before right, then one from right to before end, or the other way round. */
struct rule_near {
	uint32_t left, right, end;
	struct str text; /* as written */
	uint32_t words;  /* from the last word of one to the first of the other; 1: side by side */
	bool ordered;
};

/* The program works on one truth value. AND and OR are jumps over their right side, so no stack is needed. */
enum rule_op {
	RULE_OP_TERM,         /* the value becomes: term number arg was found */
	RULE_OP_NEAR,         /* the value becomes: NEAR number arg was found */
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

struct rule_nears {
	struct rule_near *items;
	size_t count, cap;
};

struct rule_expression {
	struct rule_program program;
	struct rule_terms terms;
	size_t entry_count; /* the entries of lists that are not among the terms (rule_parse_check()) */
	struct rule_nears nears;
	uint32_t list_count;
	struct rule_condition conditions[RULE_CONDITIONS_MAX]; /* on the story, each once */
	uint32_t condition_count;
	uint32_t needed;   /* a term besides the anchor without which the rule cannot match, or RULE_NO_TERM */
	bool anchored;     /* false when the rule could match without any of its terms */
	size_t not_column; /* of the first NOT; 0: no NOT */
};

/* All memory comes from a; words may lie in text, which must outlive e. 0; -EINVAL with a sentence that names the
 * column; -ENOMEM. */
int rule_parse(struct arena *a, struct str text, struct rule_expression *e, struct error *err);
/* The same, but entries of lists are only counted, so that a long list takes no memory. */
int rule_parse_check(struct arena *a, struct str text, struct rule_expression *e, struct error *err);
/* The same for a rule that may refer to definitions and lists in files, which count as words: finds the mistakes that
 * are its own. */
int rule_parse_outline(struct arena *a, struct str text, struct error *err);

/* Writes the words of the term, a TERM_WORDS, to words, which has room for RULE_PHRASE_WORDS_MAX; returns how many. A
 * name is one word. */
size_t rule_term_words(const struct rule_term *term, struct str *words);

/* Stands before each word of a field other than title and body, so that no word of another field equals it; 0: none. */
char rule_field_mark(enum rule_field field);

/* Appends a name as one word that no text contains: a control character for the field, then the name in lower case. */
int rule_put_name(struct buf *out, enum rule_field field, struct str name);

#endif
