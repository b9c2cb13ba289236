/* SPDX-License-Identifier: ISC */
/* One story with all its reports, in the order in which they appeared, and why each is in it. */
#include "sitrep/pages/story_page.h"

#include <string.h>

#include "matched_words.h"
#include "parts.h"
#include "sitrep/base/utf8.h"
#include "sitrep/base/xml_text.h"
#include "sitrep/model/language.h"
#include "sitrep/pages/item_link.h"
#include "sitrep/text/url.h"
#include "story_compare.h"
#include "story_reports.h"

enum {
	/* Bytes of the first report's text: a few paragraphs, of which the last is whole. */
	LEAD_TEXT_MAX = 1500,
	CATEGORIES_MAX = 8,
	LANGUAGES_MAX = 16,
	RELATED_MAX = 20,
};

/* ---- head ---- */

static void write_head(struct buf *out, const struct story_sight *sight)
{
	const struct story *s = sight->story;

	page_head_begin(out, sight->page);
	buf_puts(out, "<p>");
	for (size_t i = 0; i < sight->details->raised_count; i++)
		part_alert(out, sight->page->root, sight->details->raised[i].priority, sight->details->raised[i].name);
	buf_puts(out, "<b>");
	part_count(out, s->source_count, "outlet");
	buf_puts(out, "</b>, first ");
	part_moment(out, s->first_seen_ms);
	buf_puts(out, " UTC ");
	part_age(out, s->first_seen_ms, sight->page->site->now_ms);
	if (s->last_seen_ms > s->first_seen_ms) {
		buf_puts(out, ", last ");
		part_age(out, s->last_seen_ms, sight->page->site->now_ms);
	}
	buf_puts(out, "</p>");
	page_head_end(out);
}

/* ---- the first report's text ---- */

static void write_read_on(struct buf *out, const struct item *it)
{
	struct str link = item_own_link(it);
	struct arena scratch = ARENA_INIT(16 * 1024);
	struct str host;

	if (!str_empty(link)) {
		host = url_host(&scratch, link);
		buf_puts(out, "<p><a href=\"");
		buf_add_xml(out, link);
		buf_puts(out, "\" rel=\"noreferrer\">Read on at ");
		buf_add_xml(out, str_starts(host, STR("www.")) ? str_slice(host, 4, host.len) : host);
		buf_puts(out, "</a>");
		if (it->token_count > 0)
			buf_printf(out, " <span class=\"soft\">(the feed has %u word%s)</span>", it->token_count,
				it->token_count == 1 ? "" : "s");
		buf_puts(out, "</p>\n");
	}
	arena_release(&scratch);
}

static void write_lead(struct buf *out, const struct story_sight *sight)
{
	const struct report *r = &sight->story->reports[0];
	struct buf text = BUF_INIT(STORY_TEXT_MAX);
	struct str rest, line;
	size_t shown = 0;

	story_text(&text, &r->item);
	rest = buf_str(&text);
	buf_puts(out, "<section aria-labelledby=\"lead-h\"><h2 id=\"lead-h\">What it says</h2>");
	part_open_text(out, "div", "prose", buf_str(&text), language_shown(&r->item));
	buf_puts(out, "<p><b>");
	story_put_outlet(out, sight, r);
	buf_puts(out, "</b>");
	while (shown < LEAD_TEXT_MAX && str_split(&rest, '\n', &line)) {
		struct str cut = utf8_cut(line, LEAD_TEXT_MAX);

		if (str_empty(line))
			continue;
		buf_puts(out, shown == 0 ? " · " : "<p>");
		buf_add_xml(out, cut);
		buf_puts(out, cut.len < line.len ? "…</p>\n" : "</p>\n");
		shown += line.len;
	}
	if (shown == 0)
		buf_puts(out, " · the feed gave the headline alone.</p>\n");
	write_read_on(out, &r->item);
	buf_puts(out, "</div></section>\n");
	buf_release(&text);
}

/* ---- side ---- */

static size_t count_languages(const struct story *s)
{
	struct str known[LANGUAGES_MAX];
	size_t count = 0;

	for (size_t i = 0; i < s->report_count && count < LANGUAGES_MAX; i++) {
		struct str language = language_shown(&s->reports[i].item);
		bool is_new = !str_empty(language);

		for (size_t k = 0; k < count && is_new; k++)
			is_new = !str_eq_nocase(known[k], language);
		if (is_new)
			known[count++] = language;
	}
	return count;
}

static void write_fact_report(struct buf *out, const struct story_sight *sight, const char *term, size_t n)
{
	const struct report *r = story_report(sight->story, n);

	buf_printf(out, "<dt>%s</dt><dd>", term);
	story_time(out, sight, r->first_seen_ms);
	buf_puts(out, ", ");
	story_put_outlet(out, sight, r);
	buf_puts(out, "</dd>");
}

static void write_categories(struct buf *out, const struct story_sight *sight)
{
	struct str shown[CATEGORIES_MAX];
	size_t count = part_story_categories(sight->story, shown, CATEGORIES_MAX);

	for (size_t i = 0; i < count; i++) {
		buf_printf(out, i == 0 ? "<dt>Category</dt><dd><a href=\"%s?category=" : ", <a href=\"%s?category=",
			sight->page->root);
		part_escape(out, shown[i]);
		buf_puts(out, "\">");
		buf_add_xml(out, shown[i]);
		buf_puts(out, "</a>");
	}
	buf_puts(out, count > 0 ? "</dd>" : "");
}

static void write_facts(struct buf *out, const struct story_sight *sight)
{
	const struct story *s = sight->story;
	size_t languages = count_languages(s);

	buf_printf(
		out, "<div class=\"box\"><h2>In short</h2><dl class=\"facts\"><dt>Outlets</dt><dd>%d", s->source_count);
	if (languages > 1)
		buf_printf(out, ", in %zu languages", languages);
	buf_printf(out, "</dd><dt>Reports</dt><dd>%d</dd>", s->total_reports);
	write_fact_report(out, sight, "First", 0);
	if (s->report_count > 1 && (size_t)s->total_reports == s->report_count)
		write_fact_report(out, sight, "Last", s->report_count - 1);
	write_categories(out, sight);
	buf_printf(out, "<dt>Address</dt><dd><a href=\"%s\">/story/%.8s…</a></dd></dl></div>\n", s->uid, s->uid);
}

static void write_raised_at(struct buf *out, const struct story_sight *sight, const struct story_raised *a)
{
	int n = story_report_number(sight->story, a->item_id);
	const struct report *r = n >= 0 ? story_report(sight->story, (size_t)n) : NULL;

	story_time(out, sight, a->at_ms);
	if (r == NULL) {
		buf_puts(out, ", by a report that is no longer here");
		return;
	}
	if (n == 0) {
		buf_puts(out, ", at the first report: ");
	} else {
		buf_puts(out, ", at the report of ");
		story_put_outlet(out, sight, r);
		buf_puts(out, ": ");
	}
	matched_list(out, &r->item, a->terms);
}

static void write_raised(struct buf *out, const struct story_sight *sight)
{
	const struct story_details *d = sight->details;

	if (d->raised_count == 0)
		return;
	buf_puts(out, "<div class=\"box\"><h2>Alerts it raised</h2><ul>");
	for (size_t i = 0; i < d->raised_count; i++) {
		buf_puts(out, "<li>");
		part_alert(out, sight->page->root, d->raised[i].priority, d->raised[i].name);
		buf_puts(out, "<p class=\"by\">");
		write_raised_at(out, sight, &d->raised[i]);
		buf_puts(out, d->raised[i].muted ? "; not sent</p></li>" : "</p></li>");
	}
	buf_puts(out, "</ul></div>\n");
}

static const char *tie_words(const struct story_tie *t)
{
	if (strcmp(t->relation, "contains") == 0)
		return t->incoming ? "a roundup that has it among others" : "is in this roundup";
	return "perhaps the same event";
}

static void write_related_story(struct buf *out, const struct story_tie *t)
{
	struct item named = {.language = t->other_language};

	buf_printf(out, "<li><a href=\"%s\"", t->other_story);
	part_text_attributes(out, t->other_title, language_shown(&named));
	buf_putc(out, '>');
	buf_add_xml(out, t->other_title);
	buf_puts(out, "</a><p class=\"by\"><b>");
	if (t->other_sources > 1)
		part_count(out, t->other_sources, "outlet");
	else
		part_outlet(out, t->other_source.title, STR_NONE);
	buf_printf(out, "</b> · %s</p></li>", tie_words(t));
}

static void write_related(struct buf *out, const struct story_sight *sight)
{
	size_t shown = 0;

	for (size_t i = 0; i < sight->details->tie_count && shown < RELATED_MAX; i++) {
		if (!story_tie_is_first(sight->details, i))
			continue;
		buf_puts(out, shown++ == 0 ? "<div class=\"box\"><h2>Related stories</h2><ul>" : "");
		write_related_story(out, &sight->details->ties[i]);
	}
	buf_puts(out, shown > 0 ? "</ul></div>\n" : "");
}

static void write_side(struct buf *out, const struct story_sight *sight)
{
	buf_puts(out, "<aside class=\"side\" aria-label=\"About this story\">\n");
	write_facts(out, sight);
	write_raised(out, sight);
	write_related(out, sight);
	buf_printf(out,
		"<div class=\"box\"><h2>For programs</h2><p class=\"by\"><a href=\"%s.json\">JSON</a></p></div>\n"
		"<div class=\"box\"><h2>If it is two stories</h2><p class=\"by\">The operator decides which report "
		"belongs "
		"here, on the machine:</p><pre class=\"cmd\">sitrep join %s ITEM</pre><p class=\"by\">To take one out: "
		"“Numbers and commands” under it.</p></div>\n</aside>",
		sight->story->uid, sight->story->uid);
}

void story_page_html(struct buf *out, const struct site *site, const struct story *s, const struct story_details *d,
	const struct story_view *view)
{
	const struct item *lead = &s->reports[0].item;
	const struct page page = {
		.site = site,
		.place = PAGE_ELSEWHERE,
		.root = "../",
		.title = lead->plain_title,
		.language = language_shown(lead),
		.skip_to = "story",
		.body_class = "story",
	};
	const struct story_sight sight = {&page, s, d};

	page_begin(out, &page);
	write_head(out, &sight);
	buf_puts(out, "<div class=\"cols two\"><div><div class=\"grid duo\">\n");
	write_lead(out, &sight);
	story_reports_timeline(out, &sight);
	buf_puts(out, "</div>\n");
	story_reports_list(out, &sight);
	story_compare_reports(out, &sight, view->a, view->b);
	story_compare_versions(out, &sight);
	buf_puts(out, "</div>\n");
	write_side(out, &sight);
	buf_puts(out, "</div>\n");
	page_end(out);
}
