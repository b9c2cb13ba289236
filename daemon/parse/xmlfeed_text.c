/* SPDX-License-Identifier: ISC */
/* Reads the text of elements by the rules of each dialect.
 *
 * The same characters are text in one dialect and escaped markup in another.  Atom declares it by type (Atom 0.3 by
 * mode).  RSS does not, so RSS text with tags or references is HTML.  All markup is sanitised before it is stored in
 * the document. */
#include "xmlfeed_frame.h"

#include "sitrep/base/utf8.h"
#include "sitrep/base/xml_text.h"
#include "sitrep/text/feed_date.h"
#include "sitrep/text/feed_text.h"
#include "sitrep/text/html.h"
#include "sitrep/text/url.h"

#include <errno.h>
#include <string.h>

/* An item's id may be longer than any URL that is fetched. */
enum { STRING_MAX = LIMIT_TITLE };
/* A text before the sanitizer: the limit of captured text. */
enum { CAPTURE_LIMIT = 8 * LIMIT_ITEM_CONTENT };

static bool contains(struct str s, struct str part)
{
	return str_find_nocase(s, part, 0) != STR_NPOS;
}

static enum reading_mode mode_of_type(struct str type, struct str mode)
{
	bool escaped = str_eq_nocase(mode, STR("escaped")) || str_eq_nocase(mode, STR("base64"));
	if (str_eq_nocase(type, STR("text")))
		return READ_PLAIN;
	if (contains(type, STR("xhtml")))
		return escaped ? READ_HTML : READ_XHTML;
	if (contains(type, STR("html")))
		return str_eq_nocase(mode, STR("xml")) ? READ_XHTML : READ_HTML;
	if (str_starts_nocase(type, STR("text/")))
		return READ_PLAIN;
	if (str_ends(type, STR("/xml")) || str_ends(type, STR("+xml")))
		return escaped ? READ_HTML : READ_XHTML;
	return str_find_char(type, '/', 0) == STR_NPOS ? READ_AUTO : READ_MEDIA;
}

static enum reading_mode default_mode(const struct frame *f)
{
	switch ((enum text_default)f->rule->detail) {
	case TEXT_DEFAULT_HTML:
		return READ_HTML;
	case TEXT_DEFAULT_INLINE:
		return READ_XHTML;
	case TEXT_DEFAULT:
	case TEXT_DEFAULT_TITLE:
	case TEXT_DEFAULT_CONTENT:
		break;
	}
	return f->rule->ns == NS_FEED && f->atom ? READ_PLAIN : READ_AUTO;
}

static struct str mime_of(enum reading_mode mode)
{
	switch (mode) {
	case READ_XHTML:
		return STR("application/xhtml+xml");
	case READ_HTML:
		return STR("text/html");
	case READ_AUTO:
	case READ_PLAIN:
	case READ_MEDIA:
		break;
	}
	return STR("text/plain");
}

static void text_begin(struct xmlfeed *x, struct frame *f, const struct xml_attr *attrs, size_t count)
{
	struct str type = str_trim(xmlfeed_attr(attrs, count, "type"));
	struct str mode = str_trim(xmlfeed_attr(attrs, count, "mode"));
	f->mode = str_empty(type) ? default_mode(f) : mode_of_type(type, mode);
	if (str_find_char(type, '/', 0) != STR_NPOS)
		f->mime = xmlfeed_keep(x, type, LIMIT_NAME);
	f->base64 = str_eq_nocase(mode, STR("base64"));
	f->escape = f->mode == READ_XHTML;
	struct str src = xmlfeed_attr(attrs, count, "src");
	if (f->rule->detail == TEXT_DEFAULT_CONTENT && f->place == AT_ITEM && !str_empty(src))
		x->item->content_src = xmlfeed_keep_url(x, f->base, src);
}

/* Appends the decoded bytes of s; characters outside base64 are skipped (RFC 2045). */
static int base64_decode(struct buf *out, struct str s)
{
	uint32_t bits = 0;
	unsigned int have = 0;
	for (size_t i = 0; i < s.len && s.data[i] != '='; i++) {
		char c = s.data[i];
		uint32_t value;
		if (c >= 'A' && c <= 'Z')
			value = (uint32_t)(c - 'A');
		else if (c >= 'a' && c <= 'z')
			value = (uint32_t)(c - 'a') + 26;
		else if (char_is_digit(c))
			value = (uint32_t)(c - '0') + 52;
		else if (c == '+' || c == '/')
			value = c == '+' ? 62 : 63;
		else
			continue;
		bits = (bits << 6 | value) & 0xffffff;
		have += 6;
		if (have >= 8) {
			have -= 8;
			buf_putc(out, (char)(unsigned char)(bits >> have & 0xff));
		}
	}
	return out->failed;
}

static bool looks_base64(struct str s)
{
	size_t digits = 0;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.data[i];
		if (char_is_alpha(c) || char_is_digit(c) || c == '+' || c == '/' || c == '=')
			digits++;
		else if (!char_is_space(c))
			return false;
	}
	return digits > 0 && digits % 4 == 0;
}

/* Decodes a frame's text from base64.  With only_text, bytes that are no text give an empty result. */
static struct str decoded(struct xmlfeed *x, struct str encoded, bool only_text)
{
	struct buf bytes = BUF_INIT(encoded.len + 1);
	struct str result = STR_NONE;
	if (base64_decode(&bytes, encoded) != 0) {
		x->failed = -ENOMEM;
	} else if (!only_text || (utf8_valid(buf_str(&bytes)) && str_find_char(buf_str(&bytes), '\0', 0) == STR_NPOS)) {
		size_t start = x->text.len;
		utf8_repair(&x->text, buf_str(&bytes));
		result = str_slice(buf_str(&x->text), start, x->text.len);
	}
	buf_release(&bytes);
	return result;
}

/* Whether s has anything of the form of a tag.  For texts that RSS defines as HTML; in a title only tags of known
 * elements count. */
static bool has_tag(struct str s)
{
	for (size_t at = str_find_char(s, '<', 0); at != STR_NPOS; at = str_find_char(s, '<', at + 1)) {
		char next = at + 1 < s.len ? s.data[at + 1] : '\0';
		/* no ">" follows, so none follows a later "<" either */
		if (char_is_alpha(next) || next == '/')
			return str_find_char(s, '>', at) != STR_NPOS;
	}
	return false;
}

/* Sets the text to the sanitised markup. */
static void set_markup(struct xmlfeed *x, struct text *text, struct str markup, struct str base, size_t limit)
{
	buf_clear(&x->work);
	x->work.max = limit;
	if (html_sanitize(&x->work, markup, base) == -ENOMEM)
		x->failed = -ENOMEM;
	text->base = base;
	/* a text of which the sanitizer left nothing is empty, not absent */
	text->value = x->work.len == 0 ? STR("") : xmlfeed_keep(x, buf_str(&x->work), limit);
	if (text->value.data == NULL)
		*text = (struct text){0};
}

static void forget_waiting(struct xmlfeed *x, const struct text *text)
{
	for (size_t i = 0; i < x->waiting_count; i++) {
		if (x->waiting[i].text == text)
			x->waiting[i--] = x->waiting[--x->waiting_count];
	}
}

void xmlfeed_finish_item_texts(struct xmlfeed *x)
{
	for (size_t i = 0; i < x->waiting_count; i++) {
		struct text *text = x->waiting[i].text;
		struct str base = url_is_web(x->item->link) ? x->item->link : text->base;
		set_markup(x, text, x->waiting[i].markup, base, LIMIT_ITEM_CONTENT);
	}
	x->waiting_count = 0;
}

/* Whether the markup may hold a relative address. */
static bool needs_base(struct str s)
{
	return contains(s, STR("href")) || contains(s, STR("src")) || contains(s, STR("poster"));
}

/* Without xml:base, relative addresses in an item's text are relative to the item's link, which may come later.  True
 * when the text is kept until then. */
static bool wait_for_link(struct xmlfeed *x, const struct frame *f, struct text *text, struct str s)
{
	bool in_item = (f->place == AT_ITEM || f->place == AT_MEDIA) && x->item != NULL;
	if (!in_item || f->base.data != x->frames[0].base.data || f->rule->detail == TEXT_DEFAULT_TITLE ||
		x->waiting_count == WAITING_TEXTS || !needs_base(s))
		return false;
	struct str markup = arena_str(x->arena, s);
	if (markup.data == NULL) {
		x->failed = -ENOMEM;
		return false;
	}
	text->value = STR("");
	x->waiting[x->waiting_count++] = (struct waiting_text){text, markup};
	return true;
}

/* The number of bytes of s as text, without markup. */
static size_t length_of(struct xmlfeed *x, struct str s, bool markup)
{
	if (!markup)
		return s.len;
	buf_clear(&x->work);
	x->work.max = LIMIT_ITEM_CONTENT;
	html_to_text(&x->work, s);
	return x->work.len;
}

/* Whether s replaces the item's summary because it is longer: an RSS item may have both description and summary. */
static bool is_longer_summary(struct xmlfeed *x, const struct frame *f, struct str s, enum reading_mode mode)
{
	const struct text *kept = xmlfeed_member(f);
	struct str value = kept->value;
	if (f->place != AT_ITEM || f->rule->ns != NS_FEED || f->rule->offset != offsetof(struct item, summary) ||
		x->is_atom || kept->kind == TEXT_ABSENT ||
		f->ranks[f->rule->offset / sizeof(void *)] > f->rule->rank + 1U)
		return false;
	for (size_t i = 0; i < x->waiting_count; i++) {
		if (x->waiting[i].text == kept)
			value = x->waiting[i].markup;
	}
	size_t length = length_of(x, value, kept->kind == TEXT_HTML);
	return length_of(x, s, mode != READ_PLAIN) > length;
}

static enum reading_mode mode_of_text(const struct frame *f, struct str s)
{
	if (f->has_markup && f->mode != READ_XHTML)
		return READ_HTML;
	if (f->mode != READ_AUTO && f->mode != READ_MEDIA)
		return f->mode;
	return html_looks_like(s) || (f->rule->detail != TEXT_DEFAULT_TITLE && has_tag(s)) ? READ_HTML : READ_PLAIN;
}

/* Builds the markup for the sanitizer: s itself, or text in *made. */
static struct str prepare_markup(
	struct xmlfeed *x, const struct frame *f, struct str s, enum reading_mode *mode, struct buf made[2])
{
	bool title = f->rule->detail == TEXT_DEFAULT_TITLE;
	if (title && *mode != READ_PLAIN) {
		html_title_markup(&made[0], s);
		s = buf_str(&made[0]);
	} else if (!title && *mode == READ_HTML) {
		bool body = (f->place == AT_ITEM || f->place == AT_MEDIA) && !f->base64 && f->mode != READ_MEDIA;
		for (int i = 0; i < 2 && body && feed_text_unescape_markup(&made[i], s); i++)
			s = buf_str(&made[i]);
		/* a plain text with references: its newlines become line breaks */
		if (f->mode == READ_AUTO && !f->has_markup && !has_tag(s) && str_find(s, STR("<!"), 0) == STR_NPOS) {
			struct buf *plain = s.data == made[0].data ? &made[1] : &made[0];
			buf_clear(plain);
			html_unescape(plain, s);
			if (!html_looks_like(buf_str(plain))) {
				s = str_trim(buf_str(plain));
				*mode = READ_PLAIN;
			}
		}
	}
	if (made[0].failed == -ENOMEM || made[1].failed == -ENOMEM)
		x->failed = -ENOMEM;
	return s;
}

static void set_text(struct xmlfeed *x, const struct frame *f, struct str s, enum reading_mode mode)
{
	size_t limit = f->rule->detail == TEXT_DEFAULT_TITLE ? LIMIT_TITLE_MARKUP : LIMIT_ITEM_CONTENT;
	struct text *text = xmlfeed_member(f);
	forget_waiting(x, text);
	*text = (struct text){
		.kind = mode == READ_PLAIN ? TEXT_PLAIN : TEXT_HTML,
		.mime = str_empty(f->mime) ? mime_of(mode) : f->mime,
		.lang = f->language,
		.base = f->base,
	};
	if (text->kind == TEXT_HTML) {
		if (!wait_for_link(x, f, text, s))
			set_markup(x, text, s, f->base, limit);
		return;
	}
	text->value = str_empty(s) ? STR("") : xmlfeed_keep(x, s, limit);
	if (text->value.data == NULL)
		*text = (struct text){0};
}

static void text_end(struct xmlfeed *x, struct frame *f, struct str s)
{
	bool title = f->rule->detail == TEXT_DEFAULT_TITLE;
	/* a word of a title may be base64 by chance */
	if (f->base64 || (f->mode == READ_MEDIA && !title && looks_base64(s)))
		s = decoded(x, s, f->mode == READ_MEDIA);
	s = str_trim(s);
	if (s.len == 0)
		return;
	enum reading_mode mode = mode_of_text(f, s);
	struct buf made[2] = {BUF_INIT(2 * CAPTURE_LIMIT), BUF_INIT(2 * CAPTURE_LIMIT)};
	s = prepare_markup(x, f, s, &mode, made);
	if ((!title || feed_text_is_visible(s, mode != READ_PLAIN)) &&
		(is_longer_summary(x, f, s, mode) || xmlfeed_claim(x, f, f->rule->offset, f->rule->rank)))
		set_text(x, f, s, mode);
	buf_release(&made[0]);
	buf_release(&made[1]);
}

static void string_end(struct xmlfeed *x, struct frame *f, struct str s)
{
	struct str *string = xmlfeed_member(f);
	s = str_trim(s);
	if (s.len > 0 && xmlfeed_claim(x, f, f->rule->offset, f->rule->rank))
		*string = f->place == AT_PERSON ? xmlfeed_keep_name(x, s, STRING_MAX) : xmlfeed_keep(x, s, STRING_MAX);
}

static void url_end(struct xmlfeed *x, struct frame *f, struct str s)
{
	struct str url = xmlfeed_keep_url(x, f->base, s);
	if (url.data != NULL && xmlfeed_claim(x, f, f->rule->offset, f->rule->rank))
		*(struct str *)xmlfeed_member(f) = url;
}

int64_t xmlfeed_read_time(struct xmlfeed *x, struct str text)
{
	if (str_empty(text))
		return TIME_NONE;
	const char *rule = NULL;
	int64_t t = feed_date_read(text, &rule);
	if (t != TIME_NONE && x->date_rule == NULL)
		x->date_rule = rule;
	return t;
}

static void time_end(struct xmlfeed *x, struct frame *f, struct str s)
{
	int64_t t = xmlfeed_read_time(x, s);
	if (t != TIME_NONE && xmlfeed_claim(x, f, f->rule->offset, f->rule->rank))
		*(int64_t *)xmlfeed_member(f) = t;
}

static void words_end(struct xmlfeed *x, struct frame *f, struct str s)
{
	struct str *words = xmlfeed_member(f);
	s = str_trim(s);
	if (s.len == 0 || words->len + s.len >= LIMIT_NAME)
		return;
	buf_clear(&x->work);
	x->work.max = LIMIT_NAME;
	buf_add(&x->work, *words);
	if (words->len > 0)
		buf_putc(&x->work, ' ');
	buf_add(&x->work, s);
	*words = xmlfeed_keep(x, buf_str(&x->work), LIMIT_NAME);
}

const struct action action_text = {text_begin, text_end, true};
const struct action action_string = {NULL, string_end, true};
const struct action action_url = {NULL, url_end, true};
const struct action action_time = {NULL, time_end, true};
const struct action action_words = {NULL, words_end, true};

/* HTML elements that have no end tag, though an XML document may write one. */
static bool is_void(struct str name)
{
	static const char *const voids[] = {"br", "hr", "img", "input", "wbr", "col", "area", "embed", "source",
		"track", "param", "link", "meta", "base"};
	for (size_t i = 0; i < sizeof(voids) / sizeof(*voids); i++) {
		if (str_eq_nocase(name, str_from(voids[i])))
			return true;
	}
	return false;
}

static void markup_attributes(struct xmlfeed *x, const struct frame *f, const struct xml_attr *attrs, size_t count)
{
	bool other_base = f->base.data != f->capture->base.data;
	for (size_t i = 0; i < count; i++) {
		struct str name = attrs[i].name.local;
		struct str value = attrs[i].value;
		if (!str_empty(attrs[i].name.prefix))
			continue;
		if (other_base && (str_eq_nocase(name, STR("href")) || str_eq_nocase(name, STR("src"))))
			value = url_resolve(x->arena, f->base, value);
		buf_putc(&x->text, ' ');
		buf_add(&x->text, name);
		buf_puts(&x->text, "=\"");
		buf_add_xml(&x->text, value);
		buf_putc(&x->text, '"');
	}
}

void xmlfeed_markup_open(
	struct xmlfeed *x, struct frame *f, const struct xml_name *name, const struct xml_attr *attrs, size_t count)
{
	struct frame *owner = f->capture;
	if (owner->rule->action != &action_text)
		return;
	bool first = str_trim(str_slice(buf_str(&x->text), owner->text_start, x->text.len)).len == 0;
	if (first && !owner->has_markup && owner->mode != READ_XHTML) {
		/* the text begins with an element, so its markup is not escaped: the text in it is escaped here */
		owner->mode = READ_XHTML;
		owner->escape = true;
	}
	bool wrapper = first && !owner->has_markup && str_eq_nocase(name->local, STR("div"));
	owner->has_markup = true;
	/* the div that Atom requires around XHTML is not part of the text (RFC 4287, 3.1.1.3) */
	if (wrapper)
		return;
	f->markup = name->local;
	buf_putc(&x->text, '<');
	buf_add(&x->text, name->local);
	markup_attributes(x, f, attrs, count);
	buf_putc(&x->text, '>');
}

void xmlfeed_markup_close(struct xmlfeed *x, const struct frame *f)
{
	if (is_void(f->markup))
		return;
	buf_puts(&x->text, "</");
	buf_add(&x->text, f->markup);
	buf_putc(&x->text, '>');
}
