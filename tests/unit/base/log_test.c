/* SPDX-License-Identifier: ISC */
/* Log lines: their form, and that no text from outside makes two lines of one or speaks to the terminal. */
#include "log_fixture.h"
#include "sitrep/base/utf8.h"

enum { PAIRS = 16 };

TEST_ON(plain_lines, ear, e)
{
	log_emit(LOG_LEVEL_WARNING, "feed fails", "feed", "usni", "status", LOG_NUM(404), NULL);
	assert_heard(e, "warning feed fails feed=usni status=404\n");
	log_emit(LOG_LEVEL_ERROR, "ends", NULL);
	assert_heard(e, "error   ends\n");
	log_emit(LOG_LEVEL_NOTICE, "starts", "version", "1", NULL);
	assert_heard(e, "notice  starts version=1\n");
	log_emit(LOG_LEVEL_INFO, "range", "least", LOG_NUM(INT64_MIN), "most", LOG_NUM(INT64_MAX), NULL);
	assert_heard(e, "info    range least=-9223372036854775808 most=9223372036854775807\n");
}

TEST_ON(levels, ear, e)
{
	static const char *const names[] = {"error", "warning", "notice", "info", "debug"};
	static const char *const wrong[] = {"", "Error", "err", "errors", "3", " info", "none"};

	for (int i = 0; i < 5; i++)
		assert_int_equal(log_level_parse(names[i]), LOG_LEVEL_ERROR + i);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(log_level_parse(wrong[i]), -1);
	for (int least = LOG_LEVEL_ERROR; least <= LOG_LEVEL_DEBUG; least++) {
		log_set_level((enum log_level)least);
		for (int level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++) {
			log_emit((enum log_level)level, "x", NULL);
			assert_int_equal(heard(e)[0] != '\0', level <= least);
		}
	}
}

/* a value, and how it stands in the line */
struct written {
	const char *value, *written;
};

static void assert_written(struct ear *e, const struct written *cases, size_t count)
{
	char expected[256];

	for (size_t i = 0; i < count; i++) {
		log_emit(LOG_LEVEL_INFO, "s", "k", cases[i].value, NULL);
		snprintf(expected, sizeof(expected), "info    s k=%s\n", cases[i].written);
		assert_heard(e, expected);
	}
}

TEST_ON(quoting, ear, e)
{
	static const struct written cases[] = {
		{"", "\"\""},
		{"plain", "plain"},
		{"two words", "\"two words\""},
		{"say \"no\"", "\"say \\\"no\\\"\""},
		{"\"", "\"\\\"\""},
		{"a=b", "\"a=b\""},
		{"x feed=fake", "\"x feed=fake\""},
		{"caf\xc3\xa9 \xe2\x82\xac", "\"caf\xc3\xa9 \xe2\x82\xac\""},
		{"https://a.example/?q", "https://a.example/?q"},
	};

	assert_written(e, cases, sizeof(cases) / sizeof(*cases));
}

TEST_ON(hostile_text, ear, e)
{
	static const struct written cases[] = {
		{"a\nb", "\"a\\x0ab\""},
		{"a\tb", "\"a\\x09b\""},
		{"a\rb", "a\\x0db"},
		{"\n12:00:00 error   fake", "\"\\x0a12:00:00 error   fake\""},
		{"\x1b[2J\x1b]0;x\x07", "\\x1b[2J\\x1b]0;x\\x07"},
		{"\x7f", "\\x7f"},
		/* C1: a control sequence introducer in two bytes */
		{"\xc2\x9b", "\\x9b"},
		{"\xe2\x80\256exe", "\\u202eexe"},
		{"\xe2\x81\xa6\xe2\x81\xa9", "\\u2066\\u2069"},
		{"\xe2\x80\xa8\xe2\x80\xa9", "\\u2028\\u2029"},
		{"\xef\xbb\xbf", "\\ufeff"},
		{"\xd8\x9c", "\\u061c"},
		{"a\377b", "a\xef\xbf\275b"},
		{"\xe2\x82", "\xef\xbf\xbd"},
		{"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
	};

	assert_written(e, cases, sizeof(cases) / sizeof(*cases));
}

/* Every byte and every pair of bytes: the line stays one, and valid, and quiet. */
TEST_ON(any_bytes, ear, e)
{
	char value[4] = "";

	for (unsigned first = 1; first < 256; first++) {
		for (unsigned second = 1; second < 256; second++) {
			struct str line;
			size_t i = 0;

			value[0] = (char)first;
			value[1] = (char)second;
			value[2] = 'z';
			log_emit(LOG_LEVEL_INFO, "s", "k", value, NULL);
			line = str_make(e->said, strlen(heard(e)));
			assert_true(str_ends(line, STR("\n")));
			assert_true(utf8_valid(line));
			while (i < line.len - 1) {
				uint32_t cp = utf8_next(line, &i);

				assert_false(cp == '\n' || cp == '\t' || utf8_is_unsafe(cp));
			}
		}
	}
}

TEST_ON(long_values, ear, e)
{
	static const char *const characters[] = {"x", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x9a\xa2"};
	char value[3 * LOG_VALUE_MAX];

	for (size_t c = 0; c < sizeof(characters) / sizeof(*characters); c++) {
		size_t width = strlen(characters[c]), room = LOG_VALUE_MAX / width * width;
		const char *line;

		/* the longest that is not cut, and one character more */
		for (size_t len = room; len <= room + width; len += width) {
			for (size_t i = 0; i < len; i += width)
				memcpy(value + i, characters[c], width);
			value[len] = '\0';
			log_emit(LOG_LEVEL_INFO, "s", "k", value, NULL);
			line = after_clock(heard(e)) + strlen("info    s k=");
			assert_memory_equal(line, value, room);
			assert_string_equal(line + room, len == room ? "\n" : "...\n");
		}
	}
	/* what is no UTF-8 is cut as well, not swallowed */
	memset(value, 0x80, sizeof(value));
	value[sizeof(value) - 1] = '\0';
	log_emit(LOG_LEVEL_INFO, "s", "k", value, NULL);
	assert_true(strlen(heard(e)) > 3 * LOG_VALUE_MAX);
	assert_non_null(strstr(e->said, "\xef\xbf\xbd...\n"));
}

/* The longest values that there are, each of nothing but what is escaped longest: all of it, and one line end. */
TEST_ON(longest_line, ear, e)
{
	char v[LOG_VALUE_MAX + 1];

	memset(v, '\x01', LOG_VALUE_MAX);
	v[LOG_VALUE_MAX] = '\0';
	log_emit(LOG_LEVEL_INFO, "s", "a", v, "b", v, "c", v, "d", v, "e", v, "f", v, "g", v, "h", v, "i", v, "j", v,
		"k", v, "l", v, "m", v, "n", v, "o", v, "p", v, NULL);
	assert_int_equal(strlen(after_clock(heard(e))), strlen("info    s\n") + PAIRS * (3 + 4 * LOG_VALUE_MAX));
	assert_ptr_equal(strchr(e->said, '\n'), e->said + e->len - 1);
	log_emit(LOG_LEVEL_INFO, "next", NULL);
	assert_heard(e, "info    next\n");
}

TEST_ON(value_that_is_missing, ear, e)
{
	const char *none = NULL;

	log_emit(LOG_LEVEL_INFO, "s", "a", "1", "b", none, NULL);
	assert_heard(e, "info    s a=1\n");
}
