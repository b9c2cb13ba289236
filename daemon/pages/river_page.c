/* SPDX-License-Identifier: ISC */
#include "sitrep/pages/river_page.h"

#include <errno.h>

#include "feed_lists.h"
#include "glance.h"
#include "parts.h"
#include "rail.h"
#include "sitrep/base/xml_text.h"

enum { WORDS_MAX = 16 * 1024 };

/* The texts that a page and its parts borrow. */
struct river_words {
	struct buf title, filters, hidden;
};

struct page river_page(const struct site *site)
{
	return (struct page){.site = site, .place = PAGE_RIVER, .root = "", .skip_to = "stories"};
}

/* ---- addresses ---- */

static void write_address(struct buf *out, const struct page *page, const struct view *view)
{
	struct buf query = BUF_INIT(WORDS_MAX);

	view_write(&query, view, VIEW_PLACED);
	if (query.len > 0)
		buf_add_xml(out, buf_str(&query));
	else
		part_home(out, page->root);
	if (buf_failed(&query))
		out->failed = query.failed;
	buf_release(&query);
}

static void write_hidden(struct buf *out, const char *name, struct str value)
{
	if (str_empty(value))
		return;
	buf_printf(out, "<input type=\"hidden\" name=\"%s\" value=\"", name);
	buf_add_xml(out, value);
	buf_puts(out, "\">");
}

static void write_hidden_values(struct buf *out, const char *name, const struct view_values *values)
{
	for (size_t i = 0; i < values->count; i++)
		write_hidden(out, name, values->items[i]);
}

/* The filters beside the rule, which the form keeps. */
static void write_fields(struct buf *out, const struct view *view)
{
	write_hidden_values(out, "category", &view->categories);
	write_hidden_values(out, "lang", &view->languages);
	write_hidden_values(out, "feed", &view->feeds);
	if (view->least > 0)
		buf_printf(out, "<input type=\"hidden\" name=\"min\" value=\"%d\">", view->least);
	write_hidden(out, "alert", view->alert);
	write_hidden(out, "view", view->is_lines ? STR("lines") : STR_NONE);
}

/* ---- days ---- */

/* Rows from this one on that are of the same day. */
static size_t rows_of_day(const struct river *r, size_t row)
{
	size_t count = 1;

	while (row + count < r->count &&
		part_day(r->rows[row + count].place.sort_ms) == part_day(r->rows[row].place.sort_ms))
		count++;
	return count;
}

static void write_links_of_view(struct buf *out, const struct page *page, const struct river *r)
{
	struct view changed = *r->view;

	changed.part = VIEW_NEWEST;
	if (r->view->least > 0) {
		changed.least = 0;
		buf_puts(out, " · <a href=\"");
		write_address(out, page, &changed);
		buf_puts(out, "\">also those of one outlet</a>");
	}
	buf_puts(out, " · <a href=\"");
	part_home(out, page->root);
	buf_puts(out, "\">all stories</a> · this view as ");
	part_formats(out, page->root, STR("feed"), str_from(page->feed_query));
}

static void write_first_day(struct buf *out, const struct page *page, const struct river *r)
{
	struct view changed = *r->view;

	buf_puts(out, " · as of ");
	part_clock(out, page->site->now_ms);
	buf_puts(out, " <span class=\"zone\">UTC</span> · <a href=\"");
	changed.is_lines = !changed.is_lines;
	write_address(out, page, &changed);
	buf_printf(out, "\">%s</a>", changed.is_lines ? "headlines only" : "with summaries");
	if (view_is_filtered(r->view))
		write_links_of_view(out, page, r);
}

/* day: which of the page's days it is.  The number of stories is left out where more of the day are on another page. */
static void write_day(struct buf *out, const struct page *page, const struct river *r, size_t row, size_t day)
{
	size_t count = rows_of_day(r, row);
	bool is_whole = (row > 0 || !r->has_newer) && (row + count < r->count || !r->has_older);
	long long stories = day < r->days_counted ? r->day_counts[day] : is_whole ? (long long)count : 0;

	buf_puts(out, "<div class=\"day\"><h2>");
	if (r->rows[row].place.sort_ms == STORY_UNDATED_MS)
		buf_puts(out, "Without a date");
	else
		part_day_name(out, r->rows[row].place.sort_ms);
	buf_puts(out, "</h2><p>");
	if (stories > 0)
		part_count_stories(out, stories);
	if (row == 0)
		write_first_day(out, page, r);
	buf_puts(out, "</p></div>\n");
}

static void write_rows(struct buf *out, const struct page *page, const struct river *r)
{
	size_t day = 0;

	for (size_t i = 0; i < r->count; i++) {
		if (i == 0 || part_day(r->rows[i - 1].place.sort_ms) != part_day(r->rows[i].place.sort_ms))
			write_day(out, page, r, i, day++);
		buf_add(out, str_slice(r->markup, r->rows[i].from, r->rows[i].from + r->rows[i].len));
	}
}

/* ---- nothing ---- */

static void write_nothing(struct buf *out, const struct page *page, const struct river *r)
{
	buf_puts(out, "<div class=\"prose\"><p>");
	if (!view_is_filtered(r->view) && r->view->part == VIEW_NEWEST) {
		buf_puts(out, "There is no story yet: the first ones come when the feeds were asked.</p></div>\n");
		return;
	}
	if (r->looked == 0)
		buf_puts(out, "There is no further story.");
	else
		buf_printf(out, "None of the %zu stories that were looked at matches.", r->looked);
	buf_puts(out, "</p>\n<ul>");
	if (view_is_filtered(r->view)) {
		buf_printf(out, "<li><a href=\"%ssearch", page->root);
		buf_add_xml(out, str_from(page->feed_query));
		buf_puts(out, "\">The same in all that is kept</a></li>");
	}
	buf_puts(out, "<li><a href=\"");
	part_home(out, page->root);
	buf_puts(out, "\">All stories</a></li></ul></div>\n");
}

/* ---- page ---- */

static void write_pages(struct buf *out, const struct page *page, const struct river *r)
{
	struct view changed = *r->view;

	buf_puts(out, "<nav class=\"pages\" aria-label=\"Older and newer\"><span>");
	if (r->has_newer) {
		changed.part = r->count > 0 ? VIEW_AFTER : VIEW_NEWEST;
		changed.place = r->count > 0 ? r->rows[0].place : changed.place;
		buf_puts(out, "<a href=\"");
		write_address(out, page, &changed);
		buf_puts(out, "\" rel=\"prev\">Newer stories</a>");
	}
	buf_puts(out, "</span>");
	if (r->has_older) {
		changed.part = VIEW_BEFORE;
		changed.place = r->older;
		buf_puts(out, "<a href=\"");
		write_address(out, page, &changed);
		buf_puts(out, "\" rel=\"next\">Older stories</a>");
	}
	buf_puts(out, "</nav>");
}

static void write_menu(struct buf *out, const struct page *page)
{
	buf_puts(out, "<details class=\"menu\"><summary>Subscribe to…</summary><div>");
	feed_lists_write(out, page);
	buf_printf(out,
		"<p class=\"soft\"><a href=\"%ssubscribe\">More: lists, the stream, programs</a></p></div></details>",
		page->root);
}

static void write_head(struct buf *out, const struct page *page, const struct river *r, const struct river_words *w)
{
	page_head_begin(out, page);
	part_bar(out, page,
		&(struct part_bar){
			.label = "Filter", .action = "", .value = r->view->rule, .hidden = buf_str(&w->hidden)});
	write_menu(out, page);
	page_head_end(out);
}

static void write_page(struct buf *out, const struct page *page, const struct river *r, const struct river_words *w)
{
	page_begin(out, page);
	write_head(out, page, r, w);
	glance_urgent(out, page, r->window);
	buf_printf(out, "<div class=\"cols river%s\">\n", r->view->is_lines ? " lines" : "");
	rail_write(out, page, r->view, r->window);
	buf_puts(out, "<div class=\"river-list\"><div class=\"live\" role=\"status\"></div>\n"
		      "<section class=\"list live-list\" id=\"list\" aria-label=\"Stories\">\n");
	if (r->count > 0)
		write_rows(out, page, r);
	else
		write_nothing(out, page, r);
	buf_puts(out, "</section>\n");
	write_pages(out, page, r);
	buf_puts(out, "</div>\n");
	glance_side(out, page, r->window);
	buf_puts(out, "</div>\n");
	page_end(out);
}

void river_page_write(struct buf *out, const struct site *site, const struct river *r)
{
	struct river_words words = {BUF_INIT(WORDS_MAX), BUF_INIT(WORDS_MAX), BUF_INIT(WORDS_MAX)};
	struct page page = river_page(site);

	if (r->count > 0 || !view_is_filtered(r->view))
		view_words(&words.title, r->view);
	else
		buf_puts(&words.title, "Nothing matches");
	buf_puts(&words.filters, "");
	view_write(&words.filters, r->view, VIEW_FILTERS);
	write_fields(&words.hidden, r->view);
	page.title = buf_str(&words.title);
	page.feed_query = words.filters.data;
	page.events = r->view->part == VIEW_NEWEST ? words.filters.data : NULL;
	if (buf_failed(&words.title) || buf_failed(&words.filters) || buf_failed(&words.hidden))
		out->failed = -ENOMEM;
	else
		write_page(out, &page, r, &words);
	buf_release(&words.title);
	buf_release(&words.filters);
	buf_release(&words.hidden);
}
