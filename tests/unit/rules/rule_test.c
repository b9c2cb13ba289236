/* SPDX-License-Identifier: ISC */
/* The rule language: what it accepts, what it says of mistakes, and what matches what. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../test.h"
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
	{"author:smith", "at column 1: found \"author:\", expected title:, category:, feed: or lang:"},
	{"https://example.org", "at column 1: found \"https:\", expected title:, category:, feed: or lang:"},
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

TEST(nesting_is_bounded)
{
	struct rule_set *set = rule_set_new();
	struct buf text = BUF_INIT(RULE_TEXT_MAX + 16);
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
	for (int i = 0; i <= RULE_TEXT_MAX; i++)
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

static void note(void *arg, struct str rule, const struct str *terms, size_t term_count)
{
	struct seen *s = arg;

	s->count++;
	snprintf(s->rules + strlen(s->rules), sizeof(s->rules) - strlen(s->rules), "%.*s ", STR_ARG(rule));
	for (size_t i = 0; i < term_count; i++)
		snprintf(s->terms + strlen(s->terms), sizeof(s->terms) - strlen(s->terms), "%.*s|", STR_ARG(terms[i]));
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
		.feed = str_from(feed),
		.categories = str_from(categories)};
	assert_int_equal(rule_set_match(set, &subject, note, &seen), 0);
	buf_release(&title_tokens);
	buf_release(&body_tokens);
	return seen;
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
	{"\xC3\x89lys\xC3\xA9"
	 "e",
		"E\xCC\x81LYSE\xCC\x81"
		"E",
		"",
		"\xC3\x89lys\xC3\xA9"
		"e|"},
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
};

TEST(texts_match_or_not)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct rule_set *set = rule_set_new();
		struct error err = {0};
		struct seen seen;

		if (rule_set_add(set, STR("r"), str_from(texts[i].rule), &err) != 0)
			fail_msg("\"%s\": %s", texts[i].rule, err.text);
		assert_int_equal(rule_set_finish(set, &err), 0);
		seen = match(set, texts[i].title, texts[i].body, "f", "");
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
		struct rule_set *set = rule_set_new();
		const struct rule_subject subject = {
			.title_tokens = STR("word "), .feed = STR("f"), .language = str_from(cases[i].language)};
		struct error err = {0};
		struct seen seen = {0};

		if (rule_set_add(set, STR("r"), str_from(cases[i].rule), &err) != 0)
			fail_msg("\"%s\": %s", cases[i].rule, err.text);
		assert_int_equal(rule_set_finish(set, &err), 0);
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
		{"category:\xC3\x89lys\xC3\xA9"
		 "e",
			"f",
			"\xC3\xA9LYS\xC3\x89"
			"E",
			1},
		{"category:naval NOT feed:usni", "usni", "naval", 0},
		{"category:naval NOT feed:usni", "navy", "naval", 1},
		{"title:x OR category:naval NOT y", "f", "naval", 1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rule_set *set = rule_set_new();
		struct error err = {0};

		assert_int_equal(rule_set_add(set, STR("r"), str_from(cases[i].rule), &err), 0);
		assert_int_equal(rule_set_finish(set, &err), 0);
		/* names are not looked for in the text, nor words in names */
		if (match(set, "usni naval us", "air force", cases[i].feed, cases[i].categories).count !=
			cases[i].count)
			fail_msg("%s on %s, %s", cases[i].rule, cases[i].feed, cases[i].categories);
		rule_set_free(set);
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
	struct arena arena;
	struct item item;
	struct error err;
	struct rule_subject subject = {.title_tokens = STR("missile test "),
		.body_tokens = STR("north korea "),
		.feed = STR("f"),
		.categories = STR("")};

	arena_init(&arena, 1 << 20);
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
