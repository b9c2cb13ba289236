/* SPDX-License-Identifier: ISC */
/* stored_rules.h: the rules of outputs and alerts, with the keys that name them in the database and the workers.
 *
 * A key ("output/naval#0123456789abcdef") stands for a rule's name, its expression and the way of matching: when one
 * of them changes, it is another rule, and stored items are matched anew (rule_store.h). */
#ifndef SITREP_STORE_STORED_RULES_H
#define SITREP_STORE_STORED_RULES_H

#include <stddef.h>

#include "sitrep/base/error.h"
#include "sitrep/base/str.h"

struct rule_set;

/* A rule of an output or alert. */
struct stored_rule {
	const char *name; /* "output/naval", "alert/x" */
	const char *expression;
	size_t place;    /* in the set; set by stored_rules_new(), as is key */
	const char *key; /* names the rule in the workers' matches of an item */
};

/* Rules in force, compiled. */
struct stored_rules {
	struct stored_rule *items; /* sorted by key */
	size_t count;
	struct rule_set *set; /* its rules are named by key */
};

/* Copies count rules and compiles them from parsed, which holds them in the same order and is taken over, also on
 * failure.  NULL without memory. */
struct stored_rules *stored_rules_new(
	const struct stored_rule *rules, size_t count, struct rule_set *parsed, struct error *err);
void stored_rules_free(struct stored_rules *r);
/* NULL: there is none of that key. */
const struct stored_rule *stored_rules_find(const struct stored_rules *r, struct str key);

#endif
