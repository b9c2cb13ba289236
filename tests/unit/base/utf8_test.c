/* UTF-8 by table 3-7 of the Unicode Standard: every pair of first bytes, and the ends of every range. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "sitrep/utf8.h"

/* The table, written down a second time. */
static size_t length_of(const unsigned char *s, size_t len)
{
	static const struct {
		unsigned char first, last, second_first, second_last;
		size_t length;
	} rows[] = {
		{0x00, 0x7f, 0, 0, 1},
		{0xc2, 0xdf, 0x80, 0xbf, 2},
		{0xe0, 0xe0, 0xa0, 0xbf, 3},
		{0xe1, 0xec, 0x80, 0xbf, 3},
		{0xed, 0xed, 0x80, 0x9f, 3},
		{0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4},
		{0xf1, 0xf3, 0x80, 0xbf, 4},
		{0xf4, 0xf4, 0x80, 0x8f, 4},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (s[0] < rows[i].first || s[0] > rows[i].last || len < rows[i].length)
			continue;
		if (rows[i].length > 1 && (s[1] < rows[i].second_first || s[1] > rows[i].second_last))
			return 0;
		for (size_t k = 2; k < rows[i].length; k++)
			if (s[k] < 0x80 || s[k] > 0xbf)
				return 0;
		return rows[i].length;
	}
	return 0;
}

static void test_every_beginning(void **state)
{
	static const unsigned char tails[] = {0x00, 0x7f, 0x80, 0xbf, 0xc0, 0xff};
	unsigned char s[4];

	(void)state;
	for (unsigned a = 0; a < 256; a++) {
		for (unsigned b = 0; b < 256; b++) {
			for (size_t c = 0; c < sizeof(tails); c++) {
				for (size_t d = 0; d < sizeof(tails); d++) {
					size_t pos = 0, expected;
					struct str text = str_make((const char *)s, 4);
					uint32_t cp;

					s[0] = (unsigned char)a;
					s[1] = (unsigned char)b;
					s[2] = tails[c];
					s[3] = tails[d];
					expected = length_of(s, 4);
					cp = utf8_next(text, &pos);
					if (expected > 0) {
						assert_int_equal(pos, expected);
						assert_true(utf8_valid_prefix(text) >= expected);
					} else {
						assert_int_equal(cp, 0xfffd);
						assert_in_range(pos, 1, 3);
						assert_int_equal(utf8_valid_prefix(text), 0);
					}
				}
			}
		}
	}
}

/* A cut character is bad, at every place it may be cut. */
static void test_cut_at_the_end(void **state)
{
	struct str text = STR("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x9a\xa2");

	(void)state;
	assert_true(utf8_valid(text));
	for (size_t max = 0; max <= text.len; max++) {
		struct str cut = utf8_cut(text, max);

		assert_true(cut.len <= max && max - cut.len < 4);
		assert_true(utf8_valid(cut));
		assert_int_equal(utf8_valid(str_slice(text, 0, max)), cut.len == max);
	}
}

static void test_repair(void **state)
{
	static const struct {
		struct str bad, good;
	} cases[] = {
		{{"a\xff"
		  "b",
			 3},
			{"a\xef\xbf\xbd"
			 "b",
				5}},
		/* maximal subparts: one mark for E2 82, one for each byte of an impossible sequence */
		{{"\xe2\x82"
		  "x",
			 3},
			{"\xef\xbf\xbdx", 4}},
		{{"\xed\xa0\x80", 3}, {"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 9}},
		{{"\xf0\x9f", 2}, {"\xef\xbf\xbd", 3}},
		{{"\xc3\xa9", 2}, {"\xc3\xa9", 2}},
	};
	struct buf b = BUF_INIT(100);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		buf_clear(&b);
		assert_int_equal(utf8_repair(&b, cases[i].bad), 0);
		assert_true(str_eq(buf_str(&b), cases[i].good));
	}
	buf_release(&b);
}

static void test_one_line(void **state)
{
	struct buf b = BUF_INIT(100);

	(void)state;
	assert_int_equal(utf8_one_line(&b, STR(" a\xe2\x80\xae"
					       "b\n\n\tc\xc2\xa0 d\x1b[31m\xc2\x85\xef\xbb\xbf ")),
		0);
	assert_true(str_eq(buf_str(&b), STR("a"
					    "b c d[31m")));
	buf_release(&b);
	assert_true(utf8_is_unsafe(0x202e) && utf8_is_unsafe(0x2066) && utf8_is_unsafe(0x7f) && utf8_is_unsafe(0x9b));
	assert_false(utf8_is_unsafe('a') || utf8_is_unsafe('\n') || utf8_is_unsafe(0xe9) || utf8_is_unsafe(0x1f6a2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_beginning),
		cmocka_unit_test(test_cut_at_the_end),
		cmocka_unit_test(test_repair),
		cmocka_unit_test(test_one_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
