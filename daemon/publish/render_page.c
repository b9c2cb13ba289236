/* The river of news: a page that needs no script, no font and no second request, and reads well on a
 * phone, a terminal browser and a wall. */
#include "sitrep/clock.h"
#include "sitrep/render.h"
#include "sitrep/url.h"
#include "sitrep/utf8.h"

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
	"b{font-weight:600;color:var(--ink)}";

/* "23 Nov 2026 16:12 UTC", out of "Mon, 23 Nov 2026 16:12:00 +0000". */
static void moment(struct buf *out, int64_t time_ms)
{
	char text[TIME_TEXT_MAX];

	(void)buf_printf(out, "<time datetime=\"%s\">", time_format_rfc3339(text, time_ms));
	(void)buf_add(out, str_slice(str_from(time_format_rfc822(text, time_ms)), 5, 22));
	(void)buf_puts(out, " UTC</time>");
}

static void begin(struct buf *out, const struct channel *c)
{
	(void)buf_puts(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
			    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
	(void)buf_add_xml(out, str_from(c->title));
	(void)buf_puts(out, "</title>\n<link rel=\"alternate\" type=\"application/atom+xml\" href=\"feed.atom\">\n"
			    "<link rel=\"alternate\" type=\"application/rss+xml\" href=\"feed.rss\">\n"
			    "<link rel=\"alternate\" type=\"application/feed+json\" href=\"feed.json\">\n<style>");
	(void)buf_puts(out, style);
	(void)buf_puts(out, "</style>\n</head>\n<body>\n<header>\n<h1>");
	(void)buf_add_xml(out, str_from(c->title));
	(void)buf_puts(out, "</h1>\n<p>As of ");
	moment(out, c->updated_ms);
	(void)buf_puts(out, " &middot; subscribe: <a href=\"feed.atom\">Atom</a>, <a href=\"feed.rss\">RSS</a>, "
			    "<a href=\"feed.json\">JSON</a> &middot; <a href=\"opml\">sources</a></p>\n"
			    "</header>\n<main>\n");
}

static void linked(struct buf *out, struct str href, struct str words)
{
	if (url_is_web(href)) {
		(void)buf_puts(out, "<a href=\"");
		(void)buf_add_xml(out, href);
		(void)buf_puts(out, "\" rel=\"noreferrer\">");
	}
	(void)buf_add_xml(out, words);
	if (url_is_web(href))
		(void)buf_puts(out, "</a>");
}

static void story(struct buf *out, const struct story *s, size_t index)
{
	const struct report *lead = &s->reports[0];

	(void)index;
	(void)buf_puts(out, "<article>\n<h2 dir=\"auto\">");
	linked(out, lead->item.link, lead->item.plain_title);
	(void)buf_puts(out, "</h2>\n<p class=\"by\"><b>");
	(void)buf_add_xml(out, lead->source.title);
	(void)buf_puts(out, "</b> &middot; ");
	moment(out, lead->published_ms);
	(void)buf_puts(out, "</p>\n");
	if (!str_empty(lead->item.plain_summary)) {
		(void)buf_puts(out, "<p class=\"sum\" dir=\"auto\">");
		(void)buf_add_xml(out, utf8_cut(lead->item.plain_summary, 320));
		(void)buf_puts(out, lead->item.plain_summary.len > 320 ? "…</p>\n" : "</p>\n");
	}
	if (s->report_count > 1) {
		(void)buf_puts(out, "<p class=\"also\">Also: ");
		for (size_t i = 1; i < s->report_count; i++) {
			(void)buf_puts(out, i > 1 ? " &middot; " : "");
			linked(out, s->reports[i].item.link, s->reports[i].source.title);
		}
		(void)buf_puts(out, "</p>\n");
	}
	(void)buf_puts(out, "</article>\n");
}

static void end(struct buf *out)
{
	(void)buf_puts(out, "</main>\n<footer>sitrepd " SITREP_VERSION "</footer>\n</body>\n</html>\n");
}

const struct format format_page = {
	.suffix = "",
	.content_type = "text/html; charset=utf-8",
	.begin = begin,
	.story = story,
	.end = end,
};
