/* jsonfeed_test.c: JSON Feed as specified, and as published. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "parse_fixture.h"
#include "sitrep/utf8.h"

static void test_sample(void **state)
{
	(void)state;
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

static void test_lenient(void **state)
{
	(void)state;
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

static void test_refused(void **state)
{
	(void)state;
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

static void test_what_is_no_json_is_quoted_as_text(void **state)
{
	(void)state;
	fixture_text(&f, "{\"version\":\"/1\",\"items\":[{\"id\":\"a\\u\xff\xff\xff\xb6"
			 "000b\"}]}");
	assert_int_equal(f.result, -EBADMSG);
	assert_true(utf8_valid(str_from(f.err.text)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_lenient),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_what_is_no_json_is_quoted_as_text),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
