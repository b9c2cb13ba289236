/* SPDX-License-Identifier: ISC */
/* Reads the feeds of a subscription list from its tags, and writes lists. */
#include "sitrep/parse/opml.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "opml_scan.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/utf8.h"
#include "sitrep/base/xml_text.h"
#include "sitrep/text/charset.h"
#include "sitrep/text/public_url.h"
#include "sitrep/text/url.h"

enum {
	DEPTH_MAX = 32, /* deeper folders are ignored */
	FEEDS_MAX = 200000,
	TEXT_MAX = 64 * 1024 * 1024,
	/* Further faults are only counted. */
	FAULTS_MAX = 100,
	QUOTED_MAX = 120,
};

struct walk {
	struct arena *arena;
	struct opml *out;
	struct str folders[DEPTH_MAX]; /* of the open outlines; "" for those that are feeds */
	size_t depth;                  /* of all open outlines */
	size_t faults;                 /* all faults, reported or not */
	bool is_opml, is_whole;
	int result;
};

__attribute__((format(printf, 3, 4))) static void add_fault(struct walk *w, unsigned line, const char *fmt, ...)
{
	struct buf text = BUF_INIT(64 * 1024);
	struct opml_fault *fault;
	va_list ap;

	if (w->faults++ >= FAULTS_MAX)
		return;
	fault = list_add(w->arena, &w->out->faults);
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	if (fault != NULL) {
		fault->line = line;
		fault->text = arena_cstr(w->arena, buf_str(&text));
	}
	if (fault == NULL || fault->text == NULL || text.failed == -ENOMEM)
		w->result = -ENOMEM;
	buf_release(&text);
}

/* ---- addresses ---- */

/* "feed://host/path" becomes http://host/path, "feed:https://host/path" becomes https://host/path. */
static struct str without_feed_scheme(struct arena *a, struct str url)
{
	static const char *const schemes[] = {"feed:", "rss:", "pcast:", "itpc:", "feeds:"};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		struct str scheme = str_from(schemes[i]), rest;
		struct buf made = BUF_INIT(4 * LIMIT_URL);

		if (!str_starts_nocase(url, scheme))
			continue;
		rest = str_slice(url, scheme.len, url.len);
		if (str_starts_nocase(rest, STR("http:")) || str_starts_nocase(rest, STR("https:")))
			return rest;
		if (str_starts_nocase(rest, STR("//http:")) || str_starts_nocase(rest, STR("//https:")))
			return str_slice(rest, 2, rest.len);
		if (!str_starts(rest, STR("//")))
			return url;
		buf_puts(&made, str_eq(scheme, STR("feeds:")) ? "https:" : "http:");
		buf_add(&made, rest);
		url = made.failed == -ENOMEM ? STR_NONE : arena_str(a, buf_str(&made));
		buf_release(&made);
		return url;
	}
	return url;
}

/* Whether url begins with http://HOST or https://HOST.  Unlike url_is_web() it needs no memory, so it cannot fail. */
static bool is_web(struct str url)
{
	size_t host = str_starts(url, STR("https://")) ? 8 : str_starts(url, STR("http://")) ? 7 : 0, end = host;

	if (host == 0)
		return false;
	for (; end < url.len && strchr("/?#", url.data[end]) == NULL; end++)
		if (url.data[end] == '@')
			host = end + 1;
	return end > host && url.data[host] != ':';
}

/* Sets *url to the web address.  False when it is none, which is reported, or without memory (w->result). */
static bool read_address(struct walk *w, unsigned line, struct str written, struct str *url)
{
	struct buf shown = BUF_INIT(4 * LIMIT_XML_TAG);

	*url = without_feed_scheme(w->arena, written);
	if (url->data != NULL)
		*url = url_resolve(w->arena, STR_NONE, *url);
	if (url->data == NULL) {
		w->result = -ENOMEM;
		return false;
	}
	if (is_web(*url) && url->len <= LIMIT_URL)
		return true;
	buf_add_bare_url(&shown, written);
	add_fault(w, line,
		"the outline is left out: url = %.*s: expected an address that begins with http:// or https://",
		STR_ARG(utf8_cut(buf_str(&shown), QUOTED_MAX)));
	buf_release(&shown);
	return false;
}

/* ---- outlines ---- */

/* The tag's attribute; without memory w->result is set. */
static struct str value_of(struct walk *w, const struct opml_scan *s, const struct opml_tag *tag, const char *name)
{
	struct str value = opml_scan_value(s, tag, name, w->arena);

	if (value.data == NULL)
		w->result = -ENOMEM;
	return value;
}

static void set_folder(struct walk *w, struct opml_feed *f)
{
	struct buf path = BUF_INIT(DEPTH_MAX * 4 * LIMIT_XML_TAG);

	for (size_t i = 0; i < w->depth && i < DEPTH_MAX; i++) {
		if (str_empty(w->folders[i]))
			continue;
		if (path.len > 0)
			buf_putc(&path, '\n');
		buf_add(&path, w->folders[i]);
	}
	f->folder = path.failed != 0 ? STR_NONE : arena_str(w->arena, buf_str(&path));
	if (f->folder.data == NULL)
		w->result = -ENOMEM;
	buf_release(&path);
}

/* "/News/Naval,asia" (OPML 2.0, "category") */
static void set_categories(struct walk *w, struct opml_feed *f, struct str value)
{
	struct str rest = value, piece;
	size_t count = 0;

	while (str_split(&rest, ',', &piece))
		count++;
	f->categories = arena_alloc_array(w->arena, count + 1, sizeof(*f->categories));
	if (f->categories == NULL) {
		w->result = -ENOMEM;
		return;
	}
	rest = value;
	while (str_split(&rest, ',', &piece)) {
		piece = str_trim(piece);
		while (!str_empty(piece) && piece.data[0] == '/')
			piece = str_trim(str_slice(piece, 1, piece.len));
		if (!str_empty(piece))
			f->categories[f->category_count++] = piece;
	}
}

static void add_feed(struct walk *w, const struct opml_scan *s, const struct opml_tag *tag, struct str written)
{
	struct opml_feed *f, feed = {.line = tag->line};

	if (!read_address(w, tag->line, written, &feed.url))
		return;
	feed.name = value_of(w, s, tag, "sitrep:name");
	feed.title = value_of(w, s, tag, "title");
	if (str_empty(feed.title) && str_empty(feed.name))
		feed.title = value_of(w, s, tag, "text");
	feed.site = value_of(w, s, tag, "htmlUrl");
	feed.hidden = str_eq_nocase(value_of(w, s, tag, "sitrep:hidden"), STR("yes"));
	set_folder(w, &feed);
	set_categories(w, &feed, value_of(w, s, tag, "category"));
	if (w->out->feeds.count == FEEDS_MAX) {
		w->result = -E2BIG;
		return;
	}
	f = list_add(w->arena, &w->out->feeds);
	if (f == NULL)
		w->result = -ENOMEM;
	else
		*f = feed;
}

static bool is_feed_type(struct str type)
{
	static const char *const types[] = {"rss", "atom", "rdf", "json", "feed", "rss1", "rss2"};

	return str_is_one_of(type, types);
}

/* Reports an outline that is a feed without its address.  A folder, a note or a link is not reported. */
static void report_other(struct walk *w, const struct opml_scan *s, const struct opml_tag *tag, struct str type)
{
	if (tag->is_cut)
		add_fault(w, tag->line, "the outline is left out: the quotation mark at the end of a value is missing");
	else if (str_eq_nocase(type, STR("include")))
		add_fault(w, tag->line,
			"the outline is left out: it includes another list; name that list in the configuration "
			"instead");
	else if (is_feed_type(type) || opml_scan_has(tag, "xmlUrl"))
		add_fault(w, tag->line, "the outline is left out: it has no xmlUrl");
	else if (tag->is_empty && str_empty(type) && !str_empty(value_of(w, s, tag, "htmlUrl")))
		add_fault(w, tag->line, "the outline is left out: it has an htmlUrl, but no xmlUrl");
}

static void take_outline(struct walk *w, const struct opml_scan *s, const struct opml_tag *tag)
{
	struct str url = value_of(w, s, tag, "xmlUrl"), type = value_of(w, s, tag, "type");
	struct str folder = STR("");

	if (str_empty(url) && is_feed_type(type))
		url = value_of(w, s, tag, "url");
	if (!str_empty(url)) {
		add_feed(w, s, tag, url);
	} else {
		report_other(w, s, tag, type);
		folder = value_of(w, s, tag, "text");
		if (str_empty(folder))
			folder = value_of(w, s, tag, "title");
	}
	if (tag->is_empty)
		return;
	if (w->depth < DEPTH_MAX)
		w->folders[w->depth] = folder;
	w->depth++;
}

static void take_tag(struct walk *w, const struct opml_scan *s, const struct opml_tag *tag)
{
	if (str_eq_nocase(tag->name, STR("opml"))) {
		w->is_opml = true;
		w->is_whole = w->is_whole || tag->is_end || tag->is_empty;
	} else if (str_eq_nocase(tag->name, STR("outline"))) {
		if (!tag->is_end)
			take_outline(w, s, tag);
		else if (w->depth > 0)
			w->depth--;
	}
}

static void end_faults(struct walk *w, unsigned line)
{
	size_t more = w->faults > FAULTS_MAX ? w->faults - FAULTS_MAX : 0;

	w->faults = 0;
	if (more > 0)
		add_fault(w, line, "%zu more outlines are left out", more);
	if (!w->is_whole)
		add_fault(w, line, "the list has no </opml>: its end may be missing");
}

int opml_parse(struct str text, struct arena *a, struct opml *out, struct error *err)
{
	struct walk w = {.arena = a, .out = out};
	struct buf room = BUF_INIT(3 * (size_t)TEXT_MAX);
	struct charset_choice choice;
	struct opml_scan scan;
	struct opml_tag tag;

	*out = (struct opml){0};
	if (text.len > TEXT_MAX)
		return error_set(err, -E2BIG, "the subscription list is larger than %d MiB", TEXT_MAX / (1024 * 1024));
	w.result = charset_to_utf8(&room, a, text, STR_NONE, true, &choice, &text);
	if (w.result != 0)
		goto out;
	opml_scan_init(&scan, text);
	while (w.result == 0 && opml_scan_next(&scan, &tag))
		take_tag(&w, &scan, &tag);
	if (w.result == 0 && !w.is_opml) {
		w.result = error_set(err, -EBADMSG, "not a subscription list: there is no <opml>");
		buf_release(&room);
		return w.result;
	}
	if (w.result == 0)
		end_faults(&w, scan.line);
out:
	buf_release(&room);
	return w.result == 0 ? 0 : error_sys(err, w.result, "cannot read the subscription list");
}

/* ---- writing ---- */

void opml_write_begin(struct buf *out, struct str title)
{
	buf_puts(out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
		      "<opml version=\"2.0\" xmlns:sitrep=\"urn:x-sitrep:opml\">\n<head><title>");
	buf_add_xml(out, title);
	buf_puts(out, "</title></head>\n<body>\n");
}

void opml_write_folder(struct buf *out, struct str name)
{
	buf_puts(out, "<outline");
	buf_add_xml_attribute(out, "text", name);
	buf_puts(out, ">\n");
}

void opml_write_folder_end(struct buf *out)
{
	buf_puts(out, "</outline>\n");
}

void opml_write_feed(struct buf *out, const struct opml_feed *f, struct str shown)
{
	buf_puts(out, "<outline type=\"rss\"");
	buf_add_xml_attribute(out, "text", str_empty(shown) ? f->url : shown);
	buf_add_xml_attribute(out, "title", f->title);
	buf_add_xml_attribute(out, "xmlUrl", f->url);
	buf_add_xml_attribute(out, "htmlUrl", f->site);
	buf_add_xml_attribute(out, "sitrep:name", f->name);
	if (f->hidden)
		buf_puts(out, " sitrep:hidden=\"yes\"");
	buf_puts(out, "/>\n");
}

void opml_write_end(struct buf *out)
{
	buf_puts(out, "</body>\n</opml>\n");
}
