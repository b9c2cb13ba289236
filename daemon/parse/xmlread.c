/* SPDX-License-Identifier: ISC */
/* libxml2's SAX2 parser behind the events of xmlread.h.
 *
 * The push parser is used although the whole text is in memory: it passes on a CDATA section in one step, where the
 * pull parser reads character by character, and so it is a third faster on feeds.  The parser loads, expands and prints
 * nothing: no network, no DTD, no entity substitution, no messages.  Documents come without a DOCTYPE (xmlrepair.c); if
 * one remains, its entities are not used.  Recovery mode also delivers the text behind a mistake. */
#include "xmlread.h"

#include "sitrep/base/limits.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>

/* Attributes of one element that are read; the most in 177 real feeds was 14, on a root element with many
 * namespaces. */
enum { ATTRS_MAX = 64 };
/* The parser gets the text in pieces of this size, which it copies.  A CDATA section whose end is not in the piece is
 * passed on in parts of a few hundred bytes; with 2 MiB nearly every feed is one piece. */
enum { PIECE_LEN = 2 * 1024 * 1024 };

/* Names whose length is cached; most feeds use fewer. */
enum { NAMES_KNOWN = 64 };
/* Of elements, attributes, prefixes and namespaces together; 177 real feeds have some dozens each. */
enum { XML_NAMES_MAX = 10000 };

struct reading {
	const struct xml_events *events;
	struct arena *arena;
	struct xml_outcome *outcome;
	xmlParserCtxtPtr parser;
	size_t depth;
	bool root_closed;
	bool no_memory;
	bool excessive;                /* the document is nested too deep, or has too many names */
	struct str names[NAMES_KNOWN]; /* names with their lengths, by their pointers */
};

static struct str from_xml(const xmlChar *s)
{
	return str_from((const char *)s);
}

/* libxml2 gives one pointer for one name, so that lengths of names are cached by pointer. */
static struct str name_from_xml(struct reading *rd, const xmlChar *s)
{
	size_t slot = ((uintptr_t)s >> 2 ^ (uintptr_t)s >> 8) % NAMES_KNOWN;
	if (s == NULL)
		return STR_NONE;
	if (rd->names[slot].data != (const char *)s)
		rd->names[slot] = from_xml(s);
	return rd->names[slot];
}

/* The value between the two pointers.  Without entity substitution the parser gives "&" in values as "&#38;". */
static struct str attribute_value(struct reading *rd, const xmlChar *begin, const xmlChar *end)
{
	struct str raw = str_make((const char *)begin, (size_t)(end - begin));
	size_t at = str_find_char(raw, '&', 0);
	if (at == STR_NPOS)
		return raw;
	at = str_find(raw, STR("&#38;"), at);
	if (at == STR_NPOS)
		return raw;
	char *copy = arena_alloc(rd->arena, raw.len);
	if (copy == NULL) {
		rd->no_memory = true;
		return raw;
	}
	size_t len = 0;
	size_t from = 0;
	for (; at != STR_NPOS; at = str_find(raw, STR("&#38;"), from)) {
		memcpy(copy + len, raw.data + from, at + 1 - from);
		len += at + 1 - from;
		from = at + 5;
	}
	memcpy(copy + len, raw.data + from, raw.len - from);
	return str_make(copy, len + raw.len - from);
}

static bool stop_if_asked(struct reading *rd)
{
	if (!rd->no_memory && !rd->events->stopped(rd->events->ctx))
		return false;
	xmlStopParser(rd->parser);
	return true;
}

static void on_start(void *ctx, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri, int ns_count,
	const xmlChar **namespaces, int attr_count, int defaulted UNUSED, const xmlChar **attributes)
{
	struct reading *rd = ctx;
	if (stop_if_asked(rd))
		return;
	/* Both cost time: libxml2 searches all namespaces in scope at each element, and keeps names in a table whose
	 * buckets stop growing. */
	if (rd->depth >= LIMIT_DEPTH || xmlDictSize(rd->parser->dict) > XML_NAMES_MAX) {
		rd->excessive = true;
		xmlStopParser(rd->parser);
		return;
	}
	struct xml_attr attrs[ATTRS_MAX];
	size_t n = 0;
	for (size_t i = 0; i < (size_t)attr_count && n < ATTRS_MAX; i++) {
		const xmlChar **five = attributes + 5 * i;
		attrs[n].name = (struct xml_name){
			name_from_xml(rd, five[1]), name_from_xml(rd, five[0]), name_from_xml(rd, five[2])};
		attrs[n++].value = attribute_value(rd, five[3], five[4]);
	}
	for (size_t i = 0; i < (size_t)ns_count && n < ATTRS_MAX; i++) {
		attrs[n].name = (struct xml_name){STR("xmlns"), from_xml(namespaces[2 * i]), STR_NONE};
		attrs[n++].value = from_xml(namespaces[2 * i + 1]);
	}
	struct xml_name name = {name_from_xml(rd, prefix), name_from_xml(rd, local), name_from_xml(rd, uri)};
	rd->depth++;
	rd->events->start(rd->events->ctx, &name, attrs, n);
}

static void on_end(void *ctx, const xmlChar *local UNUSED, const xmlChar *prefix UNUSED, const xmlChar *uri UNUSED)
{
	struct reading *rd = ctx;
	if (rd->depth == 0)
		return;
	rd->events->end(rd->events->ctx);
	if (--rd->depth == 0)
		rd->root_closed = true;
}

static void on_text(void *ctx, const xmlChar *text, int len)
{
	struct reading *rd = ctx;
	if (len > 0)
		rd->events->text(rd->events->ctx, str_make((const char *)text, (size_t)len));
}

static void on_error(void *ctx, xmlErrorPtr e)
{
	struct reading *rd = ctx;
	if (e->level < XML_ERR_ERROR || rd->outcome->why[0] != '\0')
		return;
	struct str message = str_trim(str_from(e->message));
	snprintf(rd->outcome->why, sizeof(rd->outcome->why), "line %d: %.*s", e->line,
		(int)(message.len < 120 ? message.len : 120), message.data != NULL ? message.data : "");
}

void xml_read_prepare(void)
{
	xmlInitParser();
}

static int read_with(
	int options, struct str text, struct arena *a, const struct xml_events *events, struct xml_outcome *outcome)
{
	*outcome = (struct xml_outcome){0};
	if (text.len == 0 || text.len > INT_MAX)
		return 0;
	struct reading rd = {.events = events, .arena = a, .outcome = outcome};
	xmlSAXHandler sax = {
		.initialized = XML_SAX2_MAGIC,
		.startElementNs = on_start,
		.endElementNs = on_end,
		.characters = on_text,
		.ignorableWhitespace = on_text,
		.cdataBlock = on_text,
		.serror = on_error,
	};
	/* the error callback gets the same pointer as the others */
	rd.parser = xmlCreatePushParserCtxt(&sax, &rd, NULL, 0, NULL);
	if (rd.parser == NULL)
		return -ENOMEM;
	(void)xmlCtxtUseOptions(
		rd.parser, options | XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_IGNORE_ENC);
	(void)xmlSwitchEncoding(rd.parser, XML_CHAR_ENCODING_UTF8);
	for (size_t at = 0; at < text.len && !rd.parser->disableSAX; at += PIECE_LEN) {
		struct str piece = str_slice(text, at, at + PIECE_LEN);
		(void)xmlParseChunk(rd.parser, piece.data, (int)piece.len, at + piece.len == text.len);
	}
	if (rd.excessive)
		snprintf(outcome->why, sizeof(outcome->why), "more than %d nested elements, or more than %d names",
			LIMIT_DEPTH, XML_NAMES_MAX);
	outcome->wellformed = rd.parser->wellFormed != 0 && !rd.excessive;
	outcome->undeclared = rd.parser->nsWellFormed == 0;
	outcome->truncated = !rd.root_closed;
	int result = rd.no_memory || rd.parser->errNo == XML_ERR_NO_MEMORY ? -ENOMEM : 0;
	/* libxml2 makes a document by itself, for declared entities */
	xmlDocPtr doc = rd.parser->myDoc;
	rd.parser->myDoc = NULL;
	xmlFreeParserCtxt(rd.parser);
	xmlFreeDoc(doc);
	return result;
}

int xml_read(struct str text, struct arena *a, const struct xml_events *events, struct xml_outcome *outcome)
{
	return read_with(XML_PARSE_RECOVER, text, a, events, outcome);
}

int xml_read_sound(struct str text, struct arena *a, const struct xml_events *events, struct xml_outcome *outcome)
{
	return read_with(0, text, a, events, outcome);
}
