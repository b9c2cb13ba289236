/* SPDX-License-Identifier: ISC */
/* member_test.c: members of lines, and what is no JSON. */
#include "../../../daemon/client/member.h"
#include "../scratch.h"

static const char line[] = "{\"event\":\"alert\", \"item\" : {\"title\":\"a \\\"ship\\\" "
			   "\\u00e9\\ud83d\\ude80\\n\",\"n\":3,\"x\":null},\"alert\":"
			   "{\"terms\":[\"icbm\",[1,{\"deep\":true}],{}]},\"event\":\"later\"}";

static const char *text_of(const char *json, const char *path, char text[256])
{
	struct buf *out = scratch(255);
	int result = member_as_text(member_find(str_from(json), path), out);

	snprintf(text, 256, "%s", out->data != NULL ? out->data : "");
	return result == 0 ? text : NULL;
}

TEST(finds_members_by_path)
{
	static const char *const known[][2] = {{"event", "alert"}, {"item.title", "a \"ship\" \u00e9\U0001F680\n"},
		{"item.n", "3"}, {"item.x", "null"}, {"alert.terms.0", "icbm"}, {"alert.terms.1.1.deep", "true"}};
	static const char *const missing[] = {"", "item", "alert.terms", "alert.terms.2", "alert.terms.3",
		"alert.terms.-1", "event.x", "item.title.0", "item.", ".item", "items",
		"alert.terms.99999999999999999999"};
	char text[256];

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_string_equal(text_of(line, known[i][0], text), known[i][1]);
	for (size_t i = 0; i < sizeof(missing) / sizeof(missing[0]); i++)
		assert_null(text_of(line, missing[i], text));
}

TEST(mends_escapes)
{
	static const char *const known[][2] = {{"\\/\\b\\f\\n\\r\\t", "/\b\f\n\r\t"}, {"\\u0000", "\ufffd"},
		{"\\ud83d", "\ufffd"}, {"\\ud83d\\u0041", "\ufffdA"}, {"\\ude80", "\ufffd"}, {"\\u12", "\ufffd12"},
		{"\\uzzzz", "\ufffdzzzz"}, {"", ""}};
	char json[256], text[256];

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		snprintf(json, sizeof(json), "{\"a\":\"%s\"}", known[i][0]);
		assert_string_equal(text_of(json, "a", text), known[i][1]);
	}
}

TEST(knows_an_object)
{
	static const char *const objects[] = {"{}", " {\"a\" : [ ] } ", "{\"a\":[1,-2.5e+3,true,\"]}\"]}"};
	static const char *const others[] = {"", "{", "}", "[]", "1", "{}{}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}",
		"{,}", "{\"a\":1 \"b\":2}", "{\"a\":\"\n\"}", "{\"a\":\"b}", "{\"a\":\"\\\"}", "{\"a\":[1}", "{a:1}",
		"{\"a\":[1,]}"};

	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
		assert_true(member_is_object(str_from(objects[i])));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(member_is_object(str_from(others[i])));
}

TEST(takes_no_control_character_behind_a_backslash)
{
	assert_false(member_is_object(STR("{\"a\\\0b\":1}")));
	assert_false(member_is_object(STR("{\"a\\\n\":1}")));
	assert_false(member_is_object(STR("{\"a\\")));
}

TEST(bounds_the_depth)
{
	char json[2 * MEMBER_DEPTH_MAX + 8];
	struct buf *out = scratch(sizeof(json));

	for (int more = 0; more < 2; more++) {
		int lists = MEMBER_DEPTH_MAX - 1 + more;

		buf_clear(out);
		buf_puts(out, "{\"a\":");
		for (int i = 0; i < lists; i++)
			buf_putc(out, '[');
		for (int i = 0; i < lists; i++)
			buf_putc(out, ']');
		buf_putc(out, '}');
		assert_int_equal(member_is_object(buf_str(out)), more == 0);
	}
}

TEST(gives_each_member)
{
	struct str name, value;
	size_t pos = 0;
	struct str json = STR("{\"a\":1, \"b\\n\":{\"c\":2}}");

	assert_true(member_next(json, &pos, &name, &value) && str_eq(name, STR("a")) && str_eq(value, STR("1")));
	assert_true(
		member_next(json, &pos, &name, &value) && str_eq(name, STR("b\\n")) && str_eq(value, STR("{\"c\":2}")));
	assert_false(member_next(json, &pos, &name, &value));
	pos = 0;
	assert_false(member_next(STR("[1]"), &pos, &name, &value));
}
