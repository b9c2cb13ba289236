/* Buffers: the maximum holds, failure sticks, what comes out is escaped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/buf.h"

static void test_maximum(void **state)
{
	struct buf b = BUF_INIT(4);

	(void)state;
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

static void test_taking_and_dropping(void **state)
{
	struct buf b = BUF_INIT(100);
	size_t len = 9;
	char *taken;

	(void)state;
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

static void test_growing(void **state)
{
	struct buf b = BUF_INIT(1 << 20);

	(void)state;
	for (int i = 0; i < 100000; i++)
		assert_int_equal(buf_putc(&b, (char)('a' + i % 26)), 0);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(b.data[i], 'a' + i % 26);
	buf_release(&b);
}

static void test_utf8(void **state)
{
	static const struct {
		uint32_t cp;
		const char *bytes;
	} cases[] = {{'a', "a"}, {0x7ff, "\xdf\xbf"}, {0x800, "\xe0\xa0\x80"}, {0xffff, "\xef\xbf\xbf"},
		{0x10ffff, "\xf4\x8f\xbf\xbf"}, {0xd800, "\xef\xbf\xbd"}, {0x110000, "\xef\xbf\xbd"}};
	struct buf b = BUF_INIT(100);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		buf_clear(&b);
		assert_int_equal(buf_put_utf8(&b, cases[i].cp), 0);
		assert_true(str_eq(buf_str(&b), str_from(cases[i].bytes)));
	}
	buf_release(&b);
}

static void test_xml(void **state)
{
	struct buf b = BUF_INIT(1000);

	(void)state;
	assert_int_equal(buf_add_xml(&b, STR("<a b='c'>\"&\xc3\xa9\n\t")), 0);
	assert_true(str_eq(buf_str(&b), STR("&lt;a b=&#39;c&#39;&gt;&quot;&amp;\xc3\xa9\n\t")));
	buf_clear(&b);
	assert_int_equal(buf_add_xml(&b, STR("a\0\x1f\xff\xed\xa0\x80\xef\xbf\xbe")), 0);
	assert_int_equal(str_find_char(buf_str(&b), '\0', 0), STR_NPOS);
	assert_int_equal(str_find_char(buf_str(&b), '\x1f', 0), STR_NPOS);
	assert_int_equal(str_find_char(buf_str(&b), '\xff', 0), STR_NPOS);
	assert_int_equal(str_find(buf_str(&b), STR("\xef\xbf\xbe"), 0), STR_NPOS);
	buf_release(&b);
}

static void test_public_urls(void **state)
{
	static const struct {
		const char *url, *shown;
	} cases[] = {
		{"https://news.example/feed", "https://news.example/feed"},
		{"https://ann@news.example/feed", "https://news.example/feed"},
		{"https://ann:pass%40word@news.example:8443/feed?a=b#c", "https://news.example:8443/feed?a=b#c"},
		{"https://ann:p@ss@news.example", "https://news.example"},
		{"https://news.example/@people", "https://news.example/@people"},
		{"https://news.example?to=ann@news.example", "https://news.example?to=ann@news.example"},
		{"socks5h://ann:word@127.0.0.1:9050", "socks5h://127.0.0.1:9050"},
		{"ann@news.example", "ann@news.example"},
		{"", ""},
	};
	struct buf b = BUF_INIT(200);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		buf_clear(&b);
		assert_int_equal(buf_add_public_url(&b, str_from(cases[i].url)), 0);
		assert_true(str_eq(buf_str(&b), str_from(cases[i].shown)));
	}
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_maximum),
		cmocka_unit_test(test_taking_and_dropping),
		cmocka_unit_test(test_growing),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_xml),
		cmocka_unit_test(test_public_urls),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
