/* SPDX-License-Identifier: ISC */
#include "rule_condition.h"

#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/units.h"

enum { MS = 1000, AGE_MAX_DAYS = 10000 };

static const struct str priorities[] = {
	[RULE_NO_PRIORITY] = {"none", 4},
	[RULE_LOW] = {"low", 3},
	[RULE_NORMAL] = {"normal", 6},
	[RULE_HIGH] = {"high", 4},
	[RULE_URGENT] = {"urgent", 6},
};

enum rule_priority rule_priority_parse(struct str name)
{
	for (int i = RULE_LOW; i <= RULE_URGENT; i++)
		if (str_eq(name, priorities[i]))
			return (enum rule_priority)i;
	return RULE_NO_PRIORITY;
}

struct str rule_priority_name(enum rule_priority p)
{
	return priorities[p];
}

/* ---- reading */

bool rule_number_read(struct str digits, uint32_t max, uint32_t *number)
{
	long long n;

	if (digits.len == 0 || !char_is_digit(digits.data[0]) || !str_to_int(digits, &n) || n > max)
		return false;
	*number = (uint32_t)n;
	return true;
}

static bool read_age(struct str text, uint32_t *seconds)
{
	int64_t ms;

	if (text.len == 0 || !char_is_digit(text.data[0]) || !duration_parse(text, &ms) || ms % MS != 0 ||
		ms / MS > (int64_t)AGE_MAX_DAYS * 24 * 3600)
		return false;
	*seconds = (uint32_t)(ms / MS);
	return true;
}

static bool read_priority(struct str text, uint32_t *level)
{
	*level = rule_priority_parse(text);
	return *level != RULE_NO_PRIORITY;
}

static bool read_words(struct str text, uint32_t *number)
{
	return rule_number_read(text, RULE_LENGTH_MAX, number);
}

static bool read_sources(struct str text, uint32_t *number)
{
	return rule_number_read(text, RULE_SOURCES_MAX, number);
}

/* What can be compared.  An age is never exactly one. */
static const struct measure {
	struct str name;
	bool (*read)(struct str text, uint32_t *number);
	bool has_equal;
	const char *like, *forms;
} measures[] = {
	[RULE_WORDS_OF] = {{"words", 5}, read_words, true,
		"a condition like words>200 (put it in quotation marks to look for the text)",
		"words>n, words>=n, words<n, words<=n or words=n"},
	[RULE_AGE] = {{"age", 3}, read_age, false,
		"a condition like age<2h (put it in quotation marks to look for the text)",
		"age<2h, age<=2h, age>2h or age>=2h"},
	[RULE_SOURCES] = {{"sources", 7}, read_sources, true,
		"a condition like sources>=3 (put it in quotation marks to look for the text)",
		"sources>n, sources>=n, sources<n, sources<=n or sources=n"},
	[RULE_PRIORITY] = {{"priority", 8}, read_priority, true,
		"a condition like priority>=high, with low, normal, high or urgent (put it in quotation marks to look "
		"for "
		"the text)",
		"priority>=high, or with >, <, <= or ="},
};
enum { MEASURES = sizeof(measures) / sizeof(measures[0]) };

/* Cuts "sources>=3" in three; NULL: the word does not begin with a measure and a comparison. */
static const struct measure *cut(struct str word, struct str *compare, struct str *value)
{
	size_t end = 0, behind;

	while (end < word.len && char_is_alpha(word.data[end]))
		end++;
	behind = end;
	while (behind < word.len && strchr("<>=", word.data[behind]) != NULL)
		behind++;
	*compare = str_slice(word, end, behind);
	*value = str_slice(word, behind, word.len);
	for (size_t i = 0; behind > end && i < MEASURES; i++)
		if (str_eq(str_slice(word, 0, end), measures[i].name))
			return &measures[i];
	return NULL;
}

bool rule_condition_read(struct str word, struct rule_condition *c, const char **expected)
{
	struct str compare, value;
	const struct measure *m = cut(word, &compare, &value);
	uint32_t n;

	*expected = NULL;
	if (m == NULL)
		return false;
	*c = (struct rule_condition){.measure = (enum rule_measure)(m - measures), .most = UINT32_MAX};
	if (!m->read(value, &n))
		*expected = m->like;
	else if (str_eq(compare, STR(">")))
		c->least = n + 1;
	else if (str_eq(compare, STR(">=")))
		c->least = n;
	else if (str_eq(compare, STR("<=")))
		c->most = n;
	else if (str_eq(compare, STR("=")) && m->has_equal)
		c->least = c->most = n;
	else if (str_eq(compare, STR("<")) && n > 0)
		c->most = n - 1;
	else
		*expected = m->forms;
	return true;
}

/* ---- truth tables */

uint64_t rule_condition_table(uint32_t k)
{
	static const uint64_t tables[RULE_CONDITIONS_MAX] = {
		UINT64_C(0xAAAAAAAAAAAAAAAA),
		UINT64_C(0xCCCCCCCCCCCCCCCC),
		UINT64_C(0xF0F0F0F0F0F0F0F0),
		UINT64_C(0xFF00FF00FF00FF00),
		UINT64_C(0xFFFF0000FFFF0000),
		UINT64_C(0xFFFFFFFF00000000),
	};

	return tables[k];
}

uint64_t rule_condition_all(uint32_t count)
{
	return count == RULE_CONDITIONS_MAX ? UINT64_MAX : (UINT64_C(1) << (1u << count)) - 1;
}

uint32_t rule_condition_measure(const struct rule_condition *c, const struct rule_story *story)
{
	int64_t n = 0;

	switch (c->measure) {
	case RULE_AGE:
		n = story->age_ms / MS;
		break;
	case RULE_SOURCES:
		n = story->sources;
		break;
	case RULE_PRIORITY:
		n = story->priority;
		break;
	case RULE_WORDS_OF:
		break;
	}
	return n < 0 ? 0 : n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

bool rule_condition_holds(const struct rule_condition *c, const struct rule_story *story)
{
	uint32_t n = rule_condition_measure(c, story);

	return n >= c->least && n <= c->most;
}
