/* SPDX-License-Identifier: ISC */
#include "sitrep/pages/error_page.h"

#include "parts.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/utf8.h"
#include "sitrep/base/xml_text.h"
#include "sitrep/config/config.h"

enum { PATH_SHOWN_MAX = 200, DAY_MS = 24 * 60 * 60 * 1000 };

static struct str heading_of(int status)
{
	return status == 404 ? STR("No such page") : status == 400 ? STR("A mistake in the address") : STR("Not now");
}

static void write_missing(struct buf *out, const struct site *site, const struct page_error *e)
{
	buf_puts(out, "<p>There is nothing at <code>");
	buf_add_xml(out, utf8_cut(e->path, PATH_SHOWN_MAX));
	buf_puts(out, "</code>.");
	if (str_starts(e->path, STR("/story/")))
		buf_printf(out,
			" If it was a story, it is older than the %lld days that are kept, or the address is cut "
			"short.",
			(long long)(site->config->keep_items_ms / DAY_MS));
	buf_puts(out, "</p>\n");
}

static void write_unavailable(struct buf *out, const struct site *site, const struct page_error *e)
{
	char time[TIME_TEXT_MAX];
	struct str stamp = str_from(time_format_rfc3339(time, site->now_ms));

	buf_puts(out, "<p><b>The database does not answer at the moment.</b> New items are still taken in; this page "
		      "will be there again shortly. Try again in half a minute.</p>\n<p class=\"soft\">");
	buf_printf(out, "%d at %.*s UTC", e->status, STR_ARG(str_slice(stamp, 11, 19)));
	if (!str_empty(e->text)) {
		buf_puts(out, ": “");
		buf_add_xml(out, e->text);
		buf_puts(out, "”");
	}
	buf_puts(out, ". The same is in the daemon’s log.</p>\n");
}

static void write_mistake(struct buf *out, const struct page_error *e)
{
	struct str rest = e->text, sentence;

	str_split(&rest, '\n', &sentence);
	buf_puts(out, "<div class=\"err\" id=\"mistake\" role=\"alert\"><p><b>");
	buf_add_xml(out, sentence);
	buf_puts(out, "</b></p>");
	if (!str_empty(rest)) {
		buf_puts(out, "\n<pre>");
		buf_add_xml(out, rest);
		buf_puts(out, "</pre>");
	}
	buf_puts(out, "</div>\n");
}

void error_page_write(struct buf *out, const struct site *site, const struct page_error *e)
{
	char root[PAGE_ROOT_MAX];
	const struct page page = {
		.site = site,
		.place = PAGE_ELSEWHERE,
		.root = root,
		.title = heading_of(e->status),
		.skip_to = "message",
	};

	page_root_of(root, e->path);
	page_begin(out, &page);
	page_head_begin(out, &page);
	page_head_end(out);
	buf_puts(out, "<div class=\"prose\">");
	if (e->status == 404)
		write_missing(out, site, e);
	else if (e->status == 400)
		write_mistake(out, e);
	else
		write_unavailable(out, site, e);
	part_bar(out, &page,
		&(struct part_bar){
			.label = e->status == 400 ? "Filter" : "Search",
			.action = e->status == 400 ? "" : "search",
			.value = e->query,
			.describedby = e->status == 400 ? "mistake" : NULL,
		});
	buf_puts(out, "<ul><li><a href=\"");
	part_home(out, root);
	buf_printf(out,
		"\">The newest stories</a></li><li><a href=\"%ssubscribe\">All feeds and their addresses</a></li>"
		"</ul></div>\n",
		page.root);
	page_end(out);
}
