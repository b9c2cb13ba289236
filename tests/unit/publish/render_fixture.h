/* SPDX-License-Identifier: ISC */
/* render_fixture.h: stories, documents made of them, and those read back.
 *
 * They are read with libxml2 and jansson, which take nothing that is broken; what stands in them is asked for by XPath
 * and by path. */
#ifndef TEST_RENDER_FIXTURE_H
#define TEST_RENDER_FIXTURE_H

#include <libxml/HTMLparser.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

#include "../../../daemon/publish/render.h"
#include "../json.h"
#include "sitrep/base/utf8.h"
#include "sitrep/pages/page.h"
#include "sitrep/pages/story_row.h"

enum { OUT_MAX = 64 * 1024 * 1024 };

/* 2026-11-23T10:00:00Z */
#define NOW_MS INT64_C(1795428000000)
#define HOUR_MS INT64_C(3600000)

#define UID_1 "00010203-0405-8607-8809-0a0b0c0d0e0f"

static const struct site site = {.title = "River & <news>", .now_ms = NOW_MS, .newest_ms = NOW_MS};

static const struct channel channel = {
	.title = "River & <news>",
	.home_url = "https://news.example/",
	.self_url = "https://news.example/feed?a&b",
	.id = "urn:uuid:11111111-1111-8111-8111-111111111111",
	.updated_ms = NOW_MS,
};

/* ---- stories ---- */

static inline struct report make_report(const char *feed, const char *title)
{
	struct report r = {
		.item_id = 1,
		.uid = UID_1,
		.source = {.feed = str_from(feed), .title = STR("Alpha News"), .url = STR("https://a.example/feed")},
		.first_seen_ms = NOW_MS,
		.updated_ms = NOW_MS,
		.published_ms = NOW_MS - HOUR_MS,
		.published_known = true,
	};

	item_init(&r.item);
	r.item.plain_title = str_from(title);
	return r;
}

static inline struct story make_story(struct report *reports, size_t count)
{
	return (struct story){
		.id = 1,
		.uid = UID_1,
		.first_seen_ms = NOW_MS,
		.last_seen_ms = NOW_MS,
		.updated_ms = NOW_MS,
		.sort_ms = NOW_MS,
		.source_count = (int)count,
		.total_reports = (int)count,
		.reports = reports,
		.report_count = count,
	};
}

static inline void write_document(struct buf *out, const struct format *f, const struct story *stories, size_t count)
{
	f->begin(out, &channel);
	for (size_t i = 0; i < count; i++)
		f->story(out, &channel, &stories[i], i);
	f->end(out, &channel);
}

static inline struct buf render(const struct format *f, const struct story *stories, size_t count)
{
	struct buf out = BUF_INIT(OUT_MAX);

	write_document(&out, f, stories, count);
	assert_false(buf_failed(&out));
	assert_true(utf8_valid(buf_str(&out)));
	return out;
}

/* ---- reading back: documents live until the test ends ---- */

static inline void drop_xml(void *doc)
{
	xmlFreeDoc(doc);
}

static inline xmlDocPtr keep_xml(xmlDocPtr doc)
{
	test_keep(doc, drop_xml);
	return doc;
}

static inline xmlDocPtr read_xml(const struct buf *out)
{
	xmlDocPtr doc;
	const xmlError *why;

	xmlResetLastError();
	doc = xmlReadMemory(
		out->data, (int)out->len, NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	why = xmlGetLastError();
	if (doc == NULL || why != NULL)
		fail_msg("line %d: %s", why != NULL ? why->line : 0, why != NULL ? why->message : "no document");
	return keep_xml(doc);
}

static inline xmlDocPtr render_xml(const struct format *f, const struct story *stories, size_t count)
{
	struct buf out = render(f, stories, count);
	xmlDocPtr doc = read_xml(&out);

	buf_release(&out);
	return doc;
}

/* What an XPath expression gives as a string. */
static inline void assert_xpath(xmlDocPtr doc, const char *expression, const char *expected)
{
	static const char *const spaces[][2] = {
		{"a", "http://www.w3.org/2005/Atom"},
		{"m", "http://search.yahoo.com/mrss/"},
		{"dc", "http://purl.org/dc/elements/1.1/"},
		{"content", "http://purl.org/rss/1.0/modules/content/"},
	};
	xmlXPathContextPtr context = xmlXPathNewContext(doc);
	xmlXPathObjectPtr result;
	xmlChar *text;

	assert_non_null(context);
	for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++)
		xmlXPathRegisterNs(context, (const xmlChar *)spaces[i][0], (const xmlChar *)spaces[i][1]);
	result = xmlXPathEvalExpression((const xmlChar *)expression, context);
	assert_non_null(result);
	text = xmlXPathCastToString(result);
	if (strcmp((const char *)text, expected) != 0)
		fail_msg("%s is \"%s\", not \"%s\"", expression, (const char *)text, expected);
	xmlFree(text);
	xmlXPathFreeObject(result);
	xmlXPathFreeContext(context);
}

static inline json_t *render_json(const struct story *stories, size_t count)
{
	struct buf out = render(&format_json, stories, count);

	return json_take(&out);
}

/* The end of every text. */
#define STORY_LINK "<a href=\"https://news.example/story/" UID_1 "\">The story</a></p>"

static int html_errors;

/* The elements of HTML 5 are unknown to libxml2, which is no fault of the page. */
static inline void count_html_error(void *arg, const xmlError *error)
{
	(void)arg;
	html_errors += error->code != XML_HTML_UNKNOWN_TAG;
}

/* A page with the stories as rows. */
static inline struct buf render_rows(const struct story *stories, size_t count)
{
	const struct page page = {.site = &site, .root = "", .title = STR("River")};
	struct buf out = BUF_INIT(OUT_MAX);

	page_begin(&out, &page);
	for (size_t i = 0; i < count; i++)
		story_row_write(&out, &page, &stories[i]);
	page_end(&out);
	assert_false(buf_failed(&out));
	assert_true(utf8_valid(buf_str(&out)));
	return out;
}

static inline xmlDocPtr render_page(const struct story *stories, size_t count)
{
	struct buf out = render_rows(stories, count);
	xmlDocPtr doc;

	html_errors = 0;
	xmlSetStructuredErrorFunc(NULL, (xmlStructuredErrorFunc)count_html_error);
	doc = htmlReadMemory(out.data, (int)out.len, NULL, "UTF-8", HTML_PARSE_NONET);
	xmlSetStructuredErrorFunc(NULL, NULL);
	assert_non_null(doc);
	if (html_errors != 0)
		fail_msg("%d errors in %s", html_errors, out.data);
	buf_release(&out);
	return keep_xml(doc);
}

static inline void assert_body(const struct story *s, const char *expected)
{
	struct buf out = BUF_INIT(OUT_MAX);

	render_body(&out, &channel, s);
	assert_string_equal(out.data, expected);
	buf_release(&out);
}

/* ---- everything ---- */

struct full {
	struct person authors[2], contributors[1];
	struct category categories[4];
	struct enclosure enclosures[3];
	struct report reports[2];
	struct story story;
};

static inline void make_full(struct full *f)
{
	struct item *it;

	memset(f, 0, sizeof(*f));
	f->reports[0] = make_report("alpha", "Frigates <turn> back & wait");
	f->reports[1] = make_report("bravo", "Frigates turn back");
	f->reports[1].source.title = STR("Bravo & Co");
	f->reports[1].item.link = STR("https://b.example/2?x=1&y=2");
	f->reports[0].source.categories = STR("naval\nus");
	f->reports[0].source.link = STR("https://a.example/");
	f->authors[0] = (struct person){STR("A. Writer"), STR("a@a.example"), STR("https://a.example/a")};
	f->authors[1] = (struct person){.email = STR("desk@a.example")};
	f->contributors[0] = (struct person){.name = STR("C. Helper")};
	f->categories[0] = (struct category){STR("t1"), STR("https://a.example/terms"), STR("Taiwan")};
	f->categories[1] = (struct category){.label = STR("Shipyards")};
	f->categories[2] = (struct category){.scheme = STR("https://a.example/terms")};
	f->categories[3] = (struct category){.term = STR("R&D"), .scheme = STR("no address")};
	f->enclosures[0] = (struct enclosure){STR("https://a.example/1.mp3?a&b"), STR("audio/mpeg"), STR("1234")};
	f->enclosures[1] = (struct enclosure){STR("javascript:alert(1)"), STR("audio/mpeg"), STR("1")};
	f->enclosures[2] = (struct enclosure){STR("https://a.example/2.bin"), STR_NONE, STR("about 3 MB")};
	it = &f->reports[0].item;
	it->link = STR("https://a.example/1?x=1&y=2");
	it->comments = STR("https://a.example/1#talk");
	it->language = STR("en-GB");
	it->content = (struct text){.value = STR("<p>Two <em>of</em> them &amp; more.</p>"), .kind = TEXT_HTML};
	it->plain_summary = STR("Two of them & more.");
	it->rights = (struct text){.value = STR("(c) Alpha & Co"), .kind = TEXT_PLAIN};
	it->image = (struct image){.url = STR("https://a.example/i.png"), .width = STR("120"), .height = STR("x")};
	it->has_source = true;
	it->source.title = (struct text){.value = STR("Wire <1>"), .kind = TEXT_PLAIN};
	it->source.link = STR("https://wire.example/");
	it->authors.items = f->authors;
	it->authors.count = 2;
	it->contributors.items = f->contributors;
	it->contributors.count = 1;
	it->categories.items = f->categories;
	it->categories.count = 4;
	it->enclosures.items = f->enclosures;
	it->enclosures.count = 3;
	f->story = make_story(f->reports, 2);
}

FIXTURE(full, make_full, (void))

#endif
