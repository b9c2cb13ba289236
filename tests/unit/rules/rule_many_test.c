/* SPDX-License-Identifier: ISC */
/* Large sets: each of many words is found, and each use of a word counts. */
#include "sets.h"

enum { MANY = 20000, TEXT_MAX = 1024 * 1024 };

static void count_hit(void *arg, const struct rule_hit *hit)
{
	(void)hit;
	++*(size_t *)arg;
}

static struct rule_set *set_of_all(const char *const *rules, size_t count)
{
	struct rule_set *set = new_set();

	for (size_t i = 0; i < count; i++)
		assert_int_equal(rule_set_add(set, STR("r"), str_from(rules[i]), NULL), 0);
	assert_int_equal(rule_set_finish(set, NULL), 0);
	return set;
}

/* The number of rules that match the text. */
static size_t matches(struct rule_set *set, struct str text)
{
	struct buf *tokens = scratch(TEXT_MAX);
	struct rule_subject subject = {0};
	size_t count = 0, found = 0;

	assert_int_equal(rule_words(tokens, text, &count), 0);
	subject.body_tokens = buf_str(tokens);
	assert_int_equal(rule_set_match(set, &subject, count_hit, &found), 0);
	return found;
}

/* Words of 2 to 12 bytes. */
static void put_word(struct buf *out, const char *before, size_t number)
{
	(void)buf_printf(out, "%s%.*s%zx", before, (int)(number % 8), "shipyard", number);
}

TEST(each_of_many_words_is_found)
{
	struct buf *rule = scratch(TEXT_MAX), *text = scratch(TEXT_MAX);
	struct rule_set *set;

	(void)buf_puts(rule, "list(");
	for (size_t i = 0; i < MANY; i++) {
		put_word(rule, i > 0 ? ", " : "", 2 * i);
		put_word(text, " ", 2 * i);
	}
	assert_int_equal(buf_printf(rule, ") >= %d", MANY), 0);
	set = set_of_all((const char *[]){rule->data}, 1);
	assert_int_equal(matches(set, buf_str(text)), 1);
	/* without the last word, but with as many that are not in the list */
	text->len = str_find(buf_str(text), STR(" "), text->len - 12);
	for (size_t i = 0; i < MANY; i++)
		put_word(text, " ", 2 * i + 1);
	assert_int_equal(text->failed, 0);
	assert_int_equal(matches(set, buf_str(text)), 0);
}

TEST(entries_of_one_word_in_a_list_add_up)
{
	struct rule_set *set = set_of_all((const char *[]){"list(ship = 3, boat, ship = -1, ship = 5) >= 7",
						  "list(ship = 3, boat, ship = -1, ship = 5) >= 8"},
		2);

	assert_int_equal(matches(set, STR("a ship, and the ship again")), 1);
	assert_int_equal(matches(set, STR("a ship and a boat")), 2);
	assert_int_equal(matches(set, STR("a boat and a boat")), 0);
}

/* Their sum does not fit the short form of a use. */
TEST(large_weights_of_one_word_add_up)
{
	struct buf *rules[] = {scratch(TEXT_MAX), scratch(TEXT_MAX)};
	struct rule_set *set;

	for (int n = 0; n < 2; n++) {
		(void)buf_puts(rules[n], "list(boat");
		for (int i = 0; i < 40; i++)
			(void)buf_puts(rules[n], ", ship = 1000");
		assert_int_equal(buf_printf(rules[n], ") >= %d", 40000 + n), 0);
	}
	set = set_of_all((const char *[]){rules[0]->data, rules[1]->data}, 2);
	assert_int_equal(matches(set, STR("ship after ship")), 1);
	assert_int_equal(matches(set, STR("ship and boat")), 2);
}

TEST(a_word_has_several_uses)
{
	struct rule_set *set =
		set_of_all((const char *[]){"ship AND boat", "ship AND harbour", "list(ship) >= 1",
				   "list(ship = 2, boat) >= 3", "ship NEAR/2 boat", "NOT boat AND harbour"},
			6);

	assert_int_equal(matches(set, STR("ship")), 1);
	assert_int_equal(matches(set, STR("boat ship")), 4);
	assert_int_equal(matches(set, STR("boat in the far harbour of the ship")), 4);
	assert_int_equal(matches(set, STR("harbour")), 1);
}

/* A check does not keep the entries of lists, but counts them and finds their mistakes. */
TEST(a_check_counts_the_entries_of_lists)
{
	struct buf *rule = scratch(TEXT_MAX);
	struct error err = {0};
	size_t terms = 10;

	assert_int_equal(rule_check(STR("frigate AND list(ship = 3, \"two words\", boat*) >= 4"), &terms, &err), 0);
	assert_int_equal(terms, 15);
	(void)buf_puts(rule, "list(");
	for (size_t i = 0; i < MANY; i++)
		put_word(rule, i > 0 ? ", " : "", i);
	assert_int_equal(buf_puts(rule, ") >= 4"), 0);
	terms = RULE_TERMS_MAX - MANY;
	assert_int_equal(rule_check(buf_str(rule), &terms, &err), -EINVAL);
	assert_string_equal(err.text, "at column 1: all rules together have more than 300000 terms");
	terms--;
	assert_int_equal(rule_check(buf_str(rule), &terms, &err), 0);
	assert_int_equal(terms, RULE_TERMS_MAX);
	assert_int_equal(rule_check(STR("list(ship, *boat) >= 1"), &terms, &err), -EINVAL);
	assert_int_equal(rule_check(STR("list(ship = -3) >= 1"), &terms, &err), -EINVAL);
}
