/* SPDX-License-Identifier: ISC */
/* parse_hostile_test.c: feeds made to hurt.
 *
 * Each of these once killed some parser: by entities that expand without end, by depth, by the number of
 * attributes, or by ending where nobody expected it.  Here none may crash, none may take long (the test
 * would), and what can be read must be read. */
#include "parse_fixture.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/utf8.h"

enum { BODY_MAX = 32 * 1024 * 1024 };

static struct buf body = {NULL, 0, 0, BODY_MAX, 0};

static void parse_body(void)
{
	assert_false(buf_failed(&body));
	fixture_parse(&f, buf_str(&body), NULL, "https://feeds.example/feed.xml");
}

static void repeat(const char *piece, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_puts(&body, piece);
}

TEST(billion_laughs)
{
	buf_clear(&body);
	buf_puts(&body, "<?xml version='1.0'?><!DOCTYPE rss [<!ENTITY l0 'lol'>");
	for (int i = 1; i < 20; i++) {
		buf_printf(&body, "<!ENTITY l%d '", i);
		for (int j = 0; j < 10; j++)
			buf_printf(&body, "&l%d;", i - 1);
		buf_puts(&body, "'>");
	}
	buf_puts(&body, "]><rss version='2.0'><channel><title>&l0; &l19;</title></channel></rss>");
	parse_body();
	assert_int_equal(f.result, 0);
	assert_str(f.d.feed.title.value, "lol");
}

/* One entity, not nested, named very often. */
TEST(quadratic_entity)
{
	buf_clear(&body);
	buf_puts(&body, "<!DOCTYPE rss [<!ENTITY a '");
	repeat("aaaaaaaaaa", 100);
	buf_puts(&body, "'>]><rss version='2.0'><channel><item><description>");
	repeat("&a;", 500000);
	buf_puts(&body, "</description><title>after</title></item></channel></rss>");
	parse_body();
	assert_int_equal(f.result, 0);
	assert_in_range(f.d.items.items[0].summary.value.len, 1000, 300000);
	assert_str(f.d.items.items[0].title.value, "after");
}

TEST(external_entity)
{
	fixture_text(&f,
		"<!DOCTYPE rss [<!ENTITY x SYSTEM 'file:///etc/passwd'><!ENTITY % p SYSTEM 'http://e.example/p'>%p;]>"
		"<rss version='2.0'><channel><title>[&x;]</title></channel></rss>");
	assert_int_equal(f.result, 0);
	assert_str(f.d.feed.title.value, "[]");
}

TEST(depth)
{
	buf_clear(&body);
	buf_puts(&body, "<rss version='2.0'><channel><item><title>before</title><description>");
	repeat("<div>", 100000);
	buf_puts(&body, "deep");
	repeat("</div>", 100000);
	buf_puts(&body, "</description></item><item><title>after</title></item></channel></rss>");
	parse_body();
	assert_int_equal(f.result, 0);
	assert_int_equal(f.d.items.count, 2);
	assert_str(f.d.items.items[0].title.value, "before");
	assert_str(f.d.items.items[1].title.value, "after");
	/* the same without any end */
	buf_clear(&body);
	buf_puts(&body, "<rss version='2.0'><channel><title>t</title>");
	repeat("<a>", 100000);
	parse_body();
	assert_int_equal(f.result, 0);
	assert_true(f.d.truncated);
}

TEST(a_million_attributes)
{
	buf_clear(&body);
	buf_puts(&body, "<rss version='2.0'><channel><item ");
	for (int i = 0; i < 1000000; i++)
		buf_printf(&body, "a%d='>' ", i);
	buf_puts(&body, "><title>still here</title></item></channel></rss>");
	parse_body();
	assert_int_equal(f.result, 0);
	assert_int_equal(f.d.items.count, 1);
	assert_str(f.d.items.items[0].title.value, "still here");
}

/* What has no end is searched for once, not once for each beginning. */
TEST(beginnings_without_end)
{
	static const char *const pieces[] = {"<![CDATA[", "<!--", "<?p ", "<!DOCTYPE ", "<a b=\"", "<a b='", "</", "<",
		"&", "&#", "&#x1", "<a", "<title>", "<item>", "<![CDATA[</a>", "xmlns:a='b' "};
	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		buf_clear(&body);
		buf_puts(&body, "<rss version='2.0'><channel><title>t</title><item><title>");
		repeat(pieces[i], 200000);
		parse_body();
		assert_true(f.result == 0 || f.result == -EBADMSG);
		if (f.result == 0)
			assert_str(f.d.feed.title.value, "t");
	}
}

/* The same inside a text that may be HTML. */
TEST(html_beginnings_without_end)
{
	static const char *const pieces[] = {
		"<a ", "<", "&", "&#", "&amp", "<!--", "</", "<a b=\"", "<div>", "<script ", "<b"};
	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		buf_clear(&body);
		buf_puts(&body, "<rss version='2.0'><channel><item><title><![CDATA[");
		repeat(pieces[i], 50000);
		buf_puts(&body, "]]></title><description><![CDATA[");
		repeat(pieces[i], 50000);
		buf_puts(&body, "]]></description><author>a@b.example ");
		repeat(")>", 300000);
		repeat("@(", 300000);
		buf_puts(&body, "</author><link>/still-here</link></item></channel></rss>");
		parse_body();
		assert_int_equal(f.result, 0);
		assert_str(f.d.items.items[0].link, "https://feeds.example/still-here");
	}
}

TEST(too_many_items)
{
	buf_clear(&body);
	buf_puts(&body, "<rss version='2.0'><channel>");
	repeat("<item><title>x</title></item>", LIMIT_DOCUMENT_ITEMS + 5);
	buf_puts(&body, "</channel></rss>");
	parse_body();
	assert_int_equal(f.d.items.count, LIMIT_DOCUMENT_ITEMS);
	assert_true(f.d.truncated);
}

TEST(lists_and_strings_end)
{
	buf_clear(&body);
	buf_puts(&body, "<rss version='2.0'><channel><item><title>");
	repeat("\xc3\xa9", LIMIT_TITLE_MARKUP);
	buf_puts(&body, "</title><link>https://e.example/");
	repeat("x", LIMIT_URL);
	buf_puts(&body, "</link>");
	for (int i = 0; i < LIMIT_ITEM_LIST + 10; i++)
		buf_printf(&body,
			"<category>c%d</category><author>a%d</author><link rel='x' href='/%d'/>"
			"<enclosure url='/%d' type='a/b' length='1'/>",
			i, i, i, i);
	buf_puts(&body, "</item></channel></rss>");
	parse_body();
	const struct item *it = &f.d.items.items[0];
	assert_int_equal(it->title.value.len, LIMIT_TITLE_MARKUP);
	assert_true(utf8_valid(it->title.value));
	assert_null(it->link.data);
	assert_int_equal(it->categories.count, LIMIT_ITEM_LIST);
	assert_int_equal(it->authors.count, LIMIT_ITEM_LIST);
	assert_int_equal(it->links.count, LIMIT_ITEM_LIST);
	assert_int_equal(it->enclosures.count, LIMIT_ITEM_LIST);
}

TEST(small_arena)
{
	struct parse_input in = {.body = fixture_read(&f, "rss2.xml"), .url = STR("https://e.example/")};
	for (size_t max = 0; max < 64 * 1024; max += 509) {
		struct arena small = ARENA_INIT(max);
		struct document d;
		int r = parse_feed(&in, &small, &d, &f.err);
		assert_true(r == 0 || r == -ENOMEM);
		if (r == 0)
			assert_int_equal(d.items.count, 2);
		arena_release(&small);
	}
}

TEST(nul_and_controls)
{
	static const char bytes[] =
		"<rss version='2.0'><channel><title>a\0b\x01\037c&#0;&#xffff;&#x110000;</title></channel></rss>";
	fixture_parse(&f, str_make(bytes, sizeof(bytes) - 1), NULL, NULL);
	assert_int_equal(f.result, 0);
	assert_str(f.d.feed.title.value, "abc");
	static const char json[] =
		"{\"version\":\"https://jsonfeed.org/version/1\",\"items\":[{\"id\":\"a\\u0000b\"}]}";
	fixture_text(&f, json);
	assert_int_equal(f.result, 0);
	assert_str(f.d.items.items[0].id, "ab");
}

static void check_text_is_valid(const struct item *it)
{
	assert_true(utf8_valid(it->title.value));
	assert_true(utf8_valid(it->summary.value));
	assert_true(utf8_valid(it->content.value));
	assert_true(utf8_valid(it->id));
	assert_true(utf8_valid(it->link));
}

/* Cut at every byte, and with every byte turned into something else. */
TEST(truncated_and_damaged_samples)
{
	static const char *const samples[] = {
		"rss2.xml", "atom10.xml", "rdf.xml", "rss091.xml", "broken.xml", "shift_jis.xml", "jsonfeed.json"};
	static const char damage[] = {'\0', '<', '>', '&', '"', '\xff', '\x80', ' '};
	for (size_t s = 0; s < sizeof(samples) / sizeof(*samples); s++) {
		struct str whole = fixture_read(&f, samples[s]);
		for (size_t cut = 0; cut <= whole.len; cut++) {
			/* memory of its own, so that a sanitizer sees a byte too far */
			char *copy = malloc(cut + 1);
			assert_non_null(copy);
			memcpy(copy, whole.data, cut);
			fixture_parse(&f, str_make(copy, cut), NULL, "https://feeds.example/");
			assert_true(f.result == 0 || f.result == -EBADMSG);
			for (size_t i = 0; f.result == 0 && i < f.d.items.count; i++)
				check_text_is_valid(&f.d.items.items[i]);
			if (cut > 0) {
				copy[cut / 2] = damage[cut % sizeof(damage)];
				fixture_parse(&f, str_make(copy, cut), NULL, "https://feeds.example/");
				assert_true(f.result == 0 || f.result == -EBADMSG);
			}
			free(copy);
		}
	}
}

/* Half an item would be another version of it when the whole one comes. */
TEST(what_was_cut_is_left_out)
{
	fixture_text(&f, "<rss version='2.0'><channel><item><title>whole</title><link>/1</link></item>"
			 "<item><title>cut in the ti");
	assert_int_equal(f.d.items.count, 1);
	assert_true(f.d.truncated);
	fixture_text(&f, "<rss version='2.0'><channel><item><title>known</title><link>/1</link>"
			 "<description>cut in the descri");
	assert_int_equal(f.d.items.count, 1);
	assert_int_equal(f.d.items.items[0].summary.kind, TEXT_ABSENT);
}

static void release(void)
{
	buf_release(&body);
	teardown();
}

TEST_GROUP(setup, release)
