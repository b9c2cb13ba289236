/* SPDX-License-Identifier: ISC */
/* A scanner that keeps the open containers and writes only tokens that may come next.  Each byte is read a fixed
 * number of times: look-ahead covers white space only, and no two look-aheads overlap. */
#include "jsonrepair.h"

#include <stdint.h>

#include "sitrep/base/limits.h"
#include "sitrep/base/utf8.h"

enum {
	/* A number of jansson holds so many digits. */
	DIGITS_MAX = 15,
	/* The depth of an element of a list in the root: root, list, element. */
	ELEMENT_DEPTH = 3,
};

struct repair {
	struct buf *out;
	struct str s;
	size_t at;
	char open[LIMIT_DEPTH]; /* '{' or '[' */
	size_t depth;
	bool filled[LIMIT_DEPTH]; /* the container has a member */
	size_t element;           /* the offset in out of the current element of a list in the root */
	bool element_was_first;
};

static bool at_end(const struct repair *r)
{
	return r->at >= r->s.len;
}

static char peek(const struct repair *r)
{
	return at_end(r) ? '\0' : r->s.data[r->at];
}

static bool is_blank(char c)
{
	return (unsigned char)c <= ' ';
}

/* The first byte from at on that is not white space; ',' for a comment, 0 at the end.  *line: after a newline. */
static char next_after(const struct repair *r, size_t at, bool *line)
{
	*line = false;
	for (; at < r->s.len && is_blank(r->s.data[at]); at++)
		*line = *line || r->s.data[at] == '\n';
	if (r->s.len - at > 1 && r->s.data[at] == '/' && (r->s.data[at + 1] == '*' || r->s.data[at + 1] == '/'))
		return ',';
	return at < r->s.len ? r->s.data[at] : '\0';
}

static bool is_delimiter(char c)
{
	return is_blank(c) || c == ',' || c == ':' || c == '{' || c == '}' || c == '[' || c == ']' || c == '"';
}

/* White space, comments, byte order marks. */
static void skip_space(struct repair *r)
{
	for (;;) {
		struct str rest = str_slice(r->s, r->at, r->s.len);
		size_t end;

		if (rest.len > 0 && is_blank(rest.data[0])) {
			r->at++;
		} else if (str_starts(rest, STR("\xEF\xBB\xBF"))) {
			r->at += 3;
		} else if (str_starts(rest, STR("/*")) || str_starts(rest, STR("//"))) {
			struct str close = rest.data[1] == '*' ? STR("*/") : STR("\n");

			end = str_find(r->s, close, r->at + 2);
			r->at = end == STR_NPOS ? r->s.len : end + close.len;
		} else {
			return;
		}
	}
}

/* ---- strings */

/* The code unit of a \uXXXX at at; -1 when there is none. */
static int32_t code_unit(const struct repair *r, size_t at)
{
	int32_t unit = 0;

	if (r->s.len - at < 6 || r->s.data[at] != '\\' || r->s.data[at + 1] != 'u')
		return -1;
	for (size_t i = at + 2; i < at + 6; i++) {
		int value = char_hex_value(r->s.data[i]);

		if (value < 0)
			return -1;
		unit = unit << 4 | value;
	}
	return unit;
}

static void put_escape(struct repair *r)
{
	static const char simple[] = "\"\\/bfnrt";
	char c = r->at + 1 < r->s.len ? r->s.data[r->at + 1] : '\0';
	int32_t unit = code_unit(r, r->at), low;

	if (unit >= 0) {
		low = unit >= 0xd800 && unit < 0xdc00 && r->at + 6 < r->s.len ? code_unit(r, r->at + 6) : -1;
		if (low >= 0xdc00 && low < 0xe000) {
			buf_append(r->out, r->s.data + r->at, 12);
			r->at += 6;
		} else if (unit >= 0xd800 && unit < 0xe000) {
			buf_put_utf8(r->out, 0xfffd);
		} else {
			buf_append(r->out, r->s.data + r->at, 6);
		}
		r->at += 6;
	} else if (c != '\0' && str_find_char(str_from(simple), c, 0) != STR_NPOS) {
		buf_append(r->out, r->s.data + r->at, 2);
		r->at += 2;
	} else {
		/* "\'" means an apostrophe; before another character it is the backslash of a Windows path */
		buf_puts(r->out, c == '\'' ? "" : "\\\\");
		r->at++;
	}
}

/* Whether the quotation mark at at ends a string. */
static bool ends_string(const struct repair *r, size_t at)
{
	bool line;
	char next = next_after(r, at + 1, &line);

	return next == ',' || next == '}' || next == ']' || next == ':' || next == '\0' || (line && next == '"');
}

/* Writes the string that begins at the quotation mark.  False, and nothing written, when the text ends within it. */
static bool put_string(struct repair *r)
{
	size_t before = r->out->len;

	buf_putc(r->out, '"');
	for (r->at++; !at_end(r);) {
		size_t start = r->at;
		unsigned char c;

		while (r->at < r->s.len && (c = (unsigned char)r->s.data[r->at]) >= ' ' && c < 0x80 && c != '"' &&
			c != '\\')
			r->at++;
		buf_append(r->out, r->s.data + start, r->at - start);
		if (at_end(r))
			break;
		c = (unsigned char)r->s.data[r->at];
		if (c == '"') {
			bool ends = ends_string(r, r->at);

			r->at++;
			buf_puts(r->out, ends ? "\"" : "\\\"");
			if (ends)
				return true;
		} else if (c == '\\') {
			put_escape(r);
		} else if (c >= 0x80) {
			buf_put_utf8(r->out, utf8_next(r->s, &r->at));
		} else {
			buf_puts(r->out, c == '\n' ? "\\n" : c == '\t' ? "\\t" : "");
			r->at++;
		}
	}
	buf_truncate(r->out, before);
	return false;
}

/* ---- numbers and words */

static struct str take_word(struct repair *r)
{
	size_t start = r->at;

	while (!at_end(r) && !is_delimiter(r->s.data[r->at]))
		r->at++;
	/* a delimiter, with which no value begins, is the word */
	if (r->at == start)
		r->at++;
	return str_slice(r->s, start, r->at);
}

static void put_quoted(struct repair *r, struct str word)
{
	buf_putc(r->out, '"');
	for (size_t i = 0; i < word.len;) {
		uint32_t c = utf8_next(word, &i);

		if (c == '\\' || c == '"')
			buf_putc(r->out, '\\');
		if (c >= ' ')
			buf_put_utf8(r->out, c);
	}
	buf_putc(r->out, '"');
}

/* Whether word is at most DIGITS_MAX digits with at most one point between them. */
static bool is_simple_number(struct str word)
{
	size_t digits = 0, points = 0, i = word.len > 0 && word.data[0] == '-';

	if (i + 1 < word.len && word.data[i] == '0' && word.data[i + 1] != '.')
		return false;
	for (; i < word.len; i++) {
		if (word.data[i] == '.' && digits > 0)
			points++;
		else if (char_is_digit(word.data[i]))
			digits++;
		else
			return false;
	}
	return digits > 0 && digits <= DIGITS_MAX && points <= 1 && word.data[word.len - 1] != '.';
}

static void put_word(struct repair *r, struct str word)
{
	char c = word.data[0];

	if (str_eq(word, STR("true")) || str_eq(word, STR("false")) || is_simple_number(word))
		buf_add(r->out, word);
	else if (char_is_digit(c) ||
		 (word.len > 1 && (c == '-' || c == '+' || c == '.') && char_is_digit(word.data[1])))
		put_quoted(r, word);
	else
		buf_puts(r->out, "null");
}

/* ---- containers */

static char top(const struct repair *r)
{
	return r->open[r->depth - 1];
}

static void close_top(struct repair *r)
{
	buf_putc(r->out, top(r) == '{' ? '}' : ']');
	r->depth--;
}

/* Skips a value that is nested too deep. */
static void skip_nested(struct repair *r)
{
	size_t depth = 0;

	do {
		char c = peek(r);

		if (c == '"') {
			/* put_string() finds the string's end; its output is dropped */
			size_t before = r->out->len;

			if (!put_string(r))
				return;
			buf_truncate(r->out, before);
			continue;
		}
		depth += c == '{' || c == '[';
		depth -= c == '}' || c == ']';
		r->at++;
	} while (depth > 0 && !at_end(r));
}

/* A closing bracket closes the innermost container of its kind and all containers inside that.  Without such a
 * container it is dropped. */
static void take_close(struct repair *r, char close)
{
	char open = close == '}' ? '{' : '[';
	size_t at = r->depth;
	bool line;
	char next = next_after(r, r->at + 1, &line);

	r->at++;
	while (at > 0 && r->open[at - 1] != open)
		at--;
	/* behind an element of a list, when the next element or the list's end follows, it is a bracket too many */
	if (at == 0 || (at < r->depth && open == '{' && (next == ',' || next == ']')))
		return;
	while (r->depth >= at)
		close_top(r);
}

static void begin_member(struct repair *r)
{
	if (r->depth == ELEMENT_DEPTH - 1 && top(r) == '[') {
		r->element = r->out->len;
		r->element_was_first = !r->filled[r->depth - 1];
	}
	if (r->filled[r->depth - 1])
		buf_putc(r->out, ',');
	r->filled[r->depth - 1] = true;
}

/* Writes a value.  False when the text ends within it. */
static bool put_value(struct repair *r)
{
	char c = peek(r);

	if (c == '"')
		return put_string(r);
	if (c != '{' && c != '[') {
		put_word(r, take_word(r));
		return true;
	}
	if (r->depth == LIMIT_DEPTH) {
		skip_nested(r);
		buf_puts(r->out, "null");
		return true;
	}
	buf_putc(r->out, c);
	r->open[r->depth] = c;
	r->filled[r->depth] = false;
	r->depth++;
	r->at++;
	return true;
}

/* Writes a name and its value.  False when the text ends within them. */
static bool put_pair(struct repair *r)
{
	size_t before = r->out->len;
	bool was_filled = r->filled[r->depth - 1];
	char c;

	begin_member(r);
	if (peek(r) == '"') {
		if (!put_string(r))
			goto cut;
	} else {
		put_quoted(r, take_word(r));
	}
	skip_space(r);
	buf_putc(r->out, ':');
	if (peek(r) == ':') {
		r->at++;
		skip_space(r);
	}
	c = peek(r);
	if (at_end(r))
		goto cut;
	if (c == ',' || c == '}' || c == ']')
		buf_puts(r->out, "null");
	else if (!put_value(r))
		goto cut;
	return true;
cut:
	buf_truncate(r->out, before);
	r->filled[r->depth - 1] = was_filled;
	return false;
}

/* Drops the element in which the text ends. */
static void drop_element(struct repair *r)
{
	if (r->depth < ELEMENT_DEPTH || r->open[ELEMENT_DEPTH - 2] != '[')
		return;
	buf_truncate(r->out, r->element);
	r->depth = ELEMENT_DEPTH - 1;
	r->filled[r->depth - 1] = !r->element_was_first;
}

int json_repair(struct buf *out, struct str text, bool *cut)
{
	struct repair r = {.out = out, .s = text};
	bool whole = true;

	skip_space(&r);
	if (peek(&r) == '{' || peek(&r) == '[')
		whole = put_value(&r);
	while (whole && r.depth > 0 && !buf_failed(out)) {
		char c;

		skip_space(&r);
		if (at_end(&r))
			break;
		c = peek(&r);
		if (c == ',' || c == ':') {
			r.at++;
		} else if (c == '}' || c == ']') {
			take_close(&r, c);
		} else if (top(&r) == '{') {
			/* a value without a name is dropped */
			if (c == '{' || c == '[')
				skip_nested(&r);
			else
				whole = put_pair(&r);
		} else {
			begin_member(&r);
			whole = put_value(&r);
			if (!whole)
				buf_puts(out, "null");
		}
	}
	*cut = r.depth > 0;
	if (*cut)
		drop_element(&r);
	while (r.depth > 0 && !buf_failed(out))
		close_top(&r);
	return out->failed;
}
