/* SPDX-License-Identifier: ISC */
/* Text: escaped anew for XHTML, extracted from markup as one line, or with its references resolved. */
#include "sitrep/base/limits.h"
#include "sitrep/base/utf8.h"
#include "sitrep/text/html_internal.h"

#include <errno.h>
#include <string.h>

/* ---- escaping */

/* Bytes that need an escape or a check, as bits: in text, and in attributes' values.  0xc2 begins the C1 controls, 0xef
 * the non-characters that XML forbids. */
static const uint64_t special_in_text[4] = {
	UINT64_C(0x50000040fffff9ff), UINT64_C(0x8000000000000000), 0, UINT64_C(0x0000800000000004)};
static const uint64_t special_in_attribute[4] = {
	UINT64_C(0x50000044ffffffff), UINT64_C(0x8000000000000000), 0, UINT64_C(0x0000800000000004)};

bool html_is_dropped(uint32_t c)
{
	return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || (c >= 0x7f && c < 0xa0) || c == 0xfffe ||
	       c == 0xffff;
}

/* Appends c, escaped where needed, unless it is a forbidden character. */
static void put_character(struct buf *out, uint32_t c, bool in_attribute)
{
	switch (c) {
	case '&':
		buf_puts(out, "&amp;");
		return;
	case '<':
		buf_puts(out, "&lt;");
		return;
	case '>':
		buf_puts(out, "&gt;");
		return;
	case '"':
		buf_puts(out, in_attribute ? "&quot;" : "\"");
		return;
	case '\t':
		buf_puts(out, in_attribute ? "&#9;" : "\t");
		return;
	case '\n':
	case '\r':
		buf_puts(out, in_attribute ? "&#10;" : "\n");
		return;
	default:
		break;
	}
	if (!html_is_dropped(c))
		buf_put_utf8(out, c);
}

/* Writes the character or reference that begins with the special byte at *i, and moves *i past it. */
static void put_special(struct buf *out, struct str raw, size_t *i, bool in_attribute)
{
	unsigned char c = (unsigned char)raw.data[*i];
	struct html_reference ref;
	size_t used;

	if (c == '&') {
		used = html_read_reference(str_slice(raw, *i, raw.len), in_attribute, &ref);
		if (used > 0) {
			put_character(out, ref.first, in_attribute);
			if (ref.second != 0)
				put_character(out, ref.second, in_attribute);
			*i += used;
			return;
		}
	}
	if (c == '\r' && *i + 1 < raw.len && raw.data[*i + 1] == '\n') {
		(*i)++;
		return;
	}
	put_character(out, utf8_next(raw, i), in_attribute);
}

size_t html_plain_len(struct str s)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), high = ones * 0x80;
	size_t i = 0;

	for (; s.len - i >= sizeof(uint64_t); i += sizeof(uint64_t)) {
		uint64_t word, quotes, angles, special;

		memcpy(&word, s.data + i, sizeof(word));
		/* " and & differ in one bit, < and > in another: a byte that is one of the two becomes zero */
		quotes = (word | ones * 0x04) ^ ones * '&';
		angles = (word | ones * 0x02) ^ ones * '>';
		/* Sets the highest bit of each byte that is zero in quotes or angles, or is below 0x20, DEL or above.
		 * A borrow or carry may also set that of the bytes above such a byte: only the first one counts. */
		special = ((quotes - ones) & ~quotes) | ((angles - ones) & ~angles) | ((word - ones * 0x20) & ~word) |
			  word | (word + ones);
		if ((special & high) != 0)
			break;
	}
	return i;
}

void html_put_text(struct buf *out, struct str raw, bool in_attribute)
{
	const uint64_t *special = in_attribute ? special_in_attribute : special_in_text;
	size_t i = 0;

	while (i < raw.len) {
		size_t start = i;

		for (;;) {
			size_t step;

			i += html_plain_len(str_make(raw.data + i, raw.len - i));
			/* the eight bytes that stopped the fast loop, one by one: a newline or a non-ASCII letter is
			 * plain */
			step = raw.len - i < sizeof(uint64_t) ? raw.len : i + sizeof(uint64_t);
			while (i < step &&
				(special[(unsigned char)raw.data[i] >> 6] >> ((unsigned char)raw.data[i] & 63) & 1) ==
					0)
				i++;
			if (i < step || i == raw.len)
				break;
		}
		if (i > start)
			buf_append(out, raw.data + start, i - start);
		if (i < raw.len)
			put_special(out, raw, &i, in_attribute);
	}
}

int html_unescape(struct buf *out, struct str s)
{
	size_t i = 0;

	while (i < s.len) {
		size_t at = str_find_char(s, '&', i), used;
		struct html_reference ref;

		if (at == STR_NPOS)
			at = s.len;
		buf_append(out, s.data + i, at - i);
		if (at == s.len)
			break;
		used = html_read_reference(str_slice(s, at, s.len), false, &ref);
		if (used > 0) {
			buf_put_utf8(out, ref.first);
			if (ref.second != 0)
				buf_put_utf8(out, ref.second);
		} else {
			buf_putc(out, '&');
			used = 1;
		}
		i = at + used;
	}
	return out->failed;
}

/* ---- one line of plain text */

struct line {
	struct buf *out;
	bool started, space_due;
	bool full;
};

/* Appends a whole piece.  If it does not fit, it and all that follows are left out. */
static void line_put(struct line *l, const char *data, size_t len)
{
	size_t space = l->space_due && l->started ? 1 : 0;

	if (l->full || len + space > l->out->max - l->out->len) {
		l->full = true;
		return;
	}
	if (space > 0)
		buf_putc(l->out, ' ');
	buf_append(l->out, data, len);
	l->started = true;
	l->space_due = false;
}

static void line_put_character(struct line *l, uint32_t c)
{
	char room[8];
	struct buf one = {.data = room, .cap = sizeof(room), .max = sizeof(room) - 1};

	if (utf8_is_space(c)) {
		l->space_due = true;
	} else if (!utf8_is_unsafe(c)) {
		buf_put_utf8(&one, c);
		line_put(l, one.data, one.len);
	}
}

/* Appends a run of printable ASCII, cut to the part that fits. */
static void line_put_run(struct line *l, struct str run)
{
	size_t space = l->space_due && l->started ? 1 : 0, room = l->out->max - l->out->len;

	if (!l->full && run.len + space > room && room > space) {
		line_put(l, run.data, room - space);
		l->full = true;
		return;
	}
	line_put(l, run.data, run.len);
}

static void line_add(struct line *l, struct str raw, bool references)
{
	size_t i = 0;

	while (i < raw.len && !l->full) {
		size_t start = i, used;
		struct html_reference ref;

		while (i < raw.len && (unsigned char)raw.data[i] > ' ' && (unsigned char)raw.data[i] < 0x7f &&
			(raw.data[i] != '&' || !references))
			i++;
		if (i > start) {
			line_put_run(l, str_slice(raw, start, i));
			continue;
		}
		if (raw.data[i] != '&' || !references) {
			line_put_character(l, utf8_next(raw, &i));
			continue;
		}
		used = html_read_reference(str_slice(raw, i, raw.len), false, &ref);
		if (used == 0) {
			line_put_character(l, '&');
			i++;
			continue;
		}
		line_put_character(l, ref.first);
		if (ref.second != 0)
			line_put_character(l, ref.second);
		i += used;
	}
}

int html_to_text(struct buf *out, struct str markup)
{
	struct html_tokenizer tokens = {.markup = markup};
	struct line l = {.out = out};
	struct html_token token;

	if (buf_failed(out))
		return out->failed;
	if (str_find_char(markup, '<', 0) == STR_NPOS) {
		line_add(&l, markup, true);
	} else {
		while (!l.full && html_next_token(&tokens, &token)) {
			const struct html_element *e;

			if (token.kind == HTML_TOKEN_TEXT) {
				line_add(&l, token.text, true);
				continue;
			}
			e = html_element_find(token.text);
			if (e == NULL)
				continue;
			if ((e->flags & (HTML_SPACE | HTML_SKIP)) != 0)
				l.space_due = true;
			if ((e->flags & HTML_SKIP) != 0 && token.kind == HTML_TOKEN_START && !token.self_closing &&
				!html_skip_content(&tokens, token.text) && (e->flags & HTML_RAW) != 0)
				break;
		}
	}
	if (buf_failed(out))
		return out->failed;
	return l.full ? -E2BIG : 0;
}

/* ---- */

/* Whether text of the form of a tag is one: HTML has its name, or it has a prefix, and only attributes follow.  "a<b
 * and c>d" has no tag. */
static bool is_real_tag(const struct html_token *tag)
{
	if (html_element_find(tag->text) == NULL && str_find_char(tag->text, ':', 1) == STR_NPOS)
		return false;
	if (tag->kind == HTML_TOKEN_END)
		return tag->attribute_count == 0;
	for (size_t i = 0; i < tag->attribute_count; i++) {
		struct str name = tag->attributes[i].name;

		if (tag->attributes[i].value.data == NULL && html_attribute_find(name) == NULL &&
			str_find_char(name, '-', 1) == STR_NPOS)
			return false;
	}
	return true;
}

/* The length of the real tag or of the "<!--" with which s begins; 0: neither.  Reads at most LIMIT_HTML_TAG bytes. */
static size_t tag_len(struct str s)
{
	struct html_tokenizer tokens = {.markup = str_slice(s, 0, LIMIT_HTML_TAG)};
	struct html_token token;
	size_t start = s.len > 1 && s.data[1] == '/' ? 2 : 1, end = start;

	if (str_starts(s, STR("<!--")))
		return sizeof("<!--") - 1;
	/* quick test: text without a tag name */
	while (end < s.len && (char_is_alpha(s.data[end]) || char_is_digit(s.data[end]) || s.data[end] == '-'))
		end++;
	if (end == start || end == s.len || !char_is_alpha(s.data[start]) ||
		(s.data[end] != ':' && html_element_find(str_slice(s, start, end)) == NULL))
		return 0;
	if (!html_next_token(&tokens, &token) || token.kind == HTML_TOKEN_TEXT || !is_real_tag(&token))
		return 0;
	return tokens.pos;
}

bool html_has_tag(struct str s, bool ends)
{
	size_t last = s.len; /* behind the last ">" */

	while (last > 0 && s.data[last - 1] != '>')
		last--;
	for (size_t at = str_find_char(s, '<', 0); at < last; at = str_find_char(s, '<', at + 1))
		if ((!ends || str_starts(str_slice(s, at, s.len), STR("</"))) && tag_len(str_slice(s, at, s.len)) > 0)
			return true;
	return false;
}

bool html_looks_like(struct str s)
{
	size_t at;
	struct html_reference ref;

	for (at = str_find_char(s, '&', 0); at != STR_NPOS; at = str_find_char(s, '&', at + 1)) {
		struct str rest = str_slice(s, at, s.len);
		size_t used = html_read_reference(rest, false, &ref);

		if (used > 0 && rest.data[used - 1] == ';')
			return true;
	}
	return html_has_tag(s, false) || str_find(s, STR("<!--"), 0) != STR_NPOS;
}

/* Whether the tag is of embedded content, which a title does not show. */
static bool is_embed(struct str tag)
{
	size_t start = tag.len > 1 && tag.data[1] == '/' ? 2 : 1, end = start;
	const struct html_element *e;

	while (end < tag.len && char_is_alpha(tag.data[end]))
		end++;
	e = html_element_find(str_slice(tag, start, end));
	return e != NULL && (e->flags & HTML_EMBED) != 0;
}

int html_title_markup(struct buf *out, struct str s)
{
	size_t from = 0;

	for (size_t at = str_find_char(s, '<', 0); at != STR_NPOS; at = str_find_char(s, '<', at)) {
		size_t len = tag_len(str_slice(s, at, s.len));

		buf_add(out, str_slice(s, from, at));
		if (len == 0)
			buf_puts(out, "&lt;");
		else if (!is_embed(str_slice(s, at, at + len)))
			buf_add(out, str_slice(s, at, at + len));
		from = at += len > 0 ? len : 1;
	}
	buf_add(out, str_slice(s, from, s.len));
	return out->failed;
}
