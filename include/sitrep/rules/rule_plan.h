/* SPDX-License-Identifier: ISC */
/* rule_plan.h: a rule as a query of an index of words, and the words of a text for that index.
 *
 * The index finds the texts that may match, and the rule itself then decides.  A plan is the rule in reverse Polish
 * notation over sets of texts.  Each set has two sides: the texts that may match, and those that surely do.
 *
 *     missile AND NOT "video game"     TERM missile, TERM video game, NOT, AND
 *
 * A term of one word is known exactly; a phrase only may match where all of its words are. */
#ifndef SITREP_RULES_RULE_PLAN_H
#define SITREP_RULES_RULE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"
#include "sitrep/rules/rule.h"

enum rule_plan_op {
	RULE_PLAN_TERM, /* pushes the texts that have term number arg */
	RULE_PLAN_ANY,  /* pushes all texts, each of which may match: a condition, a regular expression */
	RULE_PLAN_NOT,  /* the topmost set is turned round */
	RULE_PLAN_AND,  /* the two topmost sets become one */
	RULE_PLAN_OR,
	RULE_PLAN_PERHAPS, /* the texts of the topmost set may match, but surely none does: both sides of a NEAR */
};

struct rule_plan_step {
	enum rule_plan_op op;
	uint32_t arg;
};

/* Where a term's words are looked for. */
enum rule_plan_field {
	RULE_PLAN_TEXT, /* title or body */
	RULE_PLAN_TITLE,
	RULE_PLAN_OTHER,    /* summary, author or link: those words alone, or title and body */
	RULE_PLAN_SOURCE,   /* likewise, or the feed's title */
	RULE_PLAN_FEED,     /* names: of the feed */
	RULE_PLAN_CATEGORY, /* of the feed */
	RULE_PLAN_LANGUAGE, /* of the item */
	RULE_PLAN_PUBLISHER,
};

struct rule_plan_term {
	enum rule_plan_field field;
	const struct str *words; /* canonical tokens; or one name in lower case */
	size_t word_count;
	bool prefix;  /* the last word is a prefix */
	bool negated; /* under a NOT */
};

/* Most sets that wait at one time, and most entries of lists that are looked up: a rule with more of them may match any
 * text. */
enum { RULE_PLAN_DEPTH_MAX = 2 * 64 + 8, RULE_PLAN_ENTRIES_MAX = 4096 };

struct rule_plan {
	const struct rule_plan_step *steps;
	size_t step_count;
	const struct rule_plan_term *terms;
	size_t term_count;
	size_t depth; /* sets that wait at one time */
};

/* The plan lies in a.  0; -EINVAL with the sentence of rule_set_add(); -ENOMEM. */
int rule_plan_make(struct arena *a, struct str expression, struct rule_plan *plan, struct error *err);

/* The words of a text. */
enum rule_word_kind {
	RULE_WORD_TITLE,
	RULE_WORD_BODY,
	RULE_WORD_OTHER,     /* of the item's summary, authors, address, and of the outlet that it names */
	RULE_WORD_LANGUAGE,  /* "zh-hant", then "zh" */
	RULE_WORD_PUBLISHER, /* "news.usni.org", "usni.org", "org": the outlet's host */
};
/* is_form: another form of the word before, at the same place.  0 to go on. */
typedef int rule_word_fn(void *arg, enum rule_word_kind kind, struct str word, bool is_form);
/* Calls fn for each word under which a rule may find the subject, without those of its feed: name, title, categories
 * and configured publisher, which may change.  0, -ENOMEM or fn's result. */
int rule_words_of(const struct rule_subject *subject, rule_word_fn *fn, void *arg);

#endif
