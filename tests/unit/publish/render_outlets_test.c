/* SPDX-License-Identifier: ISC */
/* render_outlets_test.c: who reports a story, where it leads, and when it was. */
#include "../schedule/table_fixture.h"
#include "render_fixture.h"
#include "sitrep/pages/outlets.h"

/* Each outlet once, with its first link; the lead is not "also". */
TEST(also_reported_by)
{
	struct report r[6];
	struct story s = make_story(r, 6);

	for (size_t i = 0; i < 6; i++)
		r[i] = make_report("a", "One");
	r[0].item.link = STR("https://a.example/0");
	r[1].source.title = r[3].source.title = STR("B & B");
	r[1].item.link = STR("javascript:alert(1)");
	r[3].item.link = STR("https://b.example/?\"&");
	r[4].source.title = STR("b & b");
	r[4].item.link = STR("https://b.example/2");
	r[5].source.title = STR("Charlie");
	assert_body(&s, "<p>Outlet: <a href=\"https://a.example/0\">Alpha News</a> (2 reports). Also reported by: "
			"<a href=\"https://b.example/?&quot;&amp;\">B &amp; B</a> (3 reports), Charlie. " STORY_LINK);
	s.total_reports = 9;
	s.report_count = 1;
	assert_body(&s, "<p>Outlet: <a href=\"https://a.example/0\">Alpha News</a>, and 8 later reports. " STORY_LINK);
}

static void assert_named(const struct outlets *o, const char *title, const char *link, const char *expected)
{
	const struct source source = {
		.title = str_from(title), .link = str_from(link), .url = STR("https://feeds.example/1")};
	struct buf *out = scratch(OUT_MAX);

	outlets_put_name(out, o, &source);
	assert_string_equal(out->data, expected);
}

TEST(names_of_outlets)
{
	struct config_feed configured[] = {{.name = "a", .enabled = true}, {.name = "b", .enabled = true},
		{.name = "bb"}, {.name = "c", .enabled = true}, {.name = "d", .enabled = true}};
	const struct config config = {.feeds = {.items = configured, .count = 5}};
	const struct feed_state feeds[] = {{.id = 1, .name = (char *)"a", .title = (char *)"Harbour Post"},
		{.id = 2, .name = (char *)"b", .title = (char *)"Sea Power"},
		{.id = 3, .name = (char *)"c", .title = (char *)" HARBOUR post"}, {.id = 4, .name = (char *)"d"}};
	struct feed_table *table = table_of(&config, feeds);
	struct outlets o = {0};

	assert_named(NULL, "Harbour Post", "https://www.harbour.example/", "Harbour Post");
	assert_named(&o, "Harbour Post", "https://www.harbour.example/", "Harbour Post");
	assert_named(&o, "World", "https://www.Harbour.example:8080/x", "World (harbour.example)");
	assert_named(&o, " latest NEWS ", "not an address", "latest NEWS (feeds.example)");
	assert_int_equal(outlets_count(&o, table), 0);
	assert_named(&o, "Harbour Post", "https://harbour.example/", "Harbour Post (harbour.example)");
	/* one feed has that name */
	assert_named(&o, "Sea Power", "https://sea.example/", "Sea Power");
	outlets_release(&o);
	feed_table_free(table);
}

TEST_ON(outlets_in_titles, full, f)
{
	struct channel wanted = channel;
	struct buf *out = scratch(OUT_MAX);

	render_title(out, &wanted, &f->story);
	assert_string_equal(out->data, "Frigates <turn> back & wait");
	buf_clear(out);
	wanted.outlet_in_title = true;
	f->reports[0].source.title = STR("World");
	render_title(out, &wanted, &f->story);
	assert_string_equal(out->data, "World (a.example): Frigates <turn> back & wait");
}

/* An item without a link leads to its enclosure, and without one to the story. */
TEST_ON(where_items_lead, full, f)
{
	f->reports[0].item.link = STR_NONE;
	f->reports[1].item.link = STR_NONE;
	f->enclosures[0].url = STR("ftp://a.example/0.mp3");
	assert_xpath(render_xml(&format_rss, &f->story, 1), "//item/link", "https://a.example/2.bin");
	assert_xpath(render_xml(&format_atom, &f->story, 1), "//a:entry/a:link[@rel='alternate']/@href",
		"https://a.example/2.bin");
	assert_json(render_json(&f->story, 1), "items.0.url", "https://a.example/2.bin");
	assert_xpath(render_page(&f->story, 1), "//article/h3/a/@href", "https://a.example/2.bin");
	f->enclosures[2].url = STR_NONE;
	assert_xpath(render_page(&f->story, 1), "//article/h3/a/@href", "story/" UID_1);
}

/* What says no date has none in any output; Atom demands "updated", which is ours. */
TEST_ON(undated, full, f)
{
	xmlDocPtr doc;
	const json_t *root;

	f->reports[0].published_known = f->reports[1].published_known = false;
	doc = render_xml(&format_atom, &f->story, 1);
	assert_xpath(doc, "count(//a:entry/a:published)", "0");
	assert_xpath(doc, "//a:entry/a:updated", "2026-11-23T10:00:00Z");
	assert_xpath(render_xml(&format_rss, &f->story, 1), "count(//item/pubDate)", "0");
	root = render_json(&f->story, 1);
	assert_null(at(root, "items.0.date_published"));
	assert_null(at(root, "items.0.date_modified"));
	assert_xpath(render_page(&f->story, 1), "contains(//article/p[@class='by'], 'seen just now')", "true");
	/* the first report has no date, the lead has */
	f->reports[0].published_known = true;
	f->reports[0].item_id = 2;
	assert_int_equal(render_published(&f->story), NOW_MS - HOUR_MS);
	f->reports[1].published_known = true;
	f->reports[1].published_ms = NOW_MS - 2 * HOUR_MS;
	assert_int_equal(render_published(&f->story), NOW_MS - 2 * HOUR_MS);
}
