/* SPDX-License-Identifier: ISC */
/* Strings with a length: every function at its edges, against a plain second opinion where there is one. */
#include "../test.h"
#include "sitrep/base/str.h"

TEST(slices)
{
	assert_true(str_eq(str_slice(STR("abc"), 1, 2), STR("b")));
	assert_true(str_eq(str_slice(STR("abc"), 2, 99), STR("c")));
	assert_int_equal(str_slice(STR("abc"), 9, 99).len, 0);
	assert_int_equal(str_slice(STR("abc"), 2, 1).len, 0);
	assert_int_equal(str_slice(STR_NONE, 0, 5).len, 0);
}

TEST(comparing)
{
	assert_true(str_eq(STR(""), STR_NONE));
	assert_false(str_eq(STR("a"), STR("a\0")));
	assert_true(str_cmp(STR("a"), STR("ab")) < 0);
	assert_true(str_cmp(STR("b"), STR("ab")) > 0);
	assert_true(str_cmp(STR("\xff"), STR("a")) > 0);
	assert_int_equal(str_cmp(STR("ab"), STR("ab")), 0);
	assert_true(str_eq_nocase(STR("NaVy"), STR("nAvY")));
	/* only letters have a case: @ and ` differ by the same bit */
	assert_false(str_eq_nocase(STR("@"), STR("`")));
	assert_false(str_eq_nocase(STR("\xc0"), STR("\xe0")));
	assert_true(str_starts(STR("navy"), STR("")));
	assert_false(str_starts(STR("na"), STR("nav")));
	assert_true(str_starts_nocase(STR("HTTPS://"), STR("https:")));
	assert_true(str_ends(STR("x.xml"), STR(".xml")));
	assert_false(str_ends(STR("xml"), STR(".xml")));
}

/* Every needle of up to six letters out of two, in every text of up to ten: nothing is missed or invented. */
TEST(finding)
{
	char text[10], needle[6];

	for (unsigned t = 0; t < 1U << 10; t++) {
		for (unsigned i = 0; i < 10; i++)
			text[i] = t >> i & 1 ? 'a' : 'b';
		for (unsigned n = 0; n < 1U << 6; n++) {
			size_t len = 1 + n % 6, expected = STR_NPOS;

			for (unsigned i = 0; i < 6; i++)
				needle[i] = n >> i & 1 ? 'a' : 'b';
			for (size_t i = 3; i + len <= 10 && expected == STR_NPOS; i++)
				if (memcmp(text + i, needle, len) == 0)
					expected = i;
			assert_int_equal(str_find(str_make(text, 10), str_make(needle, len), 3), expected);
			assert_int_equal(str_find_nocase(str_make(text, 10), str_make(needle, len), 3), expected);
		}
	}
	assert_int_equal(str_find(STR("abc"), STR(""), 1), 1);
	assert_int_equal(str_find(STR("abc"), STR("c"), 9), STR_NPOS);
	assert_int_equal(str_find_nocase(STR("xABC"), STR("abc"), 0), 1);
	assert_int_equal(str_find_char(STR("a\0b"), '\0', 0), 1);
	assert_int_equal(str_find_char(STR_NONE, 'a', 0), STR_NPOS);
}

TEST(cutting)
{
	struct str rest = STR("a,,b"), piece;

	assert_true(str_split(&rest, ',', &piece) && str_eq(piece, STR("a")));
	assert_true(str_split(&rest, ',', &piece) && str_empty(piece));
	assert_true(str_split(&rest, ',', &piece) && str_eq(piece, STR("b")));
	assert_false(str_split(&rest, ',', &piece));
	rest = STR(" \tone\r\n two ");
	assert_true(str_word(&rest, &piece) && str_eq(piece, STR("one")));
	assert_true(str_word(&rest, &piece) && str_eq(piece, STR("two")));
	assert_false(str_word(&rest, &piece));
	assert_true(str_eq(str_trim(STR(" \f\va b\n")), STR("a b")));
	assert_int_equal(str_trim(STR(" \n ")).len, 0);
}

/* Nothing, and what is longer than the text, is found in nothing. */
TEST(absent)
{
	struct str rest = STR_NONE, piece;

	assert_null(str_from(NULL).data);
	assert_true(str_eq(STR_NONE, STR_NONE));
	assert_int_equal(str_cmp(STR_NONE, STR("")), 0);
	assert_true(str_cmp(STR_NONE, STR("a")) < 0);
	assert_true(str_eq_nocase(STR_NONE, STR("")));
	assert_true(str_starts(STR_NONE, STR_NONE));
	assert_true(str_starts_nocase(STR_NONE, STR("")));
	assert_true(str_ends(STR_NONE, STR("")));
	assert_false(str_starts(STR_NONE, STR("a")));
	assert_false(str_starts_nocase(STR_NONE, STR("a")));
	assert_false(str_ends(STR_NONE, STR("a")));
	assert_int_equal(str_find(STR_NONE, STR("a"), 0), STR_NPOS);
	assert_int_equal(str_find(STR("abc"), STR("abcd"), 0), STR_NPOS);
	assert_int_equal(str_find(STR("abc"), STR("bcdef"), 1), STR_NPOS);
	assert_int_equal(str_find(STR("abc"), STR("a"), SIZE_MAX), STR_NPOS);
	assert_int_equal(str_find_nocase(STR_NONE, STR("a"), 0), STR_NPOS);
	assert_int_equal(str_find_nocase(STR("abc"), STR("a"), SIZE_MAX), STR_NPOS);
	assert_int_equal(str_find_char(STR("abc"), 'c', 3), STR_NPOS);
	assert_int_equal(str_trim(STR_NONE).len, 0);
	assert_false(str_split(&rest, ',', &piece));
	assert_false(str_word(&rest, &piece));
	assert_false(str_to_int(STR_NONE, &(long long){0}));
}

/* Pieces and separators together are the text again; one more piece than separators. */
TEST(splitting_loses_nothing)
{
	static const char *const texts[] = {"", ",", ",,", "a", "a,", ",a", "a,b", ",a,,bc,"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct str rest = str_from(texts[i]), piece;
		char joined[32] = "";
		size_t len = 0, pieces = 0, separators = 0;

		for (const char *c = texts[i]; *c != '\0'; c++)
			separators += *c == ',';
		while (str_split(&rest, ',', &piece)) {
			if (pieces++ > 0)
				joined[len++] = ',';
			memcpy(joined + len, piece.data, piece.len);
			len += piece.len;
		}
		assert_int_equal(pieces, separators + 1);
		assert_true(str_eq(str_make(joined, len), str_from(texts[i])));
	}
}

/* What counts as white space, a digit or a letter is ASCII's, byte by byte. */
TEST(characters)
{
	for (int i = 0; i < 256; i++) {
		char c = (char)i;
		bool space = i == ' ' || i == '\t' || i == '\r' || i == '\n' || i == '\f' || i == '\v';
		bool upper = i >= 'A' && i <= 'Z', lower = i >= 'a' && i <= 'z';

		assert_int_equal(char_is_space(c), space);
		assert_int_equal(char_is_digit(c), i >= '0' && i <= '9');
		assert_int_equal(char_is_alpha(c), upper || lower);
		assert_int_equal((unsigned char)char_lower(c), upper ? i + 'a' - 'A' : i);
		assert_int_equal(str_trim(str_make(&c, 1)).len, space ? 0 : 1);
	}
}

/* Every number around zero and around the ends, and what stands one digit further. */
TEST(numbers_there_and_back)
{
	static const long long around[] = {INT64_MIN, -1000, -1, 0, 1, 1000, INT64_MAX};

	for (size_t i = 0; i < sizeof(around) / sizeof(*around); i++) {
		for (long long step = -20; step <= 20; step++) {
			char text[32];
			long long n, value;

			if (__builtin_add_overflow(around[i], step, &n))
				continue;
			snprintf(text, sizeof(text), "%lld", n);
			assert_true(str_to_int(str_from(text), &value));
			assert_true(value == n);
			snprintf(text, sizeof(text), "%lldx", n);
			assert_false(str_to_int(str_from(text), &value));
		}
	}
}

TEST(numbers)
{
	static const char *const wrong[] = {"", "-", "+", "--1", "+-1", "1-", "1 ", " 1", "1.0", "0x1", "1e3", "1/",
		"1:", "9223372036854775808", "-9223372036854775809", "99999999999999999999999"};
	long long n = 7;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_false(str_to_int(str_from(wrong[i]), &n));
	assert_false(str_to_int(STR("1\0"), &n));
	assert_int_equal(n, 7); /* untouched */
	assert_true(str_to_int(STR("-0"), &n) && n == 0);
	assert_true(str_to_int(STR("9223372036854775807"), &n) && n == INT64_MAX);
	assert_true(str_to_int(STR("-9223372036854775808"), &n) && n == INT64_MIN);
	assert_true(str_to_int(STR("+007"), &n) && n == 7);
}

TEST(copies_take_the_place_of_what_was_borrowed)
{
	char first[] = "first", *a = first, *b = NULL;
	char **texts[] = {&a, &b};

	assert_int_equal(str_own_copies(texts, 2), 0);
	assert_ptr_not_equal(a, first);
	assert_string_equal(a, "first");
	assert_null(b);
	free(a);
}

TEST(lists)
{
	static const char *const list[] = {"rss", "Atom"};

	assert_true(str_is_one_of(STR("RSS"), list) && str_is_one_of(STR("atom"), list));
	assert_false(str_is_one_of(STR("rss2"), list) || str_is_one_of(STR(""), list));
}

TEST(bytes_that_a_text_may_not_have)
{
	assert_true(str_is_ascii(STR("a\x7f")) && str_is_ascii(STR_NONE) && !str_is_ascii(STR("\u00e9")));
	assert_true(str_has_below(STR("a\tb"), ' ') && str_has_below(STR("a\x7f"), ' '));
	assert_false(str_has_below(STR("a b \u00e9"), ' '));
	assert_true(str_has_below(STR("a b"), '!'));
	assert_false(str_has_below(STR("a!\u00e9"), '!'));
}

TEST(strings_are_handed_over)
{
	char *from = strdup("new"), *to = strdup("old"), *taken;

	cstr_move(&to, &from);
	assert_string_equal(to, "new");
	assert_null(from);
	taken = cstr_take(&to);
	assert_null(to);
	cstr_wipe(taken);
	cstr_wipe(NULL);
}
