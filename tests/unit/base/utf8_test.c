/* SPDX-License-Identifier: ISC */
/* UTF-8 by table 3-7 of the Unicode Standard: every pair of first bytes, and the ends of every range. */
#include "../scratch.h"
#include "sitrep/base/utf8.h"

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

TEST(every_beginning)
{
	static const unsigned char tails[] = {0x00, 0x7f, 0x80, 0xbf, 0xc0, 0xff};
	unsigned char s[4];

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

/* Every scalar value there is, by the encoder and back; what is none is not encoded. */
TEST(every_character)
{
	struct buf *b = scratch(8);

	for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
		size_t pos = 0;

		if (cp >= 0xd800 && cp <= 0xdfff)
			continue;
		buf_clear(b);
		assert_int_equal(buf_put_utf8(b, cp), 0);
		if (!utf8_valid(buf_str(b)) || utf8_next(buf_str(b), &pos) != cp || pos != b->len)
			fail_msg("U+%04X", (unsigned)cp);
		/* without its last byte it is none */
		pos = 0;
		if (b->len > 1 && (utf8_next(str_make(b->data, b->len - 1), &pos) != 0xfffd || pos != b->len - 1))
			fail_msg("the beginning of U+%04X", (unsigned)cp);
	}
}

/* Tables 3-8 to 3-11 of the Unicode Standard: what U+FFFD stands for, sequence by sequence. */
TEST(maximal_subparts)
{
	static const struct {
		struct str bad;
		uint32_t characters[16];
	} cases[] = {
		/* longer than they need be */
		{{"\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41", 9},
			{0xfffd, 0xfffd, 0xfffd, 0xfffd, 0xfffd, 0xfffd, 0xfffd, 0xfffd, 'A'}},
		/* surrogates */
		{{"\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41", 9},
			{0xfffd, 0xfffd, 0xfffd, 0xfffd, 0xfffd, 0xfffd, 0xfffd, 0xfffd, 'A'}},
		/* beyond the last plane, and bytes that never occur */
		{{"\xf4\x91\x92\x93\xff\x41\x80\xbf\x42", 9},
			{0xfffd, 0xfffd, 0xfffd, 0xfffd, 0xfffd, 'A', 0xfffd, 0xfffd, 'B'}},
		/* cut short */
		{{"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41", 9}, {0xfffd, 0xfffd, 0xfffd, 0xfffd, 'A'}},
	};
	struct buf *repaired = scratch(100), *expected = scratch(100);

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t pos = 0, k = 0;

		buf_clear(repaired);
		buf_clear(expected);
		for (; pos < cases[i].bad.len; k++) {
			assert_int_equal(utf8_next(cases[i].bad, &pos), cases[i].characters[k]);
			assert_int_equal(buf_put_utf8(expected, cases[i].characters[k]), 0);
		}
		assert_int_equal(cases[i].characters[k], 0);
		assert_int_equal(utf8_repair(repaired, cases[i].bad), 0);
		assert_true(str_eq(buf_str(repaired), buf_str(expected)));
		assert_false(utf8_valid(cases[i].bad));
	}
}

/* One bad byte at every place of a long text: what runs over many bytes at a time stops in front of it. */
TEST(bad_byte_in_long_text)
{
	enum { LEN = 100 };
	char text[LEN];

	for (size_t len = 0; len <= LEN; len++) {
		memset(text, 'a', LEN);
		assert_int_equal(utf8_valid_prefix(str_make(text, len)), len);
		for (size_t bad = 0; bad < len; bad++) {
			text[bad] = (char)0x80;
			assert_int_equal(utf8_valid_prefix(str_make(text, len)), bad);
			text[bad] = 'a';
		}
	}
	assert_int_equal(utf8_valid_prefix(STR_NONE), 0);
	assert_true(utf8_valid(STR_NONE));
	assert_true(utf8_valid(STR("a\0b")));
}

/* Bytes that belong to no character are cut where it is said, not thrown away to the last good one. */
TEST(cut_of_invalid_text)
{
	char text[100];

	memset(text, 0x80, sizeof(text));
	for (size_t max = 0; max <= sizeof(text); max++)
		assert_int_equal(utf8_cut(str_make(text, sizeof(text)), max).len, max);
	assert_int_equal(utf8_cut(STR("ab"), SIZE_MAX).len, 2);
	assert_null(utf8_cut(STR_NONE, 0).data);
}

/* A cut character is bad, at every place it may be cut. */
TEST(cut_at_the_end)
{
	struct str text = STR("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x9a\xa2");

	assert_true(utf8_valid(text));
	for (size_t max = 0; max <= text.len; max++) {
		struct str cut = utf8_cut(text, max);

		assert_true(cut.len <= max && max - cut.len < 4);
		assert_true(utf8_valid(cut));
		assert_int_equal(utf8_valid(str_slice(text, 0, max)), cut.len == max);
	}
}

TEST(repair)
{
	static const struct {
		struct str bad, good;
	} cases[] = {
		{{"a\377b", 3}, {"a\xef\xbf\275b", 5}},
		/* maximal subparts: one mark for E2 82, one for each byte of an impossible sequence */
		{{"\xe2\x82x", 3}, {"\xef\xbf\xbdx", 4}},
		{{"\xed\xa0\x80", 3}, {"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 9}},
		{{"\xf0\x9f", 2}, {"\xef\xbf\xbd", 3}},
		{{"\xc3\xa9", 2}, {"\xc3\xa9", 2}},
	};
	struct buf *b = scratch(100);

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		buf_clear(b);
		assert_int_equal(utf8_repair(b, cases[i].bad), 0);
		assert_true(str_eq(buf_str(b), cases[i].good));
	}
	/* what does not fit is the buffer's failure */
	b->max = 2;
	buf_clear(b);
	assert_int_equal(utf8_repair(b, STR("\xff")), -E2BIG);
	assert_int_equal(b->len, 0);
}

/* The list of the header, written down a second time, against every number. */
TEST(unsafe)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {{0, 0x08}, {0x0b, 0x1f}, {0x7f, 0x9f}, {0x61c, 0x61c}, {0x200e, 0x200f}, {0x2028, 0x202e},
		{0x2066, 0x2069}, {0xfdd0, 0xfdef}, {0xfeff, 0xfeff}};

	for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
		/* the last two of every plane are non-characters */
		bool unsafe = cp % 0x10000 >= 0xfffe;

		for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
			unsafe = unsafe || (cp >= ranges[i].first && cp <= ranges[i].last);
		if (utf8_is_unsafe(cp) != unsafe)
			fail_msg("U+%04X", (unsigned)cp);
	}
}

/* Unicode's white space, each kind of it. */
TEST(white_space)
{
	static const uint32_t spaces[] = {' ', '\t', '\n', '\v', '\f', '\r', 0x85, 0xa0, 0x1680, 0x2000, 0x2009, 0x200a,
		0x2028, 0x2029, 0x202f, 0x205f, 0x3000};
	struct buf *b = scratch(100), *given = scratch(100);

	for (size_t i = 0; i < sizeof(spaces) / sizeof(*spaces); i++) {
		buf_clear(b);
		buf_clear(given);
		for (int k = 0; k < 3; k++) {
			buf_put_utf8(given, spaces[i]);
			buf_put_utf8(given, spaces[i]);
			if (k < 2)
				buf_putc(given, 'x');
		}
		assert_int_equal(utf8_one_line(b, buf_str(given)), 0);
		assert_true(str_eq(buf_str(b), STR("x x")));
	}
	/* one of nothing else is empty, and what stands in the buffer stays */
	assert_int_equal(utf8_one_line(b, STR(" \xe2\x80\xae\n\x01 ")), 0);
	assert_true(str_eq(buf_str(b), STR("x x")));
	/* bad bytes are marked */
	buf_clear(b);
	assert_int_equal(utf8_one_line(b, STR("a\xff \xe2\x82")), 0);
	assert_true(str_eq(buf_str(b), STR("a\xef\xbf\xbd \xef\xbf\xbd")));
	b->max = b->len;
	assert_int_equal(utf8_one_line(b, STR("y")), -E2BIG);
}

TEST(one_line)
{
	struct buf *b = scratch(100);

	assert_int_equal(utf8_one_line(b, STR(" a\xe2\x80\256b\n\n\tc\xc2\xa0 d\x1b[31m\xc2\x85\xef\xbb\xbf ")), 0);
	assert_true(str_eq(buf_str(b), STR("ab c d[31m")));
}
