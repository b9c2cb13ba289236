/* SPDX-License-Identifier: ISC */
/* Which rule matches which text. */
#include "match_fixture.h"

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
	{"/\xC3\x9C.ER/i", "\xC3\xBC\xE5\x8C\227er", "", "/\xC3\x9C.ER/i|"},
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
	}
}

/* A text with more places than are kept, and a rule that names one word a thousand times: both end soon. */
TEST(places_are_bounded)
{
	struct rule_set *set = new_set();
	struct buf *text = scratch(1 << 20), *rule = scratch(RULE_TEXT_MAX);
	struct rule_subject subject;
	struct seen seen = {0};

	buf_puts(rule, "(a");
	for (int i = 0; i < 1000; i++)
		buf_puts(rule, " OR a");
	buf_puts(rule, ") NEAR/1 b");
	assert_int_equal(rule_set_add(set, STR("far"), buf_str(rule), NULL), 0);
	assert_int_equal(rule_set_add(set, STR("first"), STR("a NEAR/1 c"), NULL), 0);
	assert_int_equal(rule_set_finish(set, NULL), 0);
	buf_puts(text, "c ");
	for (int i = 0; i < 100000; i++)
		buf_puts(text, "a ");
	buf_puts(text, "b ");
	subject = (struct rule_subject){.body_tokens = buf_str(text)};
	assert_int_equal(rule_set_match(set, &subject, note, &seen), 0);
	assert_string_equal(seen.rules, "first ");
}
