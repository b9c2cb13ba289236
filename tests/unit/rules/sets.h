/* SPDX-License-Identifier: ISC */
/* sets.h: rule sets that a test has until it ends, and need not free. */
#ifndef SITREP_TEST_SETS_H
#define SITREP_TEST_SETS_H

#include "../scratch.h"
#include "sitrep/rules/rule.h"

static inline void drop_set(void *set)
{
	rule_set_free(set);
}

static inline struct rule_set *keep_set(struct rule_set *set)
{
	assert_non_null(set);
	test_keep(set, drop_set);
	return set;
}

/* A set of no rule yet. */
static inline struct rule_set *new_set(void)
{
	return keep_set(rule_set_new());
}

/* A set of one rule, ready to match. */
static inline struct rule_set *set_of(const char *rule)
{
	struct rule_set *set = new_set();
	struct error err = {0};

	if (rule_set_add(set, STR("r"), str_from(rule), &err) != 0)
		fail_msg("\"%s\": %s", rule, err.text);
	assert_int_equal(rule_set_finish(set, &err), 0);
	return set;
}

#endif
