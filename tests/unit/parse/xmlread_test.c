/* SPDX-License-Identifier: ISC */
/* xmlread_test.c: the repair of XML text, and that both readers see the same in what is well-formed. */
#include "../../../daemon/parse/xmlread.h"
#include "../scratch.h"

static struct arena arena;
static struct buf out = {NULL, 0, 0, 1024 * 1024, 0};

/* Events written down: "<name a=v>", text, "</>". */
static struct buf record = {NULL, 0, 0, 1024 * 1024, 0};

static void on_start(void *ctx, const struct xml_name *name, const struct xml_attr *attrs, size_t count)
{
	(void)ctx;
	buf_printf(&record, "<%.*s%s%.*s", STR_ARG(name->prefix), str_empty(name->prefix) ? "" : ":",
		STR_ARG(name->local));
	if (!str_empty(name->uri))
		buf_printf(&record, "{%.*s}", STR_ARG(name->uri));
	for (size_t i = 0; i < count; i++) {
		if (!str_eq(attrs[i].name.prefix, STR("xmlns")))
			buf_printf(&record, " %.*s=%.*s", STR_ARG(attrs[i].name.local), STR_ARG(attrs[i].value));
	}
	buf_putc(&record, '>');
}

static void on_text(void *ctx, struct str text)
{
	(void)ctx;
	buf_add(&record, text);
}

static void on_end(void *ctx)
{
	(void)ctx;
	buf_puts(&record, "</>");
}

static bool on_stopped(void *ctx)
{
	(void)ctx;
	return false;
}

static const struct xml_events events = {NULL, on_start, on_text, on_end, on_stopped};

TEST(repair)
{
	static const struct {
		const char *in;
		const char *out;
	} cases[] = {
		{"<a>&amp; &lt; &#8364; &#x20AC;</a>", "<a>&amp; &lt; &#8364; &#x20AC;</a>"},
		{" \n<?xml version='1.0'?><a/>", "<?xml version='1.0'?><a/>"},
		{"PHP Notice: 3 < 4\n<a/>", "<a/>"},
		{"<a>&nbsp;&eacute;&rsquo;</a>", "<a>&#160;&#233;&#8217;</a>"},
		{"<a>AT&T & B&nosuchname;</a>", "<a>AT&amp;T &amp; B&amp;nosuchname;</a>"},
		{"<a b='x?y=1&copy=2&nbsp;'/>", "<a b='x?y=1&amp;copy=2&#160;'/>"},
		{"<a b=\"1 <i>x</i> 2\" c='<'>3</a>", "<a b=\"1 &lt;i>x&lt;/i> 2\" c='&lt;'>3</a>"},
		{"<a b=\"1><c d=\"2\"/>", "<a b=\"1><c d=\"2\"/>"},
		{"<a>1 < 2, 3 <4</a>", "<a>1 &lt; 2, 3 &lt;4</a>"},
		{"<a>\x01x\x0b\xef\xbf\xbfy</a>", "<a>xy</a>"},
		{"<a>&#0;&#xFFFF;&#146;&#x80;&#xd800;.</a>", "<a>&#8217;&#8364;.</a>"},
		{"<a><![CDATA[&nbsp; < &]]><!-- & < --></a>", "<a><![CDATA[&nbsp; < &]]><!-- & < --></a>"},
		{"<a><b><![CDATA[open</b></a>", "<a><b><![CDATA[open]]></b></a>"},
		{"<!DOCTYPE a [<!ENTITY e 'E&#33;'><!ENTITY f '&e;'><!-- ]> --><!ENTITY g SYSTEM "
		 "'u'>]><a>&e;&f;&g;</a>",
			"<a>E&#33;</a>"},
		{"<!DOCTYPE a SYSTEM \"x>y\"><a/>", "<a/>"},
		{"<a>&#33 &#x; &#;</a>", "<a>&#33; &amp;#x; &amp;#;</a>"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct xml_repair what;
		struct str fixed;
		buf_clear(&out);
		assert_int_equal(xml_repair(&out, &arena, str_from(cases[i].in), &what, &fixed), 0);
		if (!str_eq(fixed, str_from(cases[i].out)))
			fail_msg("\"%s\" became \"%.*s\"", cases[i].in, STR_ARG(fixed));
		/* what is mended needs no mending */
		char again[512];
		assert_true(fixed.len < sizeof(again));
		memcpy(again, fixed.data, fixed.len);
		struct str twice;
		buf_clear(&out);
		assert_int_equal(xml_repair(&out, &arena, str_make(again, fixed.len), &what, &twice), 0);
		assert_true(str_eq(twice, str_make(again, fixed.len)));
	}
}

TEST(good_text_is_not_copied)
{
	static const char good[] = "<?xml version='1.0'?>\n<a b='c'>d &amp; e<![CDATA[f]]></a>\n";
	struct xml_repair what;
	struct str fixed;
	buf_clear(&out);
	assert_int_equal(xml_repair(&out, &arena, str_from(good), &what, &fixed), 0);
	assert_ptr_equal(fixed.data, good);
	assert_int_equal(out.len, 0);
	assert_false(what.junk || what.controls || what.unknown || what.stray || what.unclosed || what.long_tag);
}

static void check(int (*read)(struct str, struct arena *, const struct xml_events *, struct xml_outcome *),
	const char *in, const char *expected, bool wellformed)
{
	struct xml_outcome outcome;
	buf_clear(&record);
	assert_int_equal(read(str_from(in), &arena, &events, &outcome), 0);
	if (!str_eq(buf_str(&record), str_from(expected)))
		fail_msg("\"%s\" reads as \"%.*s\"", in, STR_ARG(buf_str(&record)));
	assert_int_equal(outcome.wellformed, wellformed);
	assert_int_equal(outcome.why[0] == '\0', wellformed);
}

TEST(readers_agree)
{
	static const struct {
		const char *in;
		const char *events;
	} cases[] = {
		{"<a/>", "<a></>"},
		{"<?xml version='1.0' encoding='latin1'?><a b='1' c=\"&lt;&amp;&#233;\">x</a>",
			"<a b=1 c=<&\u00e9>x</>"},
		{"<a xmlns='u' xmlns:p='v'><p:b p:c='d'/><e xmlns=''/></a>", "<a{u}><p:b{v} c=d></><e></></>"},
		{"<a>1 &lt; 2 &amp;amp; <![CDATA[<b>&amp;]]><!-- no --><?pi no?></a>", "<a>1 < 2 &amp; <b>&amp;</>"},
		{"<a b='x&amp;#38;y'/>", "<a b=x&#38;y></>"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		check(xml_read, cases[i].in, cases[i].events, true);
		check(xml_read_loose, cases[i].in, cases[i].events, true);
	}
}

TEST(loose)
{
	static const struct {
		const char *in;
		const char *events;
	} cases[] = {
		{"<a><b><i>x</b></i>y</a>", "<a><b><i>x</></>y</>"},
		{"<a></nothing>x</a>", "<a>x</>"},
		{"<a b=c d e='f g=\"h\">x</a>", "<a b=c d= e=f g=\"h\">x</>"},
		{"<a href=x/y/>", "<a href=x/y></>"},
		{"<a>x<br>y<img src='z'></a>", "<a>x<br></>y<img src=z></></>"},
		{"<c><item><title>1<link>2</link><item>3</item></c>", "<c><item><title>1</><link>2</></><item>3</></>"},
		{"<a>1 < 2<>3</a>", "<a>1 < 2<>3</>"},
		{"<A>x</a>", "<A>x</>"},
		{"<a b='1' <c>x</c></a>", "<a b=1><c>x</></>"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct xml_outcome outcome;
		buf_clear(&record);
		assert_int_equal(xml_read_loose(str_from(cases[i].in), &arena, &events, &outcome), 0);
		if (!str_eq(buf_str(&record), str_from(cases[i].events)))
			fail_msg("\"%s\" reads as \"%.*s\"", cases[i].in, STR_ARG(buf_str(&record)));
		assert_false(outcome.truncated);
	}
	check(xml_read_loose, "<a><b>x", "<a><b>x", false);
}

TEST(mistakes_are_told_by_line)
{
	struct xml_outcome outcome;
	assert_int_equal(xml_read(STR("<a>\n<b>\n</a>"), &arena, &events, &outcome), 0);
	assert_false(outcome.wellformed);
	assert_true(str_starts(str_from(outcome.why), STR("line 3")));
	assert_int_equal(xml_read_loose(STR("<a>\n<b>\n</a>"), &arena, &events, &outcome), 0);
	assert_true(str_starts(str_from(outcome.why), STR("line 3")));
}

static void teardown(void)
{
	arena_release(&arena);
	buf_release(&out);
	buf_release(&record);
}

static void setup(void)
{
	arena_init(&arena, 16 * 1024 * 1024);
	xml_read_prepare();
}

TEST_GROUP(setup, teardown)
