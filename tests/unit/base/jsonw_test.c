/* SPDX-License-Identifier: ISC */
/* JSON: commas and colons where they belong, strings that no terminal and no line reader trips over.  What is written
 * is read back with jansson, which shares nothing with the writer. */
#include <jansson.h>
#include <math.h>

#include "../scratch.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/jsonw.h"
#include "sitrep/base/utf8.h"

enum { OUT_MAX = 1 << 16 };

static void assert_text(struct buf *b, const char *expected)
{
	assert_false(buf_failed(b));
	assert_string_equal(b->data, expected);
	buf_release(b);
}

TEST(structure)
{
	struct buf b = BUF_INIT(OUT_MAX);
	struct jsonw w = JSONW_INIT(&b);

	jsonw_object(&w);
	jsonw_key(&w, "list");
	jsonw_array(&w);
	jsonw_int(&w, 1);
	jsonw_array(&w);
	jsonw_array_end(&w);
	jsonw_object(&w);
	jsonw_object_end(&w);
	jsonw_object(&w);
	jsonw_kv_int(&w, "a", -1);
	jsonw_kv_bool(&w, "b", true);
	jsonw_object_end(&w);
	jsonw_array(&w); /* as deep as what was filled just now, and empty again */
	jsonw_int(&w, 2);
	jsonw_array_end(&w);
	jsonw_null(&w);
	jsonw_bool(&w, false);
	jsonw_array_end(&w);
	jsonw_key(&w, "raw");
	jsonw_raw(&w, STR("{\"x\":[]}"));
	jsonw_key(&w, "after");
	jsonw_str(&w, STR(""));
	jsonw_object_end(&w);
	assert_text(&b, "{\"list\":[1,[],{},{\"a\":-1,\"b\":true},[2],null,false],\"raw\":{\"x\":[]},\"after\":\"\"}");
}

/* A value at the top needs nothing around it, and a writer made anew owes no comma. */
TEST(top_level)
{
	struct buf b = BUF_INIT(OUT_MAX);
	struct jsonw w;

	for (int i = 0; i < 2; i++) {
		w = JSONW_INIT(&b);
		jsonw_cstr(&w, "x");
		buf_putc(&b, '\n');
	}
	assert_text(&b, "\"x\"\n\"x\"\n");
}

TEST(numbers)
{
	static const struct {
		double value;
		const char *text;
	} reals[] = {{0, "0"}, {0.5, "0.5"}, {-2, "-2"}, {1.0 / 3, "0.333333"}, {1e21, "1e+21"}, {1e-7, "1e-07"},
		{(double)NAN, "null"}, {(double)INFINITY, "null"}, {-(double)INFINITY, "null"}};
	struct buf b = BUF_INIT(OUT_MAX);
	struct jsonw w = JSONW_INIT(&b);

	jsonw_array(&w);
	jsonw_int(&w, INT64_MIN);
	jsonw_int(&w, INT64_MAX);
	jsonw_int(&w, 0);
	jsonw_array_end(&w);
	assert_text(&b, "[-9223372036854775808,9223372036854775807,0]");
	for (size_t i = 0; i < sizeof(reals) / sizeof(*reals); i++) {
		w = JSONW_INIT(&b);
		jsonw_real(&w, reals[i].value);
		assert_text(&b, reals[i].text);
	}
}

TEST(absent_values)
{
	struct buf b = BUF_INIT(OUT_MAX);
	struct jsonw w = JSONW_INIT(&b);

	jsonw_object(&w);
	jsonw_kv_str(&w, "none", STR_NONE);
	jsonw_kv_cstr(&w, "null", NULL);
	jsonw_kv_time(&w, "never", TIME_NONE);
	jsonw_kv_str(&w, "empty", STR(""));
	jsonw_kv_cstr(&w, "blank", "");
	jsonw_key(&w, "cstr");
	jsonw_cstr(&w, NULL);
	jsonw_key(&w, "str");
	jsonw_str(&w, STR_NONE);
	jsonw_kv_time(&w, "epoch", 0);
	jsonw_kv_time(&w, "before", -1);
	jsonw_object_end(&w);
	assert_text(&b, "{\"empty\":\"\",\"blank\":\"\",\"cstr\":null,\"str\":\"\","
			"\"epoch\":\"1970-01-01T00:00:00Z\",\"before\":\"1969-12-31T23:59:59Z\"}");
}

TEST(known_escapes)
{
	static const struct {
		struct str value;
		const char *text;
	} cases[] = {
		{{"a\"b\\c/d", 7}, "\"a\\\"b\\\\c/d\""},
		{{"\n\r\t", 3}, "\"\\n\\r\\t\""},
		{{"\0\b\f\x1b", 4}, "\"\\u0000\\u0008\\u000c\\u001b\""},
		{{"\x7f", 1}, "\"\\u007f\""},
		{{"\xc2\x85", 2}, "\"\\u0085\""},
		/* line and paragraph separator, right-to-left override, isolate, mark, byte order mark */
		{{"\xe2\x80\xa8", 3}, "\"\\u2028\""},
		{{"\xe2\x80\xa9", 3}, "\"\\u2029\""},
		{{"\xe2\x80\xae", 3}, "\"\\u202e\""},
		{{"\xe2\x81\xa6", 3}, "\"\\u2066\""},
		{{"\xd8\x9c", 2}, "\"\\u061c\""},
		{{"\xef\xbb\xbf", 3}, "\"\\ufeff\""},
		/* a non-character beyond the first plane is a pair of surrogates */
		{{"\xf0\x9f\xbf\xbe", 4}, "\"\\ud83f\\udffe\""},
		{{"\xf4\x8f\xbf\xbf", 4}, "\"\\udbff\\udfff\""},
		/* what is safe goes through as it is */
		{{"\xc3\xa9\xe2\x82\xac\xf0\x9f\x9a\xa2", 9}, "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x9a\xa2\""},
		/* what is no UTF-8 is marked, one mark for each maximal subpart */
		{{"a\377b", 3}, "\"a\xef\xbf\275b\""},
		{{"\xe2\x82\"", 3}, "\"\xef\xbf\xbd\\\"\""},
		{{"\xed\xa0\x80", 3}, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
		{{"\xef\xbf\xbd", 3}, "\"\xef\xbf\xbd\""},
	};
	struct buf b = BUF_INIT(OUT_MAX);
	struct jsonw w;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		w = JSONW_INIT(&b);
		jsonw_str(&w, cases[i].value);
		assert_text(&b, cases[i].text);
	}
}

TEST(keys_are_escaped)
{
	struct buf b = BUF_INIT(OUT_MAX);
	struct jsonw w = JSONW_INIT(&b);

	jsonw_object(&w);
	jsonw_kv_int(&w, "a\"\n", 1);
	jsonw_object_end(&w);
	assert_text(&b, "{\"a\\\"\\n\":1}");
}

/* Every character there is comes back as itself, and none that is unsafe stands in the text. */
TEST(every_character)
{
	struct buf *b = scratch(OUT_MAX), *value = scratch(16);

	for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
		struct jsonw w = JSONW_INIT(b);
		json_t *read;
		size_t i = 0;

		if (cp >= 0xd800 && cp <= 0xdfff)
			continue;
		buf_clear(b);
		buf_clear(value);
		assert_int_equal(buf_put_utf8(value, cp), 0);
		jsonw_str(&w, buf_str(value));
		while (i < b->len) {
			uint32_t written = utf8_next(buf_str(b), &i);

			if (written < 0x20 || utf8_is_unsafe(written))
				fail_msg("U+%04X stands in the text as it is", (unsigned)cp);
		}
		read = json_loadb(b->data, b->len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
		if (read == NULL ||
			!str_eq(str_make(json_string_value(read), json_string_length(read)), buf_str(value)))
			fail_msg("U+%04X comes back as another", (unsigned)cp);
		json_decref(read);
	}
}

TEST(depth)
{
	struct buf *b = scratch(OUT_MAX);
	struct jsonw w = JSONW_INIT(b);

	for (int i = 1; i < JSONW_DEPTH_MAX; i++)
		jsonw_array(&w);
	jsonw_int(&w, 1);
	jsonw_int(&w, 2);
	for (int i = 1; i < JSONW_DEPTH_MAX; i++)
		jsonw_array_end(&w);
	assert_int_equal(b->len, 2 * (JSONW_DEPTH_MAX - 1) + 3);
	assert_int_equal(w.depth, 0);
}

/* The writer goes on without harm when the buffer is full; the buffer says so at the end. */
TEST(full_buffer)
{
	for (size_t max = 0; max < 30; max++) {
		struct buf *b = scratch(max);
		struct jsonw w = JSONW_INIT(b);

		jsonw_object(&w);
		jsonw_kv_cstr(&w, "key", "a\xff\n\xe2\x80\xae");
		jsonw_kv_int(&w, "n", 12);
		jsonw_object_end(&w);
		assert_true(b->len <= max);
		assert_int_equal(b->failed, max < 29 ? -E2BIG : 0);
	}
}
