/* SPDX-License-Identifier: ISC */
/* jsonfeed_test.c: JSON Feed as specified, and as published. */
#include "parse_fixture.h"
#include "sitrep/base/utf8.h"

TEST(sample)
{
	fixture_sample(&f, "jsonfeed.json");
	const struct feed_facts *feed = &f.d.feed;
	assert_int_equal(f.d.format, FORMAT_JSON);
	assert_str(f.d.version, "1.1");
	assert_true(f.d.wellformed);
	assert_str(feed->title.value, "Orbit & Order");
	assert_int_equal(feed->title.kind, TEXT_PLAIN);
	assert_str(feed->self, "https://orbit-order.example/feed.json");
	assert_str(feed->hub, "https://hub.orbit-order.example/");
	assert_str(feed->image.url, "https://orbit-order.example/icon.png");
	assert_str(feed->authors.items[0].uri, "https://orbit-order.example/about");

	assert_int_equal(f.d.items.count, 2);
	const struct item *it = &f.d.items.items[0];
	assert_str(it->id, "4107");
	assert_str(it->link, "https://feeds.example/2026/relay-launch");
	assert_str(it->content.value, "<p>The <em>relay</em> works.</p>");
	assert_str(it->summary.value, "First of six relays in place.");
	assert_time(it->published, "2026-11-23T07:00:00Z");
	assert_time(it->updated, "2026-11-23T08:00:00Z");
	assert_int_equal(it->categories.count, 2);
	assert_str(it->enclosures.items[0].length, "9120000");

	it = &f.d.items.items[1];
	assert_int_equal(it->content.kind, TEXT_PLAIN);
	assert_str(it->content.value, "Two fragments passed at 900 m < planned distance.");
	assert_str(it->link, "https://tracker.example/debris");
	assert_str(it->authors.items[0].name, "Ruth Calloway");
	assert_int_equal(it->published, TIME_NONE);
}

TEST(lenient)
{
	fixture_text(&f, "\xef\xbb\xbf\n{\"version\":\"https://jsonfeed.org/version/1\",\"title\":7,\"items\":["
			 "null,\"x\",{\"id\":1.5,\"title\":null,\"tags\":\"one\",\"authors\":\"Someone\"},"
			 "{\"id\":\"2\",\"authors\":[],\"author\":{\"name\":\"Old\",\"url\":\"mailto:o@e.example\"},"
			 "\"tags\":[1,\"t\"],"
			 "\"attachments\":[{\"mime_type\":\"a/b\"},{\"url\":\"javascript:x\"}]}]} trailing");
	assert_int_equal(f.result, 0);
	assert_str(f.d.version, "1.0");
	assert_str(f.d.feed.title.value, "7");
	assert_int_equal(f.d.items.count, 2);
	const struct item *it = &f.d.items.items[0];
	assert_str(it->id, "1.5");
	assert_int_equal(it->title.kind, TEXT_ABSENT);
	assert_str(it->categories.items[0].term, "one");
	assert_str(it->authors.items[0].name, "Someone");
	it = &f.d.items.items[1];
	assert_str(it->authors.items[0].email, "o@e.example");
	assert_int_equal(it->categories.count, 1);
	assert_int_equal(it->enclosures.count, 0);
}

TEST(refused)
{
	static const char *const bodies[] = {"{", "{\"version\":\"1\"}", "{\"items\":{}}", "{\"a\":\"\xff"};
	for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
		fixture_text(&f, bodies[i]);
		assert_int_equal(f.result, -EBADMSG);
		assert_true(strlen(f.err.text) > 5);
	}
	/* deeper than any feed */
	static char deep[200001];
	memset(deep, '[', sizeof(deep) - 1);
	memcpy(deep, "{\"items\":", 9);
	fixture_text(&f, deep);
	assert_int_equal(f.result, -EBADMSG);
}

TEST(what_is_no_json_is_quoted_as_text)
{
	fixture_text(&f, "{\"version\" \xff\xff\xff\xb6");
	assert_int_equal(f.result, -EBADMSG);
	assert_true(utf8_valid(str_from(f.err.text)));
}

#define ITEM(n) "{\"id\":\"" n "\",\"title\":\"whole\"}"

/* A fault in one item costs that field or item: the others are there, whole. */
TEST(a_fault_costs_its_field)
{
	static const struct {
		const char *fault; /* in the middle of three items */
		const char *title; /* of that item; NULL: absent */
	} cases[] = {
		{"\"title\":\"lone \\ud83d surrogate\"", "lone \xEF\xBF\xBD surrogate"},
		{"\"title\":\"low \\udc00\\ud800\"", "low \xEF\xBF\xBD\xEF\xBF\xBD"},
		{"\"title\":\"raw \xED\xA0\x80 x\"", "raw \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD x"},
		{"\"title\":\"bad \xFF\xC3 x\"", "bad \xEF\xBF\xBD\xEF\xBF\xBD x"},
		{"\"title\":\"t\",\"x\":1e999", "t"},
		{"\"title\":\"t\",\"x\":-1e999,\"y\":123456789012345678901234567890", "t"},
		{"\"title\":\"t\",\"date_published\":1e999", "t"},
		{"\"title\":\"a\001b\tc\nd\"", "ab\tc\nd"},
		{"\"title\":\"first\",\"title\":\"second\"", "second"},
		{"\"title\":\"C:\\dir\\q \\u12 \\' \\x41\"", "C:\\dir\\q \\u12 ' \\x41"},
		{"\"title\":\"t\",", "t"},
		{",\"title\":\"t\",,\"tags\":[\"a\",,\"b\",]", "t"},
		{"\"title\":\"t\",\"x\":NaN,\"y\":[Infinity,-Infinity,undefined]", "t"},
		{"\"title\":NaN", NULL},
		{"\"title\":\"t\",\"x\":.5,\"y\":01,\"z\":+1,\"v\":0x1f,\"w\":1.", "t"},
		{"title:\"t\", x:1", "t"},
		{"\"title\":\"t\" \n \"x\":\"y\"", "t"},
		{"\"title\":\"he said \"yes\" twice\"", "he said \"yes\" twice"},
		{"\"title\":\"t\" /* why */ , // so\n\"x\":1", "t"},
		{"\"title\":\"t\",\"x\":", "t"},
		{"\"title\":\"t\",\"x\"", "t"},
		{"\"title\":\"t\"}", "t"},
		{"\xEF\xBB\xBF\"title\":\"t\",\"x\":tru", "t"},
		{"\"title\":\"t\",{\"a\":1},[2]", "t"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[1024];
		const struct item *it;

		snprintf(text, sizeof(text),
			"{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"F\xC3\xBC\","
			"\"items\":[" ITEM("1") ","
						"{\"id\":\"2\",%s}," ITEM(
							"3") "],\"home_page_url\":\"https://feeds.example/\"}",
			cases[i].fault);
		fixture_text(&f, text);
		if (f.result != 0 || f.d.items.count != 3)
			fail_msg("%s: %d, %zu items, %s", cases[i].fault, f.result, f.d.items.count, f.err.text);
		it = &f.d.items.items[1];
		if (!str_eq(it->title.value, str_from(cases[i].title)) || !str_eq(it->id, STR("2")))
			fail_msg("%s: \"%.*s\"", cases[i].fault, STR_ARG(it->title.value));
		assert_str(f.d.items.items[0].title.value, "whole");
		assert_str(f.d.items.items[2].id, "3");
		assert_str(f.d.feed.title.value, "F\xC3\xBC");
		assert_str(f.d.feed.link, "https://feeds.example/");
		assert_false(f.d.truncated);
	}
}

/* An identity that is a number too large for the library is still that identity. */
TEST(numbers_keep_their_digits)
{
	fixture_text(&f, "{\"items\":[{\"id\":12345678901234567890},{\"id\":1e999},{\"id\":7}]}");
	assert_int_equal(f.result, 0);
	assert_str(f.d.items.items[0].id, "12345678901234567890");
	assert_str(f.d.items.items[1].id, "1e999");
	assert_str(f.d.items.items[2].id, "7");
	assert_false(f.d.wellformed);
}

/* Wherever it is cut, the items before the cut are there. */
TEST(a_cut_feed_keeps_its_whole_items)
{
	static const char head[] = "{\"title\":\"F\",\"version\":\"https://jsonfeed.org/version/1\",\"items\":[";
	static const char item[] = "{\"id\":\"x\",\"tags\":[\"a\",{\"b\":1}],\"title\":\"one, \\\"two\\\"\"}";
	char text[1024];
	size_t len;

	snprintf(text, sizeof(text), "%s%s,%s,%s]}", head, item, item, item);
	len = strlen(text);
	for (size_t cut = 1; cut < len; cut++) {
		size_t first = sizeof(head) - 1 + sizeof(item) - 1,
		       whole = cut < first ? 0 : 1 + (cut - first) / sizeof(item);

		whole = whole > 3 ? 3 : whole;
		fixture_parse(&f, str_make(text, cut), NULL, "https://feeds.example/");
		assert_int_equal(f.result, whole == 0 ? -EBADMSG : 0);
		if (whole == 0)
			continue;
		if (f.d.items.count != whole || !f.d.truncated)
			fail_msg("cut at %zu: %zu items, not %zu: %.*s", cut, f.d.items.count, whole, (int)cut, text);
		assert_str(f.d.items.items[whole - 1].title.value, "one, \"two\"");
	}
}

/* What lies too deep costs its member; the time stays in proportion (an alarm would end a quadratic run). */
TEST(deep_members_and_large_faults)
{
	enum { LARGE = 8 * 1024 * 1024 };
	static const char *const fillers[] = {
		"[", "{\"a\":", "\"", "\" ", "}", ",", "\\", "/", "/*", "\"\n", "{", "a:", "\"a\" \""};
	char *text = scratch_take(malloc(LARGE + 1024));
	size_t n;

	n = (size_t)snprintf(text, LARGE, "{\"items\":[" ITEM("1") ",{\"id\":\"2\",\"x\":");
	memset(text + n, '[', 100000);
	memset(text + n + 100000, ']', 100000);
	n += 200000;
	n += (size_t)snprintf(text + n, LARGE - n, ",\"title\":\"t\"}," ITEM("3") "]}");
	fixture_parse(&f, str_make(text, n), NULL, "https://feeds.example/");
	assert_int_equal(f.result, 0);
	assert_int_equal(f.d.items.count, 3);
	assert_str(f.d.items.items[1].title.value, "t");
	alarm(100);
	for (size_t i = 0; i < sizeof(fillers) / sizeof(fillers[0]); i++) {
		size_t len = strlen(fillers[i]);

		n = (size_t)snprintf(text, LARGE, "{\"items\":[" ITEM("1") ",{\"id\":");
		for (; n + len < LARGE; n += len)
			memcpy(text + n, fillers[i], len);
		fixture_parse(&f, str_make(text, n), NULL, "https://feeds.example/");
		assert_true(f.result == 0 || f.result == -EBADMSG || f.result == -ENOMEM);
	}
	alarm(0);
}

TEST_GROUP(setup, teardown)
