/* SPDX-License-Identifier: ISC */
/* Subscription lists in a configuration: their feeds, and the names that these get. */
#include "config_fixture.h"

static const struct config_feed *feed_of(const struct fixture *f, const char *url)
{
	for (size_t i = 0; i < f->config->feeds.count; i++)
		if (strcmp(f->config->feeds.items[i].url, url) == 0)
			return &f->config->feeds.items[i];
	fail_msg("there is no feed %s", url);
	return NULL;
}

static void load_list(struct fixture *f, const char *outlines)
{
	struct buf *text = scratch(1 << 20);

	buf_printf(text, "<opml version='2.0'><body>%s</body></opml>", outlines);
	write_file(f, "list.opml", text->data);
	load(f, "opml = list.opml\n");
}

TEST_ON(subscription_list, fixture, f)
{
	load_list(f, "<outline text='Asia'>\n"
		     "<outline text='Sea Watch!' xmlUrl='https://sea.example/f'/>\n"
		     "<outline text='Known' xmlUrl='https://known.example/f'/>\n"
		     "<outline text='bad' xmlUrl='gopher://x'/></outline>\n");
	assert_int_equal(f->mistakes.count, 0);
	assert_int_equal(f->mistakes.warnings.count, 1);
	assert_said(f, "list.opml:4: warning: the outline is left out: url = gopher://x: expected an address");
	assert_int_equal(f->config->feeds.count, 2);
	assert_string_equal(config_find_feed(f->config, STR("sea-watch"))->url, "https://sea.example/f");
	assert_string_equal(config_find_feed(f->config, STR("sea-watch"))->categories[0], "Asia");
	assert_string_equal(config_find_feed(f->config, STR("sea-watch"))->title, "Sea Watch!");

	/* a section knows better, although it stands behind and writes the address in another way */
	load(f, "opml = list.opml\n[feed \"mine\"]\nurl = http://KNOWN.example:80/f#top\n");
	assert_null(config_find_feed(f->config, STR("known")));
	assert_non_null(config_find_feed(f->config, STR("mine")));
	assert_int_equal(f->config->feeds.count, 2);
}

/* Names hold letters of any script, and say nothing of a feed's place. */
TEST_ON(names_in_lists, fixture, f)
{
	static const char *const lists[] = {
		"<outline text='\xec\xa1\xb0\xec\x84\xa0 \xed\x86\xb5\xec\x8b\xa0' xmlUrl='http://k.example/'/>"
		"<outline text='News' xmlUrl='http://www.a.example/1'/><outline text='News' "
		"xmlUrl='http://b.example/1'/>"
		"<outline text='News' xmlUrl='http://b.example/2'/>"
		"<outline text='De\xcc\201fense &amp; \xc3\x89tat' xmlUrl='http://d.example/'/>"
		"<outline xmlUrl='https://u:secret@e.example/x.rss?key=secret'/><outline text='!!!' "
		"xmlUrl='http://1/'/>",
		/* the same, from its end */
		"<outline text='!!!' xmlUrl='http://1/'/><outline "
		"xmlUrl='https://u:secret@e.example/x.rss?key=secret'/>"
		"<outline text='De\xcc\201fense &amp; \xc3\x89tat' xmlUrl='http://d.example/'/>"
		"<outline text='News' xmlUrl='http://b.example/2'/><outline text='News' xmlUrl='http://b.example/1'/>"
		"<outline text='News' xmlUrl='http://www.a.example/1'/>"
		"<outline text='\xec\xa1\xb0\xec\x84\xa0 \xed\x86\xb5\xec\x8b\xa0' xmlUrl='http://k.example/'/>",
	};
	char first[64], second[64];

	for (size_t i = 0; i < 2; i++) {
		load_list(f, lists[i]);
		assert_int_equal(f->config->feeds.count, 7);
		assert_string_equal(
			feed_of(f, "http://k.example/")->name, "\xec\xa1\xb0\xec\x84\xa0-\xed\x86\xb5\xec\x8b\xa0");
		assert_string_equal(feed_of(f, "http://d.example/")->name, "défense-état");
		assert_string_equal(feed_of(f, "http://www.a.example/1")->name, "news-a-example");
		assert_string_equal(feed_of(f, "https://u:secret@e.example/x.rss?key=secret")->name, "e-example-x-rss");
		assert_int_equal(strncmp(feed_of(f, "http://b.example/1")->name, "news-", 5), 0);
		if (i == 0) {
			snprintf(first, sizeof(first), "%s", feed_of(f, "http://b.example/1")->name);
			snprintf(second, sizeof(second), "%s", feed_of(f, "http://b.example/2")->name);
			assert_string_not_equal(first, second);
		}
		assert_string_equal(feed_of(f, "http://b.example/1")->name, first);
		assert_string_equal(feed_of(f, "http://b.example/2")->name, second);
	}
	/* a section has the name already */
	load(f, "opml = list.opml\n[feed \"d\xc3\251fense-\xc3\xa9tat\"]\nurl = http://z.example/\n");
	assert_string_equal(feed_of(f, "http://d.example/")->name, "défense-état-d-example");
	/* a list of ours says what its feeds are called */
	load_list(f, "<outline text='News' sitrep:name='mine' xmlUrl='http://a.example/1'/>"
		     "<outline text='Mine' xmlUrl='http://b.example/1'/>");
	assert_string_equal(feed_of(f, "http://a.example/1")->name, "mine");
	assert_null(feed_of(f, "http://a.example/1")->title);
	assert_string_equal(feed_of(f, "http://b.example/1")->name, "mine-b-example");
}

TEST_ON(good_names, fixture, f)
{
	struct buf *name = scratch(1024);

	assert_true(config_name_is_good(STR("usni_news-1.b")));
	assert_true(config_name_is_good(STR("\xd0\x97\xd0\xb2\xd0\xb5\xd0\xb7\xd0\xb4\xd0\xb0")));
	assert_true(config_name_is_good(STR("\xe0\xa4\xb9\xe0\xa4\xbf\xe0\xa4\x82\xe0\xa4\xa6\xe0\xa5\x80")));
	assert_false(config_name_is_good(STR("")));
	assert_false(config_name_is_good(STR("a b")));
	assert_false(config_name_is_good(STR("a/b")));
	assert_false(config_name_is_good(STR("a~1")));
	assert_false(config_name_is_good(STR("a\xff")));
	assert_false(config_name_is_good(STR("a\xe2\x80\256b")));
	for (int i = 0; i < CONFIG_NAME_CHARS_MAX; i++)
		buf_puts(name, "\xe6\xb5\xb7");
	assert_true(config_name_is_good(buf_str(name)));
	buf_puts(name, "x");
	assert_false(config_name_is_good(buf_str(name)));
}

/* An address is a feed, wherever and however it stands. */
TEST_ON(one_address, fixture, f)
{
	const struct config_feed *feed;
	struct buf *said = scratch(1 << 16);
	struct config *before;

	write_file(f, "other.opml",
		"<opml><body><outline text='Other' xmlUrl='https://A.example:443/f' category='/Ships'/></body></opml>");
	write_file(f, "list.opml",
		"<opml><body><outline text='Navy'><outline text='Mixed' xmlUrl='http://a.example/f'/></outline>"
		"<outline text='Asia'><outline text='Sea'><outline text='Mixed' xmlUrl='feed:https://a.example/f'/>"
		"<outline text='Sub' xmlUrl='http://a.example/f?x=1'/></outline></outline></body></opml>");
	load(f, "opml = list.opml\nopml = other.opml\n");
	assert_int_equal(f->mistakes.count + f->mistakes.warnings.count, 0);
	assert_int_equal(f->config->feeds.count, 2);
	feed = config_find_feed(f->config, STR("mixed"));
	assert_non_null(feed);
	assert_int_equal(feed->category_count, 4);
	assert_string_equal(feed->categories[0], "Asia");
	assert_string_equal(feed->categories[1], "Sea");
	assert_string_equal(feed->categories[2], "Navy");
	assert_string_equal(feed->categories[3], "Ships");
	assert_int_equal(feed->folder_count, 3);
	assert_string_equal(feed->folders[0], "Asia\nSea");
	assert_int_equal(strncmp(feed->url, "https://", 8), 0);

	/* another order of outlines is no change; another title is another name of the same feed */
	before = f->config;
	f->config = NULL;
	load(f, "opml = other.opml\nopml = list.opml\n");
	assert_int_equal(config_diff(before, f->config, said), 0);
	write_file(f, "other.opml",
		"<opml><body><outline text='Called' xmlUrl='https://A.example:443/f' "
		"category='/Ships'/></body></opml>");
	load(f, "opml = other.opml\nopml = list.opml\n");
	assert_int_equal(config_diff(before, f->config, said), 2);
	buf_putc(said, '\0');
	assert_non_null(strstr(said->data, "feed mixed was renamed to called\n"));
	assert_non_null(strstr(said->data, "feed called: title: Mixed -> Called\n"));
	config_free(before);
}

/* What has lost a secret on its way out is the feed that it was, or nothing. */
TEST_ON(hidden_outline, fixture, f)
{
	write_file(f, "list.opml",
		"<opml><body>\n<outline text='Ours' xmlUrl='http://a.example/f' sitrep:name='ours' "
		"sitrep:hidden='yes'/>"
		"\n</body></opml>");
	load(f, "opml = list.opml\n[feed \"ours\"]\nurl = http://me:secret@a.example/f\n");
	assert_int_equal(f->config->feeds.count, 1);
	assert_int_equal(f->mistakes.warnings.count, 0);
	load(f, "opml = list.opml\n");
	assert_int_equal(f->config->feeds.count, 0);
	assert_int_equal(f->mistakes.warnings.count, 1);
	assert_said(f, "list.opml:2: warning: the outline is left out: its address was written without the secret");
}

TEST_ON(large_list, fixture, f)
{
	enum { FEEDS = 20000 };
	struct buf *text = scratch(16 << 20);

	buf_puts(text, "<opml><body>");
	for (int i = 0; i < FEEDS; i++)
		buf_printf(text, "<outline text='same' xmlUrl='https://e.example/%d'/>", i);
	buf_puts(text, "</body></opml>");
	assert_int_equal(buf_failed(text), 0);
	write_file(f, "list.opml", text->data);
	load(f, "opml = list.opml\n");
	assert_int_equal(f->mistakes.count, 0);
	assert_int_equal(f->config->feeds.count, FEEDS);
	/* each has a name of its own: they are sorted by name, and equal ones would be a mistake */
	assert_string_not_equal(f->config->feeds.items[0].name, f->config->feeds.items[1].name);
}
