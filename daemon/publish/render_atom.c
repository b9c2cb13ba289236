/* SPDX-License-Identifier: ISC */
/* Atom, RFC 4287.  An entry is a story: its id is ours and stable for ever, atom:source says whose report
 * leads it (4.2.11), and each further outlet is a related link with its name. */
#include <errno.h>
#include <string.h>

#include "render.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/xml_text.h"
#include "sitrep/model/language.h"
#include "sitrep/pages/outlets.h"
#include "sitrep/text/url.h"

static void instant(struct buf *out, const char *name, int64_t time_ms)
{
	char text[TIME_TEXT_MAX];

	render_element(out, name, str_from(time_format_rfc3339(text, time_ms)));
}

static void link(struct buf *out, const char *rel, struct str href, struct str type, struct str title)
{
	if (str_empty(href))
		return;
	buf_printf(out, "<link rel=\"%s\"", rel);
	buf_add_xml_attribute(out, "href", href);
	buf_add_xml_attribute(out, "type", type);
	buf_add_xml_attribute(out, "title", title);
	buf_puts(out, "/>\n");
}

/* A text construct. Many readers ignore its type. So a text that looks like markup is declared and written as HTML, and
 * all readers show the same words. */
static void text_construct(struct buf *out, const char *name, struct str text)
{
	struct buf html = BUF_INIT(out->max);

	if (str_empty(text) || !render_is_like_markup(text)) {
		buf_printf(out, "<%s>", name);
		buf_add_xml(out, text);
	} else {
		render_as_html(&html, text);
		if (buf_failed(&html))
			out->failed = html.failed;
		buf_printf(out, "<%s type=\"html\">", name);
		buf_add_xml(out, buf_str(&html));
	}
	buf_printf(out, "</%s>\n", name);
	buf_release(&html);
}

static void begin(struct buf *out, const struct channel *c)
{
	buf_puts(out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
		      "<feed xmlns=\"http://www.w3.org/2005/Atom\" "
		      "xmlns:media=\"http://search.yahoo.com/mrss/\"" RENDER_HISTORY ">\n");
	render_element(out, "id", str_from(c->id));
	text_construct(out, "title", str_from(c->title));
	instant(out, "updated", c->updated_ms);
	link(out, "self", str_from(c->self_url), STR("application/atom+xml"), STR_NONE);
	link(out, "alternate", str_from(c->home_url), STR("text/html"), STR_NONE);
	render_parts(out, c, "");
	if (c->author != NULL) {
		buf_puts(out, "<author>");
		render_element(out, "name", str_from(c->author));
		buf_puts(out, "</author>\n");
	}
	render_element(out, "icon", str_from(c->icon));
	if (c->rights != NULL)
		text_construct(out, "rights", str_from(c->rights));
	/* An archive is the same in later versions. */
	if (!c->is_archive)
		buf_puts(out, "<generator version=\"" SITREP_VERSION "\">sitrepd</generator>\n");
}

/* The schema's pattern for an e-mail address; readers that validate refuse others. */
static bool is_email(struct str s)
{
	size_t at = str_find_char(s, '@', 0);

	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.data[i] <= ' ')
			return false;
	return at != STR_NPOS && at > 0 && at + 1 < s.len;
}

static bool person(struct buf *out, const char *role, const struct person *p)
{
	struct str name = render_person(p);

	if (str_empty(name))
		return false;
	buf_printf(out, "<%s>", role);
	render_element(out, "name", name);
	if (url_is_web(p->uri))
		render_element(out, "uri", p->uri);
	if (is_email(p->email))
		render_element(out, "email", p->email);
	buf_printf(out, "</%s>\n", role);
	return true;
}

static void people(struct buf *out, const struct report *r)
{
	size_t written = 0;

	for (size_t i = 0; i < r->item.authors.count; i++)
		written += person(out, "author", &r->item.authors.items[i]);
	if (written == 0) {
		buf_puts(out, "<author>");
		render_element(out, "name", r->source.title);
		buf_puts(out, "</author>\n");
	}
	for (size_t i = 0; i < r->item.contributors.count; i++)
		person(out, "contributor", &r->item.contributors.items[i]);
}

static void category(void *arg, const struct category *c)
{
	struct buf *out = arg;

	buf_puts(out, "<category");
	buf_add_xml_attribute(out, "term", str_empty(c->term) ? c->label : c->term);
	if (url_is_web(c->scheme))
		buf_add_xml_attribute(out, "scheme", c->scheme);
	buf_add_xml_attribute(out, "label", c->label);
	buf_puts(out, "/>\n");
}

/* The last revision of the alert whose feed this is. */
static void alert(struct buf *out, const struct story_alert *a)
{
	if (a->id == 0)
		return;
	buf_printf(out, "<category term=\"%s\" scheme=\"%s\"/>\n", alert_priority_name(a->priority),
		RENDER_ALERT_PRIORITY);
	buf_printf(out, "<category term=\"%lld\" scheme=\"%s\"/>\n", (long long)a->revision, RENDER_ALERT_REVISION);
	buf_printf(out, "<category term=\"%s\" scheme=\"%s\"/>\n", alert_state_name(a->state), RENDER_ALERT_STATE);
}

static void enclosures(struct buf *out, const struct item *it)
{
	for (size_t i = 0; i < it->enclosures.count; i++) {
		const struct enclosure *e = &it->enclosures.items[i];
		long long length;

		if (!url_is_web(e->url))
			continue;
		buf_puts(out, "<link rel=\"enclosure\"");
		buf_add_xml_attribute(out, "href", e->url);
		/* atomMediaType: something, a slash, something */
		if (str_find_char(e->type, '/', 1) != STR_NPOS && e->type.data[e->type.len - 1] != '/')
			buf_add_xml_attribute(out, "type", e->type);
		if (str_to_int(e->length, &length) && length > 0)
			buf_add_xml_attribute(out, "length", e->length);
		buf_puts(out, "/>\n");
	}
}

/* Readers that validate refuse an id without a scheme, or with a character that no URI has. */
static bool is_uri(struct str id)
{
	size_t colon = str_find_char(id, ':', 0);

	for (size_t i = 0; i < id.len; i++)
		if ((unsigned char)id.data[i] <= ' ' || strchr("<>\"{}|\\^`", id.data[i]) != NULL)
			return false;
	for (size_t i = 0; colon != STR_NPOS && i < colon; i++)
		if (!char_is_alpha(id.data[i]) &&
			!(i > 0 && (char_is_digit(id.data[i]) || strchr("+-.", id.data[i]) != NULL)))
			return false;
	return colon != STR_NPOS && colon > 0 && colon + 1 < id.len;
}

/* Stands behind the entry's title and before its links, for readers that mix its children up with the entry's: RSS
 * Guard 4.0 takes the first title and the last alternate link. */
static void source(struct buf *out, const struct report *r)
{
	buf_puts(out, "<source>\n");
	render_element(out, "id", is_uri(r->source.own_id) ? r->source.own_id : r->source.url);
	text_construct(out, "title", r->source.title);
	instant(out, "updated", r->first_seen_ms);
	if (!str_empty(r->source.own_author)) {
		buf_puts(out, "<author>");
		render_element(out, "name", r->source.own_author);
		buf_puts(out, "</author>\n");
	}
	link(out, "self", r->source.url, STR_NONE, STR_NONE);
	if (url_is_web(r->source.link))
		link(out, "alternate", r->source.link, STR_NONE, STR_NONE);
	if (!str_empty(r->source.own_rights))
		text_construct(out, "rights", r->source.own_rights);
	buf_puts(out, "</source>\n");
}

/* The other outlets, each with its first link. */
static void related(struct buf *out, const struct channel *c, const struct story *s)
{
	struct story_outlets outlets;

	story_outlets_init(&outlets, c->outlets, s);
	for (size_t i = 1; i < outlets.count; i++)
		link(out, "related", outlets.items[i].link, STR_NONE, story_outlets_name(&outlets, i));
	if (buf_failed(&outlets.names))
		out->failed = outlets.names.failed;
	story_outlets_release(&outlets);
}

static void story(struct buf *out, const struct channel *c, const struct story *s, size_t index UNUSED)
{
	const struct report *lead = &s->reports[0];
	struct buf body = BUF_INIT(out->max), rights = BUF_INIT(LIMIT_TITLE);
	struct buf title = BUF_INIT(out->max), href = BUF_INIT(out->max);
	struct str via_title, via = render_via(&lead->item, &via_title);
	int64_t published = render_published(s);

	buf_puts(out, "<entry");
	buf_add_xml_attribute(out, "xml:lang", language_shown(&lead->item));
	buf_puts(out, ">\n");
	buf_puts(out, "<id>");
	render_id(out, c, s);
	buf_puts(out, "</id>\n");
	render_title(&title, c, s);
	text_construct(out, "title", buf_str(&title));
	instant(out, "updated", render_updated(c, s));
	if (published != TIME_NONE)
		instant(out, "published", published);
	people(out, lead);
	source(out, lead);
	render_link(&href, c, s);
	link(out, "alternate", buf_str(&href), STR_NONE, STR_NONE);
	related(out, c, s);
	if (url_is_web(lead->item.comments))
		link(out, "replies", lead->item.comments, STR("text/html"), STR_NONE);
	link(out, "via", via, STR_NONE, via_title);
	enclosures(out, &lead->item);
	render_categories(s, category, out);
	alert(out, &s->alert);
	render_rights(&rights, &lead->item);
	if (rights.len > 0)
		text_construct(out, "rights", buf_str(&rights));
	render_thumbnail(out, &lead->item);
	if (!str_empty(render_summary(c, s)))
		text_construct(out, "summary", render_summary(c, s));
	render_body(&body, c, s);
	if (buf_failed(&body) || buf_failed(&title) ||
		buf_failed(&href)) /* a text that did not fit must not look empty */
		out->failed = -E2BIG;
	buf_puts(out, "<content type=\"html\">");
	buf_add_xml(out, buf_str(&body));
	buf_puts(out, "</content>\n");
	buf_puts(out, "</entry>\n");
	buf_release(&title);
	buf_release(&href);
	buf_release(&body);
	buf_release(&rights);
}

static void end(struct buf *out, const struct channel *c UNUSED)
{
	buf_puts(out, "</feed>\n");
}

const struct format format_atom = {
	.suffix = "atom",
	.link_prefix = "",
	.content_type = "application/atom+xml; charset=utf-8",
	.begin = begin,
	.story = story,
	.end = end,
};
