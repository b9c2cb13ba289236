/* SPDX-License-Identifier: ISC */
/* RSS 2.0 with content, dc and atom elements.  An item is a story; <source> names the outlet that leads it,
 * the others stand in the text.
 *
 * RSS does not declare whether a field is text or markup, and readers take titles, descriptions and names for markup.
 * So every text is escaped as HTML first and then as XML: words such as "type <img>" stay words. */
#include "render.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/xml_text.h"
#include "sitrep/model/language.h"
#include "sitrep/text/url.h"

static void begin(struct buf *out, const struct channel *c)
{
	char text[TIME_TEXT_MAX];

	buf_puts(out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
		      "<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\" "
		      "xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" "
		      "xmlns:dc=\"http://purl.org/dc/elements/1.1/\" "
		      "xmlns:media=\"http://search.yahoo.com/mrss/\"" RENDER_HISTORY ">\n<channel>\n");
	render_html_element(out, "title", str_from(c->title));
	render_element(out, "link", str_from(c->home_url));
	render_html_element(out, "description", str_from(c->title));
	buf_puts(out, "<atom:link rel=\"self\" type=\"application/rss+xml\" href=\"");
	buf_add_xml(out, str_from(c->self_url));
	buf_puts(out, "\"/>\n");
	render_parts(out, c, "atom:");
	render_html_element(out, "copyright", str_from(c->rights));
	render_html_element(out, "dc:creator", str_from(c->author));
	if (c->icon != NULL) {
		buf_puts(out, "<image>\n");
		render_element(out, "url", str_from(c->icon));
		render_html_element(out, "title", str_from(c->title));
		render_element(out, "link", str_from(c->home_url));
		buf_puts(out, "</image>\n");
	}
	render_element(out, "lastBuildDate", str_from(time_format_rfc822(text, c->updated_ms)));
	/* An archive is the same in later versions. */
	if (!c->is_archive)
		buf_puts(out, "<generator>sitrepd/" SITREP_VERSION "</generator>\n");
}

/* RSS has room for one enclosure, with all three attributes; the others are Media RSS. */
static void enclosures(struct buf *out, const struct item *it)
{
	bool first = true;

	for (size_t i = 0; i < it->enclosures.count; i++) {
		const struct enclosure *e = &it->enclosures.items[i];
		long long length = 0;

		if (!url_is_web(e->url))
			continue;
		if (!str_to_int(e->length, &length) || length < 0)
			length = 0;
		buf_printf(out, "<%s=\"", first ? "enclosure url" : "media:content url");
		buf_add_xml(out, e->url);
		/* RSS requires a length, even if only 0 */
		if (first || length > 0)
			buf_printf(out, "\" %s=\"%lld", first ? "length" : "fileSize", length);
		buf_puts(out, "\" type=\"");
		buf_add_xml(out, str_empty(e->type) ? STR("application/octet-stream") : e->type);
		buf_puts(out, "\"/>\n");
		first = false;
	}
}

static void people(struct buf *out, const struct report *r)
{
	size_t written = 0;

	for (size_t i = 0; i < r->item.authors.count; i++) {
		struct str name = render_person(&r->item.authors.items[i]);

		render_html_element(out, "dc:creator", name);
		written += !str_empty(name);
	}
	if (written == 0)
		render_html_element(out, "dc:creator", r->source.title);
	for (size_t i = 0; i < r->item.contributors.count; i++)
		render_html_element(out, "dc:contributor", render_person(&r->item.contributors.items[i]));
}

static void category(void *arg, const struct category *c)
{
	render_html_element(arg, "category", render_category_name(c));
}

/* The last revision of the alert whose feed this is. */
static void alert(struct buf *out, const struct story_alert *a)
{
	if (a->id == 0)
		return;
	buf_printf(out, "<category domain=\"%s\">%s</category>\n", RENDER_ALERT_PRIORITY,
		alert_priority_name(a->priority));
	buf_printf(out, "<category domain=\"%s\">%lld</category>\n", RENDER_ALERT_REVISION, (long long)a->revision);
	buf_printf(out, "<category domain=\"%s\">%s</category>\n", RENDER_ALERT_STATE, alert_state_name(a->state));
}

/* Empties the buffer of a field for the next one. A text that did not fit is a failure, not an empty text. */
static void restart(struct buf *out, struct buf *field)
{
	if (buf_failed(field))
		out->failed = field->failed;
	buf_clear(field);
}

static void story(struct buf *out, const struct channel *c, const struct story *s, size_t index UNUSED)
{
	const struct report *lead = &s->reports[0];
	struct buf body = BUF_INIT(out->max), rights = BUF_INIT(LIMIT_TITLE);
	struct str via_title, via = render_via(&lead->item, &via_title);
	int64_t published = render_published(s);
	char text[TIME_TEXT_MAX];

	buf_puts(out, "<item>\n");
	render_title(&body, c, s);
	render_html_element(out, "title", buf_str(&body));
	restart(out, &body);
	render_link(&body, c, s);
	render_element(out, "link", buf_str(&body));
	buf_puts(out, "<guid isPermaLink=\"false\">");
	render_id(out, c, s);
	buf_puts(out, "</guid>\n");
	if (published != TIME_NONE)
		render_element(out, "pubDate", str_from(time_format_rfc822(text, published)));
	render_element(out, "atom:updated", str_from(time_format_rfc3339(text, render_updated(c, s))));
	people(out, lead);
	render_element(out, "dc:language", language_shown(&lead->item));
	render_rights(&rights, &lead->item);
	render_html_element(out, "dc:rights", buf_str(&rights));
	render_element(out, "dc:source", via);
	render_categories(s, category, out);
	alert(out, &s->alert);
	if (url_is_web(lead->item.comments))
		render_element(out, "comments", lead->item.comments);
	enclosures(out, &lead->item);
	render_thumbnail(out, &lead->item);
	buf_puts(out, "<source url=\"");
	buf_add_xml(out, lead->source.url);
	buf_puts(out, "\">");
	restart(out, &body);
	render_as_html(&body, lead->source.title);
	buf_add_xml(out, buf_str(&body));
	buf_puts(out, "</source>\n<description>");
	restart(out, &body);
	render_paragraphs(&body, render_summary(c, s));
	render_byline(&body, c, s);
	buf_add_xml(out, buf_str(&body));
	buf_puts(out, "</description>\n<content:encoded>");
	restart(out, &body);
	render_body(&body, c, s);
	buf_add_xml(out, buf_str(&body));
	buf_puts(out, "</content:encoded>\n</item>\n");
	restart(out, &body);
	buf_release(&body);
	buf_release(&rights);
}

static void end(struct buf *out, const struct channel *c UNUSED)
{
	buf_puts(out, "</channel>\n</rss>\n");
}

const struct format format_rss = {
	.suffix = "rss",
	.link_prefix = "atom:",
	.content_type = "application/rss+xml; charset=utf-8",
	.begin = begin,
	.story = story,
	.end = end,
};
