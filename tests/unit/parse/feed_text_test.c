/* SPDX-License-Identifier: ISC */
/* Texts of feeds as people write them, and what an item is to hold.  Rows are inputs of our own. */
#include "parse_fixture.h"

/* An item's elements and what is to come of them; NULL: not asked. */
struct row {
	const char *elements, *title, *summary, *content;
};

#define RSS(elements)                                                                                                  \
	"<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/' "                                              \
	"xmlns:content='http://purl.org/rss/1.0/modules/content/' xmlns:media='http://search.yahoo.com/mrss/' "        \
	"xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'><channel><title>Feed</title><item>" elements        \
	"</item></channel></rss>"
#define ATOM(elements)                                                                                                 \
	"<feed xmlns='http://www.w3.org/2005/Atom' xmlns:media='http://search.yahoo.com/mrss/'><title>Feed</title>"    \
	"<entry>" elements "</entry></feed>"
#define JSON(members)                                                                                                  \
	"{\"version\":\"https://jsonfeed.org/version/1.1\",\"authors\":[{\"name\":\"Desk\"}],"                         \
	"\"items\":[{\"id\":\"1\"," members "}]}"

static const struct item *only_item(const char *body)
{
	fixture_text(&f, body);
	assert_int_equal(f.result, 0);
	assert_int_equal(f.d.items.count, 1);
	return &f.d.items.items[0];
}

static void check(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct item *it = only_item(rows[i].elements);

		if (rows[i].title != NULL)
			assert_str(it->title.value, rows[i].title);
		if (rows[i].summary != NULL)
			assert_str(it->summary.value, rows[i].summary);
		if (rows[i].content != NULL)
			assert_str(it->content.value, rows[i].content);
	}
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof((rows)[0]))

TEST(keeps_lines_of_plain_text)
{
	static const struct row rows[] = {
		{ATOM("<content type='text'>One.\n\nTwo,\nthree.</content>"), NULL, NULL, "One.\n\nTwo,\nthree."},
		{ATOM("<summary>One.\n\nTwo.</summary>"), NULL, "One.\n\nTwo.", NULL},
		{ATOM("<media:group><media:description>One.\nTwo.</media:description></media:group>"), NULL,
			"One.\nTwo.", NULL},
		{RSS("<itunes:summary>One.\n\nTwo.</itunes:summary>"), NULL, "One.\n\nTwo.", NULL},
		{RSS("<description>Bell &amp;amp; Howell.\n\nThe army&amp;#8217;s.</description>"), NULL,
			"Bell & Howell.\n\nThe army\xE2\x80\x99s.", NULL},
		{JSON("\"content_text\":\"One.\\n\\nTwo < 3.\""), NULL, NULL, "One.\n\nTwo < 3."},
	};

	CHECK(rows);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct item *it = only_item(rows[i].elements);

		assert_int_equal(rows[i].content != NULL ? it->content.kind : it->summary.kind, TEXT_PLAIN);
	}
}

TEST(reads_escaped_cdata)
{
	static const struct row rows[] = {
		{RSS("<title>&lt;![CDATA[A title]]&gt;</title><description>&lt;![CDATA[&lt;p&gt;Twelve "
		     "&lt;b&gt;tugs&lt;/b&gt;.&lt;/p&gt;]]&gt;</description>"),
			"A title", "<p>Twelve <b>tugs</b>.</p>", NULL},
		{RSS("<title><![CDATA[<![CDATA[A title]]]]><![CDATA[>]]></title>"), "A title", NULL, NULL},
		{RSS("<title><![CDATA[<![CDATA[A title]]>]]></title>"), "A title", NULL, NULL},
		{RSS("<description>&lt;p&gt;&lt;![cdata[Words &gt; 3]]&gt;&lt;/p&gt;</description>"), NULL,
			"<p>Words &gt; 3</p>", NULL},
		{ATOM("<title>&lt;![CDATA[&lt;![CDATA[x]]&gt;]]&gt;</title><content type='html'>&amp;lt;![CDATA[y]]&gt;"
		      "</content>"),
			"x", NULL, "y"},
		{ATOM("<title>&lt;![CDATA[never closed</title>"), "never closed", NULL, NULL},
		{ATOM("<title>Use of &lt;![CDATA[ in feeds</title>"), "Use of <![CDATA[ in feeds", NULL, NULL},
		{JSON("\"title\":\"<![CDATA[A title]]>\",\"content_html\":\"<![CDATA[<b>x</b>]]>\""), "A title", NULL,
			"<b>x</b>"},
	};
	const struct item *it;

	CHECK(rows);
	it = only_item(
		RSS("<link>&lt;![CDATA[http://c.example/1]]&gt;</link><dc:creator>&lt;![CDATA[Jane]]&gt;</dc:creator>"
		    "<pubDate>&lt;![CDATA[2026-11-24]]&gt;</pubDate>"));
	assert_str(it->link, "http://c.example/1");
	assert_str(it->authors.items[0].name, "Jane");
	assert_time(it->published, "2026-11-24T00:00:00Z");
}

#define LINKS "&lt;a href=\"#fn1\"&gt;1&lt;/a&gt;&lt;img src=\"/m.png\"&gt;&lt;img src=\"p.jpg\"&gt;"
#define AT_PAGE                                                                                                        \
	"<a href=\"https://n.example/a/s.html#fn1\">1</a><img src=\"https://n.example/m.png\" />"                      \
	"<img src=\"https://n.example/a/p.jpg\" />"

TEST(resolves_against_the_item)
{
	static const struct row rows[] = {
		{RSS("<link>https://n.example/a/s.html</link><description>" LINKS "</description>"), NULL, AT_PAGE,
			NULL},
		/* the link may come later, or be the guid */
		{RSS("<description>" LINKS "</description><content:encoded>" LINKS
		     "</content:encoded><link>https://n.example/a/s.html</link>"),
			NULL, AT_PAGE, AT_PAGE},
		{RSS("<description>" LINKS "</description><guid>https://n.example/a/s.html</guid>"), NULL, AT_PAGE,
			NULL},
		{ATOM("<content type='html'>" LINKS "</content><link href='https://n.example/a/s.html'/>"), NULL, NULL,
			AT_PAGE},
		{ATOM("<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><a "
		      "href='#x'>x</a></div></content>"
		      "<link href='https://n.example/a/s.html'/>"),
			NULL, NULL, "<a href=\"https://n.example/a/s.html#x\">x</a>"},
		/* xml:base comes before, the feed behind */
		{ATOM("<link href='https://n.example/a/s.html'/><content type='html' xml:base='https://b.example/'>"
		      "&lt;a href=x&gt;x&lt;/a&gt;</content>"),
			NULL, NULL, "<a href=\"https://b.example/x\">x</a>"},
		{RSS("<description>&lt;a href=x&gt;x&lt;/a&gt;</description>"), NULL,
			"<a href=\"https://feeds.example/dir/x\">x</a>", NULL},
		{RSS("<link>https://n.example/a</link><description>&lt;base href='https://b.example/'&gt;&lt;a "
		     "href=x&gt;x&lt;/a&gt;</description>"),
			NULL, "<a href=\"https://b.example/x\">x</a>", NULL},
		{JSON("\"content_html\":\"<a href='#n'>x</a>\",\"url\":\"https://n.example/a/s.html\""), NULL, NULL,
			"<a href=\"https://n.example/a/s.html#n\">x</a>"},
	};

	CHECK(rows);
	/* a weaker text does not come back when the link is known */
	assert_str(only_item(RSS("<itunes:summary>&lt;a href=x&gt;weak&lt;/a&gt;</itunes:summary><description>strong"
				 "</description><link>https://n.example/</link>"))
			   ->summary.value,
		"strong");
}

TEST(takes_no_empty_link)
{
	static const struct {
		const char *body, *link;
	} rows[] = {
		{RSS("<link>#</link>"), ""},
		{RSS("<link> </link>"), ""},
		{ATOM("<link href=''/>"), ""},
		{ATOM("<link href='#'/>"), ""},
		{JSON("\"url\":\"#\""), ""},
		{RSS("<link>www.x.example/7</link>"), "http://www.x.example/7"},
		{RSS("<link>http:/x.example/8</link>"), "http://x.example/8"},
		{RSS("<link>HTTPS:/x.example</link>"), "https://x.example"},
		{ATOM("<link href='WWW.x.example'/>"), "http://www.x.example"},
		{JSON("\"url\":\"www.x.example/7\""), "http://www.x.example/7"},
		{RSS("<link>wwwx/7</link>"), "https://feeds.example/dir/wwwx/7"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_str(only_item(rows[i].body)->link, rows[i].link);
}

TEST(loses_no_word_of_a_title)
{
	static const struct row rows[] = {
		{RSS("<title>a&lt;b and c&gt;d</title>"), "a<b and c>d", NULL, NULL},
		{RSS("<title>Operation &lt;name withheld&gt; &amp;amp; others</title>"),
			"Operation &lt;name withheld&gt; &amp; others", NULL, NULL},
		{ATOM("<title type='html'>a&lt;b and c&gt;d &lt;i&gt;e&lt;/i&gt; &lt;none&gt;</title>"),
			"a&lt;b and c&gt;d <i>e</i> &lt;none&gt;", NULL, NULL},
		{RSS("<title>&lt;B CLASS=x&gt;Bold&lt;/B&gt;</title>"), "<b class=\"x\">Bold</b>", NULL, NULL},
		{RSS("<title>Clip &lt;iframe src='https://v.example'&gt;&lt;/iframe&gt;</title>"), "Clip", NULL, NULL},
		{JSON("\"title\":\"a<b and c>d\""), "a<b and c>d", NULL, NULL},
		/* what nobody sees is none, and another one counts */
		{RSS("<title>&#8203;&#65279;&#160;</title><dc:title>Second</dc:title>"), "Second", NULL, NULL},
		{RSS("<title>&amp;nbsp;&lt;b&gt;&amp;#8203;&lt;/b&gt;</title><media:title>Third</media:title>"),
			"Third", NULL, NULL},
		{ATOM("<title>\xE3\x85\xA4\xE2\xA0\x80\xC2\xAD</title>"), "", NULL, NULL},
		{JSON("\"title\":\"\\u200b\\u2060\""), "", NULL, NULL},
		/* a word is no base64 */
		{ATOM("<title type='application/x-note'>Navy</title>"), "Navy", NULL, NULL},
		{ATOM("<title type='image/png'>Army</title>"), "Army", NULL, NULL},
	};

	CHECK(rows);
}

TEST(reads_names)
{
	static const struct {
		const char *body, *name, *email;
	} rows[] = {
		{RSS("<dc:creator>&lt;a href='/roe'&gt;Jane Roe&lt;/a&gt;</dc:creator>"), "Jane Roe", ""},
		{RSS("<dc:creator><![CDATA[Jane O&#8217;Roe]]></dc:creator>"), "Jane O\xE2\x80\x99Roe", ""},
		{RSS("<author>Ann \"B\" &lt;b@x&gt;</author>"), "Ann \"B\"", "b@x"},
		{RSS("<author>\"Ann B\" &lt;b@x&gt;</author>"), "Ann B", "b@x"},
		{RSS("<author>\"A\" and \"B\" &lt;b@x&gt;</author>"), "\"A\" and \"B\"", "b@x"},
		{ATOM("<author><name>&lt;b&gt;Jos\xC3\xA9&lt;/b&gt; &amp;amp; Co</name></author>"), "Jos\xC3\xA9 & Co",
			""},
		{JSON("\"authors\":[{\"name\":\"<i>Kim</i> &amp; Lee\"}]"), "Kim & Lee", ""},
		/* inherited */
		{JSON("\"title\":\"x\""), "Desk", ""},
		{JSON("\"authors\":[]"), "Desk", ""},
	};
	static const char *const categories[] = {
		RSS("<category><![CDATA[Research &amp; Development]]></category>"),
		RSS("<category>&lt;b&gt;Research&lt;/b&gt; &amp;#38; Development</category>"),
		RSS("<media:keywords>Research &amp;amp; Development</media:keywords>"),
		ATOM("<category term='Research &amp;amp; Development'/>"),
		JSON("\"tags\":[\"Research &amp; Development\"]"),
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct item *it = only_item(rows[i].body);

		assert_int_equal(it->authors.count, 1);
		assert_str(it->authors.items[0].name, rows[i].name);
		assert_str(it->authors.items[0].email, rows[i].email);
	}
	for (size_t i = 0; i < sizeof(categories) / sizeof(categories[0]); i++)
		assert_str(only_item(categories[i])->categories.items[0].term, "Research & Development");
}

TEST(mends_c1)
{
	static const struct row rows[] = {
		{RSS("<title>Army\xC2\x92s radar \xC2\x96 \xC2\x93new\xC2\x94</title><description>don&#146;t "
		     "\xC2\x80 &amp;#133;</description>"),
			"Army\xE2\x80\x99s radar \xE2\x80\x93 \xE2\x80\x9Cnew\xE2\x80\x9D",
			"don\xE2\x80\x99t \xE2\x82\xAC \xE2\x80\xA6", NULL},
		{ATOM("<title>\xC3\x82\xC2\xA0\xC2\x92</title>"), "\xC3\x82\xC2\xA0\xE2\x80\x99", NULL, NULL},
		{JSON("\"title\":\"Army\\u0092s\",\"content_html\":\"<p>\xC2\x85</p>\""), "Army\xE2\x80\x99s", NULL,
			"<p>\xE2\x80\xA6</p>"},
	};

	CHECK(rows);
}

TEST(keeps_the_longer_summary)
{
	static const struct row rows[] = {
		{RSS("<summary>Short.</summary><description>A longer text.</description>"), NULL, "A longer text.",
			NULL},
		{RSS("<description>A longer text.</description><summary>Short.</summary>"), NULL, "A longer text.",
			NULL},
		/* markup is not text, and one that waits for the link counts too */
		{RSS("<description>&lt;a href='/a/very/long/address/indeed'&gt;Short&lt;/a&gt;</description><summary>A "
		     "longer "
		     "text.</summary><link>https://n.example/</link>"),
			NULL, "A longer text.", NULL},
		/* a shop's text is weaker, however long */
		{RSS("<description>Short.</description><itunes:summary>A longer text.</itunes:summary>"), NULL,
			"Short.", NULL},
	};

	CHECK(rows);
}

TEST(reads_double_escaped_bodies)
{
	static const struct row rows[] = {
		{RSS("<description>&amp;lt;p&amp;gt;One &amp;amp;amp; two&amp;lt;/p&amp;gt;</description>"), NULL,
			"<p>One &amp; two</p>", NULL},
		{RSS("<content:encoded><![CDATA[One&lt;br /&gt;two]]></content:encoded>"), NULL, NULL, "One<br />two"},
		{ATOM("<content type='html'>&amp;lt;P&amp;gt;x&amp;lt;/P&amp;gt;</content>"), NULL, NULL, "<p>x</p>"},
		{ATOM("<content type='html'>&amp;lt;script&amp;gt;x&amp;lt;/script&amp;gt;</content>"), NULL, NULL,
			"&lt;script&gt;x&lt;/script&gt;"},
		{JSON("\"content_html\":\"&lt;p&gt;x&lt;/p&gt;\""), NULL, NULL, "<p>x</p>"},
		/* a text about markup stays one */
		{ATOM("<content type='html'>Write &amp;lt;em&amp;gt; in feeds, 3 &amp;lt; 4</content>"), NULL, NULL,
			"Write &lt;em&gt; in feeds, 3 &lt; 4"},
		{ATOM("<content type='text'>&lt;p&gt;x&lt;/p&gt;</content>"), NULL, NULL, "<p>x</p>"},
	};

	CHECK(rows);
}

TEST(types_enclosures)
{
	static const struct {
		const char *body, *type;
	} rows[] = {
		{RSS("<enclosure url='https://p.example/18.mp3'/>"), "audio/mpeg"},
		{RSS("<enclosure url='https://p.example/a.b/18.M4A?x=1.pdf#y' type=''/>"), "audio/mp4"},
		{RSS("<enclosure url='https://p.example/18.mp3' type='audio/x-own'/>"), "audio/x-own"},
		{RSS("<media:content url='https://p.example/m.JPG'/>"), "image/jpeg"},
		{ATOM("<link rel='enclosure' href='https://p.example/x.pdf'/>"), "application/pdf"},
		{JSON("\"attachments\":[{\"url\":\"https://p.example/x.mp4\"}]"), "video/mp4"},
		{RSS("<enclosure url='https://p.zip'/>"), ""},
		{RSS("<enclosure url='https://p.example/mp3'/>"), ""},
		{RSS("<enclosure url='https://p.example/x.mp3/'/>"), ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_str(only_item(rows[i].body)->enclosures.items[0].type, rows[i].type);
}

TEST_GROUP(setup, teardown)
