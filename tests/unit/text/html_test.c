/* SPDX-License-Identifier: ISC */
/* HTML: what the sanitizer makes of honest and of hostile markup, and what holds for any input at all. */
#include <libxml/parser.h>

#include "../scratch.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/utf8.h"
#include "sitrep/text/html.h"
#include "sitrep/text/html_internal.h"

#define BASE "https://news.example/2026/story"

struct example {
	const char *given;
	const char *made;
};

static const struct example honest[] = {
	{"", ""},
	{"Two ships left port.", "Two ships left port."},
	{"<p>Two <b>ships</b> left.</p>", "<p>Two <b>ships</b> left.</p>"},
	{"<P CLASS=lead>x</P>", "<p class=\"lead\">x</p>"},
	{"a<br>b<BR/>c<hr>", "a<br />b<br />c<hr />"},
	{"<td>x</td>", "x"},
	/* text */
	{"1 < 2 & 3 > 2", "1 &lt; 2 &amp; 3 &gt; 2"},
	{"I <3 ships </ and <", "I &lt;3 ships "},
	{"AT&T &amp; &lt;b&gt; &quot;x&quot; &eacute;&nbsp;&#8212;&#x2014;&#150;",
		"AT&amp;T &amp; &lt;b&gt; \"x\" \xC3\xA9\xC2\xA0\xE2\x80\x94\xE2\x80\x94\xE2\x80\x93"},
	{"&notit; &notin; &amp;amp; &bogus; &#0; &#xD800; &#99999999;",
		"\xC2\xACit; \xE2\x88\x89 &amp;amp; &amp;bogus; \xEF\xBF\xBD \xEF\xBF\xBD \xEF\xBF\xBD"},
	{"a\r\nb\rc&#13;d", "a\nb\nc\nd"},
	{"a\001b\177c\xC2\205d\xEF\xBF\277e&#1;f", "abcdef"},
	{"bad \xFF byte", "bad \xEF\xBF\xBD byte"},
	{"<a title='&lt;\"&#10;\t&amp;'>x</a>", "<a title=\"&lt;&quot;&#10;&#9;&amp;\">x</a>"},
	{"<a href='?a=1&copy=2&amp;b=3'>x</a>",
		"<a href=\"https://news.example/2026/story?a=1&amp;copy=2&amp;b=3\">x</a>"},
	/* what ends what */
	{"<p>a<p>b", "<p>a</p><p>b</p>"},
	{"<p>a<div>b</div>c", "<p>a</p><div>b</div>c"},
	{"<p><b>a<div>b</b>c</div>", "<p><b>a</b></p><div><b>b</b>c</div>"},
	{"<p><a href=/x>a<ul><li>b</a></ul>", "<p><a href=\"https://news.example/x\">a</a></p><ul><li><a "
					      "href=\"https://news.example/x\">b</a></li></ul>"},
	{"<ul><li>a<li>b<ul><li>c</ul><li>d</ul>", "<ul><li>a</li><li>b<ul><li>c</li></ul></li><li>d</li></ul>"},
	{"<dl><dt>a<dd>b<dt>c</dl>", "<dl><dt>a</dt><dd>b</dd><dt>c</dt></dl>"},
	{"<b>a<i>b</b>c</i>d", "<b>a<i>b</i></b><i>c</i>d"},
	{"<b>a<p>b</b>c</p>d", "<b>a<p>bc</p></b>d"},
	{"<h2>a<h3>b</h2>", "<h2>a</h2><h3>b</h3>"},
	{"<div><span>a</div>b</span>", "<div><span>a</span></div>b"},
	{"a</b></p></div></td>b", "ab"},
	{"<a href=/x>a<a href=/y>b</a></a>",
		"<a href=\"https://news.example/x\">a</a><a href=\"https://news.example/y\">b</a>"},
	{"<ruby>a<rt>b<rp>c</ruby>", "<ruby>a<rt>b</rt><rp>c</rp></ruby>"},
	{"<table><tr><td>a<td>b<tr><td>c</table>", "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>"},
	{"<table><td>a</table>", "<table><tr><td>a</td></tr></table>"},
	{"<table>a<tr>b</table>", "<table><tr><td>a</td></tr><tr><td>b</td></tr></table>"},
	{"<table><caption>a<col><tbody><tr><th>b", "<table><caption>a</caption><colgroup><col /></colgroup><tbody><tr>"
						   "<th>b</th></tr></tbody></table>"},
	{"<b><table><tr><td></b>a</table>", "<b><table><tr><td>a</td></tr></table></b>"},
	{"<a><table><td><a>b", "<a><table><tr><td>b</td></tr></table></a>"},
	{"<pre>\n\n a\n  b</pre>", "<pre> a\n  b</pre>"},
	/* form elements and obsolete ones go, their text stays */
	{"<select><b>x</b><option>a<option>b<optgroup label=g><option>c</select>d", "<b>x</b>a b c d"},
	{"<form action=x>a<FIELDSET>b<legend>c</legend><label>d<input name=q></label><textarea>e</textarea>f",
		"a b c d e f"},
	{"<button>a</button><output>b</output><datalist>c</datalist><meter>d</meter><progress>e</progress>", "abcde"},
	{"<keygen>a<datagrid>b</datagrid><multicol>c</multicol><nextid>d<sound>e<blink>f</blink><marquee>g",
		"abcdef g"},
	{"<center><font color=red><big>a</big></font></center>",
		"<center><font color=\"red\"><big>a</big></font></center>"},
	/* what would be embedded leaves a link behind its paragraph */
	{"<p>a<iframe src=//www.video.example:8080/e/1 title='The launch'></iframe> b</p>c",
		"<p>a b <a href=\"https://www.video.example:8080/e/1\">The launch (video.example)</a></p>c"},
	{"<IFRAME SRC='https://v.example/?a=1&amp;copy=2'></IFRAME>",
		"<a href=\"https://v.example/?a=1&amp;copy=2\">v.example</a>"},
	{"<object data=/x.swf><embed src=/x.swf>fallback</object>",
		"fallback <a href=\"https://news.example/x.swf\">news.example</a>"},
	{"<iframe src='about:blank' data-src='https://v.example/2'></iframe>",
		"<a href=\"https://v.example/2\">v.example</a>"},
	{"a<iframe src=''></iframe><embed src=javascript:x><iframe src='#'></iframe><embed>b", "ab"},
	{"a<iframe src=https://www.googletagmanager.com/ns.html></iframe><iframe src=/p width=1 height=1></iframe>b",
		"ab"},
	{"<table><tr><iframe src=https://v.example/1></iframe><td>a</table>",
		"<table><tr><td><a href=\"https://v.example/1\">v.example</a></td><td>a</td></tr></table>"},
	/* pictures that scripts load late */
	{"<img src='data:image/gif;base64,AAAA' data-src=/map.png>", "<img src=\"https://news.example/map.png\" />"},
	{"<img data-lazy-src=/z.png><img DATA-ORIGINAL=/o.png src=spinner.gif>",
		"<img src=\"https://news.example/z.png\" /><img src=\"https://news.example/o.png\" />"},
	{"<img src=/s.png data-srcset='/a.png 1x, /b.png 2x'>",
		"<img src=\"https://news.example/s.png\" "
		"srcset=\"https://news.example/a.png 1x, https://news.example/b.png 2x\" />"},
	{"<img src=/s.png data-src=javascript:x>", "<img src=\"https://news.example/s.png\" />"},
	{"<img data-lazy-src=/a.png>\n<noscript><img src='/a.png'></noscript><noscript><img src=/b.png></noscript>",
		"<img src=\"https://news.example/a.png\" />\n<img src=\"https://news.example/b.png\" />"},
	{"<img src=/star.png><img src=/star.png>",
		"<img src=\"https://news.example/star.png\" /><img src=\"https://news.example/star.png\" />"},
	/* empty addresses */
	{"<p>a <a href=''>b</a><img src='' alt=x><img src=' '><video poster='' src=''></video><a href='#'>c</a></p>",
		"<p>a <a>b</a><video preload=\"none\"></video><a>c</a></p>"},
	{"<q cite=''>a</q><img srcset=''><img src='&#32;'><img src='#'>", "<q cite=\"\">a</q>"},
	/* what was left out of an address, and the markup's own base */
	{"<a href=www.x.example/7>a</a><a href=WWW.y>b</a><a href=http:/z/8>c</a>",
		"<a href=\"http://www.x.example/7\">a</a><a href=\"http://www.y\">b</a><a href=\"http://z/8\">c</a>"},
	{"<base href='//b.example/d/'><a href=x>a</a><img src='y'><base href=/no>",
		"<a href=\"https://b.example/d/x\">a</a><img src=\"https://b.example/d/y\" />"},
	{"<base target=_top><base href='javascript:x'><a href=x>a</a>",
		"<a href=\"https://news.example/2026/x\">a</a>"},
	/* a drawing's labels and icons are no text */
	{"Read<svg><title>external link icon</title><svg><text>t</text></svg><g>x</g></svg>more<SVG/>.", "Read more."},
	{"a<svg><title>never closed", "a never closed"},
	{"<svg><desc>Map of the strait</desc><path d='x'/></svg>", "Map of the strait"},
	{"Next <i class='x material-icons'>arrow_forward</i><span class=material-symbols-outlined>star</span>",
		"Next "},
	{"a<i class='material&#45;icons'>never closed", "a never closed"},
	{"<img class=material-icons src=/x>a</img>",
		"<img class=\"material-icons\" src=\"https://news.example/x\" />a"},
	/* what browsers lose */
	{"a<img src='/x>b", "a<img src=\"https://news.example/x\" />b"},
	{"a<!-- b>c", "ac"},
	{"a<p title=", "a"},
	/* attributes */
	{"<img src=/x.png width=10 height=20px alt='' onerror=x>",
		"<img src=\"https://news.example/x.png\" width=\"10\" height=\"20px\" alt=\"\" />"},
	{"<img alt=chart>", "<img alt=\"chart\" />"},
	{"<img src=/x width=-10 width=10>", "<img src=\"https://news.example/x\" />"},
	{"<a href=/x href=/y data-z=1 aria-label=q>x</a>", "<a href=\"https://news.example/x\" aria-label=\"q\">x</a>"},
	{"<a target=_top rel=nofollow>x</a><a target=_blank>y</a>",
		"<a rel=\"nofollow\">x</a><a target=\"_blank\">y</a>"},
	{"<video src=/v autoplay controls preload=auto></video>",
		"<video src=\"https://news.example/v\" controls=\"\" preload=\"none\"></video>"},
	{"<img src=/a srcset='/a 1x,, /b  2x , /c(d) 300w,javascript:x 3x, /e 4q'>",
		"<img src=\"https://news.example/a\" srcset=\"https://news.example/a 1x, https://news.example/b 2x, "
		"https://news.example/c(d) 300w\" />"},
	{"<img src=data:image/png;base64,AAAA>", "<img src=\"data:image/png;base64,AAAA\" />"},
	{"<input type=checkbox checked name=q value=1> done", " done"},
	/* style */
	{"<p style='color:red;margin: 0  5px;POSITION:fixed'>x</p>", "<p style=\"color: red; margin: 0 5px;\">x</p>"},
	{"<p style=\"font: bold 12px/1.5 'Times New Roman', serif; color: rgb(0, 128, 0) !important\">x</p>",
		"<p style=\"font: bold 12px/1.5 'Times New Roman', serif; color: rgb(0, 128, 0) !important;\">x</p>"},
};

static const struct example hostile[] = {
	{"a<script>alert(1)</script>b", "ab"},
	{"a<SCRIPT x='>'>alert('</scrip' + 't>')</script >b", "ab"},
	{"a<script>never closed <p>b", "a"},
	{"a<style>p{color:red}</style>b", "ab"},
	{"a<script src=x />b", "ab"},
	{"<scr<script>ipt>alert(1)</scr</script>ipt>", "ipt&gt;alert(1)ipt&gt;"},
	{"<a href=javascript:alert(1)>x</a>", "<a>x</a>"},
	{"<a href=' java\tscript&colon;alert(1)'>x</a>", "<a>x</a>"},
	{"<a href='&#106;avascript&#x3A;alert(1)'>x</a>", "<a>x</a>"},
	{"<a href=javascript:1 href=/ok>x</a>", "<a>x</a>"},
	{"<a href='data:text/html,x'>x</a><a href=vbscript:x>y</a>", "<a>x</a><a>y</a>"},
	{"<a href='data:image/png,x'>x</a>", "<a>x</a>"},
	{"<img src=data:image/svg+xml,x>a<img src=data:text/html,x>b", "ab"},
	{"<img src=javascript:x>", ""},
	{"<p onclick=x ONMOUSEOVER='y' on=z formaction=q srcdoc=r>x</p>", "<p>x</p>"},
	{"<iframe srcdoc='<script>x</script>'></iframe><object data=data:text/html,x><embed src=vbscript:x>a</object>",
		"a"},
	{"<form action=x><input type=password name=p><button>Go</button><select><option>1</select></form>", "Go 1 "},
	{"<svg onload=x><title>drawing</title><a xlink:href=javascript:x>y</a><script>z</script></svg>", "drawingy"},
	{"<math><mtext><style><img src=x onerror=y></style></math>", ""},
	{"<noscript><p title=\"</noscript><img src=x onerror=y>\">", "<p title=\"&lt;/noscript&gt;&lt;img src=x "
								     "onerror=y&gt;\"></p>"},
	{"<!--><img src=/x onerror=y>-->", "<img src=\"https://news.example/x\" />--&gt;"},
	{"<![CDATA[<script>x</script>]]>", "x]]&gt;"},
	{"<?php echo 1 ?><!DOCTYPE x [<!ENTITY y 'z'>]>a", "]&gt;a"},
	{"<meta http-equiv=refresh content='0;url=x'><base href=//e.example><link rel=stylesheet href=x>", ""},
	{"<p style='background:url(x)'>x</p>", "<p>x</p>"},
	{"<p style='width:expression(x)'>x</p>", "<p>x</p>"},
	{"<p style='color:\\72 ed;margin:-9px;width:99999px;top:0;color:red/**/'>x</p>", "<p>x</p>"},
	{"<p style='font-family:\"x;color:red'>x</p>", "<p style=\"color: red;\">x</p>"},
	{"<img src=x\" onerror=\"y>", "<img src=\"https://news.example/2026/x%22\" />"},
	{"<p title=`onclick=x>y</p>", "<p title=\"`onclick=x\">y</p>"},
	{"<img/src=/x/onerror=y>", "<img src=\"https://news.example/x/onerror=y\" />"},
	{"a<img src=/p.gif width='1\x01' height='&#49;'>b", "ab"},
	/* what is dropped must not make one word of two */
	{"<img src=/a srcset='/b,javascr\x01ipt:x 3x, /c 2x'>",
		"<img src=\"https://news.example/a\" srcset=\"https://news.example/c 2x\" />"},
	{"<a href='java\xef\xbf\xbescript:x'>x</a><a href='java\x7fscript:x'>y</a>", "<a>x</a><a>y</a>"},
	/* counting readers */
	{"a<img src=https://t.example/p.gif width=1 height=1>b", "ab"},
	{"a<img src=/p.gif style='width:1px;height:1px'>b<img src=/q.gif style='display:none'>c", "abc"},
	{"a<img src=https://pixel.wp.com/b.gif?x=1>b<img src=http://feeds.feedburner.com/~r/x/~4/y>c", "abc"},
	{"<img src=https://notpixel.wp.com.example/x>", "<img src=\"https://notpixel.wp.com.example/x\" />"},
	{"<img src=/x width=1 height=400>", "<img src=\"https://news.example/x\" width=\"1\" height=\"400\" />"},
};

static int sanitize(struct buf *out, struct str markup)
{
	return html_sanitize(out, markup, STR(BASE));
}

static void check_examples(
	const struct example *examples, size_t count, int (*make)(struct buf *out, struct str markup))
{
	for (size_t i = 0; i < count; i++) {
		struct buf *out = scratch(1 << 20);

		assert_int_equal(make(out, str_from(examples[i].given)), 0);
		if (!str_eq(buf_str(out), str_from(examples[i].made)))
			fail_msg("\"%s\" gives\n  %.*s, not\n  %s", examples[i].given, STR_ARG(buf_str(out)),
				examples[i].made);
	}
}

TEST(keeps_what_is_honest)
{
	check_examples(honest, sizeof(honest) / sizeof(honest[0]), sanitize);
}

TEST(drops_what_is_hostile)
{
	check_examples(hostile, sizeof(hostile) / sizeof(hostile[0]), sanitize);
}

/* Text is passed over in large steps, in which no byte that has to be replaced may hide. */
TEST(finds_every_special_byte)
{
	enum { LEN = 100 };
	char markup[LEN + 32];

	for (int in_attribute = 0; in_attribute < 2; in_attribute++) {
		for (unsigned c = 0; c < 0x20; c++) {
			struct buf *out = scratch(4096);
			int before = snprintf(markup, sizeof(markup), in_attribute ? "<p title='" : "<p>");

			memset(markup + before, 'x', LEN);
			markup[before + LEN / 3] = (char)c;
			memcpy(markup + before + LEN, in_attribute ? "'>" : "</p", 3);
			assert_int_equal(html_sanitize(out, str_make(markup, (size_t)before + LEN + 3), STR(BASE)), 0);
			if (c != '\t' && c != '\n' && c != '\r')
				assert_int_equal(str_find_char(buf_str(out), (char)c, 0), STR_NPOS);
		}
	}
}

TEST(without_a_base_relative_links_go)
{
	struct buf *out = scratch(1000);

	assert_int_equal(
		html_sanitize(out, STR("<a href=/x>a</a><a href=//b.example/>b</a><a href=mailto:c@d.example>c</a>"),
			STR_NONE),
		0);
	assert_string_equal(out->data, "<a>a</a><a>b</a><a href=\"mailto:c@d.example\">c</a>");
}

/* ---- what holds for any input */

static bool is_well_formed(struct str s)
{
	struct buf all = BUF_INIT(1 << 26);
	xmlDocPtr doc;

	buf_puts(&all, "<div xmlns=\"http://www.w3.org/1999/xhtml\">");
	buf_add(&all, s);
	buf_puts(&all, "</div>");
	assert_false(buf_failed(&all));
	doc = xmlReadMemory(
		all.data, (int)all.len, NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	buf_release(&all);
	xmlFreeDoc(doc);
	return doc != NULL;
}

/* Every "<" of the output begins a tag that the tables allow, every attribute is one of theirs, every link is safe. */
static bool is_allowed(struct str s)
{
	struct html_tokenizer t = {.markup = s};
	struct html_token token;

	while (html_next_token(&t, &token)) {
		const struct html_element *e;

		if (token.kind == HTML_TOKEN_TEXT)
			continue;
		e = html_element_find(token.text);
		if (e == NULL || (e->flags & HTML_KEEP) == 0)
			return false;
		for (size_t i = 0; i < token.attribute_count; i++) {
			const struct html_attribute *a = html_attribute_find(token.attributes[i].name);
			struct str value = token.attributes[i].value;

			/* The sanitizer's own addition. */
			if (str_eq(token.attributes[i].name, STR("preload")) && str_eq(value, STR("none")))
				continue;
			if (a == NULL || value.data == NULL)
				return false;
			if ((a->kind == HTML_LINK || a->kind == HTML_IMAGE) && value.len > 0 &&
				!str_starts(value, STR("http://")) && !str_starts(value, STR("https://")) &&
				!str_starts_nocase(value, STR("http")) && !str_starts_nocase(value, STR("mailto:")) &&
				!str_starts_nocase(value, STR("data:image/")))
				return false;
			if (a->kind == HTML_STYLE && (str_find(value, STR("url("), 0) != STR_NPOS ||
							     str_find_char(value, '\\', 0) != STR_NPOS))
				return false;
		}
	}
	return true;
}

static void check_properties(struct str given, size_t small)
{
	struct buf once = BUF_INIT(1 << 24), twice = BUF_INIT(1 << 24), cut = BUF_INIT(small), text = BUF_INIT(1 << 24);
	struct buf line = BUF_INIT(1 << 24), repaired = BUF_INIT(1 << 24);
	int ret;

	assert_int_equal(html_sanitize(&once, given, STR(BASE)), 0);
	assert_int_equal(html_sanitize(&twice, buf_str(&once), STR(BASE)), 0);
	if (!str_eq(buf_str(&once), buf_str(&twice)))
		fail_msg("not the same again:\n  %.*s\n  %.*s\n  %.*s", STR_ARG(given), STR_ARG(buf_str(&once)),
			STR_ARG(buf_str(&twice)));
	if (!html_is_sanitized(buf_str(&once)))
		fail_msg("not known again:\n  %.*s\n  %.*s", STR_ARG(given), STR_ARG(buf_str(&once)));
	if (!utf8_valid(buf_str(&once)) || !is_well_formed(buf_str(&once)) || !is_allowed(buf_str(&once)))
		fail_msg("not fit to be shown:\n  %.*s\n  %.*s", STR_ARG(given), STR_ARG(buf_str(&once)));

	ret = html_sanitize(&cut, given, STR(BASE));
	assert_true(ret == 0 || ret == -E2BIG);
	assert_false(buf_failed(&cut));
	assert_true(once.len <= small || ret == -E2BIG);
	if (!is_well_formed(buf_str(&cut)))
		fail_msg("not whole when cut to %zu:\n  %.*s\n  %.*s", small, STR_ARG(given), STR_ARG(buf_str(&cut)));

	utf8_repair(&repaired, given);
	assert_int_equal(html_to_text(&text, buf_str(&repaired)), 0);
	utf8_one_line(&line, buf_str(&text));
	assert_true(str_eq(buf_str(&line), buf_str(&text)));
	buf_clear(&cut);
	ret = html_to_text(&cut, buf_str(&repaired));
	assert_true(text.len <= small ? ret == 0 : ret == -E2BIG);
	assert_true(str_starts(buf_str(&text), buf_str(&cut)) && utf8_valid(buf_str(&cut)));
	buf_release(&once);
	buf_release(&twice);
	buf_release(&cut);
	buf_release(&text);
	buf_release(&line);
	buf_release(&repaired);
}

static uint64_t random_next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

TEST(holds_for_any_input)
{
	static const char *const pieces[] = {"<p>", "</p>", "<b>", "</b>", "<i class=x>", "</i>", "<a href=/x>", "</a>",
		"<table>", "</table>", "<tr>", "<td>", "</td>", "<th", "<caption>", "<colgroup>", "<col>", "<tbody>",
		"<li>", "</li>", "<ul>", "</ul>", "<dd>", "<dt>", "<div>", "</div>", "<pre>", "</pre>", "<h1>", "</h2>",
		"<ruby>", "<rt>", "</ruby>", "<span style='color:red;width:1px'>", "</span>", "<br>", "<hr/>",
		"<img src=", "<img alt=x>", "srcset='/a 1x, /b 2x'", "<svg>", "</svg>", "<title>", "</title>",
		"<script>", "</script>", "<style>", "<select>", "</select>", "<!--", "-->", "<!x>", "<?x>", "<![CDATA[",
		"]]>", "&amp;", "&lt", "&#10;", "&#x0;", "&notin;", "&", "<", ">", "\"", "'", "=", "/", "\n", "\r\n",
		" ", "text", "\xC3\xA9", "\xFF", "\xED\xA0\x80", "\xEF\xBF\xBE", "\x01", "onclick=x", "javascript:x",
		"data:image/png,", "http://e.example/", " href='", "<xmp>", "<details>", "<audio>"};
	uint64_t seed = 0x9e3779b97f4a7c15u;
	char given[1024];

	for (int round = 0; round < 20000; round++) {
		size_t len = 0, count = (size_t)(random_next(&seed) % 24);

		for (size_t i = 0; i < count; i++) {
			const char *piece = pieces[random_next(&seed) % (sizeof(pieces) / sizeof(pieces[0]))];
			size_t n = strlen(piece);

			memcpy(given + len, piece, n);
			len += n;
		}
		check_properties(str_make(given, len), (size_t)(random_next(&seed) % 200));
	}
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++)
		check_properties(str_from(hostile[i].given), i);
}

/* Inputs on which other parsers take quadratic time or unbounded depth; each would take minutes here if it were so. */
TEST(large_inputs_are_harmless)
{
	static const struct {
		const char *before, *piece, *after;
	} inputs[] = {
		{"", "<div>", "x"},
		{"", "<b><i>", "</b>"},
		{"<p", " a=b", ">x"},
		{"<p ", "title='x' ", ">x"},
		{"", "<a \"", ""},
		{"", "<!--", "x"},
		{"<!--", "--", "x"},
		{"", "<select>", "x"},
		{"", "<textarea>x", ""},
		{"", "<p><b><u><i><a href=/x title=yyyyyyyyyyyyyyyyyyyyy><div>", "x"},
		{"", "</b>", "x"},
		{"<table>", "<td>", ""},
		{"", "<table>", "x"},
		{"", "&", "x"},
		{"", "&#", "x"},
		{"<a href='", "../", "'>x</a>"},
		{"<img src=x srcset='", ",", "'>x"},
		{"<p style='", "color:red;", "'>x"},
		{"", "<svg><title>", "x"},
		{"<svg>", "<svg ", ""},
	};
	enum { LENGTH = 400000 };

	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		struct buf *given = scratch(1 << 22), *once = scratch(1 << 26), *twice = scratch(1 << 26);

		buf_puts(given, inputs[i].before);
		while (given->len < LENGTH)
			buf_puts(given, inputs[i].piece);
		buf_puts(given, inputs[i].after);
		assert_int_equal(html_sanitize(once, buf_str(given), STR(BASE)), 0);
		assert_int_equal(html_sanitize(twice, buf_str(once), STR(BASE)), 0);
		assert_true(str_eq(buf_str(once), buf_str(twice)));
		/* Escaping takes at most five bytes for one, resolving a link some more. */
		assert_true(once->len < 6 * given->len);
		buf_clear(once);
		assert_int_equal(html_to_text(once, buf_str(given)), 0);
	}
}

/* The story: an icon has any inline element's name, and only 16 names without an end tag were remembered.  Each further
 * icon searched the rest of the text again: 400 KB took two seconds, four times as long as 200 KB. */
TEST(remembers_each_name_without_an_end_tag)
{
	static const char *const names[] = {"a", "abbr", "acronym", "audio", "b", "bdi", "bdo", "big", "caption",
		"cite", "code", "colgroup", "data", "del", "dfn", "em", "font", "i", "ins", "kbd", "map", "mark",
		"picture", "q", "rb", "rp", "rt", "rtc", "ruby", "s", "samp", "small", "span", "strike", "strong",
		"sub", "sup", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "tt", "u", "var", "video",
		"annotation", "annotation-xml", "script", "style", "svg", "template", "title"};
	struct html_tokenizer tokens = {.markup = STR("no end tag here")};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_false(html_skip_content(&tokens, str_from(names[i])));
		assert_int_equal(tokens.absent_count, i + 1);
	}
}

TEST(is_never_deeper_than_the_limit)
{
	struct buf *given = scratch(1 << 20), *out = scratch(1 << 20);
	size_t depth = 0, deepest = 0;

	for (int i = 0; i < 2 * LIMIT_DEPTH; i++)
		buf_puts(given, "<div>");
	buf_puts(given, "deep");
	assert_int_equal(html_sanitize(out, buf_str(given), STR_NONE), 0);
	assert_true(str_find(buf_str(out), STR("deep"), 0) != STR_NPOS);
	for (size_t i = 0; i + 1 < out->len; i++) {
		if (out->data[i] != '<')
			continue;
		depth += out->data[i + 1] == '/' ? (size_t)-1 : 1;
		deepest = depth > deepest ? depth : deepest;
	}
	assert_int_equal(depth, 0);
	assert_int_equal(deepest, LIMIT_DEPTH);
}

/* ---- text, references, tables */

TEST(makes_text)
{
	static const struct example texts[] = {
		{"", ""},
		{"  Two\n ships \xC2\xA0 left ", "Two ships left"},
		{"AT&amp;T &lt;b&gt; &amp;amp; R&D", "AT&T <b> &amp; R&D"},
		{"<p>One</p><p>two<br>three</p><ul><li>four<li>five</ul>", "One two three four five"},
		{"mis<b>si</b>le <i>test</i>", "missile test"},
		{"<td>a</td><td>b</td>", "a b"},
		{"a<script>b</script><style>c</style><!-- d -->e", "a e"},
		{"a<script>b", "a"},
		{"1 < 2 and <3", "1 < 2 and <3"},
		{"<img alt='chart'>a<a href=x title=y>b</a>", "ab"},
		{"a\xE2\x80\256b&#x202E;c\007d&#7;e&ZeroWidthSpace;", "abcde\xE2\x80\x8B"},
		{"Line&NewLine;two&Tab;x", "Line two x"},
	};

	check_examples(texts, sizeof(texts) / sizeof(texts[0]), html_to_text);
}

TEST(resolves_references_once)
{
	struct buf *out = scratch(1000);
	uint32_t second;

	assert_int_equal(html_unescape(out, STR("&amp;lt; <b>&eacute &NotEqualTilde; &amp &#x41;&;")), 0);
	assert_string_equal(out->data, "&lt; <b>\xC3\xA9 \xE2\x89\x82\xCC\xB8 & A&;");
	/* The table is in order when each of its rows is found. */
	assert_int_equal(html_entity_count, 2125);
	for (size_t i = 0; i < html_entity_count; i++) {
		const struct html_entity_row *row = &html_entity_table[i];

		assert_int_equal(html_entity(str_from(row->name), &second), row->first);
		assert_int_equal(second, row->second);
	}
	assert_int_equal(html_entity(STR("nbsp"), &second), 0xa0);
	assert_int_equal(html_entity(STR("acE"), &second), 0x223e);
	assert_int_equal(second, 0x333);
	assert_int_equal(html_entity(STR("NBSP"), &second), 0);
	assert_int_equal(html_entity(STR(""), &second), 0);
}

TEST(knows_markup)
{
	static const char *const markup[] = {
		"<p>x", "a</b>", "x<br/>", "a <IMG SRC=x>", "R&amp;D", "&#8217;", "<!-- x -->"};
	static const char *const text[] = {"", "plain", "1 < 2 > 0", "AT&T", "a <thing> b", "R&D; x", "x &amp y", "<b"};

	for (size_t i = 0; i < sizeof(markup) / sizeof(markup[0]); i++)
		if (!html_looks_like(str_from(markup[i])))
			fail_msg("\"%s\" is markup", markup[i]);
	for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++)
		if (html_looks_like(str_from(text[i])))
			fail_msg("\"%s\" is no markup", text[i]);
}

/* Names at the ends and in the middle of the tables, so that a row out of order is noticed. */
TEST(tables_are_in_order)
{
	static const char *const elements[] = {"a", "abbr", "annotation", "annotation-xml", "b", "blockquote",
		"figcaption", "figure", "h1", "h6", "head", "hr", "p", "picture", "source", "span", "template",
		"textarea", "video", "wbr", "xmp"};
	static const char *const attributes[] = {"abbr", "accept-charset", "aria-describedby", "bordercolor",
		"bordercolordark", "bordercolorlight", "char", "charset", "contenteditable", "href", "hreflang",
		"repeat-max", "repeat-min", "src", "srcset", "width", "wrap", "xml:lang"};

	for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++) {
		const struct html_element *e = html_element_find(str_from(elements[i]));

		assert_non_null(e);
		assert_string_equal(e->name, elements[i]);
	}
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
		const struct html_attribute *a = html_attribute_find(str_from(attributes[i]));

		assert_non_null(a);
		assert_string_equal(a->name, attributes[i]);
	}
	assert_null(html_element_find(STR("")));
	assert_null(html_element_find(STR("blinks")));
	assert_null(html_element_find(STR("annotation-xmlannotation-xml")));
	assert_null(html_attribute_find(STR("onclick")));
	assert_null(html_attribute_find(STR("srcdoc")));
	assert_null(html_attribute_find(STR("xmlns")));
}
