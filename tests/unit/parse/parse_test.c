/* SPDX-License-Identifier: ISC */
/* parse_test.c: whole feeds in, documents out, one sample a dialect. */
#include "parse_fixture.h"

TEST(rss2)
{
	fixture_sample(&f, "rss2.xml");
	const struct feed_facts *feed = &f.d.feed;
	assert_int_equal(f.d.format, FORMAT_RSS);
	assert_str(f.d.version, "2.0");
	assert_true(f.d.wellformed);
	assert_false(f.d.truncated);
	assert_str(feed->title.value, "Harbour & Hangar");
	assert_int_equal(feed->title.kind, TEXT_PLAIN);
	assert_str(feed->link, "https://harbour-hangar.example/");
	assert_str(feed->self, "https://harbour-hangar.example/feed");
	assert_str(feed->hub, "https://hub.harbour-hangar.example/");
	assert_str(feed->language, "en-gb");
	assert_str(feed->ttl, "30");
	assert_str(feed->update_period, "hourly");
	assert_str(feed->skip_hours, "1 2");
	assert_str(feed->skip_days, "Sunday");
	assert_str(feed->image.width, "88");
	assert_str(feed->managing_editor, "desk@harbour-hangar.example (Ines Aldworth)");
	assert_int_equal(feed->authors.count, 1);
	assert_str(feed->authors.items[0].name, "Ines Aldworth");
	assert_str(feed->authors.items[0].email, "desk@harbour-hangar.example");
	assert_str(feed->categories.items[0].scheme, "https://harbour-hangar.example/desks");
	assert_time(feed->updated, "2026-11-23T10:52:35Z");
	assert_time(feed->published, "2026-11-23T10:50:00Z");

	assert_int_equal(f.d.items.count, 2);
	const struct item *it = &f.d.items.items[0];
	assert_str(it->id, "hh-20261123-1");
	assert_false(it->guid_is_permalink);
	assert_time(it->published, "2026-11-23T08:15:00Z");
	assert_int_equal(it->categories.count, 2);
	assert_int_equal(it->content.kind, TEXT_HTML);
	assert_has(it->content.value, "/people/okonjo");
	assert_true(str_find(it->content.value, STR("track()"), 0) == STR_NPOS);
	assert_has(it->summary.value, "<b>sonar</b>");
	assert_int_equal(it->enclosures.count, 1);
	assert_str(it->enclosures.items[0].length, "1830400");
	assert_str(it->image.url, "https://harbour-hangar.example/img/wrenfield.jpg");
	assert_true(it->has_source);
	assert_str(it->source.title.value, "Coast Wire");
	assert_str(it->source.url, "https://wire.example/rss");

	it = &f.d.items.items[1];
	assert_str(it->title.value, "Radar contract: 5 < 7 bidders remain");
	assert_int_equal(it->title.kind, TEXT_PLAIN);
	assert_true(it->guid_is_permalink);
	assert_str(it->link, "https://harbour-hangar.example/2026/radar-bidders");
	assert_str(it->authors.items[0].name, "Minh Tran");
	assert_has(f.d.notes, "rss 2.0");
}

TEST(atom10)
{
	fixture_sample(&f, "atom10.xml");
	const struct feed_facts *feed = &f.d.feed;
	assert_int_equal(f.d.format, FORMAT_ATOM);
	assert_str(f.d.version, "1.0");
	assert_int_equal(feed->subtitle.kind, TEXT_HTML);
	assert_str(feed->subtitle.value, "Policy &amp; procurement in the <i>north</i>");
	assert_str(feed->link, "https://northline.example/news/");
	assert_str(feed->self, "https://northline.example/news/feed.atom");
	assert_str(feed->icon, "https://northline.example/favicon.png");
	assert_str(feed->generator_version, "2.3");
	assert_str(feed->language, "en");
	assert_str(feed->authors.items[0].uri, "https://northline.example/news/about");

	assert_int_equal(f.d.items.count, 2);
	const struct item *it = &f.d.items.items[0];
	assert_int_equal(it->title.kind, TEXT_HTML);
	assert_str(it->title.value, "Brigade <em>Skarv</em> receives first bridging tanks");
	assert_str(it->title.lang, "en");
	assert_str(it->content.base, "https://northline.example/news/");
	assert_has(it->content.value, "<b>four</b> vehicles &amp; spares");
	assert_has(it->content.value, "href=\"https://northline.example/news/skarv\"");
	assert_int_equal(it->summary.kind, TEXT_PLAIN);
	assert_str(it->link, "https://northline.example/news/2026/skarv-bridging");
	assert_int_equal(it->enclosures.count, 1);
	assert_str(it->enclosures.items[0].type, "application/pdf");
	assert_time(it->published, "2026-11-23T06:15:00Z");
	assert_str(it->authors.items[0].email, "liv@northline.example");
	assert_str(it->contributors.items[0].name, "Petri Salmela");
	assert_str(it->categories.items[0].label, "Land forces");
	assert_str(it->source.id, "tag:garrison.example,2026:feed");
	assert_time(it->source.updated, "2026-11-22T00:00:00Z");

	/* without an author of its own an entry has the feed's; without a date of publishing, that of its update */
	it = &f.d.items.items[1];
	assert_str(it->authors.items[0].name, "Northline staff");
	assert_time(it->published, "2026-11-22T16:30:00Z");
	assert_false(it->has_source);
	assert_str(it->content.value, "<p>The committee voted 9 to 4.</p>");
}

TEST(atom03)
{
	fixture_sample(&f, "atom03.xml");
	assert_str(f.d.version, "0.3");
	assert_str(f.d.feed.subtitle.value, "Engineers &amp; bridges");
	assert_str(f.d.feed.rights.value, "Sapper's Notebook");
	const struct item *it = &f.d.items.items[0];
	assert_str(it->content.value, "<p>The <b>pontoon</b> held.</p>");
	assert_time(it->published, "2026-11-19T17:00:00Z");
	assert_time(it->updated, "2026-11-20T05:30:00Z");
}

TEST(rdf)
{
	fixture_sample(&f, "rdf.xml");
	assert_int_equal(f.d.format, FORMAT_RDF);
	assert_str(f.d.version, "1.0");
	assert_str(f.d.feed.title.value, "Straits Watch");
	assert_str(f.d.feed.language, "en");
	assert_time(f.d.feed.updated, "2026-11-23T04:00:00Z");
	assert_int_equal(f.d.items.count, 2);
	const struct item *it = &f.d.items.items[0];
	assert_str(it->id, "https://straits-watch.example/1");
	assert_str(it->authors.items[0].name, "K. Adeyemi");
	assert_str(it->categories.items[0].term, "maritime");
	assert_time(it->published, "2026-11-23T03:40:00Z");
}

TEST(rss091_doctype_and_entity)
{
	fixture_sample(&f, "rss091.xml");
	assert_str(f.d.version, "0.91");
	assert_str(f.d.feed.title.value, "Runway Report \u2013 Air Desk");
	assert_true(f.d.wellformed);
	assert_str(f.d.items.items[0].summary.value, "Twelve aircraft & their crews follow in spring.");
}

TEST(encodings)
{
	fixture_sample(&f, "latin1.xml");
	assert_str(f.d.feed.title.value, "Le Courrier de la Défense");
	assert_str(f.d.items.items[0].summary.value, "Coût : 12 € par kilomètre.");
	assert_time(f.d.items.items[0].published, "2026-11-23T08:00:00Z");
	fixture_sample(&f, "shift_jis.xml");
	assert_str(f.d.encoding, "shift_jis");
	assert_str(f.d.items.items[0].title.value, "護衛艦「しらなみ」が就役");
	fixture_sample(&f, "euc-kr.xml");
	assert_str(f.d.items.items[0].title.value, "신형 잠수함 진수식 열려");
}

TEST(broken)
{
	fixture_sample(&f, "broken.xml");
	assert_false(f.d.wellformed);
	assert_true(f.d.truncated);
	assert_str(f.d.feed.title.value, "Garrison Gazette & Notes");
	assert_str(f.d.feed.link, "https://garrison-gazette.example/?a=1&b=2");
	assert_int_equal(f.d.items.count, 2);
	const struct item *it = &f.d.items.items[0];
	assert_str(it->title.value, "Depot fire: 3 < 5 halls lost");
	assert_str(it->link, "https://garrison-gazette.example/fire");
	assert_has(it->summary.value, "Nobody was hurt.");
	assert_has(it->summary.value, "<b>started");
	assert_time(it->published, "2026-11-21T22:10:00Z");
	it = &f.d.items.items[1];
	assert_has(it->title.value, "Reservists\u2019 day");
	assert_str(it->id, "gg-2");
	assert_false(it->guid_is_permalink);
	assert_has(f.d.notes, "repair: dropped text before the first tag");
	assert_has(f.d.notes, "repair: read tag by tag");
}

TEST(what_is_no_feed)
{
	fixture_parse(&f, fixture_read(&f, "page.html"), "text/html", "https://feeds.example/");
	assert_int_equal(f.result, -EBADMSG);
	assert_string_equal(f.err.text, "not a feed but an HTML page titled \"Sign in \u2013 Harbour & Hangar\"");
	fixture_text(&f, " \n");
	assert_int_equal(f.result, -EBADMSG);
	assert_string_equal(f.err.text, "the document is empty");
	fixture_text(&f, "{\"error\": \"no such feed\"}");
	assert_int_equal(f.result, -EBADMSG);
	assert_has(str_from(f.err.text), "JSON, but not a feed");
	fixture_text(&f, "{\"items\": [");
	assert_int_equal(f.result, -EBADMSG);
	fixture_text(&f, "<opml version=\"2.0\"><body/></opml>");
	assert_int_equal(f.result, -EBADMSG);
	assert_has(str_from(f.err.text), "root element is <opml>");
	/* a page may have any element in it, a list of anything may have items */
	fixture_text(&f, "<html><body><feed><entry/></feed></body></html>");
	assert_int_equal(f.result, -EBADMSG);
	fixture_text(&f, "<stock><item><title>bolts</title></item></stock>");
	assert_int_equal(f.result, -EBADMSG);
	fixture_text(&f, "Not found");
	assert_int_equal(f.result, -EBADMSG);
	assert_has(str_from(f.err.text), "Not found");
}

/* A CMS of one's own invents prefixes, and forgets to declare them. */
TEST(odd_namespaces)
{
	fixture_text(&f, "<x:feed xmlns:x='https://www.w3.org/2005/Atom/'><x:title>T</x:title>"
			 "<x:entry><x:title>E</x:title><x:link href='/e'/></x:entry></x:feed>");
	assert_int_equal(f.result, 0);
	assert_str(f.d.items.items[0].title.value, "E");
	assert_str(f.d.items.items[0].link, "https://feeds.example/e");
	fixture_text(&f, "<rss version='2.0'><channel><item><dc:creator>A. Writer</dc:creator>"
			 "<content:encoded>&lt;p&gt;x&lt;/p&gt;</content:encoded></item></channel></rss>");
	assert_str(f.d.items.items[0].authors.items[0].name, "A. Writer");
	assert_str(f.d.items.items[0].content.value, "<p>x</p>");
	fixture_text(&f, "<RSS VERSION='2.0'><Channel><Item><Title>Caps</Title></Item></Channel></RSS>");
	assert_str(f.d.items.items[0].title.value, "Caps");
}

TEST(precedence)
{
	fixture_text(&f,
		"<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/'"
		" xmlns:media='http://search.yahoo.com/mrss/' xmlns:a='http://www.w3.org/2005/Atom'"
		" xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'><channel><item>"
		"<media:title>media</media:title><dc:title>dc</dc:title><a:title>atom</a:title><title>rss</title>"
		"<title>again</title><itunes:author>Studio</itunes:author><author>n@e.example (N)</author>"
		"<a:link href='https://e.example/atom'/><link>https://e.example/rss</link>"
		"<dc:subject>second</dc:subject><category>first</category>"
		"</item></channel></rss>");
	const struct item *it = &f.d.items.items[0];
	assert_str(it->title.value, "rss");
	assert_str(it->link, "https://e.example/rss");
	assert_int_equal(it->authors.count, 1);
	assert_str(it->authors.items[0].name, "N");
	assert_str(it->categories.items[0].term, "first");
	assert_str(it->categories.items[1].term, "second");
}

TEST(links_are_judged)
{
	fixture_text(&f, "<rss version='2.0'><channel><link>javascript:alert(1)</link><item>"
			 "<link>JaVaScript:alert(1)</link><guid>data:text/html,x</guid>"
			 "<enclosure url='file:///etc/passwd' type='a/b' length='1'/></item></channel></rss>");
	assert_null(f.d.feed.link.data);
	assert_null(f.d.items.items[0].link.data);
	assert_int_equal(f.d.items.items[0].enclosures.count, 0);
}

TEST(people)
{
	static const struct {
		const char *written;
		const char *name;
		const char *email;
	} cases[] = {
		{"a@b.example (Ann Bee)", "Ann Bee", "a@b.example"},
		{"Ann Bee &lt;a@b.example&gt;", "Ann Bee", "a@b.example"},
		{"Ann Bee (a@b.example)", "Ann Bee", "a@b.example"},
		{"\"Ann Bee\" a@b.example", "Ann Bee", "a@b.example"},
		{"mailto:a@b.example", NULL, "a@b.example"},
		{"Ann Bee", "Ann Bee", NULL},
		{"@annbee", "@annbee", NULL},
		{"Ann Bee (mailto:a@b.example)", "Ann Bee (mailto:a@b.example)", "a@b.example"},
		{"Ann Bee (navy desk)", "Ann Bee (navy desk)", NULL},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char body[512];
		snprintf(body, sizeof(body),
			"<rss version='2.0'><channel><item><author>%s</author></item></channel></rss>",
			cases[i].written);
		fixture_text(&f, body);
		const struct person *p = &f.d.items.items[0].authors.items[0];
		assert_true(str_eq(p->name, str_from(cases[i].name)));
		assert_true(str_eq(p->email, str_from(cases[i].email)));
	}
}

TEST(http_charset_and_location)
{
	static const char body[] = "<rss version='2.0'><channel><title>\xcf\xf0</title><link>x</link></channel></rss>";
	struct parse_input in = {
		.body = str_make(body, sizeof(body) - 1),
		.content_type = STR("text/xml; charset=\"windows-1251\""),
		.content_location = STR("/other/feed"),
		.url = STR("https://feeds.example/dir/feed.xml"),
	};
	arena_clear(&f.arena);
	assert_int_equal(parse_feed(&in, &f.arena, &f.d, &f.err), 0);
	assert_str(f.d.feed.title.value, "Пр");
	assert_str(f.d.encoding, "windows-1251");
	assert_str(f.d.feed.link, "https://feeds.example/other/x");
	assert_null(f.d.notes.data);
}

/* What was sent as text and is ASCII is called that; as plain text, no feed is well-formed. */
TEST(media_types)
{
	static const struct {
		const char *type;
		const char *text;
		const char *encoding;
		bool wellformed;
	} cases[] = {
		{"application/rss+xml", "a", "utf-8", true},
		{"text/xml", "a", "us-ascii", true},
		{"text/xml; charset=utf-8", "a", "utf-8", true},
		{"text/xml", "\xc3\xa9", "utf-8", true},
		{"text/plain; charset=utf-8", "a", "utf-8", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char body[128];
		snprintf(body, sizeof(body), "<rss version='2.0'><channel><title>%s</title></channel></rss>",
			cases[i].text);
		fixture_parse(&f, str_from(body), cases[i].type, "https://feeds.example/");
		assert_str(f.d.encoding, cases[i].encoding);
		assert_int_equal(f.d.wellformed, cases[i].wellformed);
		assert_str(f.d.feed.title.value, cases[i].text);
	}
}

/* Content of which the sanitizer left nothing was there all the same: it is no reason to show something else. */
TEST(emptied_content)
{
	fixture_text(&f, "<rss version='2.0'><channel><item><description>&lt;script&gt;x&lt;/script&gt;</description>"
			 "</item><item><description/></item></channel></rss>");
	assert_int_equal(f.d.items.items[0].summary.kind, TEXT_HTML);
	assert_int_equal(f.d.items.items[0].summary.value.len, 0);
	assert_int_equal(f.d.items.items[1].summary.kind, TEXT_ABSENT);
}

TEST(home_of_an_atom_feed)
{
	fixture_text(&f, "<feed xmlns='http://www.w3.org/2005/Atom'><id>https://home.example/</id></feed>");
	assert_str(f.d.feed.link, "https://home.example/");
	fixture_text(&f, "<feed xmlns='http://www.w3.org/2005/Atom'><id>urn:x:y</id></feed>");
	assert_true(str_empty(f.d.feed.link));
}

/* A zero is no date, so that the good one beside it counts; markup around a date is read. */
TEST(finds_the_good_date)
{
	static const struct {
		const char *dates, *published;
	} rows[] = {
		{"<pubDate>0001-01-01T00:00:00Z</pubDate><dc:date>2026-11-24T09:30:00Z</dc:date>",
			"2026-11-24T09:30:00Z"},
		{"<dc:date>2026-11-24T09:30:00Z</dc:date><pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate>",
			"2026-11-24T09:30:00Z"},
		{"<pubDate>1405/09/03</pubDate><a:updated>2026-11-24T09:30:00Z</a:updated>", "2026-11-24T09:30:00Z"},
		{"<pubDate>-</pubDate><dcterms:created>2026-11-24T09:30:00Z</dcterms:created>", "2026-11-24T09:30:00Z"},
		{"<pubDate>&lt;TIME class=x DATETIME='2026-11-24T09:30:00Z'&gt;yesterday&lt;/TIME&gt;</pubDate>",
			"2026-11-24T09:30:00Z"},
		{"<pubDate>&amp;lt;time datetime=\"2026-11-24T09:30:00Z\"&amp;gt;x&amp;lt;/time&amp;gt;</pubDate>",
			"2026-11-24T09:30:00Z"},
		{"<pubDate>&lt;span&gt;Tue, 24 Nov 2026 09:30:00 &amp;#43;0000&lt;/span&gt;</pubDate>",
			"2026-11-24T09:30:00Z"},
		{"<pubDate>&lt;time datetime=\"soon\"&gt;soon&lt;/time&gt;</pubDate>", ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char body[1024];

		snprintf(body, sizeof(body),
			"<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/' "
			"xmlns:dcterms='http://purl.org/dc/terms/' "
			"xmlns:a='http://www.w3.org/2005/Atom'><channel><item><title>t</title>%s</item></channel></"
			"rss>",
			rows[i].dates);
		fixture_text(&f, body);
		assert_int_equal(f.d.items.count, 1);
		assert_time(f.d.items.items[0].published, rows[i].published);
	}
	fixture_text(&f,
		"{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[{\"id\":\"1\",\"date_published\":"
		"\"0001-01-01T00:00:00Z\",\"date_modified\":\"2026-11-24T09:30:00Z\"}]}");
	assert_time(f.d.items.items[0].published, "2026-11-24T09:30:00Z");
}

TEST_GROUP(setup, teardown)
