/* SPDX-License-Identifier: ISC */
/* One story for programs. */
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/jsonw.h"
#include "sitrep/model/language.h"
#include "sitrep/pages/story_page.h"
#include "sitrep/text/url.h"
#include "story_parts.h"

enum { URL_MAX = 8 * 1024 };

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
	const struct report *r = story_report(s, n);
	const struct story_tie *t = story_reason(d, r->item_id);
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
		if (story_tie_is_first(d, i))
			json_related(&w, &d->ties[i]);
	jsonw_array_end(&w);
	jsonw_object_end(&w);
	buf_putc(out, '\n');
}
