/* SPDX-License-Identifier: ISC */
/* rule_set.h: the inside of a rule set, which rule.c makes and others use. */
#ifndef RULES_RULE_SET_H
#define RULES_RULE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "automaton.h"
#include "rule_near.h"
#include "rule_parse.h"
#include "rule_regex.h"
#include "set_parts.h"
#include "sitrep/base/arena.h"
#include "sitrep/base/buf.h"
#include "sitrep/rules/rule.h"

/* A rule until the set is finished. */
struct rule {
	struct str name;
	struct rule_expression expression;
};

struct list_sum {
	uint32_t item; /* the item that it is of */
	int64_t sum;
};

struct rules {
	struct rule *items;
	size_t count, cap;
};

/* The parts of a finished set, all in its image. */
struct set_view {
	const struct set_rule *rules;
	const struct set_term *terms;
	const struct rule_step *steps;
	const struct set_near *nears;
	const struct rule_condition *conditions;
	const char *text;
	const struct pattern_use *use;   /* by pattern */
	const struct pattern_uses *uses; /* by pattern; one more than patterns */
	const uint32_t *users;           /* numbers of rules, grouped by the pattern that anchors them */
	const uint32_t *always;          /* the rules with an anchor that the automaton cannot find */
	size_t always_count;
	const struct scored *scored; /* grouped by pattern */
	const uint32_t *list_rules;  /* by list: the rule that has it */
	const uint8_t *has_field;    /* by field: is it in a rule? */
};

struct rule_set {
	struct arena arena; /* of the rules until rule_set_finish(), then of the regular expressions */
	struct automaton *automaton;
	struct rules rules; /* empty since rule_set_finish() */
	size_t rule_count;
	size_t term_count;
	uint32_t list_count;
	bool has_field[RULE_FIELDS];
	bool keeps_places; /* of all terms, not only of the operands of NEAR */
	struct buf name;   /* the name of the feed or of a category, as a word */
	struct buf words;  /* of a field other than title and body */
	/* -- since rule_set_finish() or rule_set_open() */
	bool finished;
	struct buf own_image; /* empty after rule_set_open() */
	struct str image;
	struct set_view in; /* the image */
	struct rule_regex **regexes;
	struct list_sum *sums; /* by list */
	/* -- of the item being matched */
	uint32_t now;    /* its number, never 0 */
	uint64_t *found; /* by pattern, a bit: the item holds it */
	uint32_t *hits;  /* the patterns that were found, each once */
	size_t hit_count;
	uint32_t *met;   /* by rule: the last item that held one of its anchors; behind them, the present item */
	uint32_t *queue; /* the rules met; after the evaluation, those that match */
	size_t queued;
	uint64_t *truth; /* by rule in the queue, after the evaluation: its value for each combination of its conditions
			  */
	const struct rule_subject *subject;
	uint32_t word; /* the number of the word at hand; the body's begin far behind the title's */
	uint32_t word_count;
	uint32_t body_word; /* the number of the body's first word */
	struct rule_places places;
};

/* One rule of a finished set. */
struct rule_view {
	const struct set_rule *rule;
	const struct set_term *terms;
	const struct rule_step *steps;
	const struct set_near *nears;
	const struct rule_condition *conditions;
};

static inline struct rule_view rule_set_rule(const struct rule_set *set, size_t number)
{
	const struct set_rule *r = &set->in.rules[number];

	return (struct rule_view){.rule = r,
		.terms = set->in.terms + r->terms,
		.steps = set->in.steps + r->steps,
		.nears = set->in.nears + r->nears,
		.conditions = set->in.conditions + r->conditions};
}

static inline struct str rule_set_text(const struct rule_set *set, struct text_place place)
{
	return str_make(set->in.text + place.at, place.len);
}

/* set_image.c: makes the set's image from its rules, which are then forgotten; 0, -ENOMEM or -E2BIG. */
int rule_set_pack(struct rule_set *set);
/* Finds the parts of set->image, and makes room for what a search writes. 0 or -ENOMEM. */
int rule_set_unpack(struct rule_set *set);

static inline bool rule_set_has(const struct rule_set *set, uint32_t pattern)
{
	return rule_found_has(set->found, pattern);
}

/* rule_scan.c: finds the patterns and meets the rules of an item. 0 or -ENOMEM. */
int rule_set_scan(struct rule_set *set, const struct rule_subject *subject);

/* The outlet that the item names, else the feed's title. */
struct str rule_set_source(const struct rule_subject *s);
/* rule_match.c, of the item last matched.  Is the expression's term there: 1, 0 or -ENOMEM.  Without a story, no
 * condition on it holds. */
int rule_set_find_term(const struct rule_set *set, const struct rule_view *e, const struct set_term *t);
/* The same of one of its NEARs; gap as in rule_places_near(). */
int rule_set_find_near(struct rule_set *set, const struct rule_view *e, const struct set_near *near, uint32_t *gap);

#endif
