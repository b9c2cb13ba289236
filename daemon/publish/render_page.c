/* The river of news: the newest stories, one under the other. */
#include "sitrep/page.h"
#include "sitrep/render.h"
#include "sitrep/utf8.h"

static void begin(struct buf *out, const struct channel *c)
{
	page_begin(out, str_from(c->title), "");
	(void)buf_puts(out, "<header>\n<h1>");
	(void)buf_add_xml(out, str_from(c->title));
	(void)buf_puts(out, "</h1>\n<p>As of ");
	page_moment(out, c->updated_ms);
	(void)buf_puts(out, " &middot; subscribe: ");
	page_feeds(out, "");
	(void)buf_puts(out, " &middot; <a href=\"opml\">sources</a></p>\n</header>\n<main>\n");
}

static void story(struct buf *out, const struct story *s, size_t index)
{
	const struct report *lead = &s->reports[0];

	(void)index;
	(void)buf_puts(out, "<article>\n<h2 dir=\"auto\">");
	page_linked(out, lead->item.link, lead->item.plain_title);
	(void)buf_puts(out, "</h2>\n<p class=\"by\"><b>");
	(void)buf_add_xml(out, lead->source.title);
	(void)buf_puts(out, "</b> &middot; ");
	page_moment(out, lead->published_ms);
	(void)buf_printf(out, " &middot; <a href=\"story/%s\">", s->uid);
	page_count(out, s->source_count, "source");
	(void)buf_puts(out, "</a></p>\n");
	if (!str_empty(lead->item.plain_summary)) {
		(void)buf_puts(out, "<p class=\"sum\" dir=\"auto\">");
		(void)buf_add_xml(out, utf8_cut(lead->item.plain_summary, 320));
		(void)buf_puts(out, lead->item.plain_summary.len > 320 ? "…</p>\n" : "</p>\n");
	}
	if (s->report_count > 1) {
		(void)buf_puts(out, "<p class=\"also\">Also: ");
		for (size_t i = 1; i < s->report_count; i++) {
			(void)buf_puts(out, i > 1 ? " &middot; " : "");
			page_linked(out, s->reports[i].item.link, s->reports[i].source.title);
		}
		(void)buf_puts(out, "</p>\n");
	}
	(void)buf_puts(out, "</article>\n");
}

const struct format format_page = {
	.suffix = "",
	.content_type = "text/html; charset=utf-8",
	.begin = begin,
	.story = story,
	.end = page_end,
};
