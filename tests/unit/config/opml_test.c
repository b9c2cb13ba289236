/* Subscription lists: read as people write them, bounded, and what is written reads back the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "sitrep/opml.h"

struct fixture {
	struct arena arena;
	struct opml list;
	struct error err;
};

static int setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){0};
	arena_init(&f.arena, 256 * 1024 * 1024);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	arena_release(&f->arena);
	return 0;
}

static void test_nested(void **state)
{
	struct fixture *f = *state;
	const char *text = "<?xml version='1.0'?>\n<opml version='2.0'><head><title>T</title></head><body>\n"
			   "<outline text='Asia'><outline text='Naval &amp; air'>\n"
			   "<outline type='rss' text='Sea watch' title='Sea Watch' xmlUrl=' https://sea.example/f '"
			   " htmlUrl='https://sea.example/' category='/Ships/Grey,asia'/>\n"
			   "</outline>\n<outline xmlUrl='https://b.example/'/></outline>\n"
			   "<outline text='just words'/></body></opml>";
	const struct opml_feed *feed;

	assert_int_equal(opml_parse(str_from(text), &f->arena, &f->list, &f->err), 0);
	assert_int_equal(f->list.feeds.count, 2);
	feed = &f->list.feeds.items[0];
	assert_true(str_eq(feed->url, STR("https://sea.example/f")));
	assert_true(str_eq(feed->title, STR("Sea Watch")));
	assert_true(str_eq(feed->site, STR("https://sea.example/")));
	assert_int_equal(feed->line, 4);
	assert_int_equal(feed->category_count, 4);
	assert_true(str_eq(feed->categories[0], STR("Asia")));
	assert_true(str_eq(feed->categories[1], STR("Naval & air")));
	assert_true(str_eq(feed->categories[2], STR("Ships/Grey")));
	assert_true(str_eq(feed->categories[3], STR("asia")));
	assert_true(str_empty(f->list.feeds.items[1].title));
	assert_int_equal(f->list.feeds.items[1].category_count, 1);
}

static void test_refused(void **state)
{
	struct fixture *f = *state;
	struct buf deep = BUF_INIT(1 << 20);
	static const char *const texts[] = {
		"", "<opml", "<rss><channel/></rss>", "<opml><body><outline xmlUrl='x'></body></opml>"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		f->err.text[0] = '\0';
		assert_true(opml_parse(str_from(texts[i]), &f->arena, &f->list, &f->err) < 0);
		assert_int_not_equal(f->err.text[0], '\0');
	}
	(void)buf_puts(&deep, "<opml><body>");
	for (int i = 0; i < 100; i++)
		(void)buf_puts(&deep, "<outline text='a'>");
	for (int i = 0; i < 100; i++)
		(void)buf_puts(&deep, "</outline>");
	(void)buf_puts(&deep, "</body></opml>");
	assert_true(opml_parse(buf_str(&deep), &f->arena, &f->list, &f->err) < 0);
	buf_release(&deep);
}

/* No entity is expanded from outside, and none multiplies. */
static void test_entities(void **state)
{
	struct fixture *f = *state;
	const char *text = "<!DOCTYPE opml [<!ENTITY x SYSTEM 'file:///etc/hostname'>]>"
			   "<opml><body><outline text='a&x;b' xmlUrl='https://e.example/'/></body></opml>";

	if (opml_parse(str_from(text), &f->arena, &f->list, &f->err) == 0 && f->list.feeds.count == 1)
		assert_true(f->list.feeds.items[0].title.len <= 2);
}

static void test_round_trip(void **state)
{
	struct fixture *f = *state;
	struct str categories[] = {STR("naval"), STR("a & b \"c\"")};
	const struct opml_feed feeds[] = {
		{.url = STR("https://e.example/?a=1&b=<2>"),
			.title = STR("\"Sea\" & <sky>"),
			.categories = categories,
			.category_count = 2},
		{.url = STR("https://f.example/"), .site = STR("https://f.example/home")},
	};
	struct buf out = BUF_INIT(1 << 16);

	opml_write_begin(&out, STR("mine & <yours>"));
	opml_write_feed(&out, &feeds[0]);
	opml_write_feed(&out, &feeds[1]);
	opml_write_end(&out);
	assert_false(buf_failed(&out));
	assert_int_equal(opml_parse(buf_str(&out), &f->arena, &f->list, &f->err), 0);
	assert_int_equal(f->list.feeds.count, 2);
	assert_true(str_eq(f->list.feeds.items[0].url, feeds[0].url));
	assert_true(str_eq(f->list.feeds.items[0].title, feeds[0].title));
	assert_int_equal(f->list.feeds.items[0].category_count, 2);
	assert_true(str_eq(f->list.feeds.items[0].categories[1], categories[1]));
	assert_true(str_eq(f->list.feeds.items[1].site, feeds[1].site));
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nested, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_entities, setup, teardown),
		cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
