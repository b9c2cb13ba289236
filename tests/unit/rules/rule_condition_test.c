/* SPDX-License-Identifier: ISC */
/* Conditions on the story: what a worker finds without the story says for every story what a match with it says. */
#include "sets.h"

enum { MINUTE = 60 * 1000, HOUR = 60 * MINUTE };

struct found {
	bool matches;
	uint64_t truth;
	size_t terms;
};

static void note(void *arg, const struct rule_hit *hit)
{
	*(struct found *)arg = (struct found){.matches = true, .truth = hit->truth, .terms = hit->term_count};
}

static struct found find(struct rule_set *set, const char *title, const struct rule_story *story)
{
	struct buf *words = scratch(1 << 16);
	struct rule_subject subject = {.title = str_from(title), .story = story};
	struct found found = {.matches = false};
	size_t count = 0;

	assert_int_equal(rule_words(words, subject.title, &count), 0);
	subject.title_tokens = buf_str(words);
	assert_int_equal(rule_set_match(set, &subject, note, &found), 0);
	return found;
}

static const struct {
	const char *rule, *title;
	struct rule_story story;
	bool matches;
} cases[] = {
	{"a sources>=3", "a", {.sources = 2}, false},
	{"a sources>=3", "a", {.sources = 3}, true},
	{"a sources>=3", "b", {.sources = 3}, false},
	{"a sources>3", "a", {.sources = 3}, false},
	{"a sources=3", "a", {.sources = 3}, true},
	{"a sources<3", "a", {.sources = 2}, true},
	{"a sources<=3", "a", {.sources = 4}, false},
	{"a NOT sources>=3", "a", {.sources = 2}, true},
	{"a NOT sources>=3", "a", {.sources = 3}, false},
	{"sources>=3", "b", {.sources = 3}, true},
	{"a OR sources>=3", "a", {.sources = 1}, true},
	{"a OR sources>=3", "b", {.sources = 1}, false},
	{"a OR sources>=3", "b", {.sources = 3}, true},
	{"a age<2h", "a", {.age_ms = 2 * HOUR - 1}, true},
	{"a age<2h", "a", {.age_ms = 2 * HOUR}, false},
	{"a age<=2h", "a", {.age_ms = 2 * HOUR + 999}, true},
	{"a age>2h", "a", {.age_ms = 2 * HOUR}, false},
	{"a age>2h", "a", {.age_ms = 2 * HOUR + 1000}, true},
	{"a age>=1h30m", "a", {.age_ms = 90 * MINUTE}, true},
	{"a priority>=high", "a", {.priority = RULE_NORMAL}, false},
	{"a priority>=high", "a", {.priority = RULE_URGENT}, true},
	{"a priority=low", "a", {.priority = RULE_LOW}, true},
	{"a priority<low", "a", {.priority = RULE_NO_PRIORITY}, true},
	{"a (sources>=3 OR b) age<1h", "a b", {.sources = 1}, true},
	{"a (sources>=3 OR b) age<1h", "a", {.sources = 1}, false},
	{"a (sources>=3 OR b) age<1h", "a", {.sources = 3, .age_ms = HOUR}, false},
	{"(a sources>1) OR (b sources>2) OR (c sources>3)", "b c", {.sources = 3}, true},
	{"(a sources>1) OR (b sources>2) OR (c sources>3)", "c", {.sources = 3}, false},
	{"\"sources>=3\"", "sources 3", {.sources = 1}, true},
};

TEST(a_match_with_the_story_and_without_it)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rule_set *set = set_of(cases[i].rule);
		struct found with = find(set, cases[i].title, &cases[i].story);
		struct found without = find(set, cases[i].title, NULL);
		bool later = without.matches && rule_set_holds(set, 0, without.truth, &cases[i].story);

		if (with.matches != cases[i].matches || later != cases[i].matches)
			fail_msg("%s on %s: %d, later %d", cases[i].rule, cases[i].title, with.matches, later);
	}
}

TEST(a_verdict_says_when_to_wait)
{
	struct rule_set *set = set_of("a OR (b sources>=3)");

	assert_int_equal(rule_set_verdict(set, 0, find(set, "a", NULL).truth), RULE_ALWAYS);
	assert_int_equal(rule_set_verdict(set, 0, find(set, "b", NULL).truth), RULE_PERHAPS);
	assert_false(find(set, "c", NULL).matches);
	/* bits of combinations that the rule does not have */
	assert_int_equal(rule_set_verdict(set, 0, ~UINT64_C(3)), RULE_NEVER);
	assert_int_equal(rule_set_verdict(set, 0, UINT64_MAX), RULE_ALWAYS);
	set = set_of("a");
	assert_int_equal(find(set, "a", NULL).truth, 1);
	assert_int_equal(rule_set_verdict(set, 0, 1), RULE_ALWAYS);
}

/* Equal conditions are one; the words alone are told when the story is not known. */
TEST(six_conditions_are_the_most)
{
	struct rule_set *set = set_of("a (sources>1 OR sources>2 OR sources>3 OR age<1h OR age<2h OR priority>=high) "
				      "AND (sources>1 OR age<1h)");
	struct rule_story story = {.sources = 2, .age_ms = 3 * HOUR};

	assert_int_equal(find(set, "a", NULL).terms, 1);
	assert_int_equal(find(set, "a", &story).terms, 3);
	story.sources = 1;
	assert_false(find(set, "a", &story).matches);
}

TEST(the_next_age_that_matters)
{
	struct rule_set *set = set_of("a (age<1h OR age>=3h) sources>2");

	assert_int_equal(rule_set_next_age(set, 0, 0), HOUR);
	assert_int_equal(rule_set_next_age(set, 0, HOUR), 3 * HOUR);
	assert_int_equal(rule_set_next_age(set, 0, 3 * HOUR), INT64_MAX);
	set = set_of("a sources>2");
	assert_int_equal(rule_set_next_age(set, 0, 0), INT64_MAX);
}

/* A chain of many conditions in turn needs no more room than its nesting. */
TEST(long_chains)
{
	struct buf *rule = scratch(RULE_TEXT_MAX);
	struct rule_story story = {.sources = 2};
	struct rule_set *set;

	for (int i = 0; i < 1000; i++)
		buf_printf(rule, "%sw%d sources>%d", i > 0 ? " OR " : "", i, i % 6);
	set = set_of(rule->data);
	assert_true(find(set, "w1 w8", &story).matches);
	assert_false(find(set, "w2 w9", &story).matches);
	assert_true(rule_set_holds(set, 0, find(set, "w2 w1", NULL).truth, &story));
	buf_clear(rule);
	for (int i = 0; i < RULE_DEPTH_MAX - 1; i++)
		buf_printf(rule, "(sources>%d AND w OR ", i % 6);
	buf_puts(rule, "w");
	for (int i = 0; i < RULE_DEPTH_MAX - 1; i++)
		buf_puts(rule, ")");
	set = set_of(rule->data);
	assert_true(find(set, "w", NULL).matches);
}
