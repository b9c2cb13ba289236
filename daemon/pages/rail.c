/* SPDX-License-Identifier: ISC */
#include "rail.h"

#include <errno.h>
#include <stdlib.h>

#include "parts.h"
#include "sitrep/base/xml_text.h"
#include "sitrep/schedule/feed_table.h"

enum { NAMES_MAX = 64, CATEGORIES_SHOWN = 10, LANGUAGES_SHOWN = 8, FEEDS_SHOWN = 6 };

/* Names and how many stories have each. */
struct tally {
	struct tally_entry {
		struct str name;
		size_t stories;
		size_t last; /* story that was counted last, from 1 */
	} entries[NAMES_MAX];
	size_t count;
};

static void tally_add(struct tally *t, struct str name, size_t story)
{
	struct tally_entry *e = NULL;

	if (str_empty(name))
		return;
	for (size_t i = 0; i < t->count && e == NULL; i++)
		if (str_eq_nocase(t->entries[i].name, name))
			e = &t->entries[i];
	if (e == NULL && t->count < NAMES_MAX) {
		e = &t->entries[t->count++];
		*e = (struct tally_entry){.name = name};
	}
	if (e == NULL || e->last == story + 1)
		return;
	e->last = story + 1;
	e->stories++;
}

static int by_stories(const void *a, const void *b)
{
	const struct tally_entry *left = a, *right = b;

	if (left->stories != right->stories)
		return left->stories > right->stories ? -1 : 1;
	return str_cmp(left->name, right->name);
}

/* ---- links ---- */

static void write_link(struct buf *out, const struct page *page, const struct view *view, bool is_current)
{
	struct buf query = BUF_INIT(out->max);

	view_write(&query, view, VIEW_SHOWN);
	buf_puts(out, "<li><a href=\"");
	if (query.len > 0)
		buf_add_xml(out, buf_str(&query));
	else
		part_home(out, page->root);
	buf_puts(out, is_current ? "\" aria-current=\"true\">" : "\">");
	if (buf_failed(&query))
		out->failed = query.failed;
	buf_release(&query);
}

static void end_link(struct buf *out, size_t stories)
{
	buf_printf(out, " <span class=\"num\">%zu</span></a></li>", stories);
}

/* The view from its beginning, to be changed in one filter. */
static struct view view_anew(const struct view *view)
{
	struct view changed = *view;

	changed.part = VIEW_NEWEST;
	return changed;
}

/* ---- outlets and alerts ---- */

static void write_least(struct buf *out, const struct page *page, const struct view *view, const struct window *w)
{
	static const int steps[] = {2, 3, 5};

	buf_puts(out, "<h3>Reported by</h3><ul>");
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct view changed = view_anew(view);
		size_t stories = 0;

		for (size_t k = 0; k < w->count; k++)
			stories += w->stories[k].choice.sources >= steps[i];
		changed.least = view->least == steps[i] ? 0 : steps[i];
		write_link(out, page, &changed, view->least == steps[i]);
		buf_printf(out, "%d %sor more", steps[i], i == 0 ? "outlets " : "");
		end_link(out, stories);
	}
	buf_puts(out, "</ul>\n");
}

static void write_alerts(struct buf *out, const struct page *page, const struct view *view, const struct window *w)
{
	static const struct {
		const char *value, *words;
		int least;
	} steps[] = {{"any", "any alert", ALERT_LOW}, {"high", "high and urgent", ALERT_HIGH}};

	buf_puts(out, "<h3>Alerts</h3><ul>");
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct view changed = view_anew(view);
		struct str value = str_from(steps[i].value);
		bool is_current = str_eq(view->alert, value);
		size_t stories = 0;

		for (size_t k = 0; k < w->count; k++)
			stories += w->stories[k].choice.priority >= steps[i].least;
		changed.alert = is_current ? STR_NONE : value;
		write_link(out, page, &changed, is_current);
		buf_puts(out, steps[i].words);
		end_link(out, stories);
	}
	buf_puts(out, "</ul>\n");
}

/* ---- categories, languages, feeds ---- */

/* Sets the values to the name, or to none when it was there. */
static bool toggle(struct view_values *values, struct str name)
{
	for (size_t i = 0; i < values->count; i++)
		if (str_eq_nocase(values->items[i], name)) {
			values->count = 0;
			return true;
		}
	values->items[0] = name;
	values->count = 1;
	return false;
}

static void write_categories(struct buf *out, const struct page *page, const struct view *view, const struct window *w)
{
	struct tally tally = {.count = 0};

	for (size_t i = 0; i < w->count; i++)
		for (size_t k = 0; k < w->stories[i].feed_count; k++) {
			const struct feed *f = feed_table_by_id(page->site->feeds, w->stories[i].feeds[k]);
			struct str rest = f != NULL ? str_from(f->state.categories) : STR_NONE, name;

			while (str_split(&rest, '\n', &name))
				tally_add(&tally, name, i);
		}
	if (tally.count == 0)
		return;
	qsort(tally.entries, tally.count, sizeof(tally.entries[0]), by_stories);
	buf_puts(out, "<h3>Category</h3><ul>");
	for (size_t i = 0; i < tally.count && i < CATEGORIES_SHOWN; i++) {
		struct view changed = view_anew(view);
		bool is_current = toggle(&changed.categories, tally.entries[i].name);

		write_link(out, page, &changed, is_current);
		buf_add_xml(out, tally.entries[i].name);
		end_link(out, tally.entries[i].stories);
	}
	buf_puts(out, "</ul>\n");
}

static void write_languages(struct buf *out, const struct page *page, const struct view *view, const struct window *w)
{
	struct tally tally = {.count = 0};

	for (size_t i = 0; i < w->count; i++) {
		struct str language = str_from(w->stories[i].language);

		tally_add(&tally, str_slice(language, 0, str_find_char(language, '-', 0)), i);
	}
	if (tally.count < 2)
		return;
	qsort(tally.entries, tally.count, sizeof(tally.entries[0]), by_stories);
	buf_puts(out, "<h3>Language</h3><ul>");
	for (size_t i = 0; i < tally.count && i < LANGUAGES_SHOWN; i++) {
		struct view changed = view_anew(view);
		bool is_current = toggle(&changed.languages, tally.entries[i].name);
		const char *name = part_language_name(tally.entries[i].name);

		write_link(out, page, &changed, is_current);
		buf_add_xml(out, name != NULL ? str_from(name) : tally.entries[i].name);
		end_link(out, tally.entries[i].stories);
	}
	buf_puts(out, "</ul>\n");
}

struct feed_tally {
	int64_t id;
	size_t stories;
};

static int by_id(const void *a, const void *b)
{
	const struct feed_tally *left = a, *right = b;

	return (left->id > right->id) - (left->id < right->id);
}

static int by_feed_stories(const void *a, const void *b)
{
	const struct feed_tally *left = a, *right = b;

	if (left->stories != right->stories)
		return left->stories > right->stories ? -1 : 1;
	return by_id(a, b);
}

/* The feeds of all stories, those with the most stories first. */
static size_t tally_feeds(const struct window *w, struct feed_tally *tally)
{
	size_t all = 0, count = 0;

	for (size_t i = 0; i < w->count; i++)
		for (size_t k = 0; k < w->stories[i].feed_count; k++)
			tally[all++] = (struct feed_tally){w->stories[i].feeds[k], 1};
	qsort(tally, all, sizeof(*tally), by_id);
	for (size_t i = 0; i < all; i++) {
		if (count > 0 && tally[count - 1].id == tally[i].id)
			tally[count - 1].stories++;
		else
			tally[count++] = tally[i];
	}
	qsort(tally, count, sizeof(*tally), by_feed_stories);
	return count;
}

static void write_feeds(struct buf *out, const struct page *page, const struct view *view, const struct window *w)
{
	struct feed_tally *tally = calloc((size_t)WINDOW_STORIES * WINDOW_FEEDS_MAX, sizeof(*tally));
	size_t count, shown = 0;

	if (tally == NULL) {
		out->failed = -ENOMEM;
		return;
	}
	count = tally_feeds(w, tally);
	buf_puts(out, "<h3>Outlet</h3><ul>");
	for (size_t i = 0; i < count && shown < FEEDS_SHOWN; i++) {
		const struct feed *f = feed_table_by_id(page->site->feeds, tally[i].id);
		struct view changed = view_anew(view);
		bool is_current;

		if (f == NULL || f->state.name == NULL)
			continue;
		shown++;
		is_current = toggle(&changed.feeds, str_from(f->state.name));
		write_link(out, page, &changed, is_current);
		part_outlet(out, str_from(f->state.title != NULL ? f->state.title : f->state.name), STR_NONE);
		end_link(out, tally[i].stories);
	}
	buf_printf(out, "<li><a href=\"%sfeeds\">all %zu</a></li></ul>", page->root, page->site->feed_count);
	free(tally);
}

void rail_write(struct buf *out, const struct page *page, const struct view *view, const struct window *window)
{
	buf_puts(out,
		"<nav class=\"rail\" aria-label=\"Quick filters\"><details><summary>Narrow down by category, outlets, "
		"language</summary>\n");
	write_least(out, page, view, window);
	write_alerts(out, page, view, window);
	write_categories(out, page, view, window);
	write_languages(out, page, view, window);
	write_feeds(out, page, view, window);
	buf_printf(out, "<p class=\"soft\">of the newest %zu stories</p></details></nav>\n", window->count);
}
