/* SPDX-License-Identifier: ISC */
/* filter_rules_test.c: thousands of rules that come and go match as each would by itself, in a few scans of an event.
 */
#include "../test.h"
#include "sitrep/filter/filter_rules.h"

enum { RULES_MAX = 5000, WORDS = 200 };

/* A rule and what it is to find: the words first and second, of those numbered 0 to WORDS - 1. */
struct kept {
	struct filter_rule rule;
	char text[128];
	size_t first, second;
	bool is_there;
};

struct fixture {
	struct filter_rules all;
	struct identity *identity;
	struct report report;
	struct event_record event;
	char title[WORDS * 12];
	bool stands[WORDS]; /* in the title */
	struct kept kept[RULES_MAX];
	uint64_t random;
};

static void setup(struct fixture *f)
{
	f->identity = identity_new(NULL);
	assert_non_null(f->identity);
	filter_rules_init(&f->all, f->identity);
	item_init(&f->report.item);
	f->event = (struct event_record){
		.cursor = 1, .kind = EVENT_NEW, .source = {.feed = STR("alpha")}, .report = &f->report};
	f->random = 7;
}

static void remove_rule(struct fixture *f, struct kept *k)
{
	if (k->is_there)
		filter_rules_remove(&f->all, &k->rule);
	k->is_there = false;
}

static void teardown(struct fixture *f)
{
	for (size_t i = 0; i < RULES_MAX; i++)
		remove_rule(f, &f->kept[i]);
	assert_null(f->all.sets);
	assert_null(f->all.waiting);
	assert_int_equal(f->all.waiting_weight, 0);
	filter_rules_release(&f->all);
	identity_free(f->identity);
}

FIXTURE(fixture, setup, teardown)

static size_t draw(struct fixture *f, size_t below)
{
	f->random = f->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (size_t)(f->random >> 33) % below;
}

/* Each rule is one of a kind: its words may be those of another. */
static void add_rule(struct fixture *f, size_t i)
{
	struct kept *k = &f->kept[i];

	assert_false(k->is_there);
	k->first = draw(f, WORDS);
	k->second = draw(f, WORDS);
	snprintf(k->text, sizeof(k->text), "(word%zux AND word%zux) OR absent%zu*", k->first, k->second, i);
	filter_rules_add(&f->all, &k->rule, str_from(k->text));
	k->is_there = true;
}

/* The next event: a title of some of the words. */
static void next_event(struct fixture *f)
{
	size_t len = 0;

	f->event.cursor++;
	for (size_t w = 0; w < WORDS; w++) {
		f->stands[w] = draw(f, 4) == 0;
		if (f->stands[w])
			len += (size_t)snprintf(f->title + len, sizeof(f->title) - len, "word%zux ", w);
	}
	f->report.item.title = (struct text){.value = str_make(f->title, len), .kind = TEXT_PLAIN};
	f->report.item.plain_title = f->report.item.title.value;
}

static void assert_each_matches(struct fixture *f)
{
	struct str terms[RULE_TOLD_MAX];
	char first[32];

	for (size_t i = 0; i < RULES_MAX; i++) {
		struct kept *k = &f->kept[i];
		bool wanted = f->stands[k->first] && f->stands[k->second];

		if (!k->is_there)
			continue;
		if (filter_rules_match(&f->all, &k->rule, &f->event) != wanted)
			fail_msg("\"%s\" is %s in \"%s\"", k->text, wanted ? "not found" : "found", f->title);
		if (!wanted || draw(f, 16) != 0)
			continue;
		snprintf(first, sizeof(first), "word%zux", k->first);
		assert_int_equal(
			filter_rules_terms(&f->all, &k->rule, &f->event, terms), k->first == k->second ? 1 : 2);
		assert_true(str_eq(terms[0], str_from(first)));
	}
}

TEST_ON(five_thousand_in_few_scans, fixture, f)
{
	uint64_t before;

	for (size_t i = 0; i < RULES_MAX; i++)
		add_rule(f, i);
	for (int round = 0; round < 3; round++) {
		next_event(f);
		before = f->all.scans;
		for (size_t i = 0; i < RULES_MAX; i++)
			(void)filter_rules_match(&f->all, &f->kept[i].rule, &f->event);
		assert_in_range(f->all.scans - before, 1, 8);
		/* what is known is not looked for again */
		before = f->all.scans;
		assert_each_matches(f);
		assert_in_range(f->all.scans - before, 0, 8 * RULES_MAX / 16);
	}
}

/* Whatever comes and goes between two events, and whenever. */
TEST_ON(rules_come_and_go, fixture, f)
{
	for (int round = 0; round < 60; round++) {
		size_t changes = round % 3 == 0 ? 3 : draw(f, 700);
		bool shrinks = round > 40;

		for (size_t n = 0; n < changes; n++) {
			size_t i = draw(f, RULES_MAX);

			if (f->kept[i].is_there && (shrinks || draw(f, 3) == 0))
				remove_rule(f, &f->kept[i]);
			else if (!f->kept[i].is_there && !shrinks)
				add_rule(f, i);
		}
		next_event(f);
		assert_each_matches(f);
		assert_in_range(f->all.set_count, 1, 24);
	}
}

/* One by one, each with an event between: a rule is compiled some times, not once for each that comes after it. */
TEST_ON(one_by_one, fixture, f)
{
	enum { COUNT = 1000 };

	for (size_t i = 0; i < COUNT; i++) {
		add_rule(f, i);
		next_event(f);
		(void)filter_rules_match(&f->all, &f->kept[i].rule, &f->event);
	}
	assert_each_matches(f);
	assert_in_range(f->all.set_count, 1, 12);
	assert_in_range(f->all.compiled, COUNT, 12 * COUNT);
}

/* The same cursor again, of an item that has changed. */
TEST_ON(forgetting, fixture, f)
{
	add_rule(f, 0);
	next_event(f);
	f->stands[f->kept[0].first] = f->stands[f->kept[0].second] = true;
	snprintf(f->title, sizeof(f->title), "word%zux word%zux", f->kept[0].first, f->kept[0].second);
	f->report.item.plain_title = f->report.item.title.value = str_from(f->title);
	assert_true(filter_rules_match(&f->all, &f->kept[0].rule, &f->event));
	f->report.item.plain_title = f->report.item.title.value = STR("nothing");
	assert_true(filter_rules_match(&f->all, &f->kept[0].rule, &f->event));
	filter_rules_forget(&f->all);
	assert_false(filter_rules_match(&f->all, &f->kept[0].rule, &f->event));
}

/* A search of the text takes its time, so each has a scan of its own. */
TEST_ON(regular_expressions_stand_alone, fixture, f)
{
	static const char *const texts[] = {"/WORD1+x/i", "word1x /word[2-9]x/", "word1x"};
	struct filter_rule rules[3];
	struct str terms[RULE_TOLD_MAX];

	for (size_t i = 0; i < 3; i++)
		filter_rules_add(&f->all, &rules[i], str_from(texts[i]));
	f->event.cursor++;
	f->report.item.title = (struct text){.value = STR("word1x and word2x"), .kind = TEXT_PLAIN};
	f->report.item.plain_title = f->report.item.title.value;
	for (size_t i = 0; i < 3; i++) {
		assert_true(filter_rules_match(&f->all, &rules[i], &f->event));
		assert_int_equal(f->all.scans, i + 1);
	}
	assert_int_equal(filter_rules_terms(&f->all, &rules[1], &f->event, terms), 2);
	assert_int_equal(f->all.scans, 3);
	assert_int_equal(f->all.set_count, 1);
	for (size_t i = 0; i < 3; i++)
		filter_rules_remove(&f->all, &rules[i]);
}
