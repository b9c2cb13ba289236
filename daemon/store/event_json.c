/* SPDX-License-Identifier: ISC */
/* A line has a limit (LIMIT_STREAM_LINE), and the lists of a hostile item can exceed it.  The line is then written
 * again with shorter lists and texts, until it fits. */
#include "sitrep/store/event_json.h"

#include <errno.h>
#include <stdio.h>

#include "sitrep/base/jsonw.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/utf8.h"
#include "sitrep/store/event_member.h"
#include "sitrep/text/html.h"

/* Name and meaning of each kind of line. */
static const struct {
	enum event_kind kind;
	const char *name, *help;
} kinds[] = {
	{EVENT_NEW, "new", "The first report of a story."},
	{EVENT_COPY, "copy",
		"A further report of a story: another outlet runs it, or the same outlet has a new text on it."},
	{EVENT_UPDATED, "updated", "The text of an item changed."},
	{EVENT_ALERT, "alert",
		"An alert was raised: a rule matched a story for the first time; or it was revised or closed."},
	{EVENT_FEED, "feed", "A feed began to fail, recovered, is gone, or moved to another address."},
	{EVENT_SILENCE, "silence",
		"A feed has posted nothing for longer than its own pauses explain, or posts again; see "
		"silence in sitrepd.conf(5)."},
	{EVENT_MUTED, "muted",
		"An alert that is not told now: a silence or an urgent alert mutes it, or it waits for a digest. It is "
		"sent only to subscriptions that name it in \"events\"."},
	{EVENT_DIGEST, "digest", "Alerts that were held back: by quiet hours, by the rate of a rule, or for a group."},
	{EVENT_BURST, "burst",
		"A category, the rule of an alert or a term is found far more often than is usual for the hour; see "
		"burst in sitrepd.conf(5)."},
	{EVENT_BREAKING, "breaking",
		"A story gains publishers faster than is usual for the hour; see breaking in sitrepd.conf(5)."},
	{EVENT_HELLO, "hello", "The first line of each connection."},
	{EVENT_SUBSCRIBED, "subscribed",
		"The answer to a subscription: from here on the events are those that it asked for."},
	{EVENT_GAP, "gap", "Events that the client has not seen are not kept any more, or cannot be read."},
	{EVENT_HEARTBEAT, "heartbeat", "Nothing was sent for a while; see heartbeat in sitrepd.conf(5)."},
	{EVENT_UNSUBSCRIBED, "unsubscribed",
		"The answer to unsubscribe: no event is sent until the client subscribes."},
	{EVENT_RESET, "reset",
		"The cursor of the request is of another database, or beyond the newest event: subscribed follows, and "
		"new events only."},
	{EVENT_PONG, "pong", "The answer to ping."},
	{EVENT_ERROR, "error", "The request before it was refused and changed nothing, or the connection ends."},
};

enum { KIND_COUNT = sizeof(kinds) / sizeof(kinds[0]) };

const char *event_kind_name(enum event_kind k)
{
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (kinds[i].kind == k)
			return kinds[i].name;
	return "unknown";
}

bool event_kind_is_bare(enum event_kind k)
{
	return k == EVENT_FEED || k == EVENT_SILENCE || event_kind_is_general(k);
}

bool event_kind_is_general(enum event_kind k)
{
	return k == EVENT_DIGEST;
}

enum event_kind event_kind_parse(struct str name)
{
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (kinds[i].kind < EVENT_LOGGED_END && str_eq(name, str_from(kinds[i].name)))
			return kinds[i].kind;
	return (enum event_kind)0;
}

bool event_kind_at(size_t i, const char **name, const char **help)
{
	if (i >= KIND_COUNT)
		return false;
	*name = kinds[i].name;
	*help = kinds[i].help;
	return true;
}

/* Limits within an item, from the widest to the narrowest. */
struct extent {
	size_t list; /* elements of each list */
	size_t text; /* bytes of each text */
};

static const struct extent extents[] = {
	{.list = LIMIT_ITEM_LIST, .text = LIMIT_STREAM_LINE},
	{.list = LIMIT_ITEM_LIST, .text = 96 * 1024},
	{.list = 16, .text = 2048},
	{.list = 0, .text = 1024},
};

enum { EXTENT_COUNT = sizeof(extents) / sizeof(extents[0]) };

static void write_text(struct jsonw *w, enum event_member m, struct str text, const struct extent *x)
{
	if (text.data != NULL)
		jsonw_kv_str(w, event_member(m), utf8_cut(text, x->text));
}

/* ---- categories: the configured ones, then the item's own, without duplicates ---- */

static struct str category_name(const struct category *c)
{
	return str_trim(str_empty(c->label) ? c->term : c->label);
}

static bool is_configured(struct str configured, struct str name)
{
	struct str line;

	while (str_split(&configured, '\n', &line))
		if (str_eq_nocase(line, name))
			return true;
	return false;
}

static bool is_repeated(const struct item *it, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (str_eq_nocase(category_name(&it->categories.items[i]), category_name(&it->categories.items[index])))
			return true;
	return false;
}

static void write_categories(struct jsonw *w, const struct event_record *e, const struct extent *x)
{
	const struct item *it = &e->report->item;
	struct str configured = e->source.categories, line;
	size_t written = 0;

	jsonw_kv_array(w, event_member(MEMBER_ITEM_CATEGORIES));
	/* Configured categories are always written: subscribers filter by them. */
	for (; written < LIMIT_ITEM_LIST && str_split(&configured, '\n', &line); written++)
		if (!str_empty(line))
			jsonw_str(w, utf8_cut(line, x->text));
	for (size_t i = 0; i < it->categories.count && i < x->list; i++) {
		struct str name = category_name(&it->categories.items[i]);

		if (!str_empty(name) && !is_configured(e->source.categories, name) && !is_repeated(it, i))
			jsonw_str(w, utf8_cut(name, x->text));
	}
	jsonw_array_end(w);
}

/* ---- the item ---- */

static void write_authors(struct jsonw *w, const struct item *it, const struct extent *x)
{
	size_t written = 0;

	for (size_t i = 0; i < it->authors.count && i < x->list; i++) {
		const struct person *p = &it->authors.items[i];
		struct str name = !str_empty(p->name) ? p->name : p->email;

		if (str_empty(name))
			continue;
		if (written++ == 0)
			jsonw_kv_array(w, event_member(MEMBER_ITEM_AUTHORS));
		jsonw_str(w, utf8_cut(name, x->text));
	}
	if (written > 0)
		jsonw_array_end(w);
}

static void write_enclosures(struct jsonw *w, const struct item *it, const struct extent *x)
{
	if (it->enclosures.count == 0 || x->list == 0)
		return;
	jsonw_kv_array(w, event_member(MEMBER_ITEM_ENCLOSURES));
	for (size_t i = 0; i < it->enclosures.count && i < x->list; i++) {
		const struct enclosure *enc = &it->enclosures.items[i];
		long long length;

		jsonw_object(w);
		write_text(w, MEMBER_ENCLOSURE_URL, enc->url, x);
		write_text(w, MEMBER_ENCLOSURE_TYPE, enc->type, x);
		if (str_to_int(enc->length, &length) && length > 0)
			jsonw_kv_int(w, event_member(MEMBER_ENCLOSURE_LENGTH), length);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

/* Writes the item's text and, if it was HTML, the HTML.  HTML is written whole or not at all: cut HTML would lack its
 * end tags. */
static void write_full(struct jsonw *w, const struct item *it, const struct extent *x)
{
	const struct text *t = !str_empty(it->content.value) ? &it->content : &it->summary;
	struct buf text = BUF_INIT(LIMIT_STREAM_LINE);

	if (t->kind == TEXT_HTML) {
		html_to_text(&text, t->value);
		write_text(w, MEMBER_ITEM_TEXT, buf_str(&text), x);
		if (t->value.len <= x->text)
			write_text(w, MEMBER_ITEM_HTML, t->value, x);
	} else if (t->kind == TEXT_PLAIN) {
		write_text(w, MEMBER_ITEM_TEXT, t->value, x);
	}
	buf_release(&text);
}

static void write_item(
	struct jsonw *w, const struct event_record *e, const struct event_view *view, const struct extent *x)
{
	const struct report *r = e->report;
	const struct item *it = &r->item;

	jsonw_kv_object(w, event_member(MEMBER_ITEM));
	jsonw_kv_cstr(w, event_member(MEMBER_ITEM_ID), r->uid);
	jsonw_kv_str(w, event_member(MEMBER_ITEM_FEED), e->source.feed);
	write_text(w, MEMBER_ITEM_SOURCE, e->source.title, x);
	write_text(w, MEMBER_ITEM_TITLE, it->plain_title, x);
	write_text(w, MEMBER_ITEM_LINK, it->link, x);
	if (r->published_known)
		jsonw_kv_time(w, event_member(MEMBER_ITEM_PUBLISHED), r->published_ms);
	if (r->updated_ms != r->first_seen_ms)
		jsonw_kv_time(w, event_member(MEMBER_ITEM_UPDATED), r->updated_ms);
	jsonw_kv_time(w, event_member(MEMBER_ITEM_FIRST_SEEN), r->first_seen_ms);
	write_categories(w, e, x);
	write_text(w, MEMBER_ITEM_SUMMARY, it->plain_summary, x);
	write_authors(w, it, x);
	write_enclosures(w, it, x);
	if (!str_empty(it->language))
		write_text(w, MEMBER_ITEM_LANGUAGE, it->language, x);
	if (view->full)
		write_full(w, it, x);
	jsonw_object_end(w);
}

static void write_story(
	struct jsonw *w, const struct event_record *e, const struct event_view *view, const struct extent *x)
{
	struct buf page = BUF_INIT(LIMIT_URL);

	jsonw_kv_object(w, event_member(MEMBER_STORY));
	jsonw_kv_str(w, event_member(MEMBER_STORY_ID), e->story_uid);
	write_text(w, MEMBER_STORY_TITLE, e->story_title, x);
	jsonw_kv_int(w, event_member(MEMBER_STORY_SOURCES), e->story_sources);
	jsonw_kv_int(w, event_member(MEMBER_STORY_REPORTS), e->story_reports);
	if (view->base_url != NULL && buf_printf(&page, "%s/story/%.*s", view->base_url, STR_ARG(e->story_uid)) == 0)
		jsonw_kv_str(w, event_member(MEMBER_STORY_PAGE), buf_str(&page));
	buf_release(&page);
	jsonw_object_end(w);
}

static void write_event(
	struct buf *out, const struct event_record *e, const struct event_view *view, const struct extent *x)
{
	char cursor[24];
	struct jsonw w = JSONW_INIT(out);

	jsonw_object(&w);
	jsonw_kv_cstr(&w, event_member(MEMBER_EVENT), event_kind_name(e->kind));
	snprintf(cursor, sizeof(cursor), "%lld", (long long)e->cursor);
	jsonw_kv_cstr(&w, event_member(MEMBER_CURSOR), cursor);
	jsonw_kv_time(&w, event_member(MEMBER_TIME), e->time_ms);
	if (e->backlog)
		jsonw_kv_bool(&w, event_member(MEMBER_BACKLOG), true);
	/* The detail is a JSON object written by event_log.c; its members become members of the line. */
	if (e->detail.len > 2)
		jsonw_raw(&w, str_slice(e->detail, 1, e->detail.len - 1));
	if (e->report != NULL) {
		write_item(&w, e, view, x);
		write_story(&w, e, view, x);
	}
	jsonw_object_end(&w);
}

int event_write_json(struct buf *out, const struct event_record *e, const struct event_view *view)
{
	/* one byte less, for the newline */
	struct buf line = BUF_INIT(LIMIT_STREAM_LINE - 1);
	int result;

	for (size_t i = 0; i < EXTENT_COUNT; i++) {
		buf_clear(&line);
		write_event(&line, e, view, &extents[i]);
		if (line.failed != -E2BIG)
			break;
	}
	result = buf_failed(&line) ? line.failed : buf_add(out, buf_str(&line));
	buf_release(&line);
	return result;
}
