/* SPDX-License-Identifier: ISC */
/* What the truth of a rule (rule_condition.h) says for a story, once the story is known. */
#include "rule_set.h"

enum { SECOND_MS = 1000 };

enum rule_verdict rule_set_verdict(const struct rule_set *set, size_t rule, uint64_t truth)
{
	const uint64_t all = rule_condition_all(rule_set_rule(set, rule).rule->condition_count);

	return (truth & all) == 0 ? RULE_NEVER : (truth & all) == all ? RULE_ALWAYS : RULE_PERHAPS;
}

bool rule_set_holds(const struct rule_set *set, size_t rule, uint64_t truth, const struct rule_story *story)
{
	const struct rule_view e = rule_set_rule(set, rule);
	unsigned combination = 0;

	for (uint32_t k = 0; k < e.rule->condition_count; k++)
		combination |= (unsigned)rule_condition_holds(&e.conditions[k], story) << k;
	return (truth >> combination & 1) != 0;
}

int64_t rule_set_next_age(const struct rule_set *set, size_t rule, int64_t age_ms)
{
	const struct rule_view e = rule_set_rule(set, rule);
	int64_t next = INT64_MAX;

	for (uint32_t k = 0; k < e.rule->condition_count; k++) {
		const struct rule_condition *c = &e.conditions[k];
		const int64_t ages[] = {(int64_t)c->least * SECOND_MS, ((int64_t)c->most + 1) * SECOND_MS};

		for (size_t i = 0; c->measure == RULE_AGE && i < 2; i++)
			if (ages[i] > age_ms && ages[i] < next && ages[i] <= (int64_t)UINT32_MAX * SECOND_MS)
				next = ages[i];
	}
	return next;
}
