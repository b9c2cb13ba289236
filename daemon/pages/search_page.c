/* SPDX-License-Identifier: ISC */
#include "sitrep/pages/search_page.h"

#include <errno.h>
#include <stdio.h>

#include "parts.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/xml_text.h"
#include "sitrep/rules/rule.h"

enum { FACETS_SHOWN = 12, PLOT_MONTHS = 12, PLOT_WIDTH = 240, PLOT_HEIGHT = 60 };

static const char *const months[] = {"January", "February", "March", "April", "May", "June", "July", "August",
	"September", "October", "November", "December"};

/* ---- the address ---- */

/* 1 to 12 and the year of "2026-11"; false for another text. */
static bool read_month(struct str text, int *year, int *month)
{
	long long y, m;

	if (text.len != 7 || text.data[4] != '-' || !str_to_int(str_slice(text, 0, 4), &y) ||
		!str_to_int(str_slice(text, 5, 7), &m) || y < 1970 || m < 1 || m > 12)
		return false;
	*year = (int)y;
	*month = (int)m;
	return true;
}

int search_view_take(struct search_view *v, struct str name, struct str value, struct error *err)
{
	struct str *const texts[] = {&v->rule, &v->category, &v->language, &v->feed};
	static const char *const names[] = {"q", "category", "lang", "feed"};
	int year, month;
	long long page;

	for (size_t i = 0; i < 4; i++)
		if (str_eq(name, str_from(names[i]))) {
			*texts[i] = value;
			return 0;
		}
	if (str_eq(name, STR("sort"))) {
		v->newest = str_eq(value, STR("new"));
		return v->newest || str_eq(value, STR("best"))
			       ? 0
			       : error_set(err, -EINVAL, "sort is best or new, not \"%.*s\"", STR_ARG(value));
	}
	if (str_eq(name, STR("month"))) {
		v->month = value;
		return read_month(value, &year, &month)
			       ? 0
			       : error_set(err, -EINVAL, "month is like 2026-11, not \"%.*s\"", STR_ARG(value));
	}
	if (str_eq(name, STR("page"))) {
		if (!str_to_int(value, &page) || page < 1 || page > SEARCH_PAGE_LAST)
			return error_set(err, -EINVAL, "page is a number from 1 to %d, not \"%.*s\"", SEARCH_PAGE_LAST,
				STR_ARG(value));
		v->page = (size_t)page;
		return 0;
	}
	return error_set(err, -EINVAL,
		"\"%.*s\" is no parameter of this page: it has q, sort, month, category, lang, feed and page",
		STR_ARG(name));
}

static int64_t month_begin(int year, int month)
{
	return civil_to_days(year, month, 1) * INT64_C(86400000);
}

void search_view_month(const struct search_view *v, int64_t *from_ms, int64_t *until_ms)
{
	int year, month;

	*from_ms = *until_ms = 0;
	if (!read_month(v->month, &year, &month))
		return;
	*from_ms = month_begin(year, month);
	*until_ms = month == 12 ? month_begin(year + 1, 1) : month_begin(year, month + 1);
}

static void put_argument(struct buf *out, const char *name, struct str value, bool *begun)
{
	if (value.len == 0)
		return;
	buf_puts(out, *begun ? "&amp;" : "?");
	buf_printf(out, "%s=", name);
	part_escape(out, value);
	*begun = true;
}

/* The query of a view, for an attribute. */
static void put_query(struct buf *out, const struct search_view *v)
{
	char page[24];
	bool begun = false;

	put_argument(out, "q", v->rule, &begun);
	put_argument(out, "sort", v->newest ? STR("new") : STR_NONE, &begun);
	put_argument(out, "month", v->month, &begun);
	put_argument(out, "category", v->category, &begun);
	put_argument(out, "lang", v->language, &begun);
	put_argument(out, "feed", v->feed, &begun);
	snprintf(page, sizeof(page), "%zu", v->page);
	put_argument(out, "page", v->page > 1 ? str_from(page) : STR_NONE, &begun);
}

/* ---- results ---- */

/* Text with the words that were found in <mark>. */
static void put_marked(struct buf *out, struct str text)
{
	size_t from = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] != RULE_MARK_BEGIN && text.data[i] != RULE_MARK_END)
			continue;
		buf_add_xml(out, str_slice(text, from, i));
		buf_puts(out, text.data[i] == RULE_MARK_BEGIN ? "<mark>" : "</mark>");
		from = i + 1;
	}
	buf_add_xml(out, str_slice(text, from, text.len));
}

static void put_day(struct buf *out, int64_t time_ms)
{
	char text[TIME_TEXT_MAX];
	int year, month, day;

	civil_from_days(part_day(time_ms), &year, &month, &day);
	time_format_rfc3339(text, time_ms);
	buf_printf(out, "<time datetime=\"%.16sZ\">%d %.3s</time>", text, day, months[month - 1]);
}

static void write_story(struct buf *out, const struct page *page, const struct search_story *s)
{
	int weight = s->outlets >= 7 ? 4 : s->outlets >= 4 ? 3 : s->outlets >= 2 ? 2 : 1;

	buf_printf(out, "<article class=\"s w%d\" id=\"s-%s\">\n<p class=\"at\"><a href=\"%sstory/%s\">", weight,
		s->uid, page->root, s->uid);
	put_day(out, s->sort_ms);
	buf_puts(out, "</a>");
	if (s->outlets > 1)
		buf_printf(out, "<a href=\"%sstory/%s\"><b>%lld</b> <i>outlets</i></a>", page->root, s->uid,
			(long long)s->outlets);
	buf_puts(out, "</p>\n");
	part_open_text(out, "h3", NULL, s->title, s->language);
	if (s->link.len > 0) {
		buf_puts(out, "<a href=\"");
		buf_add_xml(out, s->link);
		buf_puts(out, "\" rel=\"noreferrer\">");
	} else {
		buf_printf(out, "<a href=\"%sstory/%s\">", page->root, s->uid);
	}
	put_marked(out, s->title);
	buf_puts(out, "</a></h3>\n");
	if (s->text.len > 0) {
		part_open_text(out, "p", "sum", s->text, s->language);
		put_marked(out, s->text);
		buf_puts(out, "</p>\n");
	}
	buf_puts(out, "<p class=\"by\">");
	part_language(out, s->language);
	buf_puts(out, "<b>");
	part_outlet(out, s->source, s->language);
	buf_puts(out, "</b> <span class=\"ago\">");
	part_age_words(out, s->sort_ms, page->site->now_ms);
	buf_puts(out, "</span></p>\n</article>\n");
}

static void write_order(struct buf *out, const struct search_view *v)
{
	struct search_view other = *v;

	other.newest = !v->newest;
	other.page = 1;
	buf_puts(out, v->newest ? "newest first, <a href=\"search" : "best first, <a href=\"search");
	put_query(out, &other);
	buf_puts(out, v->newest ? "\">best first</a>" : "\">newest first</a>");
}

/* The feeds of a search have no order, months or pages of their own. */
static void write_formats(struct buf *out, const struct page *page, const struct search_view *v)
{
	struct buf query = BUF_INIT(16 * 1024);
	const struct {
		const char *name;
		struct str value;
	} arguments[] = {{"q", v->rule}, {"category", v->category}, {"lang", v->language}, {"feed", v->feed}};

	for (size_t i = 0; i < sizeof(arguments) / sizeof(arguments[0]); i++) {
		if (arguments[i].value.len == 0)
			continue;
		buf_printf(&query, "%c%s=", query.len == 0 ? '?' : '&', arguments[i].name);
		part_escape(&query, arguments[i].value);
	}
	part_formats(out, page->root, STR("feed"), buf_str(&query));
	buf_release(&query);
}

static void write_head(struct buf *out, const struct page *page, const struct search_page *s)
{
	const struct search_result *r = s->result;

	buf_puts(out, "<div class=\"day\"><h2>");
	buf_puts(out, r->is_estimate ? "up to " : "");
	part_count_stories(out, (long long)r->found);
	if (r->is_newest)
		buf_printf(out, " in the newest %d reports that match", SEARCH_HITS_MAX);
	else if (s->view->month.len == 0)
		buf_printf(out, " in %lld days", (long long)s->kept_days);
	buf_puts(out, "</h2><p>");
	write_order(out, s->view);
	buf_puts(out, "<span class=\"skipto\"> · <a href=\"#narrow\">narrow</a></span> · as ");
	write_formats(out, page, s->view);
	buf_puts(out, "</p></div>");
	if (r->is_cut)
		buf_puts(out,
			"<p class=\"soft\">The search took too long: stories may be missing. A narrower rule finds "
			"them all.</p>");
	if (r->behind > 0)
		buf_printf(
			out, "<p class=\"soft\">%lld new reports are not in the index yet.</p>", (long long)r->behind);
}

static void write_pages(struct buf *out, const struct search_page *s)
{
	struct search_view other = *s->view;
	size_t first = (s->view->page - 1) * SEARCH_PAGE_STORIES;

	buf_puts(out, "<nav class=\"pages\" aria-label=\"Pages of results\">");
	if (s->view->page > 1) {
		other.page = s->view->page - 1;
		buf_puts(out, "<a href=\"search");
		put_query(out, &other);
		buf_puts(out, "\" rel=\"prev\">Previous</a>");
	}
	buf_printf(out, "<span>%zu to %zu of %zu</span>", first + 1, first + s->result->count, s->result->found);
	if (!s->result->is_last && s->view->page < SEARCH_PAGE_LAST) {
		other.page = s->view->page + 1;
		buf_puts(out, "<a href=\"search");
		put_query(out, &other);
		buf_puts(out, "\" rel=\"next\">Next</a>");
	}
	buf_puts(out, "</nav>");
}

/* ---- facets ---- */

enum facet_kind { FACET_MONTH, FACET_CATEGORY, FACET_FEED, FACET_LANGUAGE };

static void put_label(struct buf *out, enum facet_kind kind, const struct search_facet *f)
{
	const char *name = kind == FACET_LANGUAGE ? part_language_name(f->value) : NULL;
	int year, month;

	if (kind == FACET_MONTH && read_month(f->value, &year, &month))
		buf_printf(out, "%s %d", months[month - 1], year);
	else if (kind == FACET_FEED && f->label.len > 0)
		part_outlet(out, f->label, STR_NONE);
	else if (name != NULL)
		buf_puts(out, name);
	else
		buf_add_xml(out, f->value);
}

static void write_facet(struct buf *out, const struct search_view *v, enum facet_kind kind, const char *heading,
	const struct search_facets *facets)
{
	size_t shown = facets->count < FACETS_SHOWN ? facets->count : FACETS_SHOWN;

	if (shown == 0)
		return;
	buf_printf(out, "<h3>%s</h3><ul>", heading);
	for (size_t i = 0; i < shown; i++) {
		const struct search_facet *f = &facets->items[i];
		struct search_view other = *v;
		struct str *const values[] = {&other.month, &other.category, &other.feed, &other.language};
		bool is_set = str_eq(*values[kind], f->value);

		/* the one in force leads back */
		*values[kind] = is_set ? STR_NONE : f->value;
		other.page = 1;
		buf_puts(out, "<li><a href=\"search");
		put_query(out, &other);
		buf_puts(out, is_set ? "\" aria-current=\"true\">" : "\">");
		put_label(out, kind, f);
		buf_printf(out, " <span class=\"num\">%zu</span></a></li>", f->stories);
	}
	buf_puts(out, "</ul>");
}

static void write_facets(struct buf *out, const struct search_page *s)
{
	buf_puts(out, "<nav class=\"rail\" id=\"narrow\" aria-label=\"Narrow the results\">");
	write_facet(out, s->view, FACET_MONTH, "Month", &s->result->months);
	write_facet(out, s->view, FACET_CATEGORY, "Category", &s->result->categories);
	write_facet(out, s->view, FACET_FEED, "Outlet", &s->result->feeds);
	write_facet(out, s->view, FACET_LANGUAGE, "Language", &s->result->languages);
	buf_puts(out, "</nav>\n");
}

/* One bar a month, the latest at the right. */
static void write_plot(struct buf *out, const struct search_facets *m)
{
	size_t shown = m->count < PLOT_MONTHS ? m->count : PLOT_MONTHS, most = 1;
	int step = shown > 0 ? PLOT_WIDTH / (int)shown : 0;

	if (shown < 2)
		return;
	for (size_t i = 0; i < shown; i++)
		most = m->items[i].stories > most ? m->items[i].stories : most;
	buf_puts(out,
		"<div class=\"box\"><h2>Stories a month</h2><figure><svg class=\"plot bars\" viewBox=\"0 0 240 60\" "
		"preserveAspectRatio=\"none\" height=\"60\" role=\"img\" aria-label=\"stories a month:");
	for (size_t i = shown; i-- > 0;)
		buf_printf(out, " %.*s %zu%s", STR_ARG(m->items[i].value), m->items[i].stories, i > 0 ? "," : "");
	buf_puts(out, "\"><path d=\"");
	for (size_t i = shown; i-- > 0;) {
		int height = 1 + (int)(m->items[i].stories * (PLOT_HEIGHT - 2) / most);

		buf_printf(out, "M%d 60v-%d", step / 2 + step * (int)(shown - 1 - i), height);
	}
	buf_printf(out,
		"\" stroke-width=\"%d\"/></svg><figcaption class=\"axis\"><span>%.*s</span><span>%.*s</span>"
		"</figcaption></figure></div>",
		step * 3 / 4, STR_ARG(m->items[shown - 1].value), STR_ARG(m->items[0].value));
}

static void write_side(struct buf *out, const struct search_page *s)
{
	buf_puts(out, "<aside class=\"side\" aria-label=\"About this search\">");
	write_plot(out, &s->result->months);
	buf_puts(out, "<div class=\"box\"><h2>Keep this search</h2><p class=\"by\">As an alert, in sitrepd.conf:</p>"
		      "<pre class=\"cmd\">[alert \"NAME\"]\nmatch = ");
	buf_add_xml(out, s->view->rule);
	buf_puts(out, "</pre></div></aside>");
}

/* ---- the page ---- */

static void write_result(struct buf *out, const struct page *page, const struct search_page *s)
{
	if (s->result->count == 0 && s->view->page == 1) {
		buf_printf(out,
			"<div class=\"prose\"><p><b>No story of the %lld days that are kept has all of it.</b></p>",
			(long long)s->kept_days);
		if (s->result->behind > 0)
			buf_printf(out, "<p>%lld reports are not in the index yet.</p>", (long long)s->result->behind);
		buf_puts(out, "</div>\n");
		return;
	}
	buf_puts(out, "<div class=\"cols find\"><div><section class=\"list found\" aria-label=\"Results\">");
	write_head(out, page, s);
	for (size_t i = 0; i < s->result->count; i++)
		write_story(out, page, &s->result->stories[i]);
	buf_puts(out, "</section>");
	if (s->result->count > 0)
		write_pages(out, s);
	buf_puts(out, "</div>\n");
	write_facets(out, s);
	write_side(out, s);
	buf_puts(out, "</div>\n");
}

static void write_mistake(struct buf *out, struct str mistake)
{
	struct str sentence = STR_NONE;

	str_split(&mistake, '\n', &sentence);
	buf_puts(out, "<div class=\"err\" id=\"q-err\" role=\"alert\"><p>");
	buf_add_xml(out, sentence);
	buf_puts(out, "</p>");
	if (mistake.len > 0) {
		buf_puts(out, "\n<pre>");
		buf_add_xml(out, mistake);
		buf_puts(out, "</pre>");
	}
	buf_puts(out, "</div>\n");
}

void search_page_write(struct buf *out, const struct site *site, const struct search_page *s)
{
	const bool is_asked = s->view->rule.len > 0;
	const struct part_bar bar = {.label = "Search",
		.action = "search",
		.value = s->view->rule,
		.describedby = s->mistake.len > 0 ? "q-err" : NULL};
	struct page page = {.site = site, .place = PAGE_SEARCH, .root = "", .title = STR("Search")};

	page.skip_to = is_asked ? "results" : NULL;
	page_begin(out, &page);
	page_head_begin(out, &page);
	part_bar(out, &page, &bar);
	page_head_end(out);
	if (s->mistake.len > 0)
		write_mistake(out, s->mistake);
	else if (s->trouble.len > 0) {
		buf_puts(out, "<div class=\"prose\"><p>");
		buf_add_xml(out, s->trouble);
		buf_puts(out, "</p></div>\n");
	} else if (s->result != NULL) {
		write_result(out, &page, s);
	} else {
		buf_puts(out, "<div class=\"prose\"><p>All that is kept can be searched, by words, \"phrases\", "
			      "and whatever a filter has.</p></div>\n");
	}
	page_end(out);
}
