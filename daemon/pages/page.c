/* SPDX-License-Identifier: ISC */
/* The frame of every page. */
#include "sitrep/pages/page.h"

#include <string.h>

#include "parts.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/xml_text.h"
#include "sitrep/pages/assets.h"
#include "sitrep/schedule/feed_table.h"

static const struct {
	const char *name, *path;
} places[] = {
	[PAGE_RIVER] = {"River", ""},
	[PAGE_TOP] = {"Top", "top"},
	[PAGE_ALERTS] = {"Alerts", "alerts"},
	[PAGE_FEEDS] = {"Feeds", "feeds"},
	[PAGE_SEARCH] = {"Search", "search"},
	[PAGE_SUBSCRIBE] = {"Subscribe", "subscribe"},
};

void site_count_feeds(struct site *site)
{
	site->feed_count = site->failing = 0;
	site->newest_ms = TIME_NONE;
	for (size_t i = 0; i < feed_table_places(site->feeds); i++) {
		const struct feed_state *f = feed_table_state_at(site->feeds, i);

		if (f == NULL)
			continue;
		site->feed_count++;
		site->failing += f->health == FEED_FAILING || f->health == FEED_GONE;
		if (f->last_new_ms > site->newest_ms)
			site->newest_ms = f->last_new_ms;
	}
}

void page_root_of(char root[PAGE_ROOT_MAX], struct str path)
{
	size_t len = 0;

	for (size_t i = 1; i < path.len && len + 4 <= PAGE_ROOT_MAX; i++) {
		if (path.data[i] != '/')
			continue;
		memcpy(root + len, "../", 3);
		len += 3;
	}
	root[len] = '\0';
}

/* ---- head ---- */

static void write_asset(struct buf *out, const struct page *page, enum asset asset)
{
	buf_puts(out, page->root);
	buf_puts(out, asset_path(asset));
}

static void write_head(struct buf *out, const struct page *page)
{
	buf_puts(out, "<head>\n<meta charset=\"utf-8\">\n"
		      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
	buf_add_xml(out, page->title);
	buf_puts(out, " – ");
	buf_add_xml(out, str_from(page->site->title));
	buf_puts(out, "</title>\n<link rel=\"icon\" type=\"image/svg+xml\" href=\"");
	write_asset(out, page, ASSET_ICON);
	buf_puts(out, "\">\n<link rel=\"stylesheet\" href=\"");
	write_asset(out, page, ASSET_STYLE);
	buf_puts(out, "\">\n<script src=\"");
	write_asset(out, page, ASSET_SCRIPT);
	buf_puts(out, "\" defer></script>\n");
}

static void write_alternates(struct buf *out, const struct page *page)
{
	static const struct {
		const char *type, *suffix, *name;
	} feeds[] = {{"application/atom+xml", "atom", "Atom"}, {"application/rss+xml", "rss", "RSS"},
		{"application/feed+json", "json", "JSON"}};
	const char *query = page->feed_query != NULL ? page->feed_query : "";

	for (size_t i = 0; i < sizeof(feeds) / sizeof(feeds[0]); i++) {
		buf_printf(out, "<link rel=\"alternate\" type=\"%s\" title=\"", feeds[i].type);
		if (page->feed_folder != NULL)
			buf_add_xml(out, page->title);
		else
			buf_puts(out, query[0] != '\0' ? "This view" : "All stories");
		buf_printf(out, ", %s\" href=\"%s", feeds[i].name, page->root);
		if (page->feed_folder != NULL) {
			buf_printf(out, "%s/", page->feed_folder);
			part_escape(out, page->feed_name);
		} else {
			buf_puts(out, "feed");
		}
		buf_printf(out, ".%s", feeds[i].suffix);
		buf_add_xml(out, str_from(query));
		buf_puts(out, "\">\n");
	}
}

/* ---- strip ---- */

static void write_navigation(struct buf *out, const struct page *page)
{
	buf_puts(out, "<nav aria-label=\"Pages\"><ul>");
	for (size_t i = 0; i < (page->site->is_static ? 1 : sizeof(places) / sizeof(places[0])); i++) {
		buf_puts(out, "<li><a href=\"");
		if (places[i].path[0] == '\0')
			part_home(out, page->root);
		else
			buf_printf(out, "%s%s", page->root, places[i].path);
		buf_printf(out, "\"%s>%s</a></li>", i == page->place ? " aria-current=\"page\"" : "", places[i].name);
	}
	buf_puts(out, "</ul></nav>\n");
}

static void write_health(struct buf *out, const struct page *page)
{
	const struct site *s = page->site;

	buf_printf(out, "<p class=\"health\" id=\"health\"><a href=\"%sfeeds\">", page->root);
	part_count(out, (long long)s->feed_count, "feed");
	if (s->failing > 0)
		buf_printf(out, ", <span class=\"hot\">%zu failing</span>", s->failing);
	else if (s->feed_count > 0)
		buf_puts(out, ", <span>all well</span>");
	if (s->newest_ms != TIME_NONE) {
		buf_puts(out, "<span class=\"nar\">, newest ");
		part_age(out, s->newest_ms, s->now_ms);
		buf_puts(out, "</span>");
	}
	buf_puts(out, "</a></p>\n");
}

void page_begin(struct buf *out, const struct page *page)
{
	char now[TIME_TEXT_MAX];

	buf_puts(out, "<!DOCTYPE html>\n<html lang=\"en\"");
	if (!page->site->is_static)
		buf_printf(out, " data-now=\"%s\"", time_format_rfc3339(now, page->site->now_ms));
	buf_puts(out, ">\n");
	write_head(out, page);
	write_alternates(out, page);
	buf_puts(out, "</head>\n<body");
	buf_add_xml_attribute(out, "class", str_from(page->body_class));
	if (page->events != NULL && !page->site->is_static) {
		buf_printf(out, " data-events=\"%sevents", page->root);
		buf_add_xml(out, str_from(page->events));
		buf_putc(out, '"');
	}
	buf_printf(out,
		">\n<a class=\"skip\" href=\"#main\">Skip to the %s</a>\n<header class=\"strip\">\n"
		"<p class=\"brand\"><a href=\"",
		page->skip_to != NULL ? page->skip_to : "content");
	part_home(out, page->root);
	buf_puts(out, "\">");
	buf_add_xml(out, str_from(page->site->title));
	buf_puts(out, "</a></p>\n");
	write_navigation(out, page);
	if (!page->site->is_static)
		write_health(out, page);
	buf_puts(out, "</header>\n<main id=\"main\">\n");
}

void page_head_begin(struct buf *out, const struct page *page)
{
	buf_puts(out, "<div class=\"head\">");
	part_open_text(out, "h1", NULL, page->title, page->language);
	buf_add_xml(out, page->title);
	buf_puts(out, "</h1>");
}

void page_head_end(struct buf *out)
{
	buf_puts(out, "</div>\n");
}

void page_end(struct buf *out)
{
	buf_puts(out, "</main>\n<footer><button type=\"button\" id=\"keys\" hidden>Keys: ?</button> Times are in "
		      "<span class=\"zone\">UTC</span>. sitrepd " SITREP_VERSION "</footer>\n</body>\n</html>\n");
}
