/* SPDX-License-Identifier: ISC */
#include "sitrep/pages/top_page.h"

#include <stdlib.h>

#include "parts.h"
#include "sitrep/base/xml_text.h"
#include "sitrep/model/language.h"
#include "sitrep/pages/item_link.h"
#include "sitrep/pages/outlets.h"
#include "steps.h"

enum { OUTLETS_SHOWN = 7, MINUTE_MS = 60 * 1000, DAY_HOURS = 24 };

const int top_hours[TOP_SPANS] = {1, 12, 24, 168};

struct page top_page(const struct site *site)
{
	return (struct page){
		.site = site, .place = PAGE_TOP, .root = "", .title = STR("Top"), .skip_to = "stories", .events = ""};
}

/* ---- rows ---- */

/* An outlet of a story by its place in the story's list. */
struct joined {
	size_t outlet;
	int64_t time_ms;
};

static int by_time(const void *a, const void *b)
{
	const struct joined *left = a, *right = b;

	if (left->time_ms != right->time_ms)
		return left->time_ms > right->time_ms ? 1 : -1;
	return (left->outlet > right->outlet) - (left->outlet < right->outlet);
}

static void write_headline(struct buf *out, const struct page *page, const struct story *s)
{
	const struct item *it = &s->reports[0].item;
	struct str link = item_own_link(it);

	part_open_text(out, "h3", NULL, it->plain_title, language_shown(it));
	buf_puts(out, "<a href=\"");
	if (str_empty(link))
		buf_printf(out, "%sstory/%s", page->root, s->uid);
	else
		buf_add_xml(out, link);
	buf_puts(out, "\">");
	buf_add_xml(out, it->plain_title);
	buf_puts(out, "</a></h3>\n");
}

static void write_outlet(struct buf *out, const struct story *s, const struct story_outlets *outlets, size_t n)
{
	part_outlet(out, story_outlets_name(outlets, n), language_shown(&s->reports[outlets->items[n].report].item));
}

/* "<b>Northern Wire</b> 18:21, then Eastern Despatch +3 min, Strait Watch +12" */
static void write_joined(struct buf *out, const struct story *s, const struct story_outlets *outlets,
	const struct joined *joined, size_t count)
{
	for (size_t i = 0; i < count && i < OUTLETS_SHOWN; i++) {
		long long minutes = (joined[i].time_ms - joined[0].time_ms) / MINUTE_MS;

		buf_puts(out, i == 0 ? "<b>" : i == 1 ? ", then " : ", ");
		write_outlet(out, s, outlets, joined[i].outlet);
		buf_puts(out, i == 0 ? "</b> <span class=\"num\">" : " <span class=\"num\">");
		if (i == 0)
			part_minute(out, joined[i].time_ms);
		else
			buf_printf(out, "+%lld%s", minutes, i == 1 ? " min" : "");
		buf_puts(out, "</span>");
	}
	if (count > OUTLETS_SHOWN)
		buf_printf(out, ", %zu more", count - OUTLETS_SHOWN);
}

static void write_row(struct buf *out, const struct page *page, const struct story *s,
	const struct story_outlets *outlets, int64_t span_ms)
{
	struct joined joined[STORY_REPORTS_MAX];
	int64_t times_ms[STORY_REPORTS_MAX];

	for (size_t i = 0; i < outlets->count; i++)
		joined[i] = (struct joined){i, outlets->items[i].first_ms};
	qsort(joined, outlets->count, sizeof(joined[0]), by_time);
	for (size_t i = 0; i < outlets->count; i++)
		times_ms[i] = joined[i].time_ms;
	buf_printf(out, "<article class=\"s top\" id=\"s-%s\">\n<p class=\"big\">%zu<small>outlet%s</small></p>\n",
		s->uid, outlets->count, outlets->count == 1 ? "" : "s");
	write_headline(out, page, s);
	buf_puts(out, "<p class=\"by\">");
	for (size_t i = 0; i < s->mark_count; i++)
		part_alert(out, page->root, s->marks[i].priority, s->marks[i].name);
	write_joined(out, s, outlets, joined, outlets->count);
	buf_printf(out, " · <a href=\"%sstory/%s\">all ", page->root, s->uid);
	part_count(out, s->total_reports, "report");
	buf_puts(out, "</a></p>\n");
	steps_write(out, times_ms, outlets->count, span_ms, page->site->now_ms);
	buf_puts(out, "</article>\n");
}

void top_row_write(struct buf *out, const struct page *page, const struct story *s, int64_t span_ms)
{
	struct story_outlets outlets;

	story_outlets_init(&outlets, page->site->outlets, s);
	if (buf_failed(&outlets.names))
		out->failed = outlets.names.failed;
	else if (outlets.count > 0)
		write_row(out, page, s, &outlets, span_ms);
	story_outlets_release(&outlets);
}

/* ---- page ---- */

static void write_hours(struct buf *out, int hours, bool is_short)
{
	if (hours == 1)
		buf_puts(out, is_short ? "hour" : "1 hour");
	else if (hours <= DAY_HOURS)
		buf_printf(out, "%d hours", hours);
	else
		buf_printf(out, "%d days", hours / DAY_HOURS);
}

static void write_choice(struct buf *out, const struct page *page, int hours)
{
	buf_puts(out, "<p>as of ");
	part_clock(out, page->site->now_ms);
	buf_puts(out, " <span class=\"zone\">UTC</span> · last ");
	for (size_t i = 0; i < TOP_SPANS; i++) {
		buf_puts(out, i > 0 ? ", " : "");
		if (top_hours[i] == hours)
			buf_puts(out, "<b>");
		else
			buf_printf(out, "<a href=\"?hours=%d\">", top_hours[i]);
		write_hours(out, top_hours[i], true);
		buf_puts(out, top_hours[i] == hours ? "</b>" : "</a>");
	}
	buf_puts(out, " · the steps show when each outlet joined</p>");
}

static void write_rest_heading(struct buf *out, int hours)
{
	buf_puts(out, "<section class=\"list\" aria-labelledby=\"rest\"><h2 id=\"rest\">Last ");
	write_hours(out, hours, true);
	buf_puts(out, " <small>by outlets, each counts half after ");
	if (hours == 1)
		buf_puts(out, "half an hour");
	else if (hours / 2 < DAY_HOURS)
		buf_printf(out, "%d hours", hours / 2);
	else
		buf_printf(out, "%d days and a half", hours / 2 / DAY_HOURS);
	buf_puts(out, "; drawn: ");
	write_hours(out, hours, false);
	buf_puts(out, "</small></h2>\n");
}

void top_page_write(struct buf *out, const struct site *site, int hours, struct str spreading, struct str rest)
{
	const struct page page = top_page(site);

	page_begin(out, &page);
	page_head_begin(out, &page);
	write_choice(out, &page, hours);
	page_head_end(out);
	buf_puts(out, "<div class=\"grid tops\">");
	if (!str_empty(spreading)) {
		buf_puts(out,
			"<section class=\"list\" aria-labelledby=\"spreading\"><h2 id=\"spreading\">Still spreading "
			"<small>joined by an outlet within the hour; drawn: 2 hours</small></h2>\n");
		buf_add(out, spreading);
		buf_puts(out, "</section>\n");
	}
	if (!str_empty(rest)) {
		write_rest_heading(out, hours);
		buf_add(out, rest);
		buf_puts(out, "</section>");
	}
	buf_puts(out, "</div>\n");
	if (str_empty(spreading) && str_empty(rest)) {
		buf_puts(out, "<div class=\"prose\"><p>No second outlet has joined a story in the last ");
		write_hours(out, hours, true);
		buf_puts(out, ".</p></div>\n");
	}
	page_end(out);
}
