/* SPDX-License-Identifier: ISC */
/* The parts that all pages share. */
#include "page.h"

#include "sitrep/base/clock.h"
#include "sitrep/base/xml_text.h"
#include "sitrep/text/url.h"

static const char style[] =
	":root{color-scheme:light dark;--ink:#1b1f23;--paper:#fcfcfa;--faint:#5d6670;--line:#dcdcd6;--link:#0b4f8a}"
	"@media(prefers-color-scheme:dark){:root{--ink:#e4e6e8;--paper:#14171a;--faint:#98a2ac;--line:#2c3238;--link:#"
	"8ec1f0}}"
	"body{margin:0 auto;max-width:46rem;padding:1.5rem 1rem 4rem;background:var(--paper);color:var(--ink);"
	"font:16px/1.5 system-ui,sans-serif}"
	"header{border-bottom:2px solid var(--ink);margin-bottom:.5rem}h1{font-size:1.5rem;margin:0}"
	"header p,footer{color:var(--faint);margin:.25rem 0 .75rem;font-size:.9rem}"
	"article{border-bottom:1px solid var(--line);padding:.9rem 0}h2{font-size:1.08rem;line-height:1.35;margin:0}"
	"a{color:var(--link);text-decoration:none}a:hover,a:focus{text-decoration:underline}"
	".by,.also{color:var(--faint);font-size:.87rem;margin:.2rem 0 0}.sum{margin:.35rem 0 0}"
	"b{font-weight:600;color:var(--ink)}ol{padding-left:1.4rem}li{margin:0 0 1rem}h3{font-size:1rem;margin:1.6rem "
	"0 .6rem}"
	"li h2{font-size:1rem}.why{font-size:.87rem;margin:.2rem 0 0}";

void page_moment(struct buf *out, int64_t time_ms)
{
	char text[TIME_TEXT_MAX];

	buf_printf(out, "<time datetime=\"%s\">", time_format_rfc3339(text, time_ms));
	/* out of "Mon, 23 Nov 2026 16:12:00 +0000" */
	buf_add(out, str_slice(str_from(time_format_rfc822(text, time_ms)), 5, 22));
	buf_puts(out, " UTC</time>");
}

void page_begin(struct buf *out, struct str title, const char *root)
{
	static const struct {
		const char *type, *file;
	} feeds[] = {{"application/atom+xml", "feed.atom"}, {"application/rss+xml", "feed.rss"},
		{"application/feed+json", "feed.json"}};

	buf_puts(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
	buf_add_xml(out, title);
	buf_puts(out, "</title>\n");
	for (size_t i = 0; i < sizeof(feeds) / sizeof(feeds[0]); i++)
		buf_printf(out, "<link rel=\"alternate\" type=\"%s\" href=\"%s%s\">\n", feeds[i].type, root,
			feeds[i].file);
	buf_puts(out, "<style>");
	buf_puts(out, style);
	buf_puts(out, "</style>\n</head>\n<body>\n");
}

void page_feeds(struct buf *out, const char *root)
{
	buf_printf(out,
		"<a href=\"%sfeed.atom\">Atom</a>, <a href=\"%sfeed.rss\">RSS</a>, <a href=\"%sfeed.json\">JSON</a>",
		root, root, root);
}

void page_end(struct buf *out)
{
	buf_puts(out, "</main>\n<footer>sitrepd " SITREP_VERSION "</footer>\n</body>\n</html>\n");
}

void page_linked(struct buf *out, struct str href, struct str words)
{
	if (url_is_web(href)) {
		buf_puts(out, "<a href=\"");
		buf_add_xml(out, href);
		buf_puts(out, "\" rel=\"noreferrer\">");
	}
	buf_add_xml(out, words);
	if (url_is_web(href))
		buf_puts(out, "</a>");
}

void page_open(struct buf *out, const char *element, const char *style_class, struct str language)
{
	buf_printf(out, "<%s", element);
	if (style_class != NULL)
		buf_printf(out, " class=\"%s\"", style_class);
	buf_puts(out, " dir=\"auto\"");
	buf_add_xml_attribute(out, "lang", language);
	buf_putc(out, '>');
}

void page_count(struct buf *out, long long n, const char *what)
{
	buf_printf(out, "%lld %s%s", n, what, n == 1 ? "" : "s");
}
