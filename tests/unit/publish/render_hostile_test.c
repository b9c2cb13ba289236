/* SPDX-License-Identifier: ISC */
/* render_hostile_test.c: what is published is well-formed, whatever came in, and never cut off unnoticed. */
#include "render_fixture.h"
#include "sitrep/base/limits.h"

static const struct format *const xml_formats[] = {&format_atom, &format_rss};
static const char hostile[] =
	"<b>&amp;&nbsp;&#0;]]><![CDATA[<!--\"' onload='x\"\0\x01\x0b\x1f\x7f\xc2\x85\r\n\t\xff\xc3"
	"\xed\xa0\x80\xef\xbf\xbe\xef\xbf\xbf\xe2\x80\xae\xe2\x80\xa8\xf4\x90\x80\x80 </script></a></entry>"
	"</item></title>\\\"}],";

/* Each of them is an address that must not get in, or must be escaped when it does. */
static const struct str addresses[] = {
	{"javascript:alert(1)", 19},
	{"https://a.example/\"><script>'&\xff]]>", 34},
	{hostile, sizeof(hostile) - 1},
	{"data:text/html,<script>", 23},
	{"", 0},
	{" https://a.example/", 19},
};

static void make_hostile(struct full *f, struct str text, struct str url)
{
	struct item *it;

	make_full(f);
	it = &f->reports[0].item;
	for (size_t i = 0; i < 2; i++) {
		f->reports[i].source = (struct source){.feed = text,
			.title = text,
			.link = url,
			.url = STR("https://a.example/?\"><b>&"),
			.categories = STR("a\n\n<b>&\nc\n")};
		f->reports[i].item.plain_title = text;
		f->reports[i].item.link = url;
	}
	f->authors[0] = f->authors[1] = f->contributors[0] = (struct person){text, text, url};
	f->authors[1].name = STR_NONE;
	for (size_t i = 0; i < 4; i++)
		f->categories[i] = (struct category){text, url, text};
	f->categories[1].term = f->categories[2].label = STR("");
	for (size_t i = 0; i < 3; i++)
		f->enclosures[i] = (struct enclosure){url, text, text};
	it->comments = url;
	it->language = text;
	it->content.value = it->summary.value = it->plain_summary = it->rights.value = text;
	it->image = (struct image){.url = url, .width = text, .height = text};
	it->source.title.value = text;
	it->source.link = it->source.url = it->source.self = url;
}

static void say_nothing(void *arg, const char *message, ...)
{
	(void)arg;
	(void)message;
}

static void assert_renders(const struct full *f)
{
	struct story stories[2] = {f->story, f->story};

	for (size_t i = 0; i < sizeof(xml_formats) / sizeof(xml_formats[0]); i++) {
		xmlDocPtr doc = render_xml(xml_formats[i], stories, 2);

		assert_xpath(doc, "count(//a:entry | //item)", "2");
		/* no markup of theirs became markup of ours */
		assert_xpath(doc, "count(//b | //a:b | //script | //a:script | //@onload)", "0");
		assert_xpath(
			doc, "count((//@href | //@url)[starts-with(., 'javascript') or starts-with(., 'data')])", "0");
	}
	const json_t *root = render_json(stories, 2);

	assert_int_equal(json_array_size(at(root, "items")), 2);
	/* a browser's parser takes anything: what counts is that no story is swallowed and no markup is new */
	struct buf out = render_rows(stories, 2);

	xmlSetGenericErrorFunc(NULL, say_nothing);
	xmlDocPtr page = htmlReadMemory(
		out.data, (int)out.len, NULL, "UTF-8", HTML_PARSE_NONET | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING);
	xmlSetGenericErrorFunc(NULL, NULL);
	assert_non_null(keep_xml(page));
	assert_xpath(page, "count(//article)", "2");
	assert_xpath(page,
		"count(//script[not(@src)] | //article//b[not(parent::p/@class='by' or ancestor::p/@class='at')] | "
		"//@onload)",
		"0");
	assert_xpath(page, "count(//@href[starts-with(., 'javascript') or starts-with(., 'data')])", "0");
	buf_release(&out);
}

TEST(hostile_text)
{
	static const enum text_kind kinds[] = {TEXT_ABSENT, TEXT_PLAIN, TEXT_HTML};

	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
			struct full f;

			make_hostile(&f, str_make(hostile, sizeof(hostile) - 1), addresses[i]);
			f.reports[0].item.content.kind = f.reports[0].item.summary.kind = kinds[k];
			f.reports[0].item.rights.kind = f.reports[0].item.source.title.kind = kinds[k];
			assert_renders(&f);
		}
	}
}

/* Every single byte, and every pair with one that begins a character, in every place. */
TEST(every_byte)
{
	for (unsigned i = 0; i < 256; i++) {
		char text[] = {'x', (char)i, 'y', (char)0xe2, (char)i, (char)i, 'z'};
		char url[] = "https://a.example/?";
		struct full f;

		url[sizeof(url) - 2] = (char)i;
		make_hostile(&f, str_make(text, sizeof(text)), str_make(url, sizeof(url) - 1));
		assert_renders(&f);
	}
}

TEST(long_lists)
{
	static struct person people[LIMIT_ITEM_LIST];
	static struct category categories[LIMIT_ITEM_LIST];
	static struct enclosure enclosures[LIMIT_ITEM_LIST];
	static struct report reports[STORY_REPORTS_MAX];
	static char names[LIMIT_ITEM_LIST][8];
	struct story story = make_story(reports, STORY_REPORTS_MAX);
	xmlDocPtr doc;
	const json_t *root;

	for (size_t i = 0; i < LIMIT_ITEM_LIST; i++) {
		snprintf(names[i], sizeof(names[i]), "n%zu", i);
		people[i].name = STR("Somebody");
		categories[i].term = str_from(names[i]);
		enclosures[i].url = STR("https://a.example/1.mp3");
	}
	for (size_t i = 0; i < STORY_REPORTS_MAX; i++) {
		reports[i] = make_report("alpha", "Title");
		reports[i].item.link = STR("https://a.example/1");
		reports[i].source.title = str_from(names[i]);
	}
	reports[0].item.authors.items = people;
	reports[0].item.categories.items = categories;
	reports[0].item.enclosures.items = enclosures;
	reports[0].item.authors.count = reports[0].item.categories.count = LIMIT_ITEM_LIST;
	reports[0].item.enclosures.count = LIMIT_ITEM_LIST;
	doc = render_xml(&format_atom, &story, 1);
	assert_xpath(doc, "count(//a:entry/a:author)", "256");
	assert_xpath(doc, "count(//a:entry/a:category)", "256");
	assert_xpath(doc, "count(//a:entry/a:link[@rel='enclosure'])", "256");
	assert_xpath(doc, "count(//a:entry/a:link[@rel='related'])", "63");
	doc = render_xml(&format_rss, &story, 1);
	assert_xpath(doc, "count(//item/enclosure)", "1");
	assert_xpath(doc, "count(//item/m:content)", "255");
	root = render_json(&story, 1);
	assert_int_equal(json_array_size(at(root, "items.0.attachments")), LIMIT_ITEM_LIST);
	assert_int_equal(json_array_size(at(root, "items.0._sitrep.reports")), STORY_REPORTS_MAX);
}

static const struct format *const all_formats[] = {&format_atom, &format_rss, &format_json};

/* ---- no room ---- */

/* Wherever the room ends, the buffer says so: nothing cut off is ever taken for whole. */
TEST_ON(no_room, full, f)
{
	static char long_text[8000];

	memset(long_text, 'x', sizeof(long_text));
	f->reports[0].item.content.value = str_make(long_text, sizeof(long_text));
	for (size_t i = 0; i < sizeof(all_formats) / sizeof(all_formats[0]); i++) {
		struct buf whole = render(all_formats[i], &f->story, 1);

		for (size_t max = 0; max < whole.len; max += 3) {
			struct buf *small = scratch(max);

			write_document(small, all_formats[i], &f->story, 1);
			if (small->failed != -E2BIG)
				fail_msg("%s cut at %zu of %zu passes for whole", all_formats[i]->content_type, max,
					whole.len);
		}
		buf_release(&whole);
	}
}
