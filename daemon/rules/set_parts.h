/* SPDX-License-Identifier: ISC */
/* set_parts.h: what the image of a finished rule set consists of (rule_image.h).
 *
 * A rule's parts stand side by side in the arrays of the set.  Numbers of terms, steps and NEARs within a rule count
 * from its own first one. */
#ifndef RULES_SET_PARTS_H
#define RULES_SET_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "rule_condition.h"
#include "rule_parse.h"
#include "sitrep/base/str.h"

/* A part of the image's text. */
struct text_place {
	uint32_t at, len;
};

struct set_rule {
	struct text_place name;
	uint32_t terms, term_count;
	uint32_t steps, step_count;
	uint32_t nears, near_count;
	uint32_t conditions, condition_count;
	uint32_t needed; /* a pattern without which it cannot match, or RULE_NO_TERM */
};

/* As struct rule_term, of a compiled rule. */
struct set_term {
	struct text_place text; /* as written, without quotation marks */
	uint32_t pattern;       /* TERM_WORDS */
	uint32_t least, most;   /* TERM_LENGTH: the text's words; TERM_LIST: the least sum, and the number of entries */
	uint32_t list;          /* TERM_LIST, and each of its entries: the number of the list, from 1 */
	uint32_t number;        /* TERM_STORY: of the condition in the rule; TERM_REGEX: in the set's expressions */
	uint16_t word_count;
	uint8_t kind;   /* enum rule_term_kind */
	uint8_t field;  /* enum rule_field */
	uint32_t first; /* is it the first term of its pattern that is not negated? */
};

struct set_near {
	uint32_t left, right, end;
	struct text_place text;
	uint32_t words;
	uint32_t ordered;
};

struct set_regex {
	struct text_place source;
	uint32_t any_case;
};

/* An entry of a list, by the pattern that it is. */
struct scored {
	uint32_t list;
	uint32_t term; /* its place in the rule's terms */
	int16_t weight;
	uint16_t anchor;
};

/* What a pattern is used for: its rules and entries of lists begin here in users and scored, and end where those of the
 * next pattern begin. */
struct pattern_uses {
	uint32_t users, scored;
};

/* The same in short, since it is read for every second word of a text when the set is large: most patterns have one
 * use. */
struct pattern_use {
	uint32_t number; /* USE_RULE, USE_LIST: of the rule or list; USE_RULES: its first place in users */
	int16_t weight;  /* USE_LIST: the sum of its entries in the list; USE_RULES: how many rules */
	uint8_t kind;    /* enum pattern_use_kind */
	bool anchor;     /* USE_LIST: one of the entries is */
};

enum pattern_use_kind {
	USE_RULE,    /* it anchors one rule; or none, and number is that of the rules */
	USE_RULES,   /* it anchors several rules, and is in no list */
	USE_LIST,    /* it is in one list */
	USE_SEVERAL, /* look in struct pattern_uses */
	USE_PLACED,  /* it is an operand of NEAR, too */
};

/* The numbers of a set that are no arrays. */
struct set_head {
	uint32_t list_count;
	uint8_t has_field[RULE_FIELDS];
	uint8_t unused[4 - RULE_FIELDS % 4];
};

#endif
