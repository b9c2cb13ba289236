/* SPDX-License-Identifier: ISC */
/* One story with all its reports, in the order in which they appeared, and why each is in it. */
#include "sitrep/pages/story_page.h"

#include <string.h>

#include "parts.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/jsonw.h"
#include "sitrep/base/xml_text.h"
#include "sitrep/model/language.h"
#include "sitrep/pages/item_link.h"
#include "sitrep/pages/outlets.h"
#include "sitrep/text/url.h"

enum { URL_MAX = 8 * 1024 };

/* The n-th report in the order of appearance. In the list the lead is first, the others are in that order. */
static const struct report *appeared(const struct story *s, size_t n)
{
	size_t before = 0;

	while (before + 1 < s->report_count && s->reports[before + 1].item_id < s->reports[0].item_id)
		before++;
	return n < before ? &s->reports[n + 1] : n == before ? &s->reports[0] : &s->reports[n];
}

/* The reason why the report is in its story; NULL: it began the story, or the reason is no longer stored. */
static const struct story_tie *placed_by(const struct story_details *d, int64_t item_id)
{
	for (size_t i = 0; i < d->tie_count; i++) {
		const struct story_tie *t = &d->ties[i];

		if (t->item_id == item_id && !t->incoming && t->same_story &&
			(strcmp(t->relation, "copy") == 0 || strcmp(t->relation, "reprint") == 0 ||
				strcmp(t->relation, "update") == 0))
			return t;
	}
	return NULL;
}

/* True for the first tie to that other story; several reports may be tied to it. */
static bool is_first_to(const struct story_details *d, size_t n)
{
	if (d->ties[n].same_story)
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(d->ties[i].other_story, d->ties[n].other_story) == 0)
			return false;
	return true;
}

/* ---- for a browser ---- */

static void write_measures(struct buf *out, const struct story_tie *t)
{
	buf_printf(out, "%.0f&nbsp;%% of the shorter text, %d of %d phrases", t->score * 100, t->shared, t->shared_of);
	if (t->numbers_of > 0)
		buf_printf(out, ", %d of %d numbers", t->numbers, t->numbers_of);
}

static void write_reason(struct buf *out, const struct story_tie *t, bool first)
{
	buf_puts(out, "<p class=\"why\">");
	if (t == NULL) {
		buf_puts(out, first ? "The first report." : "Joined the story.");
	} else if (strcmp(t->relation, "copy") == 0) {
		buf_puts(out, "The same text or link as that of <b>");
		buf_add_xml(out, t->other_source.title);
		buf_puts(out, "</b>.");
	} else {
		bool update = strcmp(t->relation, "update") == 0;

		buf_puts(out, update ? "A later version of the report of <b>" : "An edited copy of the report of <b>");
		buf_add_xml(out, t->other_source.title);
		buf_puts(out, "</b>: ");
		write_measures(out, t);
		buf_putc(out, '.');
	}
	buf_puts(out, "</p>\n");
}

static void write_changes(struct buf *out, const struct story_details *d, const struct report *r)
{
	long long count = 0;

	for (size_t i = 0; i < d->revision_count; i++)
		count += d->revisions[i].item_id == r->item_id;
	if (count == 0)
		return;
	buf_puts(out, "<p class=\"why\">Its text changed: ");
	part_count(out, count, "earlier version");
	buf_puts(out, " kept, the present one is of ");
	part_moment(out, r->updated_ms);
	buf_puts(out, ".</p>\n");
}

static void write_report(
	struct buf *out, const struct site *site, const struct story *s, const struct story_details *d, size_t n)
{
	const struct report *r = appeared(s, n);
	struct buf name = BUF_INIT(out->max);

	outlets_put_name(&name, site->outlets, &r->source);
	if (buf_failed(&name))
		out->failed = name.failed;
	buf_printf(out, "<li id=\"%s\">\n", r->uid);
	part_open_text(out, "h2", NULL, r->item.plain_title, language_shown(&r->item));
	part_link_out(out, item_own_link(&r->item), r->item.plain_title);
	buf_puts(out, "</h2>\n<p class=\"by\"><b>");
	buf_add_xml(out, buf_str(&name));
	buf_release(&name);
	buf_puts(out, "</b> &middot; seen ");
	part_moment(out, r->first_seen_ms);
	if (r->published_known) {
		buf_puts(out, " &middot; published ");
		part_moment(out, r->published_ms);
	}
	if (r == &s->reports[0] && s->report_count > 1)
		buf_puts(out, " &middot; leads the story");
	buf_puts(out, "</p>\n");
	write_reason(out, placed_by(d, r->item_id), n == 0);
	write_changes(out, d, r);
	buf_puts(out, "</li>\n");
}

static const char *tie_words(const struct story_tie *t)
{
	if (strcmp(t->relation, "contains") == 0)
		return t->incoming ? "a roundup that has it among others" : "is in this roundup";
	return "perhaps the same event";
}

static void write_related(struct buf *out, const struct story_details *d)
{
	bool open = false;

	for (size_t i = 0; i < d->tie_count; i++) {
		const struct story_tie *t = &d->ties[i];

		if (!is_first_to(d, i))
			continue;
		buf_puts(out, open ? "" : "<h2>Related</h2>\n<ul>\n");
		open = true;
		buf_printf(out, "<li dir=\"auto\"><a href=\"%s\">", t->other_story);
		buf_add_xml(out, t->other_title);
		buf_puts(out, "</a>\n<p class=\"by\"><b>");
		buf_add_xml(out, t->other_source.title);
		buf_printf(out, "</b> &middot; %s: ", tie_words(t));
		write_measures(out, t);
		buf_puts(out, "</p></li>\n");
	}
	if (open)
		buf_puts(out, "</ul>\n");
}

void story_page_html(struct buf *out, const struct site *site, const struct story *s, const struct story_details *d)
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

	page_begin(out, &page);
	page_head_begin(out, &page);
	buf_puts(out, "<p>");
	part_count(out, s->source_count, "outlet");
	buf_puts(out, ", ");
	part_count(out, s->total_reports, "report");
	buf_puts(out, " · ");
	part_moment(out, s->first_seen_ms);
	if (s->last_seen_ms > s->first_seen_ms) {
		buf_puts(out, " to ");
		part_moment(out, s->last_seen_ms);
	}
	buf_printf(out, " · <a href=\"%s.json\">JSON</a></p>", s->uid);
	page_head_end(out);
	buf_puts(out, "<ol>\n");
	for (size_t i = 0; i < s->report_count; i++)
		write_report(out, site, s, d, i);
	buf_puts(out, "</ol>\n");
	if ((size_t)s->total_reports > s->report_count) {
		buf_puts(out, "<p>And ");
		part_count(out, s->total_reports - (long long)s->report_count, "later report");
		buf_puts(out, ".</p>\n");
	}
	write_related(out, d);
	page_end(out);
}

/* ---- for programs ---- */

static void json_measures(struct jsonw *w, const struct story_tie *t)
{
	jsonw_kv_real(w, "score", t->score);
	if (strcmp(t->relation, "copy") == 0)
		return;
	jsonw_kv_int(w, "shared", t->shared);
	jsonw_kv_int(w, "shared_of", t->shared_of);
	jsonw_kv_int(w, "numbers", t->numbers);
	jsonw_kv_int(w, "numbers_of", t->numbers_of);
}

static void json_report(struct jsonw *w, const struct story *s, const struct story_details *d, size_t n)
{
	const struct report *r = appeared(s, n);
	const struct story_tie *t = placed_by(d, r->item_id);
	char time[TIME_TEXT_MAX];

	jsonw_object(w);
	jsonw_kv_cstr(w, "id", r->uid);
	jsonw_kv_str(w, "feed", r->source.feed);
	jsonw_kv_str(w, "source", r->source.title);
	jsonw_kv_str(w, "feed_url", r->source.url);
	jsonw_kv_str(w, "title", r->item.plain_title);
	if (!str_empty(language_shown(&r->item)))
		jsonw_kv_str(w, "language", r->item.language);
	if (url_is_web(r->item.link))
		jsonw_kv_str(w, "link", r->item.link);
	jsonw_kv_time(w, "first_seen", r->first_seen_ms);
	if (r->published_known)
		jsonw_kv_time(w, "published", r->published_ms);
	jsonw_kv_bool(w, "lead", r == &s->reports[0]);
	if (t != NULL) {
		jsonw_kv_cstr(w, "relation", t->relation);
		jsonw_kv_cstr(w, "of", t->other_uid);
		json_measures(w, t);
	} else if (n == 0) {
		jsonw_kv_cstr(w, "relation", "new");
	}
	jsonw_kv_array(w, "revisions");
	for (size_t i = 0; i < d->revision_count; i++)
		if (d->revisions[i].item_id == r->item_id)
			jsonw_cstr(w, time_format_rfc3339(time, d->revisions[i].at_ms));
	jsonw_array_end(w);
	jsonw_object_end(w);
}

static void json_related(struct jsonw *w, const struct story_tie *t)
{
	jsonw_object(w);
	jsonw_kv_cstr(w, "story", t->other_story);
	jsonw_kv_cstr(w, "relation", t->relation);
	jsonw_kv_bool(w, "incoming", t->incoming);
	jsonw_kv_str(w, "source", t->other_source.title);
	jsonw_kv_str(w, "title", t->other_title);
	json_measures(w, t);
	jsonw_object_end(w);
}

void story_page_json(struct buf *out, const struct site *site, const struct story *s, const struct story_details *d)
{
	struct jsonw w = JSONW_INIT(out);
	struct buf url = BUF_INIT(URL_MAX);

	buf_printf(&url, "%sstory/%s", site->home_url, s->uid);
	jsonw_object(&w);
	jsonw_kv_cstr(&w, "id", s->uid);
	jsonw_kv_str(&w, "url", buf_str(&url));
	if (buf_failed(&url))
		out->failed = url.failed;
	buf_release(&url);
	jsonw_kv_str(&w, "title", s->reports[0].item.plain_title);
	jsonw_kv_int(&w, "sources", s->source_count);
	jsonw_kv_int(&w, "report_count", s->total_reports);
	jsonw_kv_time(&w, "first_seen", s->first_seen_ms);
	jsonw_kv_time(&w, "last_seen", s->last_seen_ms);
	jsonw_kv_array(&w, "reports");
	for (size_t i = 0; i < s->report_count; i++)
		json_report(&w, s, d, i);
	jsonw_array_end(&w);
	jsonw_kv_array(&w, "related");
	for (size_t i = 0; i < d->tie_count; i++)
		if (is_first_to(d, i))
			json_related(&w, &d->ties[i]);
	jsonw_array_end(&w);
	jsonw_object_end(&w);
	buf_putc(out, '\n');
}
