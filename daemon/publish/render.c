/* SPDX-License-Identifier: ISC */
/* The parts that all formats share: the text of a story and its outlets. */
#include "render.h"

#include <errno.h>
#include <string.h>

#include "sitrep/base/limits.h"
#include "sitrep/base/utf8.h"
#include "sitrep/base/xml_text.h"
#include "sitrep/model/language.h"
#include "sitrep/pages/item_link.h"
#include "sitrep/pages/outlets.h"
#include "sitrep/text/html.h"
#include "sitrep/text/public_url.h"
#include "sitrep/text/url.h"

/* Of a longer text only the summary is shown; a merged feed of a hundred such texts would be useless. */
enum { CONTENT_SHOWN_MAX = 256 * 1024 };

/* Further categories of a story are left out. */
enum { CATEGORIES_MAX = LIMIT_ITEM_LIST };

int64_t render_published(const struct story *story)
{
	const struct report *lead = &story->reports[0], *first = lead;

	if (story->report_count > 1 && story->reports[1].item_id < first->item_id)
		first = &story->reports[1];
	if (first->published_known)
		return first->published_ms;
	return lead->published_known ? lead->published_ms : TIME_NONE;
}

struct str render_category_name(const struct category *c)
{
	return str_empty(c->label) ? c->term : c->label;
}

/* Categories that were given to fn. */
struct category_list {
	struct str names[CATEGORIES_MAX];
	size_t count;
	render_category_fn *fn;
	void *arg;
};

static void add_category(struct category_list *list, const struct category *c)
{
	struct str name = render_category_name(c);

	if (str_empty(name) || list->count == CATEGORIES_MAX)
		return;
	for (size_t i = 0; i < list->count; i++)
		if (str_eq_nocase(list->names[i], name))
			return;
	list->names[list->count++] = name;
	list->fn(list->arg, c);
}

void render_categories(const struct story *story, render_category_fn *fn, void *arg)
{
	struct category_list list = {.fn = fn, .arg = arg};

	for (size_t i = 0; i < story->report_count; i++) {
		struct str rest = story->reports[i].source.categories;
		struct category configured = {0};

		while (str_split(&rest, '\n', &configured.term))
			add_category(&list, &configured);
	}
	for (size_t i = 0; i < story->report_count; i++)
		for (size_t k = 0; k < story->reports[i].item.categories.count; k++)
			add_category(&list, &story->reports[i].item.categories.items[k]);
}

void render_archive_file(struct buf *out, struct str feed, struct str query)
{
	size_t dot = feed.len;

	while (dot > 0 && feed.data[dot - 1] != '.')
		dot--;
	buf_printf(out, "%.*s.archive-%.*s.%.*s", STR_ARG(str_slice(feed, 0, dot > 0 ? dot - 1 : 0)),
		STR_ARG(str_slice(query, str_find_char(query, '=', 0) + 1, query.len)),
		STR_ARG(str_slice(feed, dot, feed.len)));
}

void render_part_url(struct buf *out, const struct channel *channel, const char *query)
{
	if (channel->is_static && query[0] != '\0')
		render_archive_file(out, str_from(channel->feed_url), str_from(query));
	else
		buf_printf(out, "%s%s", channel->feed_url, query);
}

static void add_part(
	struct buf *out, const struct channel *channel, const char *prefix, const char *relation, const char *query)
{
	struct buf url = BUF_INIT(out->max);

	render_part_url(&url, channel, query);
	buf_printf(out, "<%slink rel=\"%s\" href=\"", prefix, relation);
	buf_add_xml(out, buf_str(&url));
	buf_puts(out, "\"/>\n");
	if (buf_failed(&url))
		out->failed = url.failed;
	buf_release(&url);
}

void render_parts(struct buf *out, const struct channel *channel, const char *prefix)
{
	if (channel->feed_url == NULL)
		return;
	if (channel->is_archive)
		buf_puts(out, "<fh:archive/>\n");
	if (channel->is_part)
		add_part(out, channel, prefix, channel->is_archive ? "current" : "first", "");
	if (channel->archive_before[0] != '\0')
		add_part(out, channel, prefix, "prev-archive", channel->archive_before);
	if (channel->archive_after[0] != '\0')
		add_part(out, channel, prefix, "next-archive", channel->archive_after);
}

void render_next(struct buf *out, const struct channel *channel, const char *prefix, size_t at)
{
	struct buf link = BUF_INIT(out->max);
	size_t moved = out->len - at;

	if (channel->next[0] == '\0')
		return;
	add_part(&link, channel, prefix, "next", channel->next);
	if (buf_failed(&link))
		out->failed = link.failed;
	if (buf_add(out, buf_str(&link)) == 0) {
		memmove(out->data + at + link.len, out->data + at, moved);
		memcpy(out->data + at, link.data, link.len);
	}
	buf_release(&link);
}

int64_t render_updated(const struct channel *channel, const struct story *story)
{
	const struct report *lead = &story->reports[0];
	int64_t changed_ms = lead->updated_ms;

	if (channel->joins_update || story->alert.id != 0)
		return story->updated_ms;
	/* A story that began in a backlog is as old as its first item's dates, as long as that is unchanged. */
	if (lead->item_id == story->id && changed_ms == lead->first_seen_ms && story->sort_ms < story->first_seen_ms &&
		lead->published_known)
		changed_ms = lead->item.updated > lead->published_ms && lead->item.updated < changed_ms
				     ? lead->item.updated
				     : lead->published_ms;
	/* The report's time moves with small edits too, the story's with reports that join: the earlier one moves with
	 * a material change alone. */
	return story->updated_ms < changed_ms ? story->updated_ms : changed_ms;
}

void render_id(struct buf *out, const struct channel *channel, const struct story *story)
{
	const char *uid = channel->per_item ? story->reports[0].uid : story->uid;
	const struct str pieces[] = {str_from(channel->id_space), str_make("", 1), str_from(uid)};
	uint8_t own[STORE_KEY_LEN];
	char text[UID_TEXT_MAX];

	if (channel->id_space != NULL) {
		uid_make(pieces, 3, own);
		uid_write(text, str_make((const char *)own, sizeof(own)));
		uid = text;
	}
	buf_printf(out, "urn:uuid:%s", uid);
}

struct str render_summary(const struct channel *channel, const struct story *story)
{
	return channel->text != CHANNEL_HEADLINE ? story->reports[0].item.plain_summary : STR_NONE;
}

struct str render_person(const struct person *p)
{
	return !str_empty(p->name) ? p->name : !str_empty(p->email) ? p->email : STR_NONE;
}

struct str render_via(const struct item *it, struct str *title)
{
	const struct feed_facts *source = &it->source;
	const struct str urls[] = {source->link, source->url, source->self};

	*title = source->title.kind == TEXT_PLAIN ? source->title.value : STR_NONE;
	for (size_t i = 0; it->has_source && i < sizeof(urls) / sizeof(*urls); i++)
		/* The address from which an aggregator got the item may hold its secret. */
		if (url_is_web(urls[i]) && !url_has_secret(urls[i]))
			return urls[i];
	return STR_NONE;
}

void render_rights(struct buf *out, const struct item *it)
{
	if (it->rights.kind == TEXT_HTML)
		html_to_text(out, it->rights.value);
	else if (it->rights.kind == TEXT_PLAIN)
		utf8_one_line(out, it->rights.value);
}

static void add_pixels(struct buf *out, const char *name, struct str digits)
{
	long long n;

	if (str_to_int(digits, &n) && n > 0)
		buf_printf(out, " %s=\"%lld\"", name, n);
}

void render_thumbnail(struct buf *out, const struct item *it)
{
	if (!url_is_web(it->image.url))
		return;
	buf_puts(out, "<media:thumbnail url=\"");
	buf_add_xml(out, it->image.url);
	buf_putc(out, '"');
	add_pixels(out, "width", it->image.width);
	add_pixels(out, "height", it->image.height);
	buf_puts(out, "/>\n");
}

void render_paragraphs(struct buf *out, struct str text)
{
	struct str line;
	bool open = false;

	while (str_split(&text, '\n', &line)) {
		line = str_trim(line);
		if (line.len > 0) {
			buf_puts(out, open ? "<br/>" : "<p>");
			buf_add_xml(out, line);
		} else if (open) {
			buf_puts(out, "</p>");
		}
		open = line.len > 0;
	}
	if (open)
		buf_puts(out, "</p>");
}

/* Would an HTML parser find a character reference in text? */
static bool has_reference(struct str text)
{
	struct buf read = BUF_INIT(text.len + 64);
	bool differs = str_find_char(text, '&', 0) != STR_NPOS;

	if (differs)
		differs = html_unescape(&read, text) != 0 || !str_eq(buf_str(&read), text);
	buf_release(&read);
	return differs;
}

bool render_is_like_markup(struct str text)
{
	return str_find_char(text, '<', 0) != STR_NPOS || has_reference(text);
}

void render_as_html(struct buf *out, struct str text)
{
	bool references = has_reference(text);

	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '<')
			buf_puts(out, "&lt;");
		else if (text.data[i] == '&' && references)
			buf_puts(out, "&amp;");
		else
			buf_putc(out, text.data[i]);
	}
}

/* True when t is present and not too long to be shown. */
static bool is_shown(const struct text *t)
{
	return t->kind != TEXT_ABSENT && !str_empty(t->value) && t->value.len <= CONTENT_SHOWN_MAX;
}

static void add_text(struct buf *out, const struct item *it)
{
	const struct text *t = is_shown(&it->content) ? &it->content : &it->summary;
	size_t before = out->len;

	if (is_shown(t) && t->kind == TEXT_HTML)
		buf_add(out, t->value);
	else if (is_shown(t))
		render_paragraphs(out, t->value);
	if (out->len == before)
		render_paragraphs(out, it->plain_summary);
}

void render_element(struct buf *out, const char *name, struct str value)
{
	if (str_empty(value))
		return;
	buf_printf(out, "<%s>", name);
	buf_add_xml(out, value);
	buf_printf(out, "</%s>\n", name);
}

void render_html_element(struct buf *out, const char *name, struct str text)
{
	struct buf html = BUF_INIT(out->max);

	render_as_html(&html, text);
	if (buf_failed(&html))
		out->failed = html.failed;
	render_element(out, name, buf_str(&html));
	buf_release(&html);
}

void render_body(struct buf *out, const struct channel *channel, const struct story *story)
{
	if (channel->text == CHANNEL_FULL)
		add_text(out, &story->reports[0].item);
	else
		render_paragraphs(out, render_summary(channel, story));
	render_byline(out, channel, story);
}

/* ---- who reports ---- */

void render_story_url(struct buf *out, const struct channel *channel, const struct story *story)
{
	buf_printf(out, "%sstory/%s%s", channel->home_url, story->uid, channel->is_static ? ".html" : "");
}

void render_link(struct buf *out, const struct channel *channel, const struct story *story)
{
	struct str own = item_own_link(&story->reports[0].item);

	if (str_empty(own))
		render_story_url(out, channel, story);
	else
		buf_add(out, own);
}

void render_title(struct buf *out, const struct channel *channel, const struct story *story)
{
	const struct report *lead = &story->reports[0];

	if (channel->outlet_in_title) {
		outlets_put_name(out, channel->outlets, &lead->source);
		buf_puts(out, str_empty(lead->item.plain_title) ? "" : ": ");
	}
	buf_add(out, lead->item.plain_title);
}

static void add_linked(struct buf *out, struct str href, struct str words)
{
	if (!str_empty(href)) {
		buf_puts(out, "<a href=\"");
		buf_add_xml(out, href);
		buf_puts(out, "\">");
	}
	buf_add_xml(out, words);
	if (!str_empty(href))
		buf_puts(out, "</a>");
}

void render_byline(struct buf *out, const struct channel *channel, const struct story *story)
{
	struct buf url = BUF_INIT(2 * sizeof(channel->self_url));
	struct story_outlets outlets;

	story_outlets_init(&outlets, channel->outlets, story);
	buf_puts(out, "<p>Outlet: ");
	for (size_t i = 0; i < outlets.count; i++) {
		const struct story_outlet *o = &outlets.items[i];

		if (i > 0)
			buf_puts(out, i == 1 ? ". Also reported by: " : ", ");
		add_linked(out, o->link, story_outlets_name(&outlets, i));
		if (o->reports > 1)
			buf_printf(out, " (%zu reports)", o->reports);
	}
	if ((size_t)story->total_reports > story->report_count)
		buf_printf(out, ", and %zu later reports", (size_t)story->total_reports - story->report_count);
	buf_puts(out, ". ");
	render_story_url(&url, channel, story);
	add_linked(out, buf_str(&url), STR("The story"));
	buf_puts(out, "</p>");
	if (buf_failed(&outlets.names) || buf_failed(&url))
		out->failed = -E2BIG;
	buf_release(&url);
	story_outlets_release(&outlets);
}
