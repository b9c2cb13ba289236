/* SPDX-License-Identifier: ISC */
/* What the rule language does not accept, and what it says of it. */
#include "sets.h"
#include "sitrep/base/utf8.h"
#include "sitrep/identity/canon.h"

static const struct {
	const char *rule;
	const char *begins; /* of the message */
} mistakes[] = {
	{"", "at column 1: found the end, expected a word"},
	{"   ", "at column 4: found the end, expected a word"},
	{"missile AND", "at column 12: found the end, expected a word"},
	{"missile OR OR icbm", "at column 12: found \"OR\", expected a word"},
	{"AND missile", "at column 1: found \"AND\", expected a word"},
	{"missile NOT", "at column 12: found the end"},
	{"(missile OR icbm", "at column 1: found \"(\", expected a \")\" that closes it"},
	{"missile (icbm OR (slbm)", "at column 9: found \"(\", expected a \")\" that closes it"},
	{"missile) OR icbm", "at column 8: found \")\", expected a \"(\" before it"},
	{"()", "at column 2: found \")\", expected a word"},
	{"missile \"ballistic", "at column 9: found \"\"ballistic\", expected a closing quotation mark"},
	{"\"ballistic missile\"*", "at column 20: found \"*\", expected the * inside the quotation marks"},
	{"\"a\"b", "at column 4: found \"b\", expected a space"},
	{"a\"b\"", "at column 2: found \"\"b\"\", expected a space before the quotation mark"},
	{"missile !!!", "at column 9: found \"!!!\", expected a word"},
	{"a || b", "at column 3: found \"||\", expected a word"},
	{"\"\"", "at column 1: found \"\"\"\", expected a word"},
	{"*", "at column 1: found \"*\", expected a word"},
	{"mis*le", "at column 4: found \"*\", expected the * only at the end"},
	{"\"ballistic* missile\"", "at column 11: found \"*\", expected the * only at the end"},
	{"missile**", "at column 8: found \"*\", expected the * only at the end"},
	{"missile -game", "at column 9: found \"-game\", expected a word (to exclude one, write NOT before it)"},
	{"title:", "at column 1: found \"title:\" with nothing behind it, expected a word or a phrase"},
	{"title: missile", "at column 1: found \"title:\" with nothing behind it"},
	{"category:\"\"", "at column 1: found \"category:\"\"\", expected a name behind the colon"},
	{"writer:smith", "at column 1: found \"writer:\", expected title:, summary:, author:, link:, source:"},
	{"https://example.org", "at column 1: found \"https:\", expected title:, summary:"},
	{"a NEAR/0 b", "at column 3: found \"NEAR/0\", expected NEAR/n or ONEAR/n with a number of words from 1 to"},
	{"a ONEAR/101 b", "at column 3: found \"ONEAR/101\", expected NEAR/n or ONEAR/n with a number"},
	{"a NEAR/x b", "at column 3: found \"NEAR/x\", expected NEAR/n"},
	{"a NEAR/3", "at column 9: found the end, expected a word"},
	{"NEAR/3 a", "at column 1: found \"NEAR/3\", expected a word"},
	{"a NEAR/3 NOT b", "at column 10: found \"NOT\", expected a word"},
	{"a NEAR/3 b NEAR/3 c", "at column 12: found \"NEAR/3\", expected AND before a second NEAR"},
	{"feed:a NEAR/3 b", "at column 8: found \"NEAR/3\", expected words, \"phrases\" or an OR of them on both"},
	{"a NEAR/3 (b AND c)", "at column 3: found \"NEAR/3\", expected words, \"phrases\" or an OR"},
	{"a NEAR/3 words>2", "at column 3: found \"NEAR/3\", expected words, \"phrases\" or an OR"},
	{"a NEAR/3 /b/", "at column 3: found \"NEAR/3\", expected words, \"phrases\" or an OR"},
	{"NOT (a NEAR/3 b)", "at column 1: found a NOT that could match by itself"},
	{"NOT /a/", "at column 1: found a NOT that could match by itself"},
	{"NOT words>10", "at column 1: found a NOT that could match by itself"},
	{"words>", "at column 1: found \"words>\", expected a condition like words>200"},
	{"words>many", "at column 1: found \"words>many\", expected a condition like words>200"},
	{"words>-1", "at column 1: found \"words>-1\", expected a condition"},
	{"words<0", "at column 1: found \"words<0\", expected words>n"},
	{"words=>5", "at column 1: found \"words=>5\", expected words>n"},
	{"sources>=x", "at column 1: found \"sources>=x\", expected a condition like sources>=3"},
	{"sources=>3", "at column 1: found \"sources=>3\", expected sources>n, sources>=n"},
	{"a age<x", "at column 3: found \"age<x\", expected a condition like age<2h"},
	{"a age<-2h", "at column 3: found \"age<-2h\", expected a condition like age<2h"},
	{"a age<100ms", "at column 3: found \"age<100ms\", expected a condition like age<2h"},
	{"a age=2h", "at column 3: found \"age=2h\", expected age<2h, age<=2h, age>2h or age>=2h"},
	{"a priority>=hig", "at column 3: found \"priority>=hig\", expected a condition like priority>=high, with low"},
	{"NOT age>2h", "at column 1: found a NOT that could match by itself"},
	{"a NEAR/3 sources>2", "at column 3: found \"NEAR/3\", expected words, \"phrases\" or an OR"},
	{"a sources>1 OR sources>2 OR sources>3 OR sources>4 OR sources>5 OR sources>6 OR sources>7",
		"at column 81: found \"sources>7\", expected at most 6 conditions on the story in a rule"},
	{"a /b", "at column 3: found \"/b\", expected a / that closes the regular expression"},
	{"a /b\\/", "at column 3: found \"/b\\/\", expected a / that closes"},
	{"a /b/x", "at column 6: found \"x\", expected i, a space or \")\" after the regular expression"},
	{"a /b(/", "at column 6: the regular expression is wrong here: missing closing parenthesis"},
	{"a /\\C/", "at column 6: the regular expression is wrong here:"},
	{"list()>=1", "at column 1: found \"list()>=1\", expected a list with a term whose weight is above 0"},
	{"list(a=-1)>=1", "at column 1: found \"list(a=-1)>=1\", expected a list with a term"},
	{"list(a)", "at column 1: found \"list(a)\", expected a list and the sum of weights that it must reach"},
	{"list(a) >= 0", "at column 1: found \"list(a) >= 0\", expected a list and the sum"},
	{"list(a >= 3", "at column 1: found \"list(a >= 3\", expected a \")\" that closes the list"},
	{"list(\"a) >= 3", "at column 1: found \"list(\"a) >= 3\", expected a \")\" that closes"},
	{"list(a b) >= 3", "at column 8: found \"b\", expected a comma between the terms of a list"},
	{"x list(b, a=x) >= 3", "at column 11: found \"a=x\", expected a weight from -1000 to 1000"},
	{"list(a=1001) >= 3", "at column 6: found \"a=1001\", expected a weight from"},
	{"list(!) >= 3", "at column 6: found \"!\", expected a word"},
	{"list(a*b) >= 3", "at column 7: found \"*\", expected the * only at the end"},
	{"list(a) >= 3x", "at column 13: found \"x\", expected a space"},
	{"a NEAR/3 list(b)>=1", "at column 3: found \"NEAR/3\", expected words"},
	{"NOT list(a)>=1", "at column 1: found a NOT that could match by itself"},
	{"a $navy", "at column 3: found \"$navy\", expected a word ($name and list \"file\" are for the rules of the"},
	{"list \"a.txt\" >= 3", "at column 1: found \"list \"a.txt\" >= 3\", expected list(...)"},
	{"feed:/b/", "at column 1: found \"feed:/b/\", expected a name behind the colon"},
	{"NOT missile", "at column 1: found a NOT that could match by itself"},
	{"missile OR NOT icbm", "at column 12: found a NOT that could match by itself"},
	{"NOT (missile AND icbm)", "at column 1: found a NOT that could match by itself"},
	{"NOT NOT NOT missile", "at column 1: found a NOT that could match by itself"},
	/* columns count characters, not bytes */
	{"\xE5\x8C\x97\xE6\x9C\x9D\xE9\xAE\xAE )", "at column 5: found \")\""},
	{"missile \xFF", "at column 9: found bytes that are not UTF-8"},
};

TEST(mistakes_name_place_and_expectation)
{
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		struct rule_set *set = new_set();
		struct error err = {0};

		if (rule_set_add(set, STR("r"), str_from(mistakes[i].rule), &err) != -EINVAL)
			fail_msg("\"%s\" was accepted", mistakes[i].rule);
		if (!str_starts(str_from(err.text), str_from(mistakes[i].begins)))
			fail_msg("\"%s\" gives \"%s\", not \"%s\"", mistakes[i].rule, err.text, mistakes[i].begins);
		assert_int_equal(rule_set_count(set), 0);
	}
}

/* The rule and the mark under the place. */
static const struct {
	const char *rule, *mistake, *shown;
} places[] = {
	{"missile AND (dprk OR korea))", "at column 28: found",
		"    missile AND (dprk OR korea))\n"
		"                               ^\n"},
	{"", "at column 1: found the end", "    \n    ^\n"},
	{"missile AND", "at column 12: found the end", "    missile AND\n               ^\n"},
	/* a name before the sentence; no place in it */
	{"a )", "match: at column 3: found", "    a )\n      ^\n"},
	{"a )", "the rules are too large", ""},
	{"a )", "at column x: found", ""},
	/* Han characters take two columns, marks none, and a tab is shown as a space */
	{"\u5317\u671d\u9bae )", "at column 5: found", "    \u5317\u671d\u9bae )\n           ^\n"},
	{"e\u0301tat )", "at column 7: found", "    e\u0301tat )\n         ^\n"},
	{"a\t\n)", "at column 4: found", "    a  )\n       ^\n"},
	{"e\u0301 b", "at column 2: found", "    e\u0301 b\n    ^\n"},
	/* a terminal gets no control character and no bytes that are not UTF-8 */
	{"a \x1b[1m )", "at column 8: found", "    a \ufffd[1m )\n           ^\n"},
	{"a \xff )", "at column 3: found", "    a \ufffd )\n      ^\n"},
};

TEST(place_of_mistake_is_shown)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct buf *out = scratch(1000);

		assert_int_equal(rule_show(out, str_from(places[i].rule), str_from(places[i].mistake)), 0);
		(void)buf_putc(out, '\0');
		assert_string_equal(out->data, places[i].shown);
	}
}

/* Rules of 300 letters a or Han characters with a ) at each place: the mark stands under it, and the line fits. */
TEST(long_rule_is_cut_around_its_mistake)
{
	static const char *const letters[] = {"a", "\u8266"};

	for (size_t kind = 0; kind < 2; kind++)
		for (size_t place = 0; place <= 300; place++) {
			struct buf *rule = scratch(2000), *out = scratch(2000);
			char mistake[32];
			struct str rest, line, mark;
			size_t at, columns = 0;

			for (size_t i = 0; i <= 300; i++)
				(void)buf_puts(rule, i == place ? ")" : letters[kind]);
			(void)snprintf(mistake, sizeof(mistake), "at column %zu: found", place + 1);
			assert_int_equal(rule_show(out, buf_str(rule), str_from(mistake)), 0);
			rest = buf_str(out);
			assert_true(str_split(&rest, '\n', &line) && str_split(&rest, '\n', &mark));
			at = str_find_char(line, ')', 0);
			assert_true(at != STR_NPOS);
			for (size_t pos = 0; pos < at;)
				columns += utf8_width(utf8_next(line, &pos));
			assert_int_equal(columns, mark.len - 1);
			assert_int_equal(mark.data[columns], '^');
			for (size_t pos = at; pos < line.len;)
				columns += utf8_width(utf8_next(line, &pos));
			assert_in_range(columns, RULE_SHOWN_COLUMNS - 2, RULE_SHOWN_COLUMNS);
			assert_true(place <= 50 || str_starts(line, STR("    ...")));
			assert_true(place >= 250 || str_ends(line, STR("...")));
		}
}

static void repeat(struct buf *out, const char *piece, int count)
{
	for (int i = 0; i < count; i++)
		buf_puts(out, piece);
}

TEST(nesting_is_bounded)
{
	struct rule_set *set = new_set();
	struct buf *text = scratch(RULE_EXPANDED_MAX + 16);
	struct error err;

	repeat(text, "(", RULE_DEPTH_MAX - 1);
	buf_putc(text, 'a');
	repeat(text, ")", RULE_DEPTH_MAX - 1);
	assert_int_equal(rule_set_add(set, STR("deep"), buf_str(text), &err), 0);
	buf_clear(text);
	repeat(text, "(", RULE_TEXT_MAX);
	assert_int_equal(rule_set_add(set, STR("deeper"), buf_str(text), &err), -EINVAL);
	assert_non_null(strstr(err.text, "nested too deeply"));
	buf_clear(text);
	repeat(text, "NOT ", 10000);
	assert_int_equal(rule_set_add(set, STR("nots"), buf_str(text), &err), -EINVAL);
	assert_non_null(strstr(err.text, "nested too deeply"));
	buf_clear(text);
	repeat(text, "a", RULE_EXPANDED_MAX + 1);
	assert_int_equal(rule_set_add(set, STR("long"), buf_str(text), &err), -EINVAL);
}

TEST(phrases_are_bounded)
{
	struct rule_set *set = new_set();
	struct buf *text = scratch(4096);
	struct error err;

	buf_putc(text, '"');
	repeat(text, "a ", 65);
	buf_putc(text, '"');
	assert_int_equal(rule_set_add(set, STR("r"), buf_str(text), &err), -EINVAL);
	assert_string_equal(err.text, "at column 1: found a phrase of 65 words, expected at most 64");
}
