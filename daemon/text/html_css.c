/* SPDX-License-Identifier: ISC */
/* Style attributes, declaration by declaration.
 *
 * Properties that place something over something else, that load, or that run are not on the list.  Values are made
 * of words, numbers, colours and font names: no backslash, no comment, no function but those of colours, so that no
 * browser can decode a value in another way. */
#include <stdlib.h>

#include "sitrep/text/html_internal.h"

/* In byte order. */
static const char *const properties[] = {"aspect-ratio", "background", "background-color", "border", "border-bottom",
	"border-bottom-color", "border-bottom-style", "border-bottom-width", "border-collapse", "border-color",
	"border-left", "border-left-color", "border-left-style", "border-left-width", "border-radius", "border-right",
	"border-right-color", "border-right-style", "border-right-width", "border-spacing", "border-style",
	"border-top", "border-top-color", "border-top-style", "border-top-width", "border-width", "box-sizing",
	"caption-side", "clear", "color", "column-count", "column-gap", "direction", "display", "empty-cells", "float",
	"font", "font-family", "font-size", "font-style", "font-variant", "font-weight", "height", "hyphens",
	"letter-spacing", "line-height", "list-style", "list-style-position", "list-style-type", "margin",
	"margin-bottom", "margin-left", "margin-right", "margin-top", "max-height", "max-width", "min-height",
	"min-width", "object-fit", "overflow", "overflow-wrap", "padding", "padding-bottom", "padding-left",
	"padding-right", "padding-top", "quotes", "ruby-align", "ruby-position", "speak", "tab-size", "table-layout",
	"text-align", "text-decoration", "text-decoration-color", "text-decoration-line", "text-decoration-style",
	"text-indent", "text-overflow", "text-transform", "unicode-bidi", "vertical-align", "visibility", "white-space",
	"width", "word-break", "word-spacing", "word-wrap", "writing-mode"};

/* A length of more digits, as 99999em, would push the rest of the page out of sight. */
enum { DIGITS_MAX = 4 };

static int compare_name(const void *name, const void *property)
{
	return str_cmp(*(const struct str *)name, str_from(*(const char *const *)property));
}

static bool is_property(struct str name)
{
	return bsearch(&name, properties, sizeof(properties) / sizeof(properties[0]), sizeof(properties[0]),
		       compare_name) != NULL;
}

static bool is_word_char(char c)
{
	return char_is_alpha(c) || char_is_digit(c) || c == '-' || c == '_';
}

/* The offset behind the quoted name that begins at from; 0: not a quoted name. */
static size_t end_of_quoted(struct str v, size_t from)
{
	size_t i = from + 1;

	while (i < v.len && (is_word_char(v.data[i]) || v.data[i] == ' ' || v.data[i] == '.' || v.data[i] == ','))
		i++;
	return i < v.len && v.data[i] == v.data[from] ? i + 1 : 0;
}

static bool is_colour_function(struct str name)
{
	return str_eq_nocase(name, STR("rgb")) || str_eq_nocase(name, STR("rgba")) || str_eq_nocase(name, STR("hsl")) ||
	       str_eq_nocase(name, STR("hsla"));
}

/* The offset behind the number with its unit that begins at from; 0: the number is too large. */
static size_t end_of_number(struct str v, size_t from)
{
	size_t i = from;

	while (i < v.len && char_is_digit(v.data[i]))
		i++;
	if (i - from > DIGITS_MAX)
		return 0;
	while (i < v.len && (char_is_digit(v.data[i]) || v.data[i] == '.'))
		i++;
	while (i < v.len && (char_is_alpha(v.data[i]) || v.data[i] == '%'))
		i++;
	return i;
}

static bool is_harmless(struct str v)
{
	bool in_function = false;
	size_t i = 0;

	while (i < v.len) {
		size_t start = i;
		char c = v.data[i];

		if (char_is_digit(c) || c == '.') {
			i = end_of_number(v, i);
			if (i == 0)
				return false;
		} else if (char_is_alpha(c)) {
			while (i < v.len && is_word_char(v.data[i]))
				i++;
			if (i < v.len && v.data[i] == '(') {
				if (in_function || !is_colour_function(str_slice(v, start, i)))
					return false;
				in_function = true;
				i++;
			}
		} else if (c == '#') {
			for (i++; i < v.len && (char_is_digit(v.data[i]) || char_is_alpha(v.data[i]));)
				i++;
		} else if (c == '"' || c == '\'') {
			i = end_of_quoted(v, i);
			if (i == 0)
				return false;
		} else if (c == ')' && in_function) {
			in_function = false;
			i++;
		} else if (c == '!') {
			return !in_function && str_eq_nocase(str_trim(str_slice(v, i + 1, v.len)), STR("important"));
		} else if (c == ' ' || c == ',' || c == '/' || c == '%') {
			/* Refuses "//", which some parsers read as a comment. */
			if (c == '/' && i + 1 < v.len && v.data[i + 1] == '/')
				return false;
			i++;
		} else {
			/* A minus is refused too: an element moved left or up could cover something else. */
			return false;
		}
	}
	return !in_function && v.len > 0;
}

/* The next declaration of *rest, trimmed; false at the end. */
static bool next_declaration(struct str *rest, struct str *name, struct str *value)
{
	struct str piece;

	while (str_split(rest, ';', &piece)) {
		size_t colon = str_find_char(piece, ':', 0);

		if (colon == STR_NPOS)
			continue;
		*name = str_trim(str_slice(piece, 0, colon));
		*value = str_trim(str_slice(piece, colon + 1, piece.len));
		return true;
	}
	return false;
}

/* name in lower case, in room; STR_NONE when it is longer than any property of the list. */
static struct str lower_name(char *room, size_t size, struct str name)
{
	if (name.len > size)
		return STR_NONE;
	for (size_t i = 0; i < name.len; i++)
		room[i] = char_lower(name.data[i]);
	return str_make(room, name.len);
}

void html_css_filter(struct buf *out, struct str style)
{
	struct str name, value, word;
	bool first = true;
	char room[32];

	if (style.len > HTML_STYLE_MAX)
		return;
	while (next_declaration(&style, &name, &value)) {
		struct buf joined = BUF_INIT(HTML_STYLE_MAX);

		name = lower_name(room, sizeof(room), name);
		if (name.data == NULL || !is_property(name))
			continue;
		while (str_word(&value, &word)) {
			if (joined.len > 0)
				buf_putc(&joined, ' ');
			buf_add(&joined, word);
		}
		if (!buf_failed(&joined) && is_harmless(buf_str(&joined))) {
			buf_puts(out, first ? "" : " ");
			buf_add(out, name);
			buf_puts(out, ": ");
			buf_add(out, buf_str(&joined));
			buf_putc(out, ';');
			first = false;
		}
		buf_release(&joined);
	}
}

bool html_css_hides(struct str style)
{
	bool thin = false, low = false;
	struct str name, value;
	char room[32];

	while (next_declaration(&style, &name, &value)) {
		bool pixel =
			str_eq_nocase(value, STR("1px")) || str_eq(value, STR("0")) || str_eq_nocase(value, STR("0px"));

		name = lower_name(room, sizeof(room), name);
		thin = thin || (pixel && str_eq(name, STR("width")));
		low = low || (pixel && str_eq(name, STR("height")));
		if (str_eq(name, STR("display")) && str_starts_nocase(value, STR("none")))
			return true;
	}
	return thin && low;
}
