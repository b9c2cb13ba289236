/* SPDX-License-Identifier: ISC */
/* Rule sets: what is put into their rules, and what they give for each item. */
#include "match_fixture.h"

static int fetch_text(void *arg, enum rule_reference kind, struct str name, struct buf *text, struct error *err)
{
	(void)arg;
	if (kind == RULE_DEFINITION && str_eq(name, STR("navy")))
		return buf_puts(text, "ship* OR \"carrier group\"");
	if (kind == RULE_LIST_FILE && str_eq(name, STR("ships.txt")))
		return buf_puts(text, "# ships\n\nfrigate* = 10\r\n  carrier strike group=20\n\"F-35\"\ncruise = -5\n");
	if (kind == RULE_LIST_FILE && str_eq(name, STR("quoted.txt")))
		return buf_puts(text, "a\nb \"c\" d\n");
	if (kind == RULE_LIST_FILE && str_eq(name, STR("heavy.txt")))
		return buf_puts(text, "a\nb = many\n");
	return error_set(err, -ENOENT, "there is none");
}

TEST(definitions_and_lists_are_put_in)
{
	static const struct {
		const char *rule, *expanded; /* or the mistake */
		bool mistake;
	} cases[] = {
		{"missile*", "missile*", false},
		{"a $navy OR b", "a (ship* OR \"carrier group\") OR b", false},
		{"NOT ($navy) a", "NOT ((ship* OR \"carrier group\")) a", false},
		{"$navy NEAR/5 sunk", "(ship* OR \"carrier group\") NEAR/5 sunk", false},
		{"x list \"ships.txt\" >= 30 y",
			"x list(\"frigate*\" = 10, \"carrier strike group\" =20, \"F-35\", \"cruise\" = "
			"-5, ) >= 30 y",
			false},
		{"\"$navy\" $5", "\"$navy\" $5", false},
		{"a OR $army", "at column 6: $army: there is none", true},
		{"a list \"none.txt\" >= 3", "at column 3: list \"none.txt\": there is none", true},
		{"list \"quoted.txt\" >= 3", "at column 1: list \"quoted.txt\": line 2: found a quotation mark", true},
		{"list \"heavy.txt\" >= 3",
			"at column 1: list \"heavy.txt\": line 2: expected a term, or a term =", true},
		{"$navy AND (", "at column 12: found the end, expected a word", true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf *out = scratch(RULE_EXPANDED_MAX);
		struct rule_set *set = new_set();
		struct error err = {0};
		int result = rule_expand(out, str_from(cases[i].rule), fetch_text, NULL, &err);

		if ((result != 0) != cases[i].mistake ||
			!str_starts(result == 0 ? buf_str(out) : str_from(err.text), str_from(cases[i].expanded)))
			fail_msg("%s gives %d: %.*s, %s", cases[i].rule, result, STR_ARG(buf_str(out)), err.text);
		if (result == 0 && rule_set_add(set, STR("r"), buf_str(out), &err) != 0)
			fail_msg("%s: %s", cases[i].rule, err.text);
	}
}

TEST(rules_come_in_order)
{
	struct rule_set *set = new_set();
	struct error err;

	assert_int_equal(rule_set_add(set, STR("third"), STR("zulu"), &err), 0);
	assert_int_equal(rule_set_add(set, STR("first"), STR("alpha OR zulu"), &err), 0);
	assert_int_equal(rule_set_add(set, STR("none"), STR("yankee"), &err), 0);
	assert_int_equal(rule_set_add(set, STR("bad"), STR("(zulu"), &err), -EINVAL);
	assert_int_equal(rule_set_add(set, STR("second"), STR("alpha"), &err), 0);
	assert_int_equal(rule_set_count(set), 4);
	assert_int_equal(rule_set_finish(set, &err), 0);
	assert_string_equal(match(set, "alpha bravo zulu", "", "", "").rules, "third first second ");
	/* nothing is left from item to item */
	assert_string_equal(match(set, "bravo", "", "", "").rules, "");
	assert_string_equal(match(set, "", "alpha", "", "").rules, "first second ");
	assert_int_equal(rule_set_add(set, STR("late"), STR("late"), &err), -EINVAL);
}

TEST(empty_set_matches_nothing)
{
	struct rule_set *set = new_set();
	struct error err;

	assert_int_equal(rule_set_finish(set, &err), 0);
	assert_int_equal(match(set, "missile", "missile", "f", "c").count, 0);
}

TEST(items_get_their_matches)
{
	struct rule_set *set = rule_set_new();
	struct arena *arena = scratch_arena(1 << 20);
	struct item item;
	struct error err;
	struct rule_subject subject = {.title_tokens = STR("missile test "),
		.body_tokens = STR("north korea "),
		.feed = STR("f"),
		.categories = STR("")};

	memset(&item, 0, sizeof(item));
	assert_int_equal(rule_set_add(set, STR("dprk"), STR("missile \"north korea\" NOT game"), &err), 0);
	assert_int_equal(rule_set_add(set, STR("other"), STR("tank"), &err), 0);
	assert_int_equal(rule_set_finish(set, &err), 0);
	assert_int_equal(rule_set_match_item(set, &subject, arena, &item), 0);
	rule_set_free(set);
	/* what was found is the item's own */
	assert_int_equal(item.matches.count, 1);
	assert_true(str_eq(item.matches.items[0].rule, STR("dprk")));
	assert_true(str_eq(item.matches.items[0].terms, STR("missile\nnorth korea")));
}

TEST(thousands_of_terms_in_one_rule)
{
	struct rule_set *set = new_set();
	struct buf *text = scratch(RULE_TEXT_MAX);
	struct error err;
	struct seen seen;

	for (int i = 0; i < 7000; i++)
		assert_int_equal(buf_printf(text, "%sx%d", i > 0 ? " OR " : "", i), 0);
	assert_int_equal(rule_set_add(set, STR("r"), buf_str(text), &err), 0);
	assert_int_equal(rule_set_finish(set, &err), 0);
	seen = match(set, "", "y1 x6999 x1 x7000", "", "");
	assert_string_equal(seen.terms, "x1|x6999|");
}
