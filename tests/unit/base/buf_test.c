/* SPDX-License-Identifier: ISC */
/* Buffers: the maximum holds, failure sticks, what comes out is escaped. */
#include "../test.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/xml_text.h"

TEST(maximum)
{
	struct buf b = BUF_INIT(4);

	assert_int_equal(buf_append(&b, "abcd", 4), 0);
	assert_int_equal(b.data[4], '\0');
	assert_int_equal(buf_putc(&b, 'e'), -E2BIG);
	assert_true(str_eq(buf_str(&b), STR("abcd")));
	/* it sticks, even for what would fit */
	buf_truncate(&b, 1);
	assert_int_equal(buf_putc(&b, 'x'), -E2BIG);
	buf_clear(&b);
	assert_int_equal(buf_printf(&b, "%d", 1234), 0);
	assert_int_equal(buf_printf(&b, "%d", 5), -E2BIG);
	assert_true(str_eq(buf_str(&b), STR("1234")));
	buf_release(&b);
	assert_int_equal(buf_puts(&b, "abcd"), 0);
	buf_release(&b);
}

/* One byte more than there is room for, by every way in, at every fill: nothing is changed but the failure. */
TEST(no_way_past_the_maximum)
{
	enum { MAX = 150 };
	char filler[MAX + 2];

	memset(filler, 'x', sizeof(filler) - 1);
	filler[sizeof(filler) - 1] = '\0';
	for (size_t fill = 0; fill <= MAX; fill++) {
		const char *more = filler + fill; /* as long as would make it MAX + 1 */

		for (int way = 0; way < 6; way++) {
			struct buf b = BUF_INIT(MAX);
			int result = -1;

			assert_int_equal(buf_append(&b, filler, fill), 0);
			switch (way) {
			case 0:
				result = buf_append(&b, more, MAX + 1 - fill);
				break;
			case 1:
				result = buf_puts(&b, more);
				break;
			case 2:
				result = buf_printf(&b, "%s", more);
				break;
			case 3:
				result = buf_reserve(&b, MAX + 1 - fill);
				break;
			case 4:
				result = buf_add(&b, str_from(more));
				break;
			default:
				result = buf_reserve(&b, SIZE_MAX - fill % 3);
			}
			assert_int_equal(result, -E2BIG);
			assert_true(buf_failed(&b));
			assert_int_equal(b.len, fill);
			assert_int_equal(b.data[fill], '\0');
			assert_int_equal(buf_append(&b, NULL, 0), -E2BIG);
			assert_int_equal(buf_reserve(&b, 0), -E2BIG);
			assert_null(buf_take(&b, NULL));
			buf_clear(&b);
			assert_int_equal(buf_puts(&b, filler + 1), 0);
			assert_int_equal(b.len, MAX);
			assert_int_equal(b.cap, MAX + 1); /* the NUL's, and no more */
			buf_release(&b);
		}
	}
}

/* A character that does not fit is not there in part. */
TEST(characters_are_whole)
{
	struct buf b = BUF_INIT(3);

	assert_int_equal(buf_put_utf8(&b, 0x1f6a2), -E2BIG);
	assert_int_equal(b.len, 0);
	buf_clear(&b);
	assert_int_equal(buf_add_xml(&b, STR("a&b")), -E2BIG);
	assert_true(str_eq(buf_str(&b), STR("a")));
	buf_release(&b);
}

/* The greatest maximum there is overflows nothing. */
TEST(without_a_maximum)
{
	struct buf b = BUF_INIT(SIZE_MAX);

	assert_int_equal(buf_puts(&b, "0123456789"), 0);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(buf_puts(&b, "0123456789"), 0);
	assert_int_equal(b.len, 10010);
	assert_true(buf_reserve(&b, SIZE_MAX - b.len) < 0);
	assert_int_equal(b.len, 10010);
	buf_release(&b);
}

TEST(empty)
{
	struct buf b = BUF_INIT(10);
	size_t len = 9;
	char *taken;

	assert_string_equal(buf_str(&b).data, "");
	assert_int_equal(buf_str(&b).len, 0);
	assert_null(b.data);
	buf_clear(&b);
	buf_truncate(&b, 0);
	buf_consume(&b, 0);
	assert_null(b.data);
	/* nothing was appended, but it was appended: the empty string */
	assert_int_equal(buf_puts(&b, ""), 0);
	taken = buf_take(&b, &len);
	assert_string_equal(taken, "");
	assert_int_equal(len, 0);
	free(taken);
	assert_null(buf_take(&b, NULL));
	buf_init(&b, 0);
	assert_int_equal(buf_putc(&b, 'x'), -E2BIG);
	buf_clear(&b);
	assert_int_equal(buf_append(&b, "", 0), 0);
	assert_int_equal(buf_add(&b, STR_NONE), 0);
	assert_int_equal(buf_add_xml(&b, STR_NONE), 0);
	buf_release(&b);
}

TEST(taking_and_dropping)
{
	struct buf b = BUF_INIT(100);
	size_t len = 9;
	char *taken;

	assert_null(buf_take(&b, &len));
	assert_int_equal(buf_puts(&b, "0123456789"), 0);
	buf_consume(&b, 3);
	assert_true(str_eq(buf_str(&b), STR("3456789")));
	buf_truncate(&b, 2);
	buf_truncate(&b, 50);
	taken = buf_take(&b, &len);
	assert_int_equal(len, 2);
	assert_string_equal(taken, "34");
	free(taken);
	assert_int_equal(b.len, 0);
	buf_consume(&b, 5);
	assert_int_equal(b.len, 0);
	buf_release(&b);
}

TEST(growing)
{
	struct buf b = BUF_INIT(1 << 20);

	for (int i = 0; i < 100000; i++)
		assert_int_equal(buf_putc(&b, (char)('a' + i % 26)), 0);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(b.data[i], 'a' + i % 26);
	buf_release(&b);
}

TEST(utf8)
{
	static const struct {
		uint32_t cp;
		const char *bytes;
	} cases[] = {{'a', "a"}, {0x7ff, "\xdf\xbf"}, {0x800, "\xe0\xa0\x80"}, {0xffff, "\xef\xbf\xbf"},
		{0x10ffff, "\xf4\x8f\xbf\xbf"}, {0xd800, "\xef\xbf\xbd"}, {0x110000, "\xef\xbf\xbd"}};
	struct buf b = BUF_INIT(100);

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		buf_clear(&b);
		assert_int_equal(buf_put_utf8(&b, cases[i].cp), 0);
		assert_true(str_eq(buf_str(&b), str_from(cases[i].bytes)));
	}
	buf_release(&b);
}

TEST(numbers)
{
	struct buf b = BUF_INIT(100);

	for (size_t i = 0; i < 5; i++) {
		static const int64_t numbers[] = {0, -7, 1234567890123, INT64_MAX, INT64_MIN};

		assert_int_equal(buf_put_int(&b, numbers[i]), 0);
		assert_int_equal(buf_putc(&b, ' '), 0);
	}
	assert_string_equal(b.data, "0 -7 1234567890123 9223372036854775807 -9223372036854775808 ");
	buf_release(&b);
}

/* Printed into whatever room there is, and never past the maximum. */
TEST(printing)
{
	for (size_t max = 0; max < 40; max++) {
		struct buf b = BUF_INIT(max);
		size_t whole = 0;

		while (buf_printf(&b, "%s-%d;", "piece", 7) == 0)
			whole++;
		assert_int_equal(whole, max / 8);
		assert_int_equal(b.len, whole * 8);
		assert_int_equal(b.failed, -E2BIG);
		if (b.data != NULL)
			assert_int_equal(strlen(b.data), b.len);
		buf_release(&b);
	}
}

TEST(a_large_buffer_is_given_back)
{
	struct buf b = BUF_INIT(1000);

	buf_puts(&b, "small");
	buf_reuse(&b, 500);
	assert_true(b.len == 0 && b.cap > 0);
	assert_int_equal(buf_reserve(&b, 800), 0);
	buf_reuse(&b, 500);
	assert_true(b.len == 0 && b.cap == 0);
	assert_int_equal(buf_puts(&b, "again"), 0);
	buf_release(&b);
}
