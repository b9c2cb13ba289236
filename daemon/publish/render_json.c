/* SPDX-License-Identifier: ISC */
/* JSON Feed 1.1.  Data for which the format has no member, such as all reports of a story, is in the extension object
 * _sitrep. */
#include <errno.h>
#include <stdio.h>

#include "render.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/jsonw.h"
#include "sitrep/base/limits.h"
#include "sitrep/model/language.h"
#include "sitrep/text/url.h"

static bool person(struct jsonw *w, const struct person *p)
{
	struct str name = render_person(p);

	if (str_empty(name))
		return false;
	jsonw_object(w);
	jsonw_kv_str(w, "name", name);
	if (url_is_web(p->uri))
		jsonw_kv_str(w, "url", p->uri);
	jsonw_object_end(w);
	return true;
}

static void begin(struct buf *out, const struct channel *c)
{
	struct buf head = BUF_INIT(out->max);
	struct jsonw w = JSONW_INIT(&head);

	/* The object stays open for the items, which are written one by one. */
	jsonw_object(&w);
	jsonw_kv_cstr(&w, "version", "https://jsonfeed.org/version/1.1");
	jsonw_kv_cstr(&w, "title", c->title);
	jsonw_kv_cstr(&w, "home_page_url", c->home_url);
	jsonw_kv_cstr(&w, "feed_url", c->self_url);
	if (c->icon != NULL)
		jsonw_kv_cstr(&w, "icon", c->icon);
	if (c->author != NULL) {
		const struct person author = {.name = str_from(c->author)};

		jsonw_kv_array(&w, "authors");
		person(&w, &author);
		jsonw_array_end(&w);
	}
	if (c->rights != NULL) {
		jsonw_kv_object(&w, "_sitrep");
		jsonw_kv_cstr(&w, "rights", c->rights);
		jsonw_object_end(&w);
	}
	jsonw_key(&w, "items");
	if (buf_failed(&head))
		out->failed = head.failed;
	buf_add(out, buf_str(&head));
	buf_puts(out, "[\n");
	buf_release(&head);
}

static void authors(struct jsonw *w, const struct report *r)
{
	size_t written = 0;

	jsonw_kv_array(w, "authors");
	for (size_t i = 0; i < r->item.authors.count; i++)
		written += person(w, &r->item.authors.items[i]);
	if (written == 0) {
		const struct person outlet = {.name = r->source.title};

		person(w, &outlet);
	}
	jsonw_array_end(w);
}

static void tag(void *arg, const struct category *c)
{
	jsonw_str(arg, render_category_name(c));
}

static void attachments(struct jsonw *w, const struct item *it)
{
	bool open = false;

	for (size_t i = 0; i < it->enclosures.count; i++) {
		const struct enclosure *e = &it->enclosures.items[i];
		long long length;

		if (!url_is_web(e->url))
			continue;
		if (!open) {
			jsonw_kv_array(w, "attachments");
			open = true;
		}
		jsonw_object(w);
		jsonw_kv_str(w, "url", e->url);
		jsonw_kv_str(w, "mime_type", str_empty(e->type) ? STR("application/octet-stream") : e->type);
		if (str_to_int(e->length, &length) && length > 0)
			jsonw_kv_int(w, "size_in_bytes", length);
		jsonw_object_end(w);
	}
	if (open)
		jsonw_array_end(w);
}

/* Writes the members of an item for which JSON Feed has no place. */
static void extras(struct jsonw *w, const struct item *it)
{
	struct buf rights = BUF_INIT(LIMIT_TITLE);
	struct str via_title, via = render_via(it, &via_title);

	render_rights(&rights, it);
	if (rights.len > 0)
		jsonw_kv_str(w, "rights", buf_str(&rights));
	buf_release(&rights);
	if (url_is_web(it->comments))
		jsonw_kv_str(w, "comments", it->comments);
	if (!str_empty(via))
		jsonw_kv_str(w, "via", via);
	if (!str_empty(via) && !str_empty(via_title))
		jsonw_kv_str(w, "via_title", via_title);
	if (it->contributors.count == 0)
		return;
	jsonw_kv_array(w, "contributors");
	for (size_t i = 0; i < it->contributors.count; i++)
		person(w, &it->contributors.items[i]);
	jsonw_array_end(w);
}

static void alert(struct jsonw *w, const struct story_alert *a)
{
	char id[24];

	if (a->id == 0)
		return;
	snprintf(id, sizeof(id), "%lld", (long long)a->id);
	jsonw_kv_object(w, "alert");
	jsonw_kv_cstr(w, "id", id);
	jsonw_kv_str(w, "name", a->name);
	jsonw_kv_cstr(w, "priority", alert_priority_name(a->priority));
	jsonw_kv_int(w, "revision", a->revision);
	jsonw_kv_cstr(w, "state", alert_state_name(a->state));
	jsonw_kv_time(w, "first", a->first_ms);
	jsonw_kv_time(w, "last", a->last_ms);
	jsonw_object_end(w);
}

/* Members have the names that they have in a story's own document and on the stream. "url" is the name of "link" in
 * documents of version 0.2. */
static void sources(struct jsonw *w, struct str page, const struct story *s)
{
	jsonw_kv_object(w, "_sitrep");
	jsonw_kv_cstr(w, "id", s->uid);
	jsonw_kv_str(w, "url", page);
	alert(w, &s->alert);
	jsonw_kv_int(w, "sources", s->source_count);
	jsonw_kv_int(w, "report_count", s->total_reports);
	jsonw_kv_time(w, "first_seen", s->first_seen_ms);
	jsonw_kv_time(w, "last_seen", s->last_seen_ms);
	jsonw_kv_array(w, "reports");
	for (size_t i = 0; i < s->report_count; i++) {
		const struct report *r = &s->reports[i];

		jsonw_object(w);
		jsonw_kv_cstr(w, "id", r->uid);
		jsonw_kv_str(w, "feed", r->source.feed);
		jsonw_kv_str(w, "source", r->source.title);
		jsonw_kv_str(w, "feed_url", r->source.url);
		jsonw_kv_str(w, "title", r->item.plain_title);
		if (url_is_web(r->item.link)) {
			jsonw_kv_str(w, "link", r->item.link);
			jsonw_kv_str(w, "url", r->item.link);
		}
		jsonw_kv_time(w, "first_seen", r->first_seen_ms);
		if (r->published_known)
			jsonw_kv_time(w, "published", r->published_ms);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
	extras(w, &s->reports[0].item);
	jsonw_object_end(w);
}

static void story(struct buf *out, const struct channel *c, const struct story *s, size_t index)
{
	const struct report *lead = &s->reports[0];
	struct buf body = BUF_INIT(out->max);
	struct buf title = BUF_INIT(out->max), url = BUF_INIT(out->max);
	struct buf id = BUF_INIT(64), page = BUF_INIT(out->max);
	int64_t published = render_published(s);
	struct jsonw w = JSONW_INIT(out);

	if (index > 0)
		buf_puts(out, ",\n");
	render_body(&body, c, s);
	render_title(&title, c, s);
	render_link(&url, c, s);
	render_id(&id, c, s);
	render_story_url(&page, c, s);
	/* a text that did not fit must not look empty */
	if (buf_failed(&body) || buf_failed(&title) || buf_failed(&url) || buf_failed(&id) || buf_failed(&page))
		out->failed = -E2BIG;
	jsonw_object(&w);
	jsonw_kv_str(&w, "id", buf_str(&id));
	jsonw_kv_str(&w, "url", buf_str(&url));
	jsonw_kv_str(&w, "title", buf_str(&title));
	jsonw_kv_str(&w, "content_html", buf_str(&body));
	if (c->text != CHANNEL_HEADLINE)
		jsonw_kv_str(&w, "summary", lead->item.plain_summary);
	if (url_is_web(lead->item.image.url))
		jsonw_kv_str(&w, "image", lead->item.image.url);
	/* without date_published there is no date_modified either: readers would sort by it */
	if (published != TIME_NONE) {
		jsonw_kv_time(&w, "date_published", published);
		jsonw_kv_time(&w, "date_modified", render_updated(c, s));
	}
	authors(&w, lead);
	jsonw_kv_array(&w, "tags");
	render_categories(s, tag, &w);
	jsonw_array_end(&w);
	if (!str_empty(language_shown(&lead->item)))
		jsonw_kv_str(&w, "language", lead->item.language);
	attachments(&w, &lead->item);
	sources(&w, buf_str(&page), s);
	jsonw_object_end(&w);
	buf_release(&id);
	buf_release(&page);
	buf_release(&title);
	buf_release(&url);
	buf_release(&body);
}

static void end(struct buf *out, const struct channel *c)
{
	const char *next = c->is_archive || c->is_static ? c->archive_before : c->next;
	struct jsonw w = JSONW_INIT(out);
	struct buf url = BUF_INIT(out->max);

	buf_puts(out, "\n]");
	if (next[0] != '\0') {
		render_part_url(&url, c, next);
		buf_puts(out, ",\"next_url\":");
		jsonw_str(&w, buf_str(&url));
	}
	if (buf_failed(&url))
		out->failed = url.failed;
	buf_release(&url);
	buf_puts(out, "}\n");
}

const struct format format_json = {
	.suffix = "json",
	.content_type = "application/feed+json",
	.begin = begin,
	.story = story,
	.end = end,
};
