/* SPDX-License-Identifier: ISC */
/* Checks whether markup could have been written by html_sanitize().
 *
 * The daemon checks every piece of markup from a worker.  The language of the sanitizer's output is small: text in
 * which <, > and & stand as references, start tags of allowed elements with allowed attributes in double quotes, and
 * end tags that fit them.  The functions that write values check them.  The nesting of elements is not checked: a
 * wrong one spoils a page's layout, but is no danger. */
#include <string.h>

#include "sitrep/base/limits.h"
#include "sitrep/text/html_internal.h"
#include "sitrep/text/url.h"

struct checker {
	struct str s;
	size_t at;
	const struct html_element *stack[LIMIT_DEPTH];
	size_t depth;
	struct buf value; /* of an attribute, its references resolved */
};

/* ---- text */

static const struct reference {
	const char *text;
	uint8_t len;
	char means;
	bool in_text;
} references[] = {{"&amp;", 5, '&', true}, {"&lt;", 4, '<', true}, {"&gt;", 4, '>', true}, {"&quot;", 6, '"', false},
	{"&#9;", 4, '\t', false}, {"&#10;", 5, '\n', false}};

/* The reference at the beginning of s; NULL when the sanitizer writes no such reference there. */
static const struct reference *find_reference(struct str s, bool in_attribute)
{
	for (size_t i = 0; i < sizeof(references) / sizeof(references[0]); i++)
		if ((references[i].in_text || in_attribute) &&
			str_starts(s, str_make(references[i].text, references[i].len)))
			return &references[i];
	return NULL;
}

/* Whether the byte at i needs no escape.  In an attribute, quotation marks and white space but " " need one. */
static bool is_plain(struct str s, size_t i, bool in_attribute)
{
	unsigned char byte = (unsigned char)s.data[i];

	if (byte == '<' || byte == '>' || byte == '&' || byte == 0x7f || (byte == '"' && in_attribute) ||
		(byte < 0x20 && (in_attribute || (byte != '\n' && byte != '\t'))))
		return false;
	/* C1 controls and characters that XML forbids */
	if (byte == 0xc2)
		return i + 1 == s.len || (unsigned char)s.data[i + 1] >= 0xa0;
	return byte != 0xef || i + 2 >= s.len || (unsigned char)s.data[i + 1] != 0xbf ||
	       (unsigned char)s.data[i + 2] < 0xbe;
}

/* Moves over text that needs no escape. */
static void skip_plain(struct checker *c, bool in_attribute)
{
	struct str s = c->s;
	size_t i = c->at, end;

	do {
		i += html_plain_len(str_make(s.data + i, s.len - i));
		/* The eight bytes that stopped the fast loop are checked one by one: a newline or a non-ASCII letter
		 * is plain. */
		end = s.len - i < sizeof(uint64_t) ? s.len : i + sizeof(uint64_t);
		while (i < end && is_plain(s, i, in_attribute))
			i++;
	} while (i == end && i < s.len);
	c->at = i;
}

/* Moves over text to the next tag or the end; false at a byte that the sanitizer would have escaped. */
static bool take_text(struct checker *c)
{
	for (;;) {
		const struct reference *r;

		skip_plain(c, false);
		if (c->at == c->s.len || c->s.data[c->at] == '<')
			return true;
		r = c->s.data[c->at] == '&' ? find_reference(str_slice(c->s, c->at, c->s.len), false) : NULL;
		if (r == NULL)
			return false;
		c->at += r->len;
	}
}

/* Reads a value and its closing quotation mark; *value points into s when it holds no reference. */
static bool take_value(struct checker *c, struct str *value)
{
	size_t start = c->at, from = start;

	buf_clear(&c->value);
	for (;;) {
		const struct reference *r;

		skip_plain(c, true);
		if (c->at == c->s.len)
			return false;
		if (c->s.data[c->at] == '"')
			break;
		r = c->s.data[c->at] == '&' ? find_reference(str_slice(c->s, c->at, c->s.len), true) : NULL;
		if (r == NULL)
			return false;
		buf_append(&c->value, c->s.data + from, c->at - from);
		buf_putc(&c->value, r->means);
		c->at += r->len;
		from = c->at;
	}
	*value = str_slice(c->s, start, c->at);
	if (from != start) {
		buf_append(&c->value, c->s.data + from, c->at - from);
		*value = buf_str(&c->value);
	}
	c->at++;
	return !buf_failed(&c->value);
}

/* ---- values */

static bool is_link(struct str value)
{
	return value.len <= LIMIT_URL && (url_is_simple(value) || url_is_safe_link(value));
}

static bool is_image(struct str value)
{
	return html_is_data_image(value) ||
	       (value.len <= LIMIT_URL && (url_is_simple(value) || url_is_web(value)) && !html_is_beacon(value));
}

/* Whether value is a srcset, "URL, URL 2x", in which no URL begins or ends with a comma. */
static bool is_srcset(struct str value)
{
	while (value.len > 0) {
		size_t end = 0;
		struct str url, descriptor;

		while (end < value.len && value.data[end] != ' ')
			end++;
		url = str_slice(value, 0, end);
		value = str_slice(value, end, value.len);
		if (url.len > 0 && url.data[url.len - 1] == ',') {
			url.len--;
			descriptor = STR("");
			if (value.len == 0)
				return false;
		} else {
			end = str_find_char(value, ',', 0);
			end = end == STR_NPOS ? value.len : end;
			descriptor = str_trim(str_slice(value, 0, end));
			value = str_slice(value, end < value.len ? end + 1 : end, value.len);
		}
		if (url.len == 0 || !is_image(url) || !html_is_one_url(url) || !html_is_descriptor(descriptor))
			return false;
		if (value.len > 0 && value.data[0] == ' ')
			value = str_slice(value, 1, value.len);
	}
	return true;
}

static bool is_style(struct str value)
{
	struct buf made = BUF_INIT(HTML_STYLE_MAX * 2);
	bool same;

	html_css_filter(&made, value);
	same = !buf_failed(&made) && value.len > 0 && str_eq(buf_str(&made), value);
	buf_release(&made);
	return same;
}

static bool is_value(const struct html_attribute *attribute, struct str value)
{
	switch ((enum html_attribute_kind)attribute->kind) {
	case HTML_TEXT:
		return true;
	case HTML_NUMBER:
		return html_is_number(value);
	case HTML_LOCAL:
		return value.len == 0 || value.data[0] == '#';
	case HTML_LINK:
		return value.len == 0 ? html_may_be_empty(attribute) : is_link(value);
	case HTML_IMAGE:
		return is_image(value);
	case HTML_SRCSET:
		return value.len > 0 && is_srcset(value);
	case HTML_STYLE:
		return is_style(value);
	}
	return false;
}

/* ---- tags */

/* Moves over text; false when other text stands here. */
static bool take_literal(struct checker *c, struct str text)
{
	if (!str_starts(str_slice(c->s, c->at, c->s.len), text))
		return false;
	c->at += text.len;
	return true;
}

static struct str take_name(struct checker *c)
{
	size_t start = c->at;

	while (c->at < c->s.len && c->s.data[c->at] != ' ' && c->s.data[c->at] != '>' && c->s.data[c->at] != '=')
		c->at++;
	return str_slice(c->s, start, c->at);
}

/* The element of that name, written as the table has it. */
static const struct html_element *find_element(struct str name)
{
	const struct html_element *e = html_element_find(name);

	return e != NULL && (e->flags & HTML_KEEP) != 0 && str_eq(name, str_make(e->name, e->name_len)) ? e : NULL;
}

static bool take_attribute(struct checker *c, const struct html_element *e, uint64_t seen[HTML_ATTRIBUTE_KINDS / 64])
{
	struct str name = take_name(c), value;
	const struct html_attribute *attribute = html_attribute_find(name);
	size_t index;

	if (attribute == NULL || !str_eq(name, str_from(attribute->name)) || !take_literal(c, STR("=\"")) ||
		!take_value(c, &value))
		return false;
	index = html_attribute_index(attribute);
	if ((seen[index / 64] >> index % 64 & 1) != 0)
		return false;
	seen[index / 64] |= UINT64_C(1) << index % 64;
	return html_attribute_allowed(e, attribute, value) && is_value(attribute, value);
}

static bool take_start(struct checker *c)
{
	uint64_t seen[HTML_ATTRIBUTE_KINDS / 64] = {0};
	const struct html_element *e = find_element(take_name(c));
	bool is_void, is_media;

	if (e == NULL)
		return false;
	is_void = (e->flags & HTML_VOID) != 0;
	is_media = (e->flags & HTML_MEDIA) != 0;
	while (!take_literal(c, is_void ? STR(" />") : is_media ? STR(" preload=\"none\">") : STR(">")))
		if (!take_literal(c, STR(" ")) || !take_attribute(c, e, seen))
			return false;
	if (is_void)
		return true;
	if (c->depth == LIMIT_DEPTH)
		return false;
	c->stack[c->depth++] = e;
	return true;
}

static bool take_end(struct checker *c)
{
	const struct html_element *e;

	if (c->depth == 0)
		return false;
	e = c->stack[--c->depth];
	return take_literal(c, str_make(e->name, e->name_len)) && take_literal(c, STR(">"));
}

static bool take_all(struct checker *c)
{
	while (take_text(c)) {
		if (c->at == c->s.len)
			return c->depth == 0;
		c->at++;
		if (!(take_literal(c, STR("/")) ? take_end(c) : take_start(c)))
			return false;
	}
	return false;
}

bool html_is_sanitized(struct str s)
{
	struct checker c; /* not zeroed: most of it is the stack, most of which is never used */
	bool good;

	c.s = s.data != NULL ? s : STR("");
	c.at = c.depth = 0;
	buf_init(&c.value, s.len);
	good = take_all(&c);
	buf_release(&c.value);
	return good;
}
