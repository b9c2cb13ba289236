/* SPDX-License-Identifier: ISC */
/* HTML into tokens, by the states of the HTML standard (13.2.5).
 *
 * libxml2's HTML parser is not used: it reads HTML 4 where browsers read HTML 5, it is quadratic in a tag's
 * attributes, and on articles of real feeds it takes, with empty SAX handlers, twice the time of the whole
 * sanitizing here.  Safety does not depend on the tokenizer, since the output is rebuilt from an allowlist and
 * escaped; it decides only how much of an honest article is kept.  It differs from browsers where they lose text: a
 * quotation mark or a comment that is never closed ends at the next ">".  Each byte is read a fixed number of times,
 * for any markup. */
#include "sitrep/text/html_internal.h"

static bool is_tag_end(char c)
{
	return c == '>' || c == '/' || char_is_space(c);
}

/* The offset behind the first needle at or after from; the length of s when there is none. */
static size_t offset_behind(struct str s, struct str needle, size_t from)
{
	size_t at = str_find(s, needle, from);

	return at == STR_NPOS ? s.len : at + needle.len;
}

/* The offset behind the comment whose "<!--" ends at from. */
static size_t skip_comment(struct html_tokenizer *t, size_t from)
{
	struct str s = t->markup;
	size_t at = from;

	if (from < s.len && s.data[from] == '>')
		return from + 1;
	if (str_starts(str_slice(s, from, s.len), STR("->")))
		return from + 2;
	while (!t->no_comment_end && (at = str_find(s, STR("--"), at)) != STR_NPOS) {
		struct str rest = str_slice(s, at + 2, s.len);

		if (str_starts(rest, STR(">")))
			return at + 3;
		if (str_starts(rest, STR("!>")))
			return at + 4;
		at++;
	}
	t->no_comment_end = true;
	return offset_behind(s, STR(">"), from);
}

/* An unquoted value ends at white space or ">", a quoted one at its quotation mark.  Without a closing mark it ends
 * at the next ">"; no later tag has that mark either, so the search for it fails only once. */
static struct str read_value(struct str s, size_t *pos)
{
	size_t i = *pos, start = i, end;
	char quote = i < s.len ? s.data[i] : '>';

	if (quote == '"' || quote == '\'') {
		end = str_find_char(s, quote, i + 1);
		if (end != STR_NPOS) {
			*pos = end + 1;
			return str_slice(s, start + 1, end);
		}
		end = str_find_char(s, '>', i + 1);
		*pos = end == STR_NPOS ? s.len : end;
		return str_slice(s, start + 1, *pos);
	}
	while (i < s.len && s.data[i] != '>' && !char_is_space(s.data[i]))
		i++;
	*pos = i;
	return str_slice(s, start, i);
}

/* The attributes and the ">" of a tag whose name ends at pos.  False when the text ends within the tag. */
static bool read_attributes(struct str s, size_t *pos, struct html_token *token)
{
	size_t i = *pos;

	for (;;) {
		struct str value = STR_NONE;
		size_t start;

		token->self_closing = false;
		while (i < s.len && (char_is_space(s.data[i]) || s.data[i] == '/')) {
			token->self_closing = s.data[i] == '/';
			i++;
		}
		if (i == s.len)
			return false;
		if (s.data[i] == '>')
			break;
		/* A name may begin with "=". */
		start = i++;
		while (i < s.len && s.data[i] != '=' && !is_tag_end(s.data[i]))
			i++;
		if (token->attribute_count < HTML_ATTRIBUTES_MAX)
			token->attributes[token->attribute_count].name = str_slice(s, start, i);
		while (i < s.len && char_is_space(s.data[i]))
			i++;
		if (i < s.len && s.data[i] == '=') {
			i++;
			while (i < s.len && char_is_space(s.data[i]))
				i++;
			value = read_value(s, &i);
		}
		if (token->attribute_count < HTML_ATTRIBUTES_MAX)
			token->attributes[token->attribute_count++].value = value;
	}
	*pos = i + 1;
	return true;
}

/* Whether markup begins at the "<" at pos.  "1 < 2" and "<3" are text. */
static bool starts_markup(struct str s, size_t pos)
{
	char c = pos + 1 < s.len ? s.data[pos + 1] : ' ';

	return char_is_alpha(c) || c == '!' || c == '?' || (c == '/' && pos + 2 < s.len);
}

/* Reads the markup at *pos and moves behind it.  False for a comment, a declaration, or a tag that is cut. */
static bool read_markup(struct html_tokenizer *t, size_t *pos, struct html_token *token)
{
	struct str s = t->markup;
	size_t i = *pos + 1, start;

	if (s.data[i] == '!' || s.data[i] == '?') {
		*pos = str_starts(str_slice(s, i, s.len), STR("!--")) ? skip_comment(t, i + 3)
								      : offset_behind(s, STR(">"), i);
		return false;
	}
	token->kind = HTML_TOKEN_START;
	if (s.data[i] == '/') {
		token->kind = HTML_TOKEN_END;
		i++;
		if (!char_is_alpha(s.data[i])) {
			*pos = offset_behind(s, STR(">"), i);
			return false;
		}
	}
	start = i;
	while (i < s.len && !is_tag_end(s.data[i]))
		i++;
	token->text = str_slice(s, start, i);
	token->attribute_count = 0;
	*pos = i;
	if (read_attributes(s, pos, token))
		return true;
	/* The text ends within the tag; browsers do not show it either. */
	*pos = s.len;
	return false;
}

bool html_next_token(struct html_tokenizer *t, struct html_token *token)
{
	struct str s = t->markup;
	size_t at = t->pos, start = at;

	while (at < s.len) {
		if (s.data[at] != '<') {
			at = str_find_char(s, '<', at);
			at = at == STR_NPOS ? s.len : at;
		} else if (!starts_markup(s, at)) {
			at++;
		} else if (at > start) {
			break;
		} else if (read_markup(t, &at, token)) {
			t->pos = at;
			return true;
		} else {
			start = at;
		}
	}
	token->kind = HTML_TOKEN_TEXT;
	token->text = str_slice(s, start, at);
	t->pos = at;
	return at > start;
}

static bool known_absent(struct html_tokenizer *t, struct str name)
{
	for (size_t i = 0; i < t->absent_count; i++)
		if (str_eq_nocase(t->absent[i], name))
			return true;
	return false;
}

/* Whether the tag whose name begins at from ends in "/>".  *end is the ">" that was found last: the text up to it is
 * not searched again. */
static bool is_self_closing(struct str s, size_t from, size_t *end)
{
	if (*end < from)
		*end = str_find_char(s, '>', from);
	return *end != STR_NPOS && s.data[*end - 1] == '/';
}

bool html_skip_content(struct html_tokenizer *t, struct str name)
{
	const struct html_element *e = html_element_find(name);
	bool nests = e == NULL || (e->flags & HTML_RAW) == 0;
	struct str s = t->markup;
	size_t at = t->pos, depth = 1, last = STR_NPOS, tag_end = 0;

	if (known_absent(t, name))
		return false;
	while (depth > 0 && (at = str_find_char(s, '<', at)) != STR_NPOS) {
		struct str rest = str_slice(s, ++at, s.len);
		size_t slash = rest.len > 0 && rest.data[0] == '/';

		if (rest.len <= name.len + slash || !is_tag_end(rest.data[name.len + slash]) ||
			!str_eq_nocase(str_slice(rest, slash, name.len + slash), name))
			continue;
		if (slash == 0) {
			depth += nests && !is_self_closing(s, at, &tag_end);
			continue;
		}
		depth--;
		at = str_find_char(s, '>', at);
		at = last = at == STR_NPOS ? s.len : at + 1;
	}
	if (last != STR_NPOS) {
		t->pos = last;
		return true;
	}
	if (t->absent_count < HTML_ABSENT_MAX)
		t->absent[t->absent_count++] = name;
	return false;
}
