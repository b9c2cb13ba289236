/* SPDX-License-Identifier: ISC */
/* hostile_test.c: no input makes the parser's time grow faster than its length, or its memory past what is allowed.
 *
 * Each case is a shape that has been quadratic, or worse, in some parser.  It is parsed at one size and at four times
 * that size; the processor time of the second must not be more than a generous multiple of the first, where a
 * quadratic parser takes sixteen times as long.  Times are of this process and compared with one another only;
 * what else the machine does does not count. */
#include <time.h>

#include "../test.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/utf8.h"
#include "sitrep/parse/parse.h"
#include "sitrep/text/html.h"

enum {
	/* The larger input; each shape is as long as this, whatever its pieces are. */
	LARGE = 5 * 1024 * 1024,
	TIMES = 4,
	FACTOR_MAX = 12,
	MEASUREMENTS = 5,
	BODY_MAX = 64 * 1024 * 1024,
};

/* Shorter times say nothing about growth. */
#define LEAST_SECONDS 0.01

struct shape {
	const char *name;
	const char *before;
	const char *piece;
	const char *after;
};

struct fixture {
	struct arena arena;
	struct buf body;
	struct buf out;
	struct error err;
	int result;
	struct document d;
};

/* the one of all tests */
static struct fixture all;

static double cpu_seconds(void)
{
	struct timespec ts;

	assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts), 0);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void fill(struct fixture *f, const struct shape *s, size_t size)
{
	buf_clear(&f->body);
	buf_puts(&f->body, s->before);
	/* ## in a piece is its number */
	for (unsigned i = 0; f->body.len < size; i++) {
		const char *number = strchr(s->piece, '#');

		if (number == NULL || number[1] != '#') {
			buf_puts(&f->body, s->piece);
			continue;
		}
		buf_append(&f->body, s->piece, (size_t)(number - s->piece));
		buf_printf(&f->body, "%u", i);
		buf_puts(&f->body, number + 2);
	}
	buf_puts(&f->body, s->after);
	assert_false(buf_failed(&f->body));
}

typedef void work(struct fixture *f);

static double measure(struct fixture *f, const struct shape *s, size_t size, work *run)
{
	double start;

	fill(f, s, size);
	start = cpu_seconds();
	run(f);
	return cpu_seconds() - start;
}

static double least(double a, double b)
{
	return a < b ? a : b;
}

/* What else the machine does only ever adds to a measurement, so the least of several is what counts: growth that is in
 * the code is in all of them. */
static void check_growth(struct fixture *f, const struct shape *s, work *run)
{
	double small = LEAST_SECONDS, large;

	/* the first run pays for what libraries make once */
	measure(f, s, LARGE / TIMES / TIMES, run);
	small += measure(f, s, LARGE / TIMES, run);
	large = measure(f, s, LARGE, run);
	for (int i = 1; i < MEASUREMENTS && large > FACTOR_MAX * small; i++) {
		small = least(small, LEAST_SECONDS + measure(f, s, LARGE / TIMES, run));
		large = least(large, measure(f, s, LARGE, run));
	}
	if (large > FACTOR_MAX * small)
		fail_msg("%s: %.3f s for a quarter, %.3f s for the whole", s->name, small, large);
}

static void parse_body(struct fixture *f)
{
	struct parse_input in = {
		.body = buf_str(&f->body), .url = STR("https://feeds.example/feed.xml"), .want_notes = true};

	arena_clear(&f->arena);
	memset(&f->err, 0, sizeof(f->err));
	f->result = parse_feed(&in, &f->arena, &f->d, &f->err);
	assert_true(f->result == 0 || f->result == -EBADMSG || f->result == -ENOMEM);
	assert_true(f->result == 0 || f->err.text[0] != '\0');
}

static void sanitize_body(struct fixture *f)
{
	buf_clear(&f->out);
	f->result = html_sanitize(&f->out, buf_str(&f->body), STR("https://feeds.example/"));
	assert_true(f->result == 0 || f->result == -E2BIG);
	assert_true(utf8_valid(buf_str(&f->out)));
}

static void text_of_body(struct fixture *f)
{
	buf_clear(&f->out);
	f->result = html_to_text(&f->out, buf_str(&f->body));
	assert_true(f->result == 0 || f->result == -E2BIG);
	assert_true(utf8_valid(buf_str(&f->out)));
	html_looks_like(buf_str(&f->body));
}

#define RSS "<rss version='2.0'><channel><title>t</title>"
#define ITEM RSS "<item><title>i</title><description>"
#define JSON "{\"version\":\"https://jsonfeed.org/version/1\",\"items\":["

TEST(xml)
{
	static const struct shape shapes[] = {
		{"less-than signs", "", "<", ""},
		{"ampersands", "", "&", ""},
		{"less-than signs in an item", ITEM, "<", ""},
		{"ampersands in an item", ITEM, "&", "</description></item></channel></rss>"},
		{"one entity named often", "<!DOCTYPE rss [<!ENTITY a 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'>]>" ITEM,
			"&a;", "</description></item></channel></rss>"},
		{"many entities declared", "<!DOCTYPE rss [", "<!ENTITY e## '&e1;&e1;'>",
			"]><rss><channel>&e9;</channel></rss>"},
		{"parameter entities", "<!DOCTYPE rss [", "<!ENTITY % p## 'x'>%p##;", "]><rss/>"},
		{"a declaration without end", "<!DOCTYPE rss [", "<!-- ", ""},
		{"nesting", ITEM, "<a>", ""},
		{"nesting outside items", RSS, "<x:a>", ""},
		{"end tags", ITEM, "</b>", ""},
		{"misnested tags", ITEM, "<b><i></b></i>", "</description></item></channel></rss>"},
		{"attributes", RSS "<item ", "a##='b' ", "></item></channel></rss>"},
		{"the same attribute", RSS "<item ", "a='b' ", "></item></channel></rss>"},
		{"namespaces", "<rss ", "xmlns:n##='u' ", "><channel/></rss>"},
		{"namespaces on nested elements", "<rss><channel>", "<n##:a xmlns:n##='u##'>", ""},
		{"namespaces on elements without any", "<rss><channel>", "<a xmlns:n##='u##'>", ""},
		{"namespaces on what is closed", "<rss><channel>", "<a xmlns:n##='u##'/>", "</channel></rss>"},
		{"elements of many names", "<rss><channel>", "<a##/>", "</channel></rss>"},
		{"attributes of many names", "<rss><channel>", "<a b##=''/>", "</channel></rss>"},
		{"tags without end", RSS, "<a b='", ""},
		{"attributes without end", RSS "<item a=\"", "<b c='d' ", ""},
		{"text", ITEM, "Seoul says that it ", "</description></item></channel></rss>"},
		{"text without end", ITEM, "Seoul says that it ", ""},
		{"text outside elements", "<rss/>", "text ", ""},
		{"tiny items", RSS, "<item/>", "</channel></rss>"},
		{"items without end", RSS, "<item>", ""},
		{"items in items", RSS, "<item><title>x</title>", ""},
		{"titles", RSS "<item>", "<title>x</title>", "</item></channel></rss>"},
		{"categories", RSS "<item>", "<category>c##</category>", "</item></channel></rss>"},
		{"links", RSS "<item>", "<link>/##</link>", "</item></channel></rss>"},
		{"sources", RSS "<item>", "<source url='##'>s</source>", "</item></channel></rss>"},
		{"authors", RSS "<item>", "<author>a## b c (d)</author>", "</item></channel></rss>"},
		{"media groups", "<rss xmlns:media='http://search.yahoo.com/mrss/'><channel><item>",
			"<media:group><media:content url='/##'/></media:group>", "</item></channel></rss>"},
		{"CDATA sections without end", ITEM, "<![CDATA[", ""},
		{"a CDATA section of brackets", ITEM "<![CDATA[", "]]", ""},
		{"CDATA sections", ITEM, "<![CDATA[x]]>", "</description></item></channel></rss>"},
		{"comments without end", ITEM, "<!--", ""},
		{"a comment of hyphens", ITEM "<!--", "--", ""},
		{"instructions without end", ITEM, "<?p ", ""},
		{"white space", "", " ", "<rss/>"},
		{"white space in a tag", RSS "<item ", "\n", "/></channel></rss>"},
		{"control characters", RSS, "\x01", "</channel></rss>"},
		{"bad UTF-8", ITEM, "\xc3", "</description></item></channel></rss>"},
		{"escaped tags", ITEM, "&lt;b&gt;", "</description></item></channel></rss>"},
		{"escaped tags without end", ITEM, "&lt;b ", "</description></item></channel></rss>"},
		{"escaped references", ITEM, "&amp;amp;", "</description></item></channel></rss>"},
		{"bases", "<feed xmlns='http://www.w3.org/2005/Atom'>", "<entry xml:base='a/'>", ""},
		{"XHTML", "<feed xmlns='http://www.w3.org/2005/Atom'><entry><content type='xhtml'><div>",
			"<p>a <b>b</b></p>", "</div></content></entry></feed>"},
		{"base64", "<feed version='0.3'><entry><content mode='base64' type='text/html'>", "QUJD",
			"</content></entry></feed>"},
		{"quotes", RSS "<item a=", "'\"", "/></channel></rss>"},
	};

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		check_growth(&all, &shapes[i], parse_body);
}

TEST(json)
{
	static const struct shape shapes[] = {
		{"open brackets", "{\"a\":", "[", ""},
		{"open braces", "", "{\"a\":", ""},
		{"items", JSON "{}", ",{\"id\":\"##\"}", "]}"},
		{"keys", JSON "{\"id\":\"1\"", ",\"k##\":1", "}]}"},
		{"the same key", JSON "{\"id\":\"1\"", ",\"k\":1", "}]}"},
		{"a string without end", "{\"version\":\"", "a", ""},
		{"escapes", JSON "{\"id\":\"", "\\u00e9", "\"}]}"},
		{"tags", JSON "{\"id\":\"1\",\"tags\":[\"a\"", ",\"t##\"", "]}]}"},
		{"HTML", JSON "{\"id\":\"1\",\"content_html\":\"", "<b>", "\"}]}"},
		{"numbers", JSON "1", ",1e5", "]}"},
	};

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		check_growth(&all, &shapes[i], parse_body);
}

static const struct shape html_shapes[] = {
	{"less-than signs", "", "<", ""},
	{"ampersands", "", "&", ""},
	{"unfinished references", "", "&am", ""},
	{"long references", "", "&CounterClockwiseContourIntegra", ""},
	{"numeric references", "", "&#1", ""},
	{"bold", "", "<b>", "x"},
	{"bold paragraphs", "", "<b><p>x", ""},
	{"misnested", "", "<b><i></b></i>x", ""},
	{"links in links", "", "<a href='/##'>x", ""},
	{"divisions", "", "<div>", ""},
	{"ends", "", "</div>", ""},
	{"paragraph ends", "", "</p>", ""},
	{"list items", "", "<li>x", ""},
	{"lists in lists", "", "<ul><li>", ""},
	{"tables in tables", "", "<table><tr><td>", ""},
	{"text in tables", "<table>", "x<tr>", "</table>"},
	{"cells", "<table>", "<td>x", "</table>"},
	{"attributes", "<p ", "a##=b ", ">x"},
	{"attributes of one name", "<p ", "title=b ", ">x"},
	{"quotes without end", "", "<a href=\"", ""},
	{"quotes of both kinds", "", "<a title='\"", ""},
	{"comments without end", "", "<!--", ""},
	{"a comment of hyphens", "<!--", "--", ""},
	{"comments", "", "<!-- x -->", ""},
	{"scripts without end", "", "<script>", ""},
	{"script ends", "<script>", "</scrip", ""},
	{"styles", "", "<style></style>", ""},
	{"objects", "", "<object><iframe>", ""},
	{"drawings", "", "<svg><title>", ""},
	{"style attributes", "", "<p style='color:red;width:##px'>x</p>", ""},
	{"a style without end", "<p style='", "a:b;", ""},
	{"a URL", "<a href='", "../", "'>x</a>"},
	{"a URL of dots", "<a href='/", "a/../", "'>x</a>"},
	{"a URL of percents", "<a href='http://e.example/", "%", "'>x</a>"},
	{"a host", "<a href='http://", "a.", "'>x</a>"},
	{"source sets", "<img src='/x' srcset='", "/## 1x, ", "'>"},
	{"images", "", "<img src='/##' width=20>", ""},
	{"ruby", "<ruby>", "<rt>x<rp>", "</ruby>"},
	{"headings", "", "<h1>x<h2>", ""},
	{"preformatted", "", "<pre>\n\n", ""},
	{"text", "", "Seoul says that it ", ""},
	{"text beyond ASCII", "", "\xed\x95\x9c\xea\xb5\xad", ""},
	{"bad UTF-8", "", "\xf0\x9f", ""},
	{"controls", "", "\x01\xc2\x85", ""},
	{"white space", "", " \n", ""},
};

TEST(html_sanitize)
{
	for (size_t i = 0; i < sizeof(html_shapes) / sizeof(html_shapes[0]); i++)
		check_growth(&all, &html_shapes[i], sanitize_body);
}

TEST(html_to_text)
{
	for (size_t i = 0; i < sizeof(html_shapes) / sizeof(html_shapes[0]); i++)
		check_growth(&all, &html_shapes[i], text_of_body);
}

/* 20 MB of one text: what fits is kept, and what follows is read. */
TEST(long_text)
{
	static const struct shape text = {"long text", ITEM, "All quiet along the river. ",
		"</description></item><item><title>after</title></item></channel></rss>"};
	static const struct shape section = {"long section", ITEM "<![CDATA[", "All quiet along the river. ",
		"]]></description></item><item><title>after</title></item></channel></rss>"};
	const struct shape *shapes[] = {&text, &section};
	struct fixture *f = &all;

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		fill(f, shapes[i], 20 * 1024 * 1024);
		parse_body(f);
		assert_int_equal(f->result, 0);
		assert_in_range(f->d.items.count, 1, 2);
		for (size_t k = 0; k < f->d.items.count; k++)
			assert_in_range(f->d.items.items[k].summary.value.len, 0, LIMIT_ITEM_CONTENT);
	}
}

/* What the arena may take is a bound, whatever the feed: a million items end in a cut document, not in memory. */
TEST(memory_is_bounded)
{
	static const struct shape items = {
		"items", RSS, "<item><title>t</title><link>/##</link></item>", "</channel></rss>"};
	struct fixture *f = &all;
	size_t used;

	fill(f, &items, 40 * 1024 * 1024);
	parse_body(f);
	if (f->result == 0) {
		assert_int_equal(f->d.items.count, LIMIT_DOCUMENT_ITEMS);
		assert_true(f->d.truncated);
	}
	used = f->arena.used;
	assert_in_range(used, 1, f->arena.max);
	/* the same again takes the same: nothing is left over */
	parse_body(f);
	assert_int_equal(f->arena.used, used);
}

static void setup(void)
{
	arena_init(&all.arena, 128 * 1024 * 1024);
	buf_init(&all.body, BODY_MAX);
	buf_init(&all.out, LIMIT_ITEM_CONTENT);
	parse_prepare();
}

static void teardown(void)
{
	arena_release(&all.arena);
	buf_release(&all.body);
	buf_release(&all.out);
}

TEST_GROUP(setup, teardown)
