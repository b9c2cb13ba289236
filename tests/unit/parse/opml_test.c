/* SPDX-License-Identifier: ISC */
/* Subscription lists: read as people write them, bounded, and what is written reads back the same. */
#include "../scratch.h"
#include "sitrep/parse/opml.h"

struct fixture {
	struct arena arena;
	struct opml list;
	struct error err;
};

static void setup(struct fixture *f)
{
	arena_init(&f->arena, 256 * 1024 * 1024);
}

static void teardown(struct fixture *f)
{
	arena_release(&f->arena);
}

FIXTURE(fixture, setup, teardown)

static void parse(struct fixture *f, const char *text)
{
	if (opml_parse(str_from(text), &f->arena, &f->list, &f->err) != 0)
		fail_msg("%s in %s", f->err.text, text);
}

static void assert_text(struct str found, const char *expected)
{
	if (!str_eq(found, str_from(expected)))
		fail_msg("found \"%.*s\", expected \"%s\"", STR_ARG(found), expected);
}

TEST_ON(nested, fixture, f)
{
	const struct opml_feed *feed;

	parse(f, "<?xml version='1.0'?>\n<opml version='2.0'><head><title>T</title></head><body>\n"
		 "<outline text='Asia'><outline text='Naval &amp; air'>\n"
		 "<outline type='rss' text='Sea watch' title='Sea Watch' xmlUrl=' https://sea.example/f '"
		 " htmlUrl='https://sea.example/' category='/Ships/Grey,asia,/'/>\n"
		 "</outline>\n<outline xmlUrl='https://b.example/'/></outline>\n"
		 "<outline text='just words'/></body></opml>");
	assert_int_equal(f->list.feeds.count, 2);
	assert_int_equal(f->list.faults.count, 0);
	feed = &f->list.feeds.items[0];
	assert_text(feed->url, "https://sea.example/f");
	assert_text(feed->title, "Sea Watch");
	assert_text(feed->site, "https://sea.example/");
	assert_int_equal(feed->line, 4);
	assert_text(feed->folder, "Asia\nNaval & air");
	assert_int_equal(feed->category_count, 2);
	assert_text(feed->categories[0], "Ships/Grey");
	assert_text(feed->categories[1], "asia");
	assert_true(str_empty(f->list.feeds.items[1].title));
	assert_text(f->list.feeds.items[1].folder, "Asia");
}

TEST_ON(refused, fixture, f)
{
	static const char *const texts[] = {"", "<html><body>Log in</body></html>", "<rss><channel/></rss>", "{}"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		f->err.text[0] = '\0';
		assert_int_equal(opml_parse(str_from(texts[i]), &f->arena, &f->list, &f->err), -EBADMSG);
		assert_int_not_equal(f->err.text[0], '\0');
	}
}

/* Each reads as title and address, whatever was made of the XML. */
TEST_ON(damage, fixture, f)
{
	static const struct {
		const char *outline, *title, *url;
	} rows[] = {
		{"<outline text='A & B' xmlUrl='http://a.example/f?x=1&y=2&copy=3'/>", "A & B",
			"http://a.example/f?x=1&y=2&copy=3"},
		{"<outline text='A &amp; B' xmlUrl='http://a.example/f?x=1&amp;y=2'/>", "A & B",
			"http://a.example/f?x=1&y=2"},
		{"<outline text='D&eacute;fense&nbsp;&raquo; x' xmlUrl='http://a.example/'/>",
			"D\xc3\251fense \xc2\xbb x", "http://a.example/"},
		{"<outline text='a < b > c' xmlUrl='http://a.example/'/>", "a < b > c", "http://a.example/"},
		{"<outline text=\"say \"hi\" now\" xmlUrl=\"http://a.example/\"/>", "say \"hi\" now",
			"http://a.example/"},
		{"<outline text=\"the \"end\"\" xmlUrl=\"http://a.example/\"/>", "the \"end\"", "http://a.example/"},
		{"<outline text=\"a \"b\"> c\" xmlUrl=\"http://a.example/\"/>", "a \"b\"> c", "http://a.example/"},
		{"<outline text='It's here' xmlUrl='http://a.example/'/>", "It's here", "http://a.example/"},
		{"<outline text=\"unclosed xmlUrl=\"http://a.example/\"/>", "unclosed", "http://a.example/"},
		{"<outline text=bare xmlUrl=http://a.example/x/>", "bare", "http://a.example/x"},
		{"<OUTLINE TEXT='A' XMLURL='http://a.example/'/>", "A", "http://a.example/"},
		{"<outline text='A' xmlurl='http://a.example/'/>", "A", "http://a.example/"},
		{"<outline text='A' type='rss' url='http://a.example/'/>", "A", "http://a.example/"},
		{"<outline text='A' xmlUrl='http://a.example/'>", "A", "http://a.example/"},
		{"<outline text='A' xmlUrl='feed://a.example/f'/>", "A", "http://a.example/f"},
		{"<outline text='A' xmlUrl='feed:https://a.example/f'/>", "A", "https://a.example/f"},
		{"<outline text='A' xmlUrl='FEED://https://a.example/f'/>", "A", "https://a.example/f"},
		{"<outline text='A' xmlUrl='HTTP://A.example/a b'/>", "A", "http://a.example/a%20b"},
		{"<outline\n text='A\n B'\n xmlUrl='http://a.example/'\n></outline>", "A B", "http://a.example/"},
		{"<!-- <outline xmlUrl='http://no.example/'/> --><outline text='A' xmlUrl='http://a.example/'/>", "A",
			"http://a.example/"},
		{"<outline text='A' xmlUrl='http://a.example/'/><!-- open", "A", "http://a.example/"},
		{"<outline text='A' xmlUrl='http://a.example/'/>words & < 1", "A", "http://a.example/"},
		{"<x:outline text='A' xmlUrl='http://a.example/'/>", "A", "http://a.example/"},
		{"<outline text='A' text='B' xmlUrl='http://a.example/'/>", "A", "http://a.example/"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf *text = scratch(1 << 16);

		buf_printf(text,
			"<opml><head/><body>%s\n<outline text='last' xmlUrl='http://z.example/'/></body></opml>",
			rows[i].outline);
		parse(f, text->data);
		if (f->list.feeds.count != 2 || f->list.faults.count != 0)
			fail_msg("%zu feeds, %zu faults of %s", f->list.feeds.count, f->list.faults.count,
				rows[i].outline);
		assert_text(f->list.feeds.items[0].title, rows[i].title);
		assert_text(f->list.feeds.items[0].url, rows[i].url);
		assert_text(f->list.feeds.items[1].url, "http://z.example/");
	}
}

/* An outline that cannot be read takes no other with it, and is told with its line. */
TEST_ON(left_out, fixture, f)
{
	static const struct {
		const char *outline, *why;
	} rows[] = {
		{"<outline text='A' xmlUrl='gopher://a.example/'/>", "url = gopher://a.example/: expected an address"},
		{"<outline text='A' xmlUrl='http://me:secret@/'/>", "url = http:///: expected an address"},
		{"<outline text='A' xmlUrl='a.example/feed'/>", "expected an address"},
		{"<outline text='A' xmlUrl='query:unread'/>", "expected an address"},
		{"<outline text='A' xmlUrl=''/>", "it has no xmlUrl"},
		{"<outline text='A' type='rss'/>", "it has no xmlUrl"},
		{"<outline text='A' htmlUrl='http://a.example/'/>", "it has an htmlUrl, but no xmlUrl"},
		{"<outline text='A' type='include' url='http://a.example/x.opml'/>", "it includes another list"},
		{"<outline text='A", "quotation mark at the end of a value is missing"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf *text = scratch(1 << 16);

		buf_printf(text, "<opml><body>\n\n%s\n<outline text='last' xmlUrl='http://z.example/'/></body></opml>",
			rows[i].outline);
		parse(f, text->data);
		if (f->list.feeds.count != 1 || f->list.faults.count != 1)
			fail_msg("%zu feeds, %zu faults of %s", f->list.feeds.count, f->list.faults.count,
				rows[i].outline);
		assert_int_equal(f->list.faults.items[0].line, 3);
		if (strstr(f->list.faults.items[0].text, rows[i].why) == NULL)
			fail_msg("%s", f->list.faults.items[0].text);
		assert_null(strstr(f->list.faults.items[0].text, "secret"));
	}
	/* cut off: what is whole is read, and told to be a part */
	parse(f, "<opml><body><outline text='A' xmlUrl='http://a.example/'/>\n<outline text='B' xmlUrl='http://b.exa");
	assert_int_equal(f->list.feeds.count, 1);
	assert_int_equal(f->list.faults.count, 2);
	assert_int_equal(f->list.faults.items[0].line, 2);
	assert_non_null(strstr(f->list.faults.items[1].text, "no </opml>"));
}

/* A file of nothing but faults fills no log. */
TEST_ON(many_faults, fixture, f)
{
	struct buf *text = scratch(1 << 20);

	buf_puts(text, "<opml><body>");
	for (int i = 0; i < 5000; i++)
		buf_puts(text, "<outline type='rss' text='a'/>\n");
	buf_puts(text, "</body></opml>");
	parse(f, text->data);
	assert_int_equal(f->list.faults.count, 101);
	assert_string_equal(f->list.faults.items[100].text, "4900 more outlines are left out");
}

TEST_ON(deep, fixture, f)
{
	struct buf *text = scratch(1 << 20);

	buf_puts(text, "<opml><body>");
	for (int i = 0; i < 1000; i++)
		buf_puts(text, "<outline text='a'>");
	buf_puts(text, "<outline xmlUrl='http://a.example/'/>");
	for (int i = 0; i < 1100; i++)
		buf_puts(text, "</outline>");
	buf_puts(text, "<outline xmlUrl='http://b.example/'/></body></opml>");
	parse(f, text->data);
	assert_int_equal(f->list.feeds.count, 2);
	assert_true(f->list.feeds.items[0].folder.len < 100);
	assert_true(str_empty(f->list.feeds.items[1].folder));
}

TEST_ON(encodings, fixture, f)
{
	static const char cyrillic[] =
		"<?xml version='1.0' encoding='windows-1251'?><opml><body>"
		"<outline text='\xc7\xe2\xe5\xe7\xe4\xe0' xmlUrl='http://a.example/'/></body></opml>";
	const char *ascii = "<?xml version='1.0' encoding='UTF-16'?><opml><body><outline text='A' "
			    "xmlUrl='http://a.example/'/></body></opml>";
	struct buf *wide = scratch(1 << 16);

	parse(f, cyrillic);
	assert_text(f->list.feeds.items[0].title, "\xd0\x97\xd0\xb2\xd0\xb5\xd0\xb7\xd0\xb4\xd0\xb0");
	parse(f, "\xef\xbb\xbf<opml><body><outline text='\xe6\xb5\xb7' xmlUrl='http://a.example/'/></body></opml>");
	assert_text(f->list.feeds.items[0].title, "\xe6\xb5\xb7");
	buf_append(wide, "\xff\xfe", 2);
	for (const char *c = ascii; *c != '\0'; c++) {
		buf_putc(wide, *c);
		buf_putc(wide, '\0');
	}
	assert_int_equal(opml_parse(buf_str(wide), &f->arena, &f->list, &f->err), 0);
	assert_int_equal(f->list.feeds.count, 1);
	assert_text(f->list.feeds.items[0].url, "http://a.example/");
}

/* No entity is expanded from outside, and none multiplies. */
TEST_ON(entities, fixture, f)
{
	parse(f, "<!DOCTYPE opml [<!ENTITY x SYSTEM 'file:///etc/hostname'><!ENTITY y '&x;&x;'>]>"
		 "<opml><body><outline text='a&x;&y;b' xmlUrl='https://e.example/'/></body></opml>");
	assert_text(f->list.feeds.items[0].title, "ab");
	parse(f, "<!DOCTYPE opml SYSTEM 'x.dtd'><opml><body><outline text='R&D; b' xmlUrl='https://e.example/'/>"
		 "</body></opml>");
	assert_text(f->list.feeds.items[0].title, "R&D; b");
}

TEST_ON(round_trip, fixture, f)
{
	const struct opml_feed feeds[] = {
		{.url = STR("https://e.example/?a=1&b=%3C2%3E"), .title = STR("\"Sea\" & <sky>"), .name = STR("sea")},
		{.url = STR("https://f.example/"),
			.site = STR("https://f.example/home"),
			.name = STR("f"),
			.hidden = true},
	};
	struct buf *out = scratch(1 << 16);

	opml_write_begin(out, STR("mine & <yours>"));
	opml_write_folder(out, STR("a & b \"c\", d/e"));
	opml_write_feed(out, &feeds[0], feeds[0].title);
	opml_write_folder_end(out);
	opml_write_feed(out, &feeds[1], STR("Its own title"));
	opml_write_end(out);
	assert_false(buf_failed(out));
	parse(f, out->data);
	assert_int_equal(f->list.feeds.count, 2);
	assert_int_equal(f->list.faults.count, 0);
	for (size_t i = 0; i < 2; i++) {
		const struct opml_feed *feed = &f->list.feeds.items[i];

		assert_true(str_eq(feed->url, feeds[i].url));
		assert_true(str_eq(feed->title, feeds[i].title));
		assert_true(str_eq(feed->name, feeds[i].name));
		assert_int_equal(feed->hidden, feeds[i].hidden);
	}
	assert_text(f->list.feeds.items[0].folder, "a & b \"c\", d/e");
	assert_text(f->list.feeds.items[1].site, "https://f.example/home");
}
