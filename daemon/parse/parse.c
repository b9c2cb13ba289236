/* SPDX-License-Identifier: ISC */
/* The first byte decides the format: "{" begins JSON, anything else is read as XML.  XML is decoded, repaired and read
 * by libxml2.  When libxml2 finds it not well-formed, the tolerant reader (xmlloose.c) reads it too, and the reading
 * with more items is kept. */
#include "sitrep/parse/parse.h"

#include "jsonfeed.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/utf8.h"
#include "sitrep/text/charset.h"
#include "sitrep/text/feed_text.h"
#include "sitrep/text/html.h"
#include "sitrep/text/html_links.h"
#include "sitrep/text/url.h"
#include "xmlfeed.h"
#include "xmlfeed_rules.h"
#include "xmlread.h"

#include <errno.h>
#include <string.h>

/* The longest decoded text.  The limit of transfers (max-body) has usually cut the body long before. */
enum { TEXT_MAX = 64 * 1024 * 1024 };
enum { NOTES_MAX = 16 * 1024 };
/* Bytes of an answer in which an HTML page is recognised. */
enum { SNIFF_MAX = 4096 };

struct parse {
	const struct parse_input *in;
	struct arena *arena;
	struct str base;
	struct str language; /* as the server sent it */
	struct buf decoded;
	struct buf mended; /* with characters of windows-1252 for C1 controls */
	struct buf repaired;
	struct buf notes;
	struct charset_choice charset;
	struct str date_rule;
};

/* The result of one attempt to parse the text. */
struct attempt {
	struct document document;
	struct xml_outcome outcome;
	struct str root;
	const char *date_rule;
	int result;
};

void parse_prepare(void)
{
	xml_read_prepare();
	xmlfeed_prepare();
	charset_prepare();
}

/* The value of a parameter of a media type such as "text/xml; charset=utf-8"; absent without the parameter. */
static struct str media_parameter(struct str type, struct str name)
{
	struct str part;
	str_split(&type, ';', &part);
	while (str_split(&type, ';', &part)) {
		size_t equals = str_find_char(part, '=', 0);
		if (equals == STR_NPOS || !str_eq_nocase(str_trim(str_slice(part, 0, equals)), name))
			continue;
		part = str_trim(str_slice(part, equals + 1, part.len));
		while (part.len >= 2 && (*part.data == '"' || *part.data == '\'') &&
			part.data[part.len - 1] == *part.data)
			part = str_trim(str_slice(part, 1, part.len - 1));
		return part;
	}
	return STR_NONE;
}

/* The first byte behind BOMs, white space and the zeros of UTF-16. */
static char first_byte(struct str body)
{
	for (size_t i = 0; i < body.len; i++) {
		unsigned char c = (unsigned char)body.data[i];
		if (c != 0 && !char_is_space((char)c) && c != 0xef && c != 0xbb && c != 0xbf && c != 0xfe && c != 0xff)
			return (char)c;
	}
	return '\0';
}

/* Text without a charset parameter is US-ASCII by RFC 2046, 4.1.2.  RFC 7303 dropped that rule for XML, but if every
 * byte is ASCII, "us-ascii" is right and is reported. */
static void name_ascii(struct parse *p)
{
	struct str type = str_trim(p->in->content_type);
	if (!str_starts_nocase(type, STR("text/")) || media_parameter(type, STR("charset")).len > 0 ||
		p->charset.overruled || strcmp(p->charset.by, "bom") == 0)
		return;
	for (size_t i = 0; i < p->in->body.len; i++) {
		if ((unsigned char)p->in->body.data[i] >= 0x80)
			return;
	}
	p->charset.name = STR("us-ascii");
}

static void note_charset(struct parse *p)
{
	const struct charset_choice *c = &p->charset;
	buf_printf(&p->notes, "encoding: %.*s (%s)\n", STR_ARG(c->name), c->by);
	if (c->overruled && str_empty(c->declared))
		buf_puts(&p->notes, "encoding: none was declared, and the bytes are not UTF-8\n");
	else if (c->overruled)
		buf_printf(
			&p->notes, "encoding: the declared one, %.*s, does not fit the bytes\n", STR_ARG(c->declared));
	if (c->damaged)
		buf_puts(&p->notes, "encoding: bytes that are invalid in it were replaced\n");
}

static void note_repair(struct parse *p, const struct xml_repair *what)
{
	const struct {
		bool done;
		const char *note;
	} notes[] = {
		{what->junk, "dropped text before the first tag"},
		{what->controls, "dropped control characters"},
		{what->unknown, "replaced HTML's named references, which XML does not know"},
		{what->stray, "escaped bare & and < characters"},
		{what->unclosed, "closed a section that had no end"},
		{what->long_tag, "a tag is too long for the strict parser"},
	};
	for (size_t i = 0; i < sizeof(notes) / sizeof(*notes); i++) {
		if (notes[i].done)
			buf_printf(&p->notes, "repair: %s\n", notes[i].note);
	}
}

typedef int reader(struct str text, struct arena *a, const struct xml_events *events, struct xml_outcome *outcome);

static void attempt_read(struct parse *p, reader *read, struct str text, struct attempt *at)
{
	memset(at, 0, sizeof(*at));
	struct xmlfeed *x = xmlfeed_new(p->arena, &at->document, p->base, p->language);
	if (x == NULL) {
		at->result = -ENOMEM;
		return;
	}
	struct xml_events events = xmlfeed_events(x);
	at->result = read(text, p->arena, &events, &at->outcome);
	if (at->result == 0)
		at->result = xmlfeed_finish(x, at->outcome.truncated);
	at->root = xmlfeed_root(x);
	at->date_rule = xmlfeed_date_rule(x);
	xmlfeed_free(x);
}

/* Sets the error for an HTML page: its title, and the feeds that it names. */
static int refuse_page(struct parse *p, struct str text, struct error *err)
{
	enum { FEEDS_NAMED_MAX = 3 };
	size_t title = str_find_nocase(text, STR("<title"), 0);
	size_t open = title == STR_NPOS ? STR_NPOS : str_find_char(text, '>', title);
	size_t close = open == STR_NPOS ? STR_NPOS : str_find_nocase(text, STR("</title"), open);
	struct buf name = BUF_INIT(LIMIT_TITLE), sentence = BUF_INIT(LIMIT_TITLE);
	struct html_feed_link links[HTML_FEED_LINKS_MAX];
	int count = html_feed_links(p->arena, text, p->base, links);

	if (close != STR_NPOS)
		html_to_text(&name, str_slice(text, open + 1, close));
	buf_puts(&sentence, "not a feed but an HTML page");
	if (name.len > 0)
		buf_printf(&sentence, " titled \"%.*s\"", STR_ARG(utf8_cut(buf_str(&name), 200)));
	for (int i = 0; i < count && i < FEEDS_NAMED_MAX; i++)
		buf_printf(&sentence, "%s%.*s", i == 0 ? "; its feeds: " : ", ", STR_ARG(utf8_cut(links[i].url, 200)));
	error_set(err, -EBADMSG, "%.*s", STR_ARG(buf_str(&sentence)));
	buf_release(&name);
	buf_release(&sentence);
	return -EBADMSG;
}

/* Sets the error for bytes that are not a feed. */
static int refuse(struct parse *p, struct str text, const struct attempt *at, struct error *err)
{
	struct str head = str_slice(text, 0, SNIFF_MAX);
	if (str_eq_nocase(at->root, STR("html")) || str_find_nocase(head, STR("<html"), 0) != STR_NPOS ||
		str_find_nocase(head, STR("<!doctype html"), 0) != STR_NPOS)
		return refuse_page(p, text, err);
	if (!str_empty(at->root))
		return error_set(err, -EBADMSG, "XML, but not a feed: its root element is <%.*s>",
			STR_ARG(utf8_cut(at->root, 100)));
	return error_set(
		err, -EBADMSG, "neither XML nor JSON: it begins with \"%.*s\"", STR_ARG(utf8_cut(str_trim(text), 40)));
}

static void use_attempt(struct parse *p, const struct attempt *best, struct document *d)
{
	*d = best->document;
	if (best->date_rule != NULL)
		p->date_rule = str_from(best->date_rule);
	if (best->outcome.undeclared)
		buf_puts(&p->notes, "repair: undeclared prefixes were given their usual namespaces\n");
}

/* Reads XML up to three times and sets *d to the best document; all are in the arena.  Nine feeds in ten are
 * well-formed, so libxml2 gets the text unchanged when xml_is_tame(); only broken text is repaired and read again. */
static int read_xml(struct parse *p, struct str text, struct document *d, struct error *err)
{
	struct attempt sound = {.result = -EBADMSG};
	if (xml_is_tame(text))
		attempt_read(p, xml_read_sound, text, &sound);
	if (sound.result == -ENOMEM)
		return error_set(err, -ENOMEM, "the feed is too large");
	if (sound.result == 0 && sound.outcome.wellformed) {
		use_attempt(p, &sound, d);
		d->wellformed = !sound.outcome.undeclared;
		return 0;
	}
	struct xml_repair repair;
	struct str fixed;
	int result = xml_repair(&p->repaired, p->arena, text, &repair, &fixed);
	if (result != 0)
		return error_set(err, result == -E2BIG ? -ENOMEM : result, "the feed is too large");
	note_repair(p, &repair);

	struct attempt strict = {.result = -EBADMSG};
	struct attempt loose = {.result = -EBADMSG};
	if (!repair.long_tag)
		attempt_read(p, xml_read, fixed, &strict);
	struct attempt *best = &strict;
	if (strict.result != -ENOMEM && (strict.result != 0 || !strict.outcome.wellformed)) {
		attempt_read(p, xml_read_loose, fixed, &loose);
		if (strict.outcome.why[0] != '\0')
			buf_printf(&p->notes, "not well-formed: %s\n", strict.outcome.why);
		if (strict.result != 0 ||
			(loose.result == 0 && loose.document.items.count >= strict.document.items.count))
			best = &loose;
		if (best == &loose)
			buf_puts(&p->notes, "repair: read tag by tag\n");
	}
	if (best->result == -ENOMEM)
		return error_set(err, -ENOMEM, "the feed is too large");
	if (best->result != 0)
		return refuse(p, text, best, err);
	use_attempt(p, best, d);
	d->wellformed = strict.result == 0 && strict.outcome.wellformed && !strict.outcome.undeclared && !repair.junk &&
			!repair.controls && !repair.unknown && !repair.stray && !repair.unclosed;
	return 0;
}

/* Whether the server sent plain text, which by definition is neither XML nor JSON (RFC 7303, 4; RFC 8259, 11). */
static bool is_plain_text(struct str content_type)
{
	struct str type;
	return str_split(&content_type, ';', &type) && str_eq_nocase(str_trim(type), STR("text/plain"));
}

static int read_text(struct parse *p, struct str text, bool json, struct document *d, struct error *err)
{
	int result = json ? jsonfeed_read(text, p->base, p->arena, d, err) : read_xml(p, text, d, err);
	if (result != 0)
		return result;
	d->encoding = p->charset.name;
	if (p->charset.damaged || p->charset.overruled || is_plain_text(p->in->content_type))
		d->wellformed = false;
	if (!p->in->want_notes)
		return 0;
	buf_printf(&p->notes, "format: %s %.*s\n", feed_format_name(d->format), STR_ARG(d->version));
	if (!str_empty(p->date_rule))
		buf_printf(&p->notes, "dates: %.*s\n", STR_ARG(p->date_rule));
	if (is_plain_text(p->in->content_type))
		buf_puts(&p->notes, "repair: sent as text/plain, read as a feed\n");
	if (d->truncated)
		buf_puts(&p->notes, "the document was cut, or is too long: only its complete items are here\n");
	/* libxml2's sentences quote the feed and may end within a character */
	struct buf clean = BUF_INIT(3 * NOTES_MAX);
	result = utf8_repair(&clean, str_trim(buf_str(&p->notes)));
	d->notes = arena_str(p->arena, buf_str(&clean));
	buf_release(&clean);
	return result != 0 || d->notes.data == NULL ? -ENOMEM : 0;
}

int parse_feed(const struct parse_input *in, struct arena *a, struct document *d, struct error *err)
{
	document_init(d);
	if (str_trim(in->body).len == 0)
		return error_set(err, -EBADMSG, "the document is empty");
	struct parse p = {
		.in = in,
		.arena = a,
		.base = arena_str(a, in->url),
		.language = arena_str(a, str_trim(in->content_language)),
		.decoded = BUF_INIT(TEXT_MAX),
		.mended = BUF_INIT(TEXT_MAX),
		.repaired = BUF_INIT(TEXT_MAX),
		.notes = BUF_INIT(NOTES_MAX),
	};
	if (!str_empty(str_trim(in->content_location))) {
		struct str located = url_resolve(a, p.base, in->content_location);
		if (url_is_web(located))
			p.base = arena_str(a, located);
	}
	bool json = first_byte(in->body) == '{';
	struct str text;
	int result = charset_to_utf8(
		&p.decoded, a, in->body, media_parameter(in->content_type, STR("charset")), !json, &p.charset, &text);
	if (result == 0 && feed_text_has_c1(text)) {
		feed_text_mend_c1(&p.mended, text);
		text = buf_str(&p.mended);
		result = p.mended.failed;
	}
	if (result == 0) {
		name_ascii(&p);
		note_charset(&p);
		result = read_text(&p, text, json, d, err);
		if (result == 0 && document_fit(d, a, str_empty(p.base)) != 0)
			result = error_set(err, -ENOMEM, "the feed is too large");
	} else {
		result = error_set(err, -ENOMEM, "the feed is too large");
	}
	buf_release(&p.decoded);
	buf_release(&p.mended);
	buf_release(&p.repaired);
	buf_release(&p.notes);
	return result;
}
