/* SPDX-License-Identifier: ISC */
/* The river of news: the newest stories, one under the other. */
#include "item_link.h"
#include "outlets.h"
#include "page.h"
#include "render.h"
#include "sitrep/base/utf8.h"
#include "sitrep/base/xml_text.h"

static void begin(struct buf *out, const struct channel *c)
{
	page_begin(out, str_from(c->title), "");
	buf_puts(out, "<header>\n<h1>");
	buf_add_xml(out, str_from(c->title));
	buf_puts(out, "</h1>\n<p>As of ");
	page_moment(out, c->updated_ms);
	buf_puts(out, " &middot; subscribe: ");
	page_feeds(out, "");
	buf_puts(out, " &middot; <a href=\"opml\">sources</a></p>\n</header>\n<main>\n");
}

static void story(struct buf *out, const struct channel *c, const struct story *s, size_t index UNUSED)
{
	const struct report *lead = &s->reports[0];
	struct str link = item_own_link(&lead->item);
	struct str language = render_language(&lead->item);
	struct story_outlets outlets;

	buf_puts(out, "<article>\n");
	page_open(out, "h2", NULL, language);
	story_outlets_init(&outlets, c->outlets, s);
	if (str_empty(link)) {
		buf_printf(out, "<a href=\"story/%s\">", s->uid);
		buf_add_xml(out, lead->item.plain_title);
		buf_puts(out, "</a>");
	} else {
		page_linked(out, link, lead->item.plain_title);
	}
	buf_puts(out, "</h2>\n<p class=\"by\"><b>");
	buf_add_xml(out, story_outlets_name(&outlets, 0));
	buf_puts(out, "</b> &middot; ");
	buf_puts(out, lead->published_known ? "" : "seen ");
	page_moment(out, lead->published_known ? lead->published_ms : lead->first_seen_ms);
	buf_printf(out, " &middot; <a href=\"story/%s\">", s->uid);
	page_count(out, s->source_count, "source");
	buf_puts(out, "</a></p>\n");
	if (!str_empty(lead->item.plain_summary)) {
		page_open(out, "p", "sum", language);
		buf_add_xml(out, utf8_cut(lead->item.plain_summary, 320));
		buf_puts(out, lead->item.plain_summary.len > 320 ? "…</p>\n" : "</p>\n");
	}
	if (outlets.count > 1) {
		buf_puts(out, "<p class=\"also\">Also: ");
		for (size_t i = 1; i < outlets.count; i++) {
			buf_puts(out, i > 1 ? " &middot; " : "");
			page_linked(out, outlets.items[i].link, story_outlets_name(&outlets, i));
			if (outlets.items[i].reports > 1)
				buf_printf(out, " (%zu)", outlets.items[i].reports);
		}
		buf_puts(out, "</p>\n");
	}
	if (buf_failed(&outlets.names))
		out->failed = outlets.names.failed;
	story_outlets_release(&outlets);
	buf_puts(out, "</article>\n");
}

static void end(struct buf *out, const struct channel *c UNUSED)
{
	page_end(out);
}

const struct format format_page = {
	.suffix = "",
	.content_type = "text/html; charset=utf-8",
	.begin = begin,
	.story = story,
	.end = end,
};
