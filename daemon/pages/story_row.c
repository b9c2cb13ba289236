/* SPDX-License-Identifier: ISC */
#include "sitrep/pages/story_row.h"

#include "parts.h"
#include "sitrep/base/utf8.h"
#include "sitrep/base/xml_text.h"
#include "sitrep/model/language.h"
#include "sitrep/pages/item_link.h"
#include "sitrep/pages/outlets.h"

enum {
	/* Bytes of the summary, of which three lines are shown at most. */
	SUMMARY_MAX = 320,
	/* Outlets that are named beside the first. */
	ALSO_MAX = 7,
	CATEGORIES_MAX = 3,
};

/* w1 is one outlet, w2 two or three, w3 four to six. */
static int weight_of(const struct story *s)
{
	return s->source_count >= 7 ? 4 : s->source_count >= 4 ? 3 : s->source_count >= 2 ? 2 : 1;
}

static void write_address(struct buf *out, const struct page *page, const struct story *s)
{
	buf_printf(out, "%sstory/%s", page->root, s->uid);
}

/* with_day: of another day than today the date in place of the time. */
static void write_when(struct buf *out, const struct page *page, const struct story *s, bool with_day)
{
	buf_puts(out, "<p class=\"at\"><a href=\"");
	write_address(out, page, s);
	buf_puts(out, "\">");
	if (with_day && part_day(s->sort_ms) != part_day(page->site->now_ms))
		part_date(out, s->sort_ms);
	else if (s->sort_ms == STORY_UNDATED_MS)
		part_seen(out, s->first_seen_ms);
	else
		part_clock(out, s->sort_ms);
	buf_puts(out, "</a>");
	if (s->source_count > 1) {
		buf_puts(out, "<a href=\"");
		write_address(out, page, s);
		buf_printf(out, "\"><b>%d</b> <i>outlets</i></a>", s->source_count);
	}
	buf_puts(out, "</p>\n");
}

/* headline: markup instead of the title; STR_NONE: the title. */
static void write_headline(struct buf *out, const struct page *page, const struct story *s, struct str headline)
{
	const struct item *it = &s->reports[0].item;
	struct str link = item_own_link(it);

	part_open_text(out, "h3", NULL, it->plain_title, language_shown(it));
	buf_puts(out, "<a href=\"");
	if (str_empty(link))
		write_address(out, page, s);
	else
		buf_add_xml(out, link);
	buf_puts(out, "\">");
	if (str_empty(headline))
		buf_add_xml(out, it->plain_title);
	else
		buf_add(out, headline);
	buf_puts(out, "</a></h3>\n");
}

static void write_summary(struct buf *out, const struct item *it)
{
	struct str text = utf8_cut(it->plain_summary, SUMMARY_MAX);

	if (str_empty(text))
		return;
	part_open_text(out, "p", "sum", text, language_shown(it));
	buf_add_xml(out, text);
	buf_puts(out, it->plain_summary.len > text.len ? "…</p>\n" : "</p>\n");
}

/* Configured ones of all reports, each once. */
static void write_categories(struct buf *out, const struct story *s)
{
	struct str shown[CATEGORIES_MAX];
	size_t count = part_story_categories(s, shown, CATEGORIES_MAX);

	for (size_t i = 0; i < count; i++) {
		buf_puts(out, i > 0 ? ", " : " · ");
		buf_add_xml(out, shown[i]);
	}
}

/* The language of the outlet's first report. */
static struct str language_of_outlet(const struct story *s, const struct story_outlet *outlet)
{
	return language_shown(&s->reports[outlet->report].item);
}

static void write_outlet(struct buf *out, const struct story *s, const struct story_outlets *outlets, size_t n)
{
	part_outlet(out, story_outlets_name(outlets, n), language_of_outlet(s, &outlets->items[n]));
}

static void write_also(
	struct buf *out, const struct page *page, const struct story *s, const struct story_outlets *outlets)
{
	size_t shown = outlets->count <= ALSO_MAX + 1 ? outlets->count : ALSO_MAX + 1;

	for (size_t i = 1; i < shown; i++) {
		const struct story_outlet *o = &outlets->items[i];

		buf_puts(out, i == 1 ? " · also " : ", ");
		if (!str_empty(o->link)) {
			buf_puts(out, "<a href=\"");
			buf_add_xml(out, o->link);
			buf_puts(out, "\">");
		}
		write_outlet(out, s, outlets, i);
		buf_puts(out, str_empty(o->link) ? "" : "</a>");
		if (o->reports > 1)
			buf_printf(out, " (%zu)", o->reports);
	}
	if (shown == outlets->count)
		return;
	buf_puts(out, ", <a href=\"");
	write_address(out, page, s);
	buf_printf(out, "\">%zu more</a>", outlets->count - shown);
}

static void write_meta(struct buf *out, const struct page *page, const struct story *s)
{
	const struct report *lead = &s->reports[0];
	struct story_outlets outlets;

	story_outlets_init(&outlets, page->site->outlets, s);
	buf_puts(out, "<p class=\"by\">");
	for (size_t i = 0; i < s->mark_count; i++)
		part_alert(out, page->root, s->marks[i].priority, s->marks[i].name);
	part_language(out, language_shown(&lead->item));
	buf_puts(out, "<b>");
	if (outlets.count > 0)
		write_outlet(out, s, &outlets, 0);
	buf_puts(out, "</b> ");
	buf_puts(out, lead->published_known ? "" : "seen ");
	buf_puts(out, "<span class=\"ago\">");
	part_age_words(out, s->sort_ms == STORY_UNDATED_MS ? s->first_seen_ms : s->sort_ms, page->site->now_ms);
	buf_puts(out, "</span>");
	write_categories(out, s);
	write_also(out, page, s, &outlets);
	buf_puts(out, "</p>\n");
	if (buf_failed(&outlets.names))
		out->failed = outlets.names.failed;
	story_outlets_release(&outlets);
}

void story_row_write_as(
	struct buf *out, const struct page *page, const struct story *s, const struct story_row_form *form)
{
	buf_printf(out, "<article class=\"s w%d", weight_of(s));
	if (s->priority >= ALERT_HIGH)
		buf_printf(out, " p%d", s->priority);
	buf_printf(out, "\" id=\"s-%s\">\n", s->uid);
	write_when(out, page, s, form->with_day);
	write_headline(out, page, s, form->headline);
	if (str_empty(form->note)) {
		write_summary(out, &s->reports[0].item);
	} else {
		buf_puts(out, "<p class=\"sum\">");
		buf_add(out, form->note);
		buf_puts(out, "</p>\n");
	}
	write_meta(out, page, s);
	buf_puts(out, "</article>\n");
}

void story_row_write(struct buf *out, const struct page *page, const struct story *s)
{
	story_row_write_as(out, page, s, &(struct story_row_form){0});
}
