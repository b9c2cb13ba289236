/* SPDX-License-Identifier: ISC */
/* The rule language: what it accepts, what it says of mistakes, and what matches what. */
#include "../test.h"
#include "sitrep/base/utf8.h"
#include "sitrep/identity/canon.h"
#include "sitrep/rules/rule.h"

/* ---- mistakes */

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
		struct rule_set *set = rule_set_new();
		struct error err = {0};

		assert_non_null(set);
		if (rule_set_add(set, STR("r"), str_from(mistakes[i].rule), &err) != -EINVAL)
			fail_msg("\"%s\" was accepted", mistakes[i].rule);
		if (!str_starts(str_from(err.text), str_from(mistakes[i].begins)))
			fail_msg("\"%s\" gives \"%s\", not \"%s\"", mistakes[i].rule, err.text, mistakes[i].begins);
		assert_int_equal(rule_set_count(set), 0);
		rule_set_free(set);
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
		struct buf out = BUF_INIT(1000);

		assert_int_equal(rule_show(&out, str_from(places[i].rule), str_from(places[i].mistake)), 0);
		(void)buf_putc(&out, '\0');
		assert_string_equal(out.data, places[i].shown);
		buf_release(&out);
	}
}

/* Rules of 300 letters a or Han characters with a ) at each place: the mark stands under it, and the line fits. */
TEST(long_rule_is_cut_around_its_mistake)
{
	static const char *const letters[] = {"a", "\u8266"};

	for (size_t kind = 0; kind < 2; kind++)
		for (size_t place = 0; place <= 300; place++) {
			struct buf rule = BUF_INIT(2000), out = BUF_INIT(2000);
			char mistake[32];
			struct str rest, line, mark;
			size_t at, columns = 0;

			for (size_t i = 0; i <= 300; i++)
				(void)buf_puts(&rule, i == place ? ")" : letters[kind]);
			(void)snprintf(mistake, sizeof(mistake), "at column %zu: found", place + 1);
			assert_int_equal(rule_show(&out, buf_str(&rule), str_from(mistake)), 0);
			rest = buf_str(&out);
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
			buf_release(&rule);
			buf_release(&out);
		}
}

TEST(nesting_is_bounded)
{
	struct rule_set *set = rule_set_new();
	struct buf text = BUF_INIT(RULE_EXPANDED_MAX + 16);
	struct error err;

	for (int i = 0; i < RULE_DEPTH_MAX - 1; i++)
		buf_putc(&text, '(');
	buf_putc(&text, 'a');
	for (int i = 0; i < RULE_DEPTH_MAX - 1; i++)
		buf_putc(&text, ')');
	assert_int_equal(rule_set_add(set, STR("deep"), buf_str(&text), &err), 0);
	buf_clear(&text);
	for (int i = 0; i < RULE_TEXT_MAX; i++)
		buf_putc(&text, '(');
	assert_int_equal(rule_set_add(set, STR("deeper"), buf_str(&text), &err), -EINVAL);
	assert_non_null(strstr(err.text, "nested too deeply"));
	buf_clear(&text);
	for (int i = 0; i < 10000; i++)
		buf_puts(&text, "NOT ");
	assert_int_equal(rule_set_add(set, STR("nots"), buf_str(&text), &err), -EINVAL);
	assert_non_null(strstr(err.text, "nested too deeply"));
	buf_clear(&text);
	for (int i = 0; i <= RULE_EXPANDED_MAX; i++)
		buf_putc(&text, 'a');
	assert_int_equal(rule_set_add(set, STR("long"), buf_str(&text), &err), -EINVAL);
	buf_release(&text);
	rule_set_free(set);
}

TEST(phrases_are_bounded)
{
	struct rule_set *set = rule_set_new();
	struct buf text = BUF_INIT(4096);
	struct error err;

	buf_putc(&text, '"');
	for (int i = 0; i < 65; i++)
		buf_puts(&text, "a ");
	buf_putc(&text, '"');
	assert_int_equal(rule_set_add(set, STR("r"), buf_str(&text), &err), -EINVAL);
	assert_string_equal(err.text, "at column 1: found a phrase of 65 words, expected at most 64");
	buf_release(&text);
	rule_set_free(set);
}

/* ---- matches */

struct seen {
	size_t count;
	char rules[256];
	char terms[256];
};

static void note(void *arg, const struct rule_hit *hit)
{
	struct seen *s = arg;

	s->count++;
	snprintf(s->rules + strlen(s->rules), sizeof(s->rules) - strlen(s->rules), "%.*s ", STR_ARG(hit->rule));
	for (size_t i = 0; i < hit->term_count; i++)
		snprintf(s->terms + strlen(s->terms), sizeof(s->terms) - strlen(s->terms), "%.*s|",
			STR_ARG(hit->terms[i]));
}

/* Matches set on plain texts, as the worker does on an item's. */
static struct seen match(
	struct rule_set *set, const char *title, const char *body, const char *feed, const char *categories)
{
	struct buf title_tokens = BUF_INIT(1 << 16), body_tokens = BUF_INIT(1 << 16);
	struct rule_subject subject;
	struct seen seen = {0};
	size_t count = 0;

	assert_int_equal(rule_words(&title_tokens, str_from(title), &count), 0);
	assert_int_equal(rule_words(&body_tokens, str_from(body), &count), 0);
	subject = (struct rule_subject){.title_tokens = buf_str(&title_tokens),
		.body_tokens = buf_str(&body_tokens),
		.title = str_from(title),
		.body = str_from(body),
		.feed = str_from(feed),
		.categories = str_from(categories)};
	assert_int_equal(rule_set_match(set, &subject, note, &seen), 0);
	buf_release(&title_tokens);
	buf_release(&body_tokens);
	return seen;
}

/* A set of one rule, ready to match. */
static struct rule_set *set_of(const char *rule)
{
	struct rule_set *set = rule_set_new();
	struct error err = {0};

	assert_non_null(set);
	if (rule_set_add(set, STR("r"), str_from(rule), &err) != 0)
		fail_msg("\"%s\": %s", rule, err.text);
	assert_int_equal(rule_set_finish(set, &err), 0);
	return set;
}

static const struct {
	const char *rule;
	const char *title, *body;
	const char *terms; /* NULL: no match */
} texts[] = {
	{"missile", "Missile test", "", "missile|"},
	{"missile", "Missiles tested", "", NULL},
	{"missile*", "Missiles tested", "", "missile*|"},
	{"MISSILE", "", "the missile.", "MISSILE|"},
	{"missile icbm", "missile", "icbm", "missile|icbm|"},
	{"missile icbm", "missile", "", NULL},
	{"missile AND icbm", "missile", "icbm", "missile|icbm|"},
	{"missile OR icbm", "", "an ICBM", "icbm|"},
	{"missile OR icbm", "", "an ICBM missile", "missile|icbm|"},
	{"missile NOT game", "missile", "", "missile|"},
	{"missile NOT game", "missile", "a game", NULL},
	{"missile NOT (game OR film)", "missile", "a film", NULL},
	{"missile NOT NOT icbm", "missile", "", NULL},
	{"missile NOT NOT icbm", "missile icbm", "", "missile|icbm|"},
	/* AND binds more strongly than OR */
	{"a b OR c", "c", "", "c|"},
	{"a OR b c", "b", "", NULL},
	{"a OR b c", "a", "", "a|"},
	{"(a OR b) c", "a", "", NULL},
	{"(a OR b) c", "b c", "", "b|c|"},
	{"NOT a b", "b", "", "b|"},
	{"NOT a b", "a b", "", NULL},
	/* a negated word is never told of, a word written twice once */
	{"a OR (b NOT c)", "a c", "", "a|"},
	{"a OR A OR \"a\"", "a", "", "a|"},
	{"a NOT (b NOT a)", "a", "", "a|"},
	/* possessives and elisions, whatever the apostrophe */
	{"ukraine", "Ukraine's drone", "", "ukraine|"},
	{"ukraine", "Ukraine’s drone", "", "ukraine|"},
	{"ukraine", "Ukraine‘s, Ukraine`s", "", "ukraine|"},
	{"ukraine", "Ukraine´s drone", "", "ukraine|"},
	{"ukraine", "Ukraineʼs drone", "", "ukraine|"},
	{"ukraine", "Ukraine＇s drone", "", "ukraine|"},
	{"ukraine", "Ukraine′s drone", "", "ukraine|"},
	{"ukraine", "Ukraine❜s drone", "", "ukraine|"},
	{"ukraines", "Ukraine❜s drone", "", "ukraines|"},
	{"ukraine", "UKRAINE'S DRONE", "", "ukraine|"},
	{"ukraine", "Ukraine\xE2\x80\x8B's drone", "", "ukraine|"},
	{"ukraine", "Ukraine'\xE2\x80\x8Ds drone", "", "ukraine|"},
	{"ukraines", "Ukraine's drone", "", "ukraines|"},
	{"ukraine's", "Ukraine’s drone", "", "ukraine's|"},
	{"ukraine‘s", "Ukraine's drone", "", "ukraine‘s|"},
	{"drone NOT ukraine", "Ukraine's drone", "", NULL},
	{"otan", "L'OTAN et l'armée", "", "otan|"},
	{"armee", "L’OTAN et l’armée", "", "armee|"},
	{"lotan", "L'OTAN", "", "lotan|"},
	{"ukraine", "d'Ukraine, qu'Ukraine", "", "ukraine|"},
	{"israel", "avant qu'Israël", "", "israel|"},
	{"ucraina", "il governo dell'Ucraina", "", "ucraina|"},
	{"aria", "un'aria", "", "aria|"},
	{"est", "il s'est", "", "est|"},
	{"otan", "l'OTAN's", "", "otan|"},
	{"marines", "Marines' base", "", "marines|"},
	{"\"north korea\"", "North Korea's missile", "", "north korea|"},
	{"\"north koreas missile\"", "North Korea's missile", "", "north koreas missile|"},
	{"\"north korea missile*\"", "North Korea’s missiles", "", "north korea missile*|"},
	{"\"korea s\"", "Korea's", "", NULL},
	{"\"al qaida\"", "d'Al-Qaïda", "", "al qaida|"},
	{"\"s 400\"", "the S-400's", "", "s 400|"},
	{"1200", "the 1,200's", "", "1200|"},
	{"dont", "don't", "", "dont|"},
	{"don", "don't", "", NULL},
	{"hawaii", "Hawai'i", "", "hawaii|"},
	{"hawai", "Hawai'i", "", NULL},
	{"sana", "Sana'a", "", NULL},
	{"brien", "O'Brien", "", NULL},
	{"ankara", "Ankara'da, Türkiye'nin", "", "ankara|"},
	{"turkiye", "Ankara'da, Türkiye'nin", "", "turkiye|"},
	{"erdogan", "Erdoğan'a", "", "erdogan|"},
	{"quoted", "'quoted' words", "", "quoted|"},
	{"title:ukraine", "Ukraine's", "", "title:ukraine|"},
	{"title:ukraine", "", "Ukraine's", NULL},
	/* diacritics, unless the rule has them */
	{"elysee", "Élysée", "", "elysee|"},
	{"élysée", "Élysée", "", "élysée|"},
	{"élysée", "Elysee", "", NULL},
	{"elys*", "l'Élysée", "", "elys*|"},
	{"munchen", "München", "", "munchen|"},
	{"muenchen", "München", "", "muenchen|"},
	{"munchen", "Mu\xCC\x88nchen", "", "munchen|"},
	{"lodz", "Łódź", "", "lodz|"},
	{"jorgen", "Jørgen", "", "jorgen|"},
	{"joergen", "Jørgen", "", "joergen|"},
	{"strasse", "Straße", "", "strasse|"},
	{"zelenskyj OR zelensky", "Zelenskyj", "", "zelenskyj|"},
	{"ceskoslovensko", "Československo", "", "ceskoslovensko|"},
	{"viet", "Việt Nam", "", "viet|"},
	{"ελλαδα", "Ελλάδα", "", "ελλαδα|"},
	/* Cyrillic: ё is е, й is a letter */
	{"королев", "Королёв", "", "королев|"},
	{"королёв", "Королев", "", "королёв|"},
	{"королёв", "КОРОЛЁВ", "", "королёв|"},
	{"россия", "Росси\xCC\x81я", "", "россия|"},
	{"раион", "район", "", NULL},
	{"пять", "п'ять", "", "пять|"},
	/* Arabic: article, what is prefixed to it, vowel signs, alef */
	{"جيش", "الجيش", "", "جيش|"},
	{"جيش", "والجيش", "", "جيش|"},
	{"الجيش", "بالجيش", "", "الجيش|"},
	{"الجيش", "للجيش", "", "الجيش|"},
	{"جيش", "الجَيش", "", "جيش|"},
	{"الجيش", "جيش", "", NULL},
	{"اوكرانيا", "أوكرانيا", "", "اوكرانيا|"},
	{"أوكرانيا", "اوكرانيا", "", "أوكرانيا|"},
	{"ایران", "إيران", "", "ایران|"},
	{"الجَيش", "والجيش", "", "الجَيش|"},
	{"غزه", "غزة", "", "غزه|"},
	/* Hangul: particles, also behind other scripts; stems of one syllable stay whole */
	{"북한", "북한이 미사일을", "", "북한|"},
	{"미사일", "북한이 미사일을", "", "미사일|"},
	{"러시아", "러시아에서는", "", "러시아|"},
	{"icbm", "ICBM을 발사", "", "icbm|"},
	{"\"북한 미사일\"", "북한의 미사일이", "", "북한 미사일|"},
	{"회", "회의", "", NULL},
	{"이란", "이란은", "", "이란|"},
	{"\"대만 해협\"", "대만 해협에서", "", "대만 해협|"},
	/* phrases */
	{"\"north korea\"", "North Korea fires", "", "north korea|"},
	{"\"north korea\"", "North", "Korea", NULL},
	{"\"north korea\"", "north of korea", "", NULL},
	{"\"north korea\"", "", "north north korea", "north korea|"},
	{"\"ballistic missile*\"", "Ballistic missiles", "", "ballistic missile*|"},
	{"\"ballistic missile*\"", "ballistic, and missiles", "", NULL},
	{"\"a a b\"", "", "a a a b", "a a b|"},
	{"\"b c\" OR \"a b d\"", "", "a b c", "b c|"},
	{"\"new  mis*\" OR \"a new missile test\"", "", "a new missile launch", "new mis*|"},
	{"\xE2\x80\x9Cnorth korea\xE2\x80\x9D", "North Korea", "", "north korea|"},
	/* one written word that is several canonical ones is a phrase */
	{"F-35", "The F-35 flies", "", "F-35|"},
	{"F-35", "The F 36 and 35 F", "", NULL},
	{"F-3*", "The F-35B flies", "", "F-3*|"},
	{"don't", "Don\xE2\x80\x99t", "", "don't|"},
	{"10:30", "at 10:30", "", "10:30|"},
	{"1,200", "", "1200 men", "1,200|"},
	{"\xE5\x8C\x97\xE6\x9C\x9D\xE9\xAE\xAE",
		"\xE3\x80\x90\xE5\x8C\x97\xE6\x9C\x9D\xE9\xAE\xAE\xE3\x80\x91\xE3\x81\x8C", "",
		"\xE5\x8C\x97\xE6\x9C\x9D\xE9\xAE\xAE|"},
	{"\xE5\x8C\x97\xE6\x9C\x9D\xE9\xAE\xAE", "\xE5\x8C\x97\xE4\xBA\xAC\xE6\x9C\x9D\xE9\xAE\xAE", "", NULL},
	{"\xEB\xB6\x81\xED\x95\x9C*", "\xEB\xB6\x81\xED\x95\x9C\xEC\x9D\xB4", "", "\xEB\xB6\x81\xED\x95\x9C*|"},
	{"\xEB\xB6\x81\xED\x95\x9C", "\xEB\xB6\x81\xED\x95\x9C\xEC\x9D\xB4", "", "\xEB\xB6\x81\xED\x95\x9C|"},
	{"Élysée", "E\xCC\x81LYSE\xCC\201E", "", "Élysée|"},
	/* lower-case operators are words */
	{"search and rescue", "search and rescue", "", "search|and|rescue|"},
	{"search and rescue", "search rescue", "", NULL},
	{"not", "Not yet", "", "not|"},
	/* title */
	{"title:missile", "missile", "", "title:missile|"},
	{"title:missile", "", "missile", NULL},
	{"title:\"north korea\"", "north korea", "", "title:\"north korea\"|"},
	{"title:\"north korea\"", "north", "korea", NULL},
	{"title:\"north ko*\"", "", "north korea", NULL},
	{"title:mis*", "Missiles", "", "title:mis*|"},
	{"title:missile OR missile", "", "missile", "missile|"},
	{"missile NOT title:missile", "", "missile", "missile|"},
	{"missile NOT title:missile", "missile", "", NULL},
	/* one prefix within another, and the whole word */
	{"m* mis* missile* missile", "missile", "", "m*|mis*|missile*|missile|"},
	{"m* mis* OR x", "mix", "", NULL},
	{"m* OR mis*", "mix", "", "m*|"},
	{"a\nOR \"b\nc\"", "b c", "", "b c|"},
	/* NEAR counts words from the last of one to the first of the other, in either order */
	{"missile NEAR/3 launch", "missile test then launch", "", "missile|launch|"},
	{"missile NEAR/2 launch", "missile test then launch", "", NULL},
	{"missile NEAR/1 launch", "", "launch missile", "missile|launch|"},
	{"missile ONEAR/1 launch", "", "launch missile", NULL},
	{"missile ONEAR/1 launch", "", "launch missile launch", "missile|launch|"},
	{"missile NEAR/100 launch", "missile", "launch", NULL},
	{"\"ballistic missile*\" NEAR/2 (test* OR launch*)", "", "tests of ballistic missiles",
		"ballistic missile*|test*|"},
	{"\"ballistic missile*\" NEAR/1 (test* OR launch*)", "", "tests of ballistic missiles", NULL},
	{"missile NEAR/5 missile*", "missile", "", NULL},
	{"missile NEAR/5 missile*", "missile and missiles", "", "missile|missile*|"},
	{"a NEAR/1 b AND c", "a b", "c", "a|b|c|"},
	{"c NOT a NEAR/1 b", "c a b", "", NULL},
	{"c NOT a NEAR/1 b", "c a x b", "", "c|"},
	{"title:a NEAR/2 b", "", "a b", NULL},
	{"title:a NEAR/2 b", "a b", "", "title:a|b|"},
	{"ukraine NEAR/1 drone", "Ukraine's drone", "", "ukraine|drone|"},
	{"\xE5\x8C\x97 NEAR/2 \xE9\xAE\xAE", "\xE5\x8C\x97\xE6\x9C\x9D\xE9\xAE\xAE", "", "\xE5\x8C\x97|\xE9\xAE\xAE|"},
	{"near onear", "near onear", "", "near|onear|"},
	/* the number of words */
	{"words>2", "a b", "c", "words>2|"},
	{"words>3", "a b", "c", NULL},
	{"words>=3 words<=3 words=3 words<4", "a b", "c", "words>=3|words<=3|words=3|words<4|"},
	{"a NOT words>2", "a b", "", "a|"},
	{"a NOT words>2", "a b", "c", NULL},
	{"\"words>2\"", "words 2", "", "words>2|"},
	/* the weights of the terms that are found, each once */
	{"list(a = 10, \"b c\" = 20, d* = -5) >= 30", "a b c", "", "a|b c|"},
	{"list(a = 10, \"b c\" = 20, d* = -5) >= 30", "a a a b", "", NULL},
	{"list(a = 10, \"b c\" = 20, d* = -5) >= 30", "a b c", "different", NULL},
	{"list(a = 10, \"b c\" = 20, d* = -5) >= 25", "a b c", "different", "a|b c|d*|"},
	{"list(a,b,c)>=2", "c", "a", "a|c|"},
	{"list(a,b,c)>=2", "c", "c", NULL},
	{"x NOT list(a,b)>=2", "x a", "", "x|"},
	{"x NOT list(a,b)>=2", "x a b", "", NULL},
	{"list(a)>=1 AND list(b)>=1 OR c", "a b", "", "a|b|"},
	{"list (a b)", "list a b", "", "list|a|b|"},
	{"list \"a b\"", "a list of a b", "", "list|a b|"},
	{"list(\"a)b\" = 2)>=2", "a b", "", "a)b|"},
	/* regular expressions see the text as it is written */
	{"/F-?35[ABC]/", "An F-35B", "", "/F-?35[ABC]/|"},
	{"/F-?35[ABC]/", "an f-35b", "", NULL},
	{"/f-?35[abc]/i", "an F35B", "", "/f-?35[abc]/i|"},
	{"flies /F-?35 (is|was) seen/", "", "an F-35 was seen where it flies", "flies|/F-?35 (is|was) seen/|"},
	{"title:/seen/ OR /a\\/b/", "", "seen a/b", "/a\\/b/|"},
	{"title:/seen/", "", "seen", NULL},
	{"a NOT /b c/", "a", "b c", NULL},
	{"(/(a+)+$/ OR b) c", "b c", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "b|c|"},
	{"/\xC3\x9C.ER/i",
		"\xC3\xBC\xE5\x8C\x97"
		"er",
		"", "/\xC3\x9C.ER/i|"},
};

TEST(texts_match_or_not)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct rule_set *set = set_of(texts[i].rule);
		struct seen seen = match(set, texts[i].title, texts[i].body, "f", "");

		if (seen.count != (texts[i].terms != NULL) ||
			strcmp(seen.terms, texts[i].terms ? texts[i].terms : "") != 0)
			fail_msg("\"%s\" on \"%s\" / \"%s\" gives \"%s\", not \"%s\"", texts[i].rule, texts[i].title,
				texts[i].body, seen.terms, texts[i].terms != NULL ? texts[i].terms : "(none)");
		rule_set_free(set);
	}
}

TEST(languages)
{
	static const struct {
		const char *rule, *language;
		size_t count;
	} cases[] = {
		{"lang:en", "en", 1},
		{"lang:en", "en-GB", 1},
		{"lang:EN", "En-gb", 1},
		{"lang:en-gb", "en", 0},
		{"lang:en", "eng", 0},
		{"lang:zh-hant", "zh-Hant-TW", 1},
		{"lang:hant", "zh-Hant-TW", 0},
		{"lang:z*", "zh-Hant-TW", 1},
		{"lang:en", "", 0},
		{"word NOT lang:en", "", 1},
		{"word NOT lang:en", "en-US", 0},
		/* neither a word nor a feed of that name */
		{"lang:word", "", 0},
		{"lang:f", "", 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rule_set *set = set_of(cases[i].rule);
		const struct rule_subject subject = {
			.title_tokens = STR("word "), .feed = STR("f"), .language = str_from(cases[i].language)};
		struct seen seen = {0};

		assert_int_equal(rule_set_match(set, &subject, note, &seen), 0);
		if (seen.count != cases[i].count)
			fail_msg("\"%s\" on \"%s\"", cases[i].rule, cases[i].language);
		rule_set_free(set);
	}
}

TEST(feeds_and_categories)
{
	static const struct {
		const char *rule, *feed, *categories;
		size_t count;
	} cases[] = {
		{"feed:usni", "USNI", "", 1},
		{"feed:usni", "usni-news", "", 0},
		{"feed:us*", "usni-news", "", 1},
		{"feed:\"us ni\"", "US NI", "", 1},
		{"category:naval", "f", "us\nNaval", 1},
		{"category:naval", "naval", "us", 0},
		{"category:naval", "f", "naval aviation", 0},
		{"category:nav*", "f", "us\nnaval aviation", 1},
		{"category:\"air force\"", "f", "Air Force", 1},
		{"category:air-force", "f", "air force", 0},
		{"category:*", "f", "x", 1},
		{"category:*", "f", "", 0},
		{"category:Élysée", "f", "éLYSÉE", 1},
		{"category:naval NOT feed:usni", "usni", "naval", 0},
		{"category:naval NOT feed:usni", "navy", "naval", 1},
		{"title:x OR category:naval NOT y", "f", "naval", 1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rule_set *set = set_of(cases[i].rule);

		/* names are not looked for in the text, nor words in names */
		if (match(set, "usni naval us", "air force", cases[i].feed, cases[i].categories).count !=
			cases[i].count)
			fail_msg("%s on %s, %s", cases[i].rule, cases[i].feed, cases[i].categories);
		rule_set_free(set);
	}
}

/* Each rule looks into one part of an item. */
TEST(parts_of_an_item)
{
	static const struct {
		const char *rule;
		bool matches;
	} cases[] = {{"summary:exercise", true}, {"summary:\"large exercise\"", true}, {"summary:jane", false},
		{"exercise", false}, {"author:\"jane doe\"", true}, {"author:doe", true},
		{"author:\"doe john\"", false}, {"author:jan*", true}, {"author:/^John/", true},
		{"author:exercise", false}, {"link:usni.org", true}, {"link:2026/carrier", true},
		{"link:\"carrier sails\"", true}, {"link:/carrier-s/", true}, {"link:example.org", false},
		{"source:\"naval institute\"", true}, {"source:aggregator", false}, {"publisher:usni.org", true},
		{"publisher:NEWS.usni.org", true}, {"publisher:org", true}, {"publisher:ni.org", false},
		{"publisher:usni.org.example", false}, {"title:sails", true},
		{"summary:/large exercise/ words<10", true}};
	struct person people[] = {{.name = STR("Jane Doe")}, {.name = STR("John Smith")}};
	struct item it;

	item_init(&it);
	it.plain_summary = STR("A large exercise");
	it.link = STR("https://news.usni.org:443/2026/carrier-sails?x=1");
	it.has_source = true;
	it.source.title.value = STR("U.S. Naval Institute");
	it.authors.items = people;
	it.authors.count = 2;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rule_set *set = set_of(cases[i].rule);
		struct rule_subject subject = {.title_tokens = STR("carrier sails "),
			.body_tokens = STR("off the coast "),
			.source = STR("An aggregator"),
			.item = &it};
		struct seen seen = {0};

		assert_int_equal(rule_set_match(set, &subject, note, &seen), 0);
		if ((seen.count > 0) != cases[i].matches)
			fail_msg("%s: %zu", cases[i].rule, seen.count);
		rule_set_free(set);
	}
}

/* A text with more places than are kept, and a rule that names one word a thousand times: both end soon. */
TEST(places_are_bounded)
{
	struct rule_set *set = rule_set_new();
	struct buf text = BUF_INIT(1 << 20), rule = BUF_INIT(RULE_TEXT_MAX);
	struct rule_subject subject;
	struct seen seen = {0};

	buf_puts(&rule, "(a");
	for (int i = 0; i < 1000; i++)
		buf_puts(&rule, " OR a");
	buf_puts(&rule, ") NEAR/1 b");
	assert_int_equal(rule_set_add(set, STR("far"), buf_str(&rule), NULL), 0);
	assert_int_equal(rule_set_add(set, STR("first"), STR("a NEAR/1 c"), NULL), 0);
	assert_int_equal(rule_set_finish(set, NULL), 0);
	buf_puts(&text, "c ");
	for (int i = 0; i < 100000; i++)
		buf_puts(&text, "a ");
	buf_puts(&text, "b ");
	subject = (struct rule_subject){.body_tokens = buf_str(&text)};
	assert_int_equal(rule_set_match(set, &subject, note, &seen), 0);
	assert_string_equal(seen.rules, "first ");
	buf_release(&text);
	buf_release(&rule);
	rule_set_free(set);
}

/* ---- definitions and lists in files */

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
		struct buf out = BUF_INIT(RULE_EXPANDED_MAX);
		struct rule_set *set = rule_set_new();
		struct error err = {0};
		int result = rule_expand(&out, str_from(cases[i].rule), fetch_text, NULL, &err);

		if ((result != 0) != cases[i].mistake ||
			!str_starts(result == 0 ? buf_str(&out) : str_from(err.text), str_from(cases[i].expanded)))
			fail_msg("%s gives %d: %.*s, %s", cases[i].rule, result, STR_ARG(buf_str(&out)), err.text);
		if (result == 0 && rule_set_add(set, STR("r"), buf_str(&out), &err) != 0)
			fail_msg("%s: %s", cases[i].rule, err.text);
		rule_set_free(set);
		buf_release(&out);
	}
}

TEST(rules_come_in_order)
{
	struct rule_set *set = rule_set_new();
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
	rule_set_free(set);
}

TEST(empty_set_matches_nothing)
{
	struct rule_set *set = rule_set_new();
	struct error err;

	assert_int_equal(rule_set_finish(set, &err), 0);
	assert_int_equal(match(set, "missile", "missile", "f", "c").count, 0);
	rule_set_free(set);
}

TEST(items_get_their_matches)
{
	struct rule_set *set = rule_set_new();
	struct arena arena = ARENA_INIT(1 << 20);
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
	assert_int_equal(rule_set_match_item(set, &subject, &arena, &item), 0);
	rule_set_free(set);
	/* what was found is the item's own */
	assert_int_equal(item.matches.count, 1);
	assert_true(str_eq(item.matches.items[0].rule, STR("dprk")));
	assert_true(str_eq(item.matches.items[0].terms, STR("missile\nnorth korea")));
	arena_release(&arena);
}

TEST(thousands_of_terms_in_one_rule)
{
	struct rule_set *set = rule_set_new();
	struct buf text = BUF_INIT(RULE_TEXT_MAX);
	struct error err;
	struct seen seen;

	for (int i = 0; i < 7000; i++)
		assert_int_equal(buf_printf(&text, "%sx%d", i > 0 ? " OR " : "", i), 0);
	assert_int_equal(rule_set_add(set, STR("r"), buf_str(&text), &err), 0);
	assert_int_equal(rule_set_finish(set, &err), 0);
	seen = match(set, "", "y1 x6999 x1 x7000", "", "");
	assert_string_equal(seen.terms, "x1|x6999|");
	buf_release(&text);
	rule_set_free(set);
}
