/* SPDX-License-Identifier: ISC */
/* Canonical tokens: one table of texts and what they must become, and properties that hold for any text. */
#include <utf8proc.h>

#include "../scratch.h"
#include "sitrep/base/utf8.h"
#include "sitrep/identity/canon.h"

struct example {
	const char *text;
	const char *tokens;
	size_t count;
};

static const struct example examples[] = {
	{"", "", 0},
	{" \t\n ", "", 0},
	{"Missile", "missile ", 1},
	{"Missile test", "missile test ", 2},
	{"  North-Korea's \"new\" missile!", "north koreas new missile ", 4},
	/* apostrophes, all three, join; quotes around a word do not glue it to others */
	{"don't don\xE2\x80\x99t don\xCA\xBCt", "dont dont dont ", 3},
	{"the 'word' here", "the word here ", 3},
	{"the \xE2\x80\x98word\xE2\x80\x99 here", "the word here ", 3},
	{"\xE2\x80\x9Cword\xE2\x80\x9D \xC2\xABword\xC2\xBB", "word word ", 2},
	/* points and commas */
	{"1,200 and 1.200", "1200 and 1200 ", 3},
	{"3.5 km", "35 km ", 2},
	{"1,234,567.89", "123456789 ", 1},
	{"1, 2", "1 2 ", 2},
	{"1,,2 1..2 1.,2", "1 2 1 2 1 2 ", 6},
	{"end of 2024. 12 ships", "end of 2024 12 ships ", 5},
	{"F.35 35.F U.S.", "f 35 35 f u s ", 6},
	{"2024.", "2024 ", 1},
	{"1a.2b", "1a 2b ", 2},
	{"1\xCC\x81.2", "1\xCC\x81 2 ", 2},
	{"1,'200", "1200 ", 1},
	{"5.\xE5\x8C\x97", "5 \xE5\x8C\x97 ", 2},
	{"F-35B, AIM-120", "f 35b aim 120 ", 4},
	{"a_b a&b a/b", "a b a b a b ", 6},
	/* what is not seen is not there */
	{"mis\xC2\xADsile", "missile ", 1},
	{"\xEF\xBB\xBFmis\xE2\x80\x8Bsile \xE2\x80\252a\xE2\x80\xAC \xE2\x81\240b", "missile a b ", 3},
	{"1,\xE2\x80\213200", "1200 ", 1},
	/* all kinds of white space and dashes separate */
	{"a\xC2\240b\xE2\x80\211c\xE3\x80\200d\xE2\x80\224e\xE2\x80\223f\xE2\x80\xA8g", "a b c d e f g ", 7},
	{"wait\xE2\x80\xA6now", "wait now ", 2},
	/* composed and decomposed, upper and lower case, wide and narrow */
	{"Élysée", "élysée ", 1},
	{"E\xCC\x81lyse\xCC\201e", "élysée ", 1},
	{"E\xC2\xAD\xCC\x81lys\xC3\251e", "élysée ", 1},
	{"STRAßE straẞe", "strasse strasse ", 2},
	{"\xEF\xBC\xAE\xEF\xBC\xA1\xEF\xBC\xB4\xEF\xBC\xAF \xEF\xBC\x91\xEF\xBC\x8C\xEF\xBC\x92", "nato 12 ", 2},
	{"\xEF\xAC\x81re", "fire ", 1},
	{"m\xC2\xB2 \xE2\x91\xA0", "m2 1 ", 2},
	{"\xE2\x84\x8C\xE2\x84\xAA", "hk ", 1},
	{"\xCE\xA3\xCE\x8A\xCE\xA3\xCF\x82", "\xCF\x83\xCE\xAF\xCF\x83\xCF\x83 ", 1},
	/* Cyrillic: й composed and not */
	{"\xD0\x92\xD0\x9E\xD0\x99\xD0\x9D\xD0\x90", "\xD0\xB2\xD0\xBE\xD0\xB9\xD0\xBD\xD0\xB0 ", 1},
	{"\xD0\xB2\xD0\xBE\xD0\xB8\xCC\x86\xD0\xBD\xD0\xB0", "\xD0\xB2\xD0\xBE\xD0\xB9\xD0\xBD\xD0\xB0 ", 1},
	/* Vietnamese, marks in either order */
	{"Vi\xE1\xBB\x87t Vie\xCC\xA3\xCC\x82t Vie\xCC\x82\xCC\xA3t",
		"vi\xE1\xBB\x87t vi\xE1\xBB\x87t vi\xE1\xBB\x87t ", 3},
	/* a mark with nothing before it is nothing */
	{"\xCC\201a \xCC\x81 b", "a b ", 2},
	/* scripts without spaces: one token a character, marks stay with theirs */
	{"\xE5\x8C\x97\xE6\x9C\x9D\xE9\xAE\xAE", "\xE5\x8C\x97 \xE6\x9C\x9D \xE9\xAE\xAE ", 3},
	{"\xE3\x83\x9F\xE3\x82\xB5\xE3\x82\xA4\xE3\x83\xAB", "\xE3\x83\x9F \xE3\x82\xB5 \xE3\x82\xA4 \xE3\x83\xAB ", 4},
	{"\xEF\xBE\x90\xEF\xBD\xBB\xEF\xBD\xB2\xEF\xBE\x99", "\xE3\x83\x9F \xE3\x82\xB5 \xE3\x82\xA4 \xE3\x83\xAB ", 4},
	{"\xEF\xBD\xB6\xEF\xBE\x9E", "\xE3\x82\xAC ", 1},
	{"\xE4\xB8\xAD\xE5\x9B\xBDJ-20\xE6\xAD\xBC", "\xE4\xB8\xAD \xE5\x9B\xBD j 20 \xE6\xAD\xBC ", 5},
	{"\xE0\xB8\x97\xE0\xB8\xB5\xE0\xB9\x88\xE0\xB8\x9A", "\xE0\xB8\x97\xE0\xB8\xB5\xE0\xB9\x88 \xE0\xB8\x9A ", 2},
	/* Hangul stays words, whole and from jamo */
	{"\xED\x95\xB5\xEC\x8B\xA4\xED\x97\x98 \xEB\xB6\x81\xED\x95\x9C",
		"\xED\x95\xB5\xEC\x8B\xA4\xED\x97\x98 \xEB\xB6\x81\xED\x95\x9C ", 2},
	{"\xE1\x84\x92\xE1\x85\xA2\xE1\x86\xA8", "\xED\x95\xB5 ", 1},
	{"\xED\x95\xB4\xE1\x86\xA8", "\xED\x95\xB5 ", 1},
	/* Hindi: vowel signs belong to their word */
	{"\xE0\xA4\xB8\xE0\xA5\x87\xE0\xA4\xA8\xE0\xA4\xBE", "\xE0\xA4\xB8\xE0\xA5\x87\xE0\xA4\xA8\xE0\xA4\xBE ", 1},
	/* symbols, emoji, controls, and bytes that are no text */
	{"a \xF0\x9F\x9A\x80 b", "a b ", 2},
	{"1\xEF\xB8\x8F\xE2\x83\xA3 up", "1 up ", 2},
	{"a\001b\377c", "a b c ", 3},
	{"\xF0\x9D\x90\x80\xF0\x9D\x90\x81", "ab ", 1},
};

TEST(table_of_texts)
{
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		struct buf *out = scratch(4096);
		size_t count = 0;

		assert_int_equal(canon_tokens(out, str_from(examples[i].text), &count), 0);
		if (count != examples[i].count || !str_eq(buf_str(out), str_from(examples[i].tokens)))
			fail_msg("\"%s\" gives %zu tokens \"%.*s\", not %zu \"%s\"", examples[i].text, count,
				STR_ARG(buf_str(out)), examples[i].count, examples[i].tokens);
	}
}

TEST(appends_and_adds)
{
	struct buf *out = scratch(64);
	size_t count = 0;

	assert_int_equal(canon_tokens(out, STR("One"), &count), 0);
	assert_int_equal(canon_tokens(out, STR("Two 3"), &count), 0);
	assert_int_equal(count, 3);
	assert_string_equal(out->data, "one two 3 ");
}

TEST(full_buffer_keeps_whole_tokens)
{
	struct buf *text = scratch(1 << 20);
	struct buf *out = scratch(20000);
	size_t count = 0;

	for (int i = 0; i < 20000; i++)
		assert_int_equal(buf_puts(text, i % 3 == 0 ? "\xC3\xA9t\xC3\xA9 " : "missile "), 0);
	assert_int_equal(canon_tokens(out, buf_str(text), &count), -E2BIG);
	assert_true(count > 100);
	assert_true(out->len <= 20000);
	assert_int_equal(out->data[out->len - 1], ' ');
}

/* Ordering combining marks is quadratic: a megabyte of them must not be. */
TEST(endless_marks_are_cheap)
{
	struct buf *text = scratch(8 << 20);
	struct buf *out = scratch(16 << 20);
	size_t count = 0;

	buf_putc(text, 'e');
	for (int i = 0; i < 300000; i++)
		assert_int_equal(buf_puts(text, i % 2 == 0 ? "\xCC\x81" : "\xCC\xA3"), 0);
	assert_int_equal(canon_tokens(out, buf_str(text), &count), 0);
	assert_int_equal(count, 1);
}

/* A long run of letters that all need normalising is cut only between characters that cannot join. */
TEST(long_runs_are_cut_safely)
{
	struct buf *composed = scratch(1 << 20), *decomposed = scratch(1 << 20);
	struct buf *a = scratch(1 << 20), *b = scratch(1 << 20);
	size_t count_a = 0, count_b = 0;

	/* one letter first, so that no even number of characters ends at a whole pair */
	buf_puts(composed, "\xD0\x90");
	buf_puts(decomposed, "\xD0\x90");
	for (int i = 0; i < 1000; i++) {
		buf_puts(composed, "\xD0\x99");
		buf_puts(decomposed, "\xD0\x98\xCC\x86");
	}
	assert_int_equal(canon_tokens(a, buf_str(composed), &count_a), 0);
	assert_int_equal(canon_tokens(b, buf_str(decomposed), &count_b), 0);
	assert_int_equal(count_a, 1);
	assert_int_equal(count_b, 1);
	assert_true(str_eq(buf_str(a), buf_str(b)));
}

static uint64_t seed = 0x5172e9u;

static uint32_t random_below(uint32_t limit)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % limit;
}

/* Characters that meet each other at the borders of the fast paths. */
static uint32_t random_character(void)
{
	static const uint32_t pool[] = {'a', 'E', 'o', 'z', '1', '7', '.', ',', '\'', ' ', ' ', '-', 0x301, 0x323,
		0x302, 0x308, 0x338, 0xE9, 0xC5, 0x212B, 0x1EC7, 0x430, 0x438, 0x419, 0x306, 0xAD, 0x200B, 0x2019,
		0x2014, 0xA0, 0x1112, 0x1162, 0x11A8, 0xD574, 0xD575, 0x3131, 0x314F, 0xFF76, 0xFF9E, 0x30AB, 0x3099,
		0x5317, 0xE17, 0xE35, 0xFB01, 0xFDFA, 0xDF, 0x130, 0x345, 0x3B1, 0x1F600, 0x915, 0x93C, 0x9C7, 0x9BE};

	return random_below(8) == 0 ? 0x20 + random_below(0x2F00) : pool[random_below(sizeof(pool) / sizeof(pool[0]))];
}

/* The whole text normalised at once by utf8proc must give the same tokens as the pieces do. */
static void compare_with_whole(const struct buf *text)
{
	struct buf a = BUF_INIT(8192), b = BUF_INIT(8192);
	utf8proc_uint8_t *whole = NULL;
	size_t count_a = 0, count_b = 0;
	utf8proc_ssize_t len;

	len = utf8proc_map((const utf8proc_uint8_t *)text->data, (utf8proc_ssize_t)text->len, &whole,
		UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
	assert_true(len >= 0);
	assert_int_equal(canon_tokens(&a, buf_str(text), &count_a), 0);
	assert_int_equal(canon_tokens(&b, str_make((const char *)whole, (size_t)len), &count_b), 0);
	if (count_a != count_b || !str_eq(buf_str(&a), buf_str(&b)))
		fail_msg("\"%s\" gives \"%.*s\", normalised first \"%.*s\"", text->data, STR_ARG(buf_str(&a)),
			STR_ARG(buf_str(&b)));
	assert_true(utf8_valid(buf_str(&a)));
	free(whole);
	buf_release(&a);
	buf_release(&b);
}

TEST(pieces_equal_the_whole)
{
	struct buf *text = scratch(1024);

	for (int round = 0; round < 20000; round++) {
		buf_clear(text);
		for (uint32_t i = 1 + random_below(24); i > 0; i--)
			buf_put_utf8(text, random_character());
		compare_with_whole(text);
	}
}

TEST(every_character_equals_its_normal_form)
{
	struct buf *text = scratch(64);

	for (uint32_t cp = 0x80; cp < 0x30000; cp++) {
		if (cp >= 0xD800 && cp <= 0xDFFF)
			continue;
		buf_clear(text);
		buf_putc(text, 'e');
		buf_put_utf8(text, cp);
		buf_puts(text, "o ");
		buf_put_utf8(text, cp);
		buf_puts(text, "\xCC\x81");
		compare_with_whole(text);
	}
}
