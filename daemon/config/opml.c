/* Subscription lists.  libxml2's reader walks them; what a list may cost is bounded, since people import
 * lists they were sent. */
#include "sitrep/opml.h"

#include <errno.h>
#include <libxml/xmlreader.h>
#include <stdbool.h>

enum {
	DEPTH_MAX = 32,
	FEEDS_MAX = 200000,
	TEXT_MAX = 16 * 1024 * 1024,
};

struct walk {
	struct arena *arena;
	struct opml *out;
	struct str folders[DEPTH_MAX]; /* names of the open outlines that are no feeds */
	size_t depth;
	int result;
};

static struct str attribute(struct walk *w, xmlTextReaderPtr reader, const char *name)
{
	xmlChar *value = xmlTextReaderGetAttribute(reader, (const xmlChar *)name);
	struct str s = STR_NONE;

	if (value != NULL) {
		s = str_trim(arena_str(w->arena, str_from((const char *)value)));
		xmlFree(value);
	}
	return s;
}

/* The folders around it, then the category attribute: "/News/Naval,asia" (OPML 2.0, "category"). */
static void set_categories(struct walk *w, struct opml_feed *f, struct str attribute_value)
{
	struct str rest = attribute_value, piece;
	size_t count = w->depth;

	while (str_split(&rest, ',', &piece))
		count++;
	f->categories = arena_alloc_array(w->arena, count + 1, sizeof(*f->categories));
	if (f->categories == NULL) {
		w->result = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < w->depth; i++)
		if (!str_empty(w->folders[i]))
			f->categories[f->category_count++] = w->folders[i];
	rest = attribute_value;
	while (str_split(&rest, ',', &piece)) {
		while (!str_empty(piece) && piece.data[0] == '/')
			piece = str_slice(piece, 1, piece.len);
		piece = str_trim(piece);
		if (!str_empty(piece))
			f->categories[f->category_count++] = piece;
	}
}

static void take_outline(struct walk *w, xmlTextReaderPtr reader)
{
	struct str url = attribute(w, reader, "xmlUrl");
	struct str title = attribute(w, reader, "title");
	bool is_empty = xmlTextReaderIsEmptyElement(reader) == 1;
	struct opml_feed *f;

	if (str_empty(title))
		title = attribute(w, reader, "text");
	if (str_empty(url))
		url = attribute(w, reader, "xmlurl");
	if (!str_empty(url)) {
		f = w->out->feeds.count < FEEDS_MAX ? list_add(w->arena, &w->out->feeds) : NULL;
		if (f == NULL) {
			w->result = w->out->feeds.count < FEEDS_MAX ? -ENOMEM : -E2BIG;
			return;
		}
		f->url = url;
		f->title = title;
		f->site = attribute(w, reader, "htmlUrl");
		f->line = (unsigned)xmlGetLineNo(xmlTextReaderCurrentNode(reader));
		set_categories(w, f, attribute(w, reader, "category"));
		title = STR_NONE; /* a feed with outlines inside is no folder */
	}
	if (is_empty)
		return;
	if (w->depth == DEPTH_MAX)
		w->result = -E2BIG;
	else
		w->folders[w->depth++] = title;
}

static void take_node(struct walk *w, xmlTextReaderPtr reader, bool *is_opml)
{
	int type = xmlTextReaderNodeType(reader);
	struct str name = str_from((const char *)xmlTextReaderConstLocalName(reader));

	if (type == XML_READER_TYPE_ELEMENT && str_eq_nocase(name, STR("opml")))
		*is_opml = true;
	if (!str_eq_nocase(name, STR("outline")))
		return;
	if (type == XML_READER_TYPE_ELEMENT)
		take_outline(w, reader);
	else if (type == XML_READER_TYPE_END_ELEMENT && w->depth > 0)
		w->depth--;
}

int opml_parse(struct str text, struct arena *a, struct opml *out, struct error *err)
{
	struct walk w = {.arena = a, .out = out};
	xmlTextReaderPtr reader;
	bool is_opml = false;
	int got;

	*out = (struct opml){0};
	if (text.len > TEXT_MAX)
		return error_set(err, -E2BIG, "the subscription list is larger than %d MiB", TEXT_MAX / (1024 * 1024));
	reader = xmlReaderForMemory(
		text.data, (int)text.len, NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	if (reader == NULL)
		return error_sys(err, -ENOMEM, "cannot read the subscription list");
	while ((got = xmlTextReaderRead(reader)) == 1 && w.result == 0)
		take_node(&w, reader, &is_opml);
	if (got < 0)
		w.result = error_set(
			err, -EBADMSG, "no well-formed XML, at line %d", xmlTextReaderGetParserLineNumber(reader));
	else if (w.result != 0)
		w.result = error_sys(err, w.result, "cannot read the subscription list");
	else if (!is_opml)
		w.result = error_set(err, -EBADMSG, "no subscription list: there is no <opml>");
	xmlFreeTextReader(reader);
	return w.result;
}

/* ---- writing ---- */

void opml_write_begin(struct buf *out, struct str title)
{
	(void)buf_puts(out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<opml version=\"2.0\">\n<head><title>");
	(void)buf_add_xml(out, title);
	(void)buf_puts(out, "</title></head>\n<body>\n");
}

void opml_write_feed(struct buf *out, const struct opml_feed *f)
{
	(void)buf_puts(out, "<outline type=\"rss\"");
	(void)buf_add_xml_attribute(out, "text", str_empty(f->title) ? f->url : f->title);
	(void)buf_add_xml_attribute(out, "title", f->title);
	(void)buf_add_xml_attribute(out, "xmlUrl", f->url);
	(void)buf_add_xml_attribute(out, "htmlUrl", f->site);
	if (f->category_count > 0) {
		(void)buf_puts(out, " category=\"");
		for (size_t k = 0; k < f->category_count; k++) {
			(void)buf_puts(out, k > 0 ? ",/" : "/");
			(void)buf_add_xml(out, f->categories[k]);
		}
		(void)buf_putc(out, '"');
	}
	(void)buf_puts(out, "/>\n");
}

void opml_write_end(struct buf *out)
{
	(void)buf_puts(out, "</body>\n</opml>\n");
}
