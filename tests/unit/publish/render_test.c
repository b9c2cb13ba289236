/* SPDX-License-Identifier: ISC */
/* render_test.c: each format says what the stories say. */
#include "render_fixture.h"
#include "sitrep/base/limits.h"
#include "sitrep/model/language.h"

/* ---- nothing ---- */

TEST(no_stories)
{
	xmlDocPtr doc = render_xml(&format_atom, NULL, 0);
	const json_t *root;

	assert_xpath(doc, "count(/a:feed/a:entry)", "0");
	assert_xpath(doc, "/a:feed/a:title[@type='html']", "River & &lt;news>");
	assert_xpath(doc, "/a:feed/a:id", "urn:uuid:11111111-1111-8111-8111-111111111111");
	assert_xpath(doc, "/a:feed/a:updated", "2026-11-23T10:00:00Z");
	assert_xpath(doc, "/a:feed/a:link[@rel='self']/@href", "https://news.example/feed?a&b");
	assert_xpath(doc, "/a:feed/a:link[@rel='alternate']/@href", "https://news.example/");
	doc = render_xml(&format_rss, NULL, 0);
	assert_xpath(doc, "/rss/@version", "2.0");
	assert_xpath(doc, "count(/rss/channel/item)", "0");
	assert_xpath(doc, "/rss/channel/title", "River & &lt;news>");
	assert_xpath(doc, "/rss/channel/link", "https://news.example/");
	assert_xpath(doc, "count(/rss/channel/description)", "1");
	assert_xpath(doc, "/rss/channel/a:link[@rel='self']/@href", "https://news.example/feed?a&b");
	assert_xpath(doc, "/rss/channel/lastBuildDate", "Mon, 23 Nov 2026 10:00:00 +0000");
	root = render_json(NULL, 0);
	assert_json(root, "version", "https://jsonfeed.org/version/1.1");
	assert_json(root, "title", "River & <news>");
	assert_json(root, "home_page_url", "https://news.example/");
	assert_json(root, "feed_url", "https://news.example/feed?a&b");
	assert_true(json_is_array(at(root, "items")));
	assert_int_equal(json_array_size(at(root, "items")), 0);
}

/* An item that says nothing but its title, and one that does not even have that. */
TEST(items_that_say_nothing)
{
	struct report reports[2] = {make_report("alpha", "Bare"), make_report("bravo", "")};
	struct story stories[2] = {make_story(&reports[0], 1), make_story(&reports[1], 1)};
	xmlDocPtr doc;
	const json_t *root;

	reports[1].item.plain_title = STR_NONE;
	reports[1].source = (struct source){.feed = STR("bravo"), .title = STR("B"), .url = STR("https://b.example/")};
	doc = render_xml(&format_atom, stories, 2);
	assert_xpath(doc, "count(//a:entry)", "2");
	/* RFC 4287, 4.1.2: exactly one of each, and an author */
	for (int i = 1; i <= 2; i++) {
		char expression[64];
		static const char *const names[] = {"id", "title", "updated", "content", "author/a:name"};

		for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
			snprintf(expression, sizeof(expression), "count(//a:entry[%d]/a:%s)", i, names[k]);
			assert_xpath(doc, expression, "1");
		}
	}
	/* what has no link of its own leads to the story */
	assert_xpath(doc, "count(//a:entry/a:link)", "2");
	assert_xpath(doc, "//a:entry[1]/a:link[@rel='alternate']/@href", "https://news.example/story/" UID_1);
	assert_xpath(doc, "count(//a:entry/a:category)", "0");
	assert_xpath(doc, "count(//a:entry/a:summary)", "0");
	assert_xpath(doc, "//a:entry[1]/a:author/a:name", "Alpha News");
	assert_xpath(doc, "count(//a:entry/@xml:lang)", "0");
	doc = render_xml(&format_rss, stories, 2);
	assert_xpath(doc, "count(//item)", "2");
	assert_xpath(doc, "count(//item/guid[@isPermaLink='false'])", "2");
	assert_xpath(doc, "count(//item/enclosure) + count(//item/category)", "0");
	assert_xpath(doc, "//item[1]/link", "https://news.example/story/" UID_1);
	root = render_json(stories, 2);
	assert_int_equal(json_array_size(at(root, "items")), 2);
	assert_json(root, "items.0.title", "Bare");
	assert_json(root, "items.1.content_html", "<p>Outlet: B. " STORY_LINK);
	assert_json(root, "items.0.url", "https://news.example/story/" UID_1);
	assert_null(at(root, "items.0.attachments"));
	assert_int_equal(json_array_size(at(root, "items.0.tags")), 0);
}

/* What a channel says of itself, and the parts of a text that it wants. */
TEST_ON(channels, full, f)
{
	struct channel own = channel;
	struct buf *out = scratch(OUT_MAX);
	xmlDocPtr doc;

	own.author = "Desk <1>";
	own.icon = "https://news.example/i.png?a&b";
	own.rights = "Ours & theirs";
	own.id_space = "brief";
	own.text = CHANNEL_HEADLINE;
	own.per_item = true;
	format_atom.begin(out, &own);
	format_atom.story(out, &own, &f->story, 0);
	format_atom.end(out, &own);
	doc = read_xml(out);
	assert_xpath(doc, "/a:feed/a:author/a:name", "Desk <1>");
	assert_xpath(doc, "/a:feed/a:icon", "https://news.example/i.png?a&b");
	assert_xpath(doc, "/a:feed/a:rights", "Ours & theirs");
	assert_xpath(doc, "count(//a:entry/a:summary)", "0");
	assert_xpath(doc, "starts-with(//a:entry/a:content, '<p>Outlet: ')", "true");
	/* made of the name and the report's id: changes of it would show readers everything anew */
	assert_xpath(doc, "//a:entry/a:id", "urn:uuid:102b1776-ea71-8783-9b83-2351bb4d0b52");
}

/* The source feed as it names itself, and only by what may stand in an Atom feed. */
TEST_ON(sources, full, f)
{
	static const char *const bad[] = {"no address", "1a:b", "http://a.example/a b", ":x", "x:", "a:<b>"};
	struct source *source = &f->reports[0].source;
	xmlDocPtr doc;

	source->own_id = STR("tag:a.example,2026:feed");
	source->own_author = STR("Desk & co");
	source->own_rights = STR("Ours <1>");
	doc = render_xml(&format_atom, &f->story, 1);
	assert_xpath(doc, "//a:source/a:id", "tag:a.example,2026:feed");
	assert_xpath(doc, "//a:source/a:author/a:name", "Desk & co");
	assert_xpath(doc, "//a:source/a:rights[@type='html']", "Ours &lt;1>");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		source->own_id = str_from(bad[i]);
		doc = render_xml(&format_atom, &f->story, 1);
		assert_xpath(doc, "//a:source/a:id", "https://a.example/feed");
	}
}

/* Reports that join do not move an entry; the text of its lead does. */
TEST_ON(updated, full, f)
{
	struct channel c = channel;
	struct story *s = &f->story;
	struct report *lead = &f->reports[0];

	s->updated_ms = NOW_MS + HOUR_MS;
	assert_int_equal(render_updated(&c, s), NOW_MS);
	c.joins_update = true;
	assert_int_equal(render_updated(&c, s), NOW_MS + HOUR_MS);
	c.joins_update = false;
	s->alert.id = 1;
	assert_int_equal(render_updated(&c, s), NOW_MS + HOUR_MS);
	s->alert.id = 0;
	/* a small edit moves the report's time alone */
	lead->updated_ms = NOW_MS + 2 * HOUR_MS;
	assert_int_equal(render_updated(&c, s), NOW_MS + HOUR_MS);
	/* of a backlog: as old as the item's own dates, until it changes */
	lead->updated_ms = NOW_MS;
	s->sort_ms = lead->published_ms;
	assert_int_equal(render_updated(&c, s), lead->published_ms);
	lead->item.updated = lead->published_ms + 1000;
	assert_int_equal(render_updated(&c, s), lead->published_ms + 1000);
	lead->updated_ms = NOW_MS + HOUR_MS;
	assert_int_equal(render_updated(&c, s), NOW_MS + HOUR_MS);
}

/* ---- everything ---- */

#define FULL_BYLINE                                                                                                    \
	"<p>Outlet: <a href=\"https://a.example/1?x=1&amp;y=2\">Alpha News</a>. Also reported by: "                    \
	"<a href=\"https://b.example/2?x=1&amp;y=2\">Bravo &amp; Co</a>. " STORY_LINK
#define FULL_BODY "<p>Two <em>of</em> them &amp; more.</p>" FULL_BYLINE

TEST_ON(atom, full, f)
{
	xmlDocPtr doc = render_xml(&format_atom, &f->story, 1);

	assert_xpath(doc, "//a:entry/a:id", "urn:uuid:" UID_1);
	assert_xpath(doc, "//a:entry/@xml:lang", "en-GB");
	assert_xpath(doc, "//a:entry/a:title[@type='html']", "Frigates &lt;turn> back & wait");
	assert_xpath(doc, "//a:entry/a:updated", "2026-11-23T10:00:00Z");
	assert_xpath(doc, "//a:entry/a:published", "2026-11-23T09:00:00Z");
	assert_xpath(doc, "//a:entry/a:author[1]/a:name", "A. Writer");
	assert_xpath(doc, "//a:entry/a:author[1]/a:email", "a@a.example");
	assert_xpath(doc, "//a:entry/a:author[1]/a:uri", "https://a.example/a");
	assert_xpath(doc, "//a:entry/a:author[2]/a:name", "desk@a.example");
	assert_xpath(doc, "count(//a:entry/a:author)", "2");
	assert_xpath(doc, "//a:entry/a:contributor/a:name", "C. Helper");
	assert_xpath(doc, "//a:entry/a:link[@rel='alternate']/@href", "https://a.example/1?x=1&y=2");
	assert_xpath(doc, "//a:entry/a:link[@rel='related']/@href", "https://b.example/2?x=1&y=2");
	assert_xpath(doc, "//a:entry/a:link[@rel='related']/@title", "Bravo & Co");
	assert_xpath(doc, "//a:entry/a:link[@rel='replies']/@href", "https://a.example/1#talk");
	assert_xpath(doc, "//a:entry/a:link[@rel='via']/@href", "https://wire.example/");
	assert_xpath(doc, "//a:entry/a:link[@rel='via']/@title", "Wire <1>");
	assert_xpath(doc, "count(//a:entry/a:link[@rel='enclosure'])", "2");
	assert_xpath(doc, "//a:entry/a:link[@rel='enclosure'][1]/@href", "https://a.example/1.mp3?a&b");
	assert_xpath(doc, "//a:entry/a:link[@rel='enclosure'][1]/@type", "audio/mpeg");
	assert_xpath(doc, "//a:entry/a:link[@rel='enclosure'][1]/@length", "1234");
	assert_xpath(doc, "count(//a:entry/a:link[@rel='enclosure'][2]/@length)", "0");
	assert_xpath(doc, "count(//a:entry/a:category)", "5");
	assert_xpath(doc, "//a:entry/a:category[1]/@term", "naval");
	assert_xpath(doc, "//a:entry/a:category[3]/@term", "t1");
	assert_xpath(doc, "//a:entry/a:category[3]/@scheme", "https://a.example/terms");
	assert_xpath(doc, "//a:entry/a:category[3]/@label", "Taiwan");
	assert_xpath(doc, "//a:entry/a:category[4]/@term", "Shipyards");
	assert_xpath(doc, "//a:entry/a:category[5]/@term", "R&D");
	assert_xpath(doc, "count(//a:entry/a:category[5]/@scheme)", "0");
	assert_xpath(doc, "//a:entry/a:rights", "(c) Alpha & Co");
	assert_xpath(doc, "//a:entry/m:thumbnail/@url", "https://a.example/i.png");
	assert_xpath(doc, "//a:entry/m:thumbnail/@width", "120");
	assert_xpath(doc, "count(//a:entry/m:thumbnail/@height)", "0");
	assert_xpath(doc, "//a:entry/a:summary", "Two of them & more.");
	assert_xpath(doc, "//a:entry/a:content/@type", "html");
	assert_xpath(doc, "//a:entry/a:content", FULL_BODY);
	assert_xpath(doc, "//a:entry/a:source/a:id", "https://a.example/feed");
	assert_xpath(doc, "//a:entry/a:source/a:title", "Alpha News");
	assert_xpath(doc, "//a:entry/a:source/a:link[@rel='alternate']/@href", "https://a.example/");
}

TEST_ON(rss, full, f)
{
	xmlDocPtr doc = render_xml(&format_rss, &f->story, 1);

	assert_xpath(doc, "//item/title", "Frigates &lt;turn> back & wait");
	assert_xpath(doc, "//item/link", "https://a.example/1?x=1&y=2");
	assert_xpath(doc, "//item/guid", "urn:uuid:" UID_1);
	assert_xpath(doc, "//item/guid/@isPermaLink", "false");
	assert_xpath(doc, "//item/pubDate", "Mon, 23 Nov 2026 09:00:00 +0000");
	assert_xpath(doc, "//item/dc:creator[1]", "A. Writer");
	assert_xpath(doc, "//item/dc:creator[2]", "desk@a.example");
	assert_xpath(doc, "//item/dc:contributor", "C. Helper");
	assert_xpath(doc, "//item/dc:language", "en-GB");
	assert_xpath(doc, "//item/dc:rights", "(c) Alpha & Co");
	assert_xpath(doc, "//item/dc:source", "https://wire.example/");
	assert_xpath(doc, "count(//item/category)", "5");
	assert_xpath(doc, "//item/category[3]", "Taiwan");
	assert_xpath(doc, "//item/comments", "https://a.example/1#talk");
	/* RSS has room for one, and wants all three attributes */
	assert_xpath(doc, "count(//item/enclosure)", "1");
	assert_xpath(doc, "//item/enclosure/@url", "https://a.example/1.mp3?a&b");
	assert_xpath(doc, "//item/enclosure/@length", "1234");
	assert_xpath(doc, "//item/enclosure/@type", "audio/mpeg");
	assert_xpath(doc, "//item/m:content/@url", "https://a.example/2.bin");
	assert_xpath(doc, "//item/m:content/@type", "application/octet-stream");
	assert_xpath(doc, "//item/m:thumbnail/@url", "https://a.example/i.png");
	assert_xpath(doc, "//item/source", "Alpha News");
	assert_xpath(doc, "//item/source/@url", "https://a.example/feed");
	assert_xpath(doc, "//item/description", "<p>Two of them &amp; more.</p>" FULL_BYLINE);
	assert_xpath(doc, "//item/content:encoded", FULL_BODY);
}

TEST_ON(json, full, f)
{
	const json_t *root = render_json(&f->story, 1);

	assert_json(root, "items.0.id", "urn:uuid:" UID_1);
	assert_json(root, "items.0.url", "https://a.example/1?x=1&y=2");
	assert_json(root, "items.0.title", "Frigates <turn> back & wait");
	assert_json(root, "items.0.content_html", FULL_BODY);
	assert_json(root, "items.0.summary", "Two of them & more.");
	assert_json(root, "items.0.image", "https://a.example/i.png");
	assert_json(root, "items.0.date_published", "2026-11-23T09:00:00Z");
	assert_json(root, "items.0.date_modified", "2026-11-23T10:00:00Z");
	assert_json(root, "items.0.language", "en-GB");
	assert_json(root, "items.0.authors.0.name", "A. Writer");
	assert_json(root, "items.0.authors.0.url", "https://a.example/a");
	assert_json(root, "items.0.authors.1.name", "desk@a.example");
	assert_int_equal(json_array_size(at(root, "items.0.tags")), 5);
	assert_json(root, "items.0.tags.1", "us");
	assert_json(root, "items.0.tags.4", "R&D");
	assert_int_equal(json_array_size(at(root, "items.0.attachments")), 2);
	assert_json(root, "items.0.attachments.0.url", "https://a.example/1.mp3?a&b");
	assert_json(root, "items.0.attachments.0.mime_type", "audio/mpeg");
	assert_int_equal(json_integer_value(at(root, "items.0.attachments.0.size_in_bytes")), 1234);
	assert_json(root, "items.0.attachments.1.mime_type", "application/octet-stream");
	assert_null(at(root, "items.0.attachments.1.size_in_bytes"));
	assert_int_equal(json_integer_value(at(root, "items.0._sitrep.sources")), 2);
	assert_int_equal(json_array_size(at(root, "items.0._sitrep.reports")), 2);
	assert_json(root, "items.0._sitrep.reports.0.feed", "alpha");
	assert_json(root, "items.0._sitrep.reports.1.source", "Bravo & Co");
	assert_json(root, "items.0._sitrep.reports.1.url", "https://b.example/2?x=1&y=2");
	assert_json(root, "items.0._sitrep.reports.1.first_seen", "2026-11-23T10:00:00Z");
	assert_json(root, "items.0._sitrep.rights", "(c) Alpha & Co");
	assert_json(root, "items.0._sitrep.comments", "https://a.example/1#talk");
	assert_json(root, "items.0._sitrep.via", "https://wire.example/");
	assert_json(root, "items.0._sitrep.via_title", "Wire <1>");
	assert_json(root, "items.0._sitrep.contributors.0.name", "C. Helper");
}

TEST_ON(page, full, f)
{
	xmlDocPtr doc = render_page(&f->story, 1);

	assert_xpath(doc, "/html/head/title", "River – River & <news>");
	assert_xpath(doc, "count(//article)", "1");
	assert_xpath(doc, "//article/h3/a", "Frigates <turn> back & wait");
	assert_xpath(doc, "//article/h3/a/@href", "https://a.example/1?x=1&y=2");
	assert_xpath(doc, "//article/p[@class='sum']", "Two of them & more.");
	assert_xpath(doc, "//article//time/@datetime", "2026-11-23T10:00Z");
	assert_xpath(doc, "//article//time", "10:00");
	assert_xpath(doc, "//article/p[@class='by']/a", "Bravo & Co");
	assert_xpath(doc, "count(//script[not(@src)] | //style | //@style)", "0");
	assert_xpath(render_page(NULL, 0), "count(//article)", "0");
}

/* ---- the text ---- */

#define BYLINE "<p>Outlet: Alpha News. " STORY_LINK

TEST(body)
{
	struct report r = make_report("alpha", "Title");
	struct story s = make_story(&r, 1);
	char *huge = scratch_take(malloc(LIMIT_ITEM_CONTENT));

	memset(huge, 'x', LIMIT_ITEM_CONTENT);
	assert_body(&s, "" BYLINE);
	r.item.plain_summary = STR("Less < more & so on");
	assert_body(&s, "<p>Less &lt; more &amp; so on</p>" BYLINE);
	r.item.summary = (struct text){.value = STR("Less < more & so on"), .kind = TEXT_PLAIN};
	assert_body(&s, "<p>Less &lt; more &amp; so on</p>" BYLINE);
	r.item.summary = (struct text){.value = STR("<p>A <b>summary</b></p>"), .kind = TEXT_HTML};
	assert_body(&s, "<p>A <b>summary</b></p>" BYLINE);
	r.item.content = (struct text){.value = STR("<p>The content</p>"), .kind = TEXT_HTML};
	assert_body(&s, "<p>The content</p>" BYLINE);
	r.item.content.value = STR("");
	assert_body(&s, "<p>A <b>summary</b></p>" BYLINE);
	/* of a book only the summary is shown */
	r.item.content.value = str_make(huge, LIMIT_ITEM_CONTENT);
	assert_body(&s, "<p>A <b>summary</b></p>" BYLINE);
	r.item.summary.value = str_make(huge, LIMIT_ITEM_CONTENT);
	assert_body(&s, "<p>Less &lt; more &amp; so on</p>" BYLINE);
}

static void assert_paragraphs(const char *text, const char *expected)
{
	struct buf *out = scratch(OUT_MAX);

	render_paragraphs(out, str_from(text));
	assert_string_equal(out->data != NULL ? out->data : "", expected);
}

TEST(plain_text_keeps_its_lines)
{
	struct report r = make_report("alpha", "Title");
	struct story s = make_story(&r, 1);

	assert_paragraphs("", "");
	assert_paragraphs(" \n\n \t\n", "");
	assert_paragraphs("one", "<p>one</p>");
	assert_paragraphs("one\ntwo\n\nthree", "<p>one<br/>two</p><p>three</p>");
	assert_paragraphs("\n\n one \r\n\r\n\r\n two\n", "<p>one</p><p>two</p>");
	assert_paragraphs("<b>\n& \"x\"", "<p>&lt;b&gt;<br/>&amp; &quot;x&quot;</p>");
	/* the whole text is shown, not the one line that stands for it elsewhere */
	r.item.plain_summary = STR("Glider pilots. Snow fell.");
	r.item.content = (struct text){.value = STR("Glider pilots.\n\nSnow fell."), .kind = TEXT_PLAIN};
	assert_body(&s, "<p>Glider pilots.</p><p>Snow fell.</p>" BYLINE);
	r.item.content.value = STR(" \n ");
	assert_body(&s, "<p>Glider pilots. Snow fell.</p>" BYLINE);
}

static void assert_as_html(const char *text, const char *expected)
{
	struct buf *out = scratch(OUT_MAX);

	render_as_html(out, str_from(text));
	assert_string_equal(out->data != NULL ? out->data : "", expected);
	assert_int_equal(render_is_like_markup(str_from(text)), strcmp(text, expected) != 0);
}

TEST(words_stay_words)
{
	assert_as_html("", "");
	assert_as_html("AT&T, R&D and a & b > c", "AT&T, R&D and a & b > c");
	assert_as_html("type <img src=x onerror=alert(1)>", "type &lt;img src=x onerror=alert(1)>");
	assert_as_html("write &lt; for <, AT&T", "write &amp;lt; for &lt;, AT&amp;T");
	/* references that HTML reads without their semicolon, and by number */
	assert_as_html("a&copy=1", "a&amp;copy=1");
	assert_as_html("&#60;script&#x3e;", "&amp;#60;script&amp;#x3e;");
}

#define WORDS "Type <img src=x onerror=alert(3)> &amp; wait"

/* Fields in which words look like markup, as each format is read. */
TEST_ON(text_that_looks_like_markup, full, f)
{
	static const char html[] = "Type &lt;img src=x onerror=alert(3)> &amp;amp; wait";
	xmlDocPtr doc;
	const json_t *root;

	f->reports[0].item.plain_title = f->reports[0].item.plain_summary = STR(WORDS);
	f->reports[0].source.title = f->authors[0].name = f->categories[0].label = STR(WORDS);
	f->reports[0].item.rights.value = STR(WORDS);
	doc = render_xml(&format_rss, &f->story, 1);
	assert_xpath(doc, "//item/title", html);
	assert_xpath(doc, "//item/description",
		"<p>Type &lt;img src=x onerror=alert(3)&gt; &amp;amp; wait</p><p>Outlet: <a "
		"href=\"https://a.example/1?x=1&amp;y=2\">Type &lt;img src=x onerror=alert(3)&gt; &amp;amp; wait</a>. "
		"Also "
		"reported by: <a href=\"https://b.example/2?x=1&amp;y=2\">Bravo &amp; Co</a>. " STORY_LINK);
	assert_xpath(doc, "//item/source", html);
	assert_xpath(doc, "//item/dc:creator[1]", html);
	assert_xpath(doc, "//item/dc:rights", html);
	assert_xpath(doc, "//item/category[3]", html);
	doc = render_xml(&format_atom, &f->story, 1);
	assert_xpath(doc, "//a:entry/a:title[@type='html']", html);
	assert_xpath(doc, "//a:entry/a:summary[@type='html']", html);
	assert_xpath(doc, "//a:entry/a:rights[@type='html']", html);
	assert_xpath(doc, "//a:entry/a:source/a:title[@type='html']", html);
	/* RFC 4287 makes them text */
	assert_xpath(doc, "//a:entry/a:author[1]/a:name", WORDS);
	assert_xpath(doc, "//a:entry/a:category[3]/@label", WORDS);
	/* as JSON Feed makes its title and summary */
	root = render_json(&f->story, 1);
	assert_json(root, "items.0.title", WORDS);
	assert_json(root, "items.0.summary", WORDS);
}

TEST(language_tags)
{
	static const char *const good[] = {"en", "en-GB", "zh-Hant-TW", "de-1996", "x-klingon", "EN"};
	static const char *const bad[] = {
		"", "en us", "en_US", "1en", "-en", "en-", "en--us", "englishlanguage", "en\"", "日本"};
	struct item it;

	item_init(&it);
	assert_null(language_shown(&it).data);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		it.language = str_from(good[i]);
		assert_true(str_eq(language_shown(&it), it.language));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		it.language = str_from(bad[i]);
		if (language_shown(&it).data != NULL)
			fail_msg("\"%s\" is taken for a language", bad[i]);
	}
}

TEST(via)
{
	struct item it;
	struct str title;

	item_init(&it);
	it.source.url = STR("https://wire.example/feed");
	it.source.title = (struct text){.value = STR("Wire"), .kind = TEXT_PLAIN};
	/* what it had is not there without the flag */
	assert_null(render_via(&it, &title).data);
	it.has_source = true;
	it.source.link = STR("mailto:desk@wire.example");
	assert_true(str_eq(render_via(&it, &title), STR("https://wire.example/feed")));
	assert_true(str_eq(title, STR("Wire")));
	it.source.link = STR("https://wire.example/");
	assert_true(str_eq(render_via(&it, &title), STR("https://wire.example/")));
}

static void assert_rights(const struct item *it, const char *expected)
{
	struct buf *out = scratch(LIMIT_TITLE);

	render_rights(out, it);
	assert_string_equal(out->data != NULL ? out->data : "", expected);
}

TEST(rights)
{
	struct item it;

	item_init(&it);
	assert_rights(&it, "");
	it.rights = (struct text){.value = STR(" (c)\n 2026 <A> "), .kind = TEXT_PLAIN};
	assert_rights(&it, "(c) 2026 <A>");
	it.rights = (struct text){.value = STR("&#169; <b>2026</b> A &amp; B"), .kind = TEXT_HTML};
	assert_rights(&it, "\xc2\xa9 2026 A & B");
}

TEST(names)
{
	assert_string_equal(format_atom.suffix, "atom");
	assert_string_equal(format_rss.suffix, "rss");
	assert_string_equal(format_json.suffix, "json");
	assert_string_equal(format_atom.content_type, "application/atom+xml; charset=utf-8");
	assert_string_equal(format_rss.content_type, "application/rss+xml; charset=utf-8");
	assert_string_equal(format_json.content_type, "application/feed+json");
}
