/* SPDX-License-Identifier: ISC */
/* rule_condition.h: conditions on the number of words, and on the story of an item: age<2h, sources>=3, priority>=high.
 *
 * A worker does not know the story.  It finds a rule's value for each combination of the rule's conditions on the
 * story: a truth table, one bit a combination.  Bit i is of the combination in which condition k holds when bit k of i
 * is set, so that a table of six conditions fits 64 bits. */
#ifndef RULES_RULE_CONDITION_H
#define RULES_RULE_CONDITION_H

#include <stdbool.h>
#include <stdint.h>

#include "rule_token.h"
#include "sitrep/rules/rule.h"

/* A condition on the story: least <= measure <= most. */
struct rule_condition {
	enum rule_measure measure;
	uint32_t least, most; /* age: in whole seconds, 7199 at 1 h 59 min 59.9 s */
};

/* Is the word a condition, true or not: "words>x"? */
bool rule_condition_begins(struct str word);
/* Reads the condition that is t->token.whole.  0, or -EINVAL with the mistake. */
int rule_condition_read(struct rule_tokens *t);

/* The combinations in which condition number k of at most RULE_CONDITIONS_MAX holds. */
uint64_t rule_condition_table(uint32_t k);
/* All combinations of count conditions. */
uint64_t rule_condition_all(uint32_t count);

bool rule_condition_holds(const struct rule_condition *c, const struct rule_story *story);
/* What it measures of the story: seconds, publishers, or enum rule_priority. */
uint32_t rule_condition_measure(const struct rule_condition *c, const struct rule_story *story);

#endif
