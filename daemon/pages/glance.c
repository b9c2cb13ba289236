/* SPDX-License-Identifier: ISC */
#include "glance.h"

#include "parts.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/xml_text.h"
#include "sitrep/schedule/feed_table.h"

enum { BREAKING_MAX = 6, ALERTS_MAX = 6, FAILING_MAX = 4, MINUTE_MS = 60 * 1000 };

#define URGENT_MS (INT64_C(3) * 3600 * 1000)
#define GLANCE_MS (INT64_C(12) * 3600 * 1000)

static void write_story_link(struct buf *out, const struct page *page, const struct window_story *s)
{
	struct str title = str_from(s->title);

	buf_printf(out, "<a href=\"%sstory/%s\"", page->root, s->uid);
	part_text_attributes(out, title, str_from(s->language));
	buf_putc(out, '>');
	buf_add_xml(out, title);
	buf_puts(out, "</a>");
}

/* ---- urgent ---- */

void glance_urgent(struct buf *out, const struct page *page, const struct window *window)
{
	const struct window_story *found = NULL;
	int64_t newest_ms = page->site->now_ms - URGENT_MS;

	for (size_t i = 0; i < window->count; i++)
		for (size_t k = 0; k < window->stories[i].mark_count; k++) {
			const struct window_mark *m = &window->stories[i].marks[k];

			if (m->priority != ALERT_URGENT || m->is_muted || m->first_ms <= newest_ms)
				continue;
			newest_ms = m->first_ms;
			found = &window->stories[i];
		}
	if (found == NULL)
		return;
	buf_printf(
		out, "<p class=\"pin\"><a href=\"%sstory/%s\"><b class=\"hot\">urgent</b> <b", page->root, found->uid);
	part_text_attributes(out, str_from(found->title), str_from(found->language));
	buf_putc(out, '>');
	buf_add_xml(out, str_from(found->title));
	buf_puts(out, "</b> <small class=\"nar\">");
	part_count(out, found->choice.sources, "outlet");
	buf_puts(out, " since ");
	part_clock(out, found->outlet_count > 0 ? found->outlet_ms[0] : found->choice.place.sort_ms);
	buf_puts(out, "</small></a></p>\n");
}

/* ---- boxes ---- */

static void write_breaking(struct buf *out, const struct page *page, const struct window *window)
{
	const struct window_story *top[BREAKING_MAX];
	size_t count = window_top(window, page->site->now_ms, GLANCE_MS, top, BREAKING_MAX);

	if (count == 0)
		return;
	buf_printf(out, "<div class=\"box\"><h2><a href=\"%stop\">Breaking now</a></h2><ol>\n", page->root);
	for (size_t i = 0; i < count; i++) {
		const struct window_story *s = top[i];
		int64_t last_ms = s->outlet_ms[s->outlet_count - 1];

		buf_puts(out, "<li>");
		write_story_link(out, page, s);
		buf_puts(out, " <p class=\"by\"><b>");
		part_count(out, (long long)s->outlet_count, "outlet");
		buf_puts(out, "</b> in ");
		part_span(out, last_ms - s->outlet_ms[0]);
		buf_puts(out, ", last ");
		part_age(out, last_ms, page->site->now_ms);
		buf_puts(out, "</p></li>\n");
	}
	buf_puts(out, "</ol></div>\n");
}

/* The time of the newest of a story's alerts; TIME_NONE: there is none in the last hours. */
static int64_t alert_time(const struct window_story *s, int64_t since_ms)
{
	int64_t newest_ms = TIME_NONE;

	for (size_t i = 0; i < s->mark_count; i++)
		if (s->marks[i].first_ms >= since_ms && s->marks[i].first_ms > newest_ms)
			newest_ms = s->marks[i].first_ms;
	return newest_ms;
}

static bool is_before(const struct window_story *a, const struct window_story *b, int64_t since_ms)
{
	if (a->choice.priority != b->choice.priority)
		return a->choice.priority > b->choice.priority;
	return alert_time(a, since_ms) > alert_time(b, since_ms);
}

static void write_alerts(struct buf *out, const struct page *page, const struct window *window)
{
	const struct window_story *list[ALERTS_MAX + 1];
	int64_t since_ms = page->site->now_ms - GLANCE_MS;
	size_t count = 0;

	for (size_t i = 0; i < window->count; i++) {
		const struct window_story *s = &window->stories[i];
		size_t at = count;

		if (alert_time(s, since_ms) == TIME_NONE)
			continue;
		for (; at > 0 && is_before(s, list[at - 1], since_ms); at--)
			list[at] = list[at - 1];
		list[at] = s;
		count += count < ALERTS_MAX;
	}
	if (count == 0)
		return;
	buf_printf(out, "<div class=\"box\"><h2><a href=\"%salerts\">Alerts, last 12 hours</a></h2><ul>\n", page->root);
	for (size_t i = 0; i < count; i++) {
		buf_puts(out, "<li>");
		write_story_link(out, page, list[i]);
		buf_puts(out, " <p class=\"by\">");
		for (size_t k = 0; k < list[i]->mark_count; k++)
			part_alert(out, page->root, list[i]->marks[k].priority, str_from(list[i]->marks[k].rule));
		part_clock(out, alert_time(list[i], since_ms));
		buf_puts(out, "</p></li>\n");
	}
	buf_puts(out, "</ul></div>\n");
}

static void write_failing_feed(struct buf *out, const struct page *page, const struct feed_state *f)
{
	buf_printf(out, "<li><a href=\"%sfeed/", page->root);
	part_escape(out, str_from(f->name));
	buf_puts(out, "\">");
	part_outlet(out, str_from(f->title != NULL ? f->title : f->name), STR_NONE);
	buf_puts(out, "</a> <p class=\"by\">");
	buf_add_xml(out, str_from(f->reason != NULL ? f->reason : poll_failure_name(f->failure)));
	buf_puts(out, ". ");
	if (f->health == FEED_FAILING && f->due_ms != TIME_NONE) {
		buf_puts(out, "Asked again at ");
		part_clock(out, f->due_ms);
		buf_putc(out, '.');
	}
	buf_puts(out, "</p></li>\n");
}

static void write_failing(struct buf *out, const struct page *page)
{
	size_t shown = 0;

	for (size_t i = 0; page->site->failing > 0 && i < feed_table_places(page->site->feeds) && shown < FAILING_MAX;
		i++) {
		const struct feed_state *f = feed_table_state_at(page->site->feeds, i);

		if (f == NULL || (f->health != FEED_FAILING && f->health != FEED_GONE))
			continue;
		if (shown++ == 0)
			buf_printf(out,
				"<div class=\"box\"><h2><a href=\"%sfeeds?state=failing\">Failing feeds</a></h2><ul>\n",
				page->root);
		write_failing_feed(out, page, f);
	}
	buf_puts(out, shown > 0 ? "</ul></div>\n" : "");
}

void glance_side(struct buf *out, const struct page *page, const struct window *window)
{
	buf_puts(out, "<aside class=\"side\" id=\"side\" aria-label=\"At a glance\">\n");
	write_breaking(out, page, window);
	write_alerts(out, page, window);
	write_failing(out, page);
	buf_puts(out, "</aside>\n");
}
