/* SPDX-License-Identifier: ISC */
/* rules_fixture.h: compiled rules for tests of the store. */
#ifndef TESTS_UNIT_INGEST_RULES_FIXTURE_H
#define TESTS_UNIT_INGEST_RULES_FIXTURE_H

#include "../test.h"

#include "sitrep/rules/rule.h"
#include "sitrep/store/stored_rules.h"

/* Parses the rules and compiles them, as a reload does; fails the test for a mistake. */
static inline struct stored_rules *compile_rules(const struct stored_rule *rules, size_t count)
{
	struct rule_set *parsed = rule_set_new();
	struct stored_rules *compiled;

	assert_non_null(parsed);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(rule_set_add(parsed, STR_NONE, str_from(rules[i].expression), NULL), 0);
	compiled = stored_rules_new(rules, count, parsed, NULL);
	assert_non_null(compiled);
	return compiled;
}

#endif
