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

#include "sitrep/base/str.h"
#include "sitrep/rules/rule.h"

/* What a condition compares: the text's words, or the story's age, publishers or highest alert. */
enum rule_measure { RULE_WORDS_OF, RULE_AGE, RULE_SOURCES, RULE_PRIORITY };

/* LENGTH: of words>n.  SOURCES: of sources>n. */
enum { RULE_LENGTH_MAX = 10000000, RULE_SOURCES_MAX = 1000000 };

/* A condition: least <= measure <= most. */
struct rule_condition {
	enum rule_measure measure;
	uint32_t least, most; /* age: in whole seconds, 7199 at 1 h 59 min 59.9 s */
};

/* Reads "sources>=3".  False: the word begins with no measure and comparison, so it is a term.  *expected is NULL, or
 * tells the right form when the condition is wrong, as "sources>x" is. */
bool rule_condition_read(struct str word, struct rule_condition *c, const char **expected);
/* Reads a number from 0 to max. */
bool rule_number_read(struct str digits, uint32_t max, uint32_t *number);

/* The combinations in which condition number k of at most RULE_CONDITIONS_MAX holds. */
uint64_t rule_condition_table(uint32_t k);
/* All combinations of count conditions. */
uint64_t rule_condition_all(uint32_t count);

bool rule_condition_holds(const struct rule_condition *c, const struct rule_story *story);
/* What it measures of the story: seconds, publishers, or enum rule_priority. */
uint32_t rule_condition_measure(const struct rule_condition *c, const struct rule_story *story);

#endif
