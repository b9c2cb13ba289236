/* SPDX-License-Identifier: ISC */
/* Walks over JSON. The skip and take functions move a position behind a value, and return false where the text is not
 * JSON. */
#include "member.h"

#include <errno.h>
#include <string.h>

static char at(struct str json, size_t pos)
{
	return pos < json.len ? json.data[pos] : '\0';
}

static void skip_space(struct str json, size_t *pos)
{
	while (*pos < json.len && memchr(" \t\r\n", json.data[*pos], 4) != NULL)
		(*pos)++;
}

static bool skip_string(struct str json, size_t *pos)
{
	if (at(json, *pos) != '"')
		return false;
	for (size_t i = *pos + 1; i < json.len; i++) {
		if ((unsigned char)json.data[i] < ' ' || (json.data[i] == '\\' && (unsigned char)at(json, i + 1) < ' '))
			return false;
		if (json.data[i] == '"') {
			*pos = i + 1;
			return true;
		}
		i += json.data[i] == '\\';
	}
	return false;
}

/* Skips a number, true, false or null.  Its spelling is not checked. */
static bool skip_word(struct str json, size_t *pos)
{
	size_t begin = *pos;

	while (char_is_alpha(at(json, *pos)) || char_is_digit(at(json, *pos)) ||
		(at(json, *pos) != '\0' && strchr("+-.", at(json, *pos)) != NULL))
		(*pos)++;
	return *pos > begin;
}

static bool skip_value(struct str json, size_t *pos, unsigned depth);

/* The name of a member and the colon behind it. */
static bool take_name(struct str json, size_t *pos, struct str *name)
{
	size_t begin = *pos;

	if (!skip_string(json, pos))
		return false;
	*name = str_slice(json, begin + 1, *pos - 1);
	skip_space(json, pos);
	if (at(json, *pos) != ':')
		return false;
	(*pos)++;
	skip_space(json, pos);
	return true;
}

enum element { ELEMENT_WRONG, ELEMENT_END, ELEMENT_THERE };

/* Moves to the next element of an object or list.  *pos is behind the opening bracket (is_first) or behind the element
 * before it. */
static enum element next_element(struct str json, size_t *pos, char close, bool is_first)
{
	skip_space(json, pos);
	if (at(json, *pos) == close) {
		(*pos)++;
		return ELEMENT_END;
	}
	if (is_first)
		return ELEMENT_THERE;
	if (at(json, *pos) != ',')
		return ELEMENT_WRONG;
	(*pos)++;
	skip_space(json, pos);
	return ELEMENT_THERE;
}

static bool skip_elements(struct str json, size_t *pos, unsigned depth)
{
	bool is_object = at(json, (*pos)++) == '{';
	enum element next;
	struct str name;

	for (bool is_first = true; (next = next_element(json, pos, is_object ? '}' : ']', is_first)) == ELEMENT_THERE;
		is_first = false)
		if ((is_object && !take_name(json, pos, &name)) || !skip_value(json, pos, depth - 1))
			return false;
	return next == ELEMENT_END;
}

static bool skip_value(struct str json, size_t *pos, unsigned depth)
{
	char c = at(json, *pos);

	if (c == '"')
		return skip_string(json, pos);
	if (c != '{' && c != '[')
		return skip_word(json, pos);
	return depth > 0 && skip_elements(json, pos, depth);
}

bool member_is_object(struct str json)
{
	size_t pos = 0;

	skip_space(json, &pos);
	if (at(json, pos) != '{' || !skip_value(json, &pos, MEMBER_DEPTH_MAX))
		return false;
	skip_space(json, &pos);
	return pos == json.len;
}

/* The next element of an object or a list; name is STR_NONE in a list. */
static bool take_element(struct str json, size_t *pos, struct str *name, struct str *value)
{
	bool is_first = *pos == 0, is_object;
	size_t begin = 0;

	skip_space(json, &begin);
	is_object = at(json, begin) == '{';
	if (!is_object && at(json, begin) != '[')
		return false;
	if (is_first)
		*pos = begin + 1;
	*name = STR_NONE;
	if (next_element(json, pos, is_object ? '}' : ']', is_first) != ELEMENT_THERE)
		return false;
	if (is_object && !take_name(json, pos, name))
		return false;
	begin = *pos;
	if (!skip_value(json, pos, MEMBER_DEPTH_MAX))
		return false;
	*value = str_slice(json, begin, *pos);
	return true;
}

bool member_next(struct str json, size_t *pos, struct str *name, struct str *value)
{
	return take_element(json, pos, name, value) && name->data != NULL;
}

struct str member_find(struct str json, const char *path)
{
	struct str rest = str_from(path), step;

	while (str_split(&rest, '.', &step)) {
		struct str name, value, found = STR_NONE;
		long long place = -1;
		size_t pos = 0;

		if (!str_to_int(step, &place))
			place = -1;
		for (long long i = 0; found.data == NULL && take_element(json, &pos, &name, &value); i++)
			if (name.data != NULL ? str_eq(name, step) : i == place)
				found = value;
		if (found.data == NULL)
			return STR_NONE;
		json = found;
	}
	return json;
}

/* ---- the text of a string ---- */

/* The code unit of \uXXXX, whose four digits begin at pos; -1: they are not hexadecimal digits. */
static int32_t code_unit(struct str text, size_t pos)
{
	int32_t unit = 0;

	for (size_t i = pos; i < pos + 4; i++) {
		int digit = char_hex_value(at(text, i));

		if (digit < 0)
			return -1;
		unit = unit * 16 + digit;
	}
	return unit;
}

/* Appends the character of an escape; pos is behind its "\u". Returns the position behind the escape. */
static size_t put_unicode(struct str text, size_t pos, struct buf *out)
{
	int32_t unit = code_unit(text, pos), low = -1;

	if (unit < 0) {
		buf_put_utf8(out, 0xfffd);
		return pos;
	}
	if (unit >= 0xd800 && unit < 0xdc00 && at(text, pos + 4) == '\\' && at(text, pos + 5) == 'u')
		low = code_unit(text, pos + 6);
	if (low >= 0xdc00 && low < 0xe000) {
		buf_put_utf8(out, 0x10000 + ((uint32_t)(unit - 0xd800) << 10) + (uint32_t)(low - 0xdc00));
		return pos + 10;
	}
	/* a surrogate that stands alone becomes U+FFFD too */
	buf_put_utf8(out, unit == 0 ? 0xfffd : (uint32_t)unit);
	return pos + 4;
}

static void put_string(struct str text, struct buf *out)
{
	static const char escapes[] = "bfnrt", means[] = "\b\f\n\r\t";

	for (size_t pos = 0; pos < text.len;) {
		size_t end = str_find_char(text, '\\', pos);
		const char *known;

		end = end == STR_NPOS ? text.len : end;
		buf_add(out, str_slice(text, pos, end));
		if (end + 1 >= text.len)
			return;
		pos = end + 2;
		known = strchr(escapes, text.data[end + 1]);
		if (text.data[end + 1] == 'u')
			pos = put_unicode(text, pos, out);
		else
			buf_putc(out, known != NULL && *known != '\0' ? means[known - escapes] : text.data[end + 1]);
	}
}

int member_as_text(struct str value, struct buf *out)
{
	char first = at(value, 0);

	if (value.len == 0 || first == '{' || first == '[')
		return -EINVAL;
	if (first == '"')
		put_string(str_slice(value, 1, value.len - 1), out);
	else
		buf_add(out, value);
	return out->failed;
}
