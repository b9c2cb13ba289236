/* SPDX-License-Identifier: ISC */
/* What ini.h promises: the form of lines, mistakes told with their line, nothing hidden behind them. */
#include "../../../daemon/config/ini.h"
#include "../scratch.h"

struct expected {
	enum ini_kind kind;
	unsigned line;
	const char *name;
	const char *value; /* NULL: none; of a mistake: words that it must contain */
};

static void check(struct str text, const struct expected *expected, size_t count)
{
	struct ini ini;
	struct ini_item item;

	ini_init(&ini, text);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(ini_next(&ini, &item), 0);
		assert_int_equal(item.kind, expected[i].kind);
		assert_int_equal(item.line, expected[i].line);
		if (item.kind == INI_MISTAKE) {
			if (strstr(item.mistake, expected[i].value) == NULL)
				fail_msg("\"%s\" says nothing of \"%s\"", item.mistake, expected[i].value);
			continue;
		}
		assert_true(str_eq(item.name, str_from(expected[i].name)));
		if (expected[i].value == NULL)
			assert_null(item.value.data);
		else
			assert_true(str_eq(item.value, str_from(expected[i].value)));
	}
	assert_int_equal(ini_next(&ini, &item), 0);
	assert_int_equal(item.kind, INI_END);
	ini_release(&ini);
}
#define CHECK(text, ...)                                                                                               \
	do {                                                                                                           \
		static const struct expected expected[] = {__VA_ARGS__};                                               \
		check(STR(text), expected, sizeof(expected) / sizeof(*expected));                                      \
	} while (0)

TEST(ordinary)
{
	CHECK("\xef\xbb\xbf# a comment\n\ntitle = Pacific watch\r\n; another\n[feed "
	      "\"usni\"]\nurl=https://e.example/?a=b#c\n",
		{INI_OPTION, 3, "title", "Pacific watch"}, {INI_SECTION, 5, "feed", "usni"},
		{INI_OPTION, 6, "url", "https://e.example/?a=b#c"});
	CHECK("[http]\nlisten =\n\t127.0.0.1:1,\n  # between\n    [::1]:2   \n\nmode = 1",
		{INI_SECTION, 1, "http", NULL}, {INI_OPTION, 2, "listen", "127.0.0.1:1, [::1]:2"},
		{INI_OPTION, 7, "mode", "1"});
	CHECK("match = \"north korea\" AND # no comment\n",
		{INI_OPTION, 1, "match", "\"north korea\" AND # no comment"});
	CHECK("[alert \"a]b\"]\n", {INI_SECTION, 1, "alert", "a]b"});
}

TEST(mistakes)
{
	CHECK("nonsense\n more of it\ntitle = x\n", {INI_MISTAKE, 1, NULL, "expected \"name = value\""},
		{INI_OPTION, 3, "title", "x"});
	CHECK("  indented = 1\ntitle = x\n", {INI_MISTAKE, 1, NULL, "indented line"}, {INI_OPTION, 2, "title", "x"});
	CHECK("[feed \"a\n[feed b\n[feed \"c\" d]\n[http] # why\n= 3\n", {INI_MISTAKE, 1, NULL, "quotation mark after"},
		{INI_MISTAKE, 2, NULL, "expected ]"}, {INI_MISTAKE, 3, NULL, "directly after"},
		{INI_MISTAKE, 4, NULL, "# why"}, {INI_MISTAKE, 5, NULL, "nothing before"});
	CHECK("a = \xff\nb = 2\n", {INI_MISTAKE, 1, NULL, "not UTF-8 at column 5"}, {INI_OPTION, 2, "b", "2"});
	CHECK("a\0b = 1\nb = 2\n", {INI_MISTAKE, 1, NULL, "NUL byte at column 2"}, {INI_OPTION, 2, "b", "2"});
}

/* The reader of sections has to know which mistake ends the section before. */
TEST(header_mistakes_are_marked)
{
	struct ini ini;
	struct ini_item item;

	ini_init(&ini, STR("[feed \"a\nbad line\n[feed \"caf\xe9\"]\n"));
	assert_int_equal(ini_next(&ini, &item), 0);
	assert_int_equal(item.kind, INI_MISTAKE);
	assert_true(item.is_header);
	assert_int_equal(ini_next(&ini, &item), 0);
	assert_int_equal(item.kind, INI_MISTAKE);
	assert_false(item.is_header);
	assert_int_equal(ini_next(&ini, &item), 0);
	assert_int_equal(item.kind, INI_MISTAKE);
	assert_true(item.is_header);
	ini_release(&ini);
}

TEST(limits)
{
	struct buf *text = scratch(4 * INI_LINE_MAX);
	struct ini ini;
	struct ini_item item;

	/* one line that is too long, and a value that is by its continuations */
	buf_puts(text, "a = ");
	while (text->len <= INI_LINE_MAX)
		buf_putc(text, 'x');
	buf_puts(text, "\nb = y\n");
	for (size_t i = 0; i < INI_LINE_MAX / 100 + 10; i++)
		buf_printf(text, " %0100d\n", 7);
	buf_puts(text, "c = 1\n");
	assert_int_equal(buf_failed(text), 0);
	ini_init(&ini, buf_str(text));
	assert_int_equal(ini_next(&ini, &item), 0);
	assert_int_equal(item.kind, INI_MISTAKE);
	assert_int_equal(ini_next(&ini, &item), 0);
	assert_int_equal(item.kind, INI_MISTAKE);
	assert_int_equal(item.line, 2);
	assert_int_equal(ini_next(&ini, &item), 0);
	assert_int_equal(item.kind, INI_OPTION);
	assert_true(str_eq(item.name, STR("c")));
	ini_release(&ini);
}
