/* SPDX-License-Identifier: ISC */
/* Outlines have attributes and no text.  So a quotation mark ends a value only when a further attribute or the tag's
 * end follows it; other quotation marks belong to the value. */
#include "opml_scan.h"

#include <errno.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/utf8.h"
#include "sitrep/text/html_internal.h"

/* Bytes behind a ">" in which an attribute is looked for; if there is one, the ">" did not end the tag. */
enum { LOOK_AHEAD = 1024 };

void opml_scan_init(struct opml_scan *s, struct str text)
{
	*s = (struct opml_scan){.text = text, .line = 1};
}

static unsigned line_at(struct opml_scan *s, size_t pos)
{
	for (; s->counted < pos; s->counted++)
		s->line += s->text.data[s->counted] == '\n';
	return s->line;
}

/* The byte at pos; 0 behind the end. */
static char at(const struct opml_scan *s, size_t pos)
{
	return pos < s->text.len ? s->text.data[pos] : '\0';
}

static size_t skip_space(const struct opml_scan *s, size_t pos)
{
	while (pos < s->text.len && char_is_space(s->text.data[pos]))
		pos++;
	return pos;
}

static bool is_name_char(char c)
{
	return char_is_alpha(c) || char_is_digit(c) || c == ':' || c == '-' || c == '_' || c == '.' ||
	       (unsigned char)c >= 0x80;
}

static size_t skip_name(const struct opml_scan *s, size_t pos)
{
	while (pos < s->text.len && is_name_char(s->text.data[pos]))
		pos++;
	return pos;
}

/* Whether an attribute, name = ", begins at pos. */
static bool begins_attribute(const struct opml_scan *s, size_t pos)
{
	size_t end = skip_name(s, pos);
	char quote;

	if (end == pos)
		return false;
	end = skip_space(s, end);
	if (at(s, end) != '=')
		return false;
	quote = at(s, skip_space(s, end + 1));
	return quote == '"' || quote == '\'';
}

/* Whether the > at pos ends the tag.  It belongs to a value when attributes follow before the next <. */
static bool ends_tag(const struct opml_scan *s, size_t pos)
{
	size_t end = pos + LOOK_AHEAD < s->text.len ? pos + LOOK_AHEAD : s->text.len;

	for (size_t i = pos; i < end && s->text.data[i] != '<'; i++)
		if (char_is_space(s->text.data[i]) && begins_attribute(s, i + 1))
			return false;
	return true;
}

/* Whether a value may end before pos. */
static bool ends_value(const struct opml_scan *s, size_t pos)
{
	size_t next = skip_space(s, pos);

	if (next == s->text.len || begins_attribute(s, next))
		return true;
	if (at(s, next) == '/' || at(s, next) == '?')
		next = skip_space(s, next + 1);
	return at(s, next) == '>' && ends_tag(s, next);
}

static bool is_known_attribute(struct str name)
{
	static const char *const names[] = {
		"xmlUrl", "htmlUrl", "text", "title", "type", "category", "description", "version", "url"};

	return str_is_one_of(name, names);
}

/* If the quotation mark at pos opens the value of the next attribute, since the mark before it is missing: the offset
 * of the white space before that attribute.  Else 0. */
static size_t before_attribute(const struct opml_scan *s, size_t from, size_t pos)
{
	size_t name, end = pos;

	while (end > from && char_is_space(s->text.data[end - 1]))
		end--;
	if (end == from || s->text.data[end - 1] != '=')
		return 0;
	end--;
	for (name = end; name > from && is_name_char(s->text.data[name - 1]);)
		name--;
	if (name == from || !char_is_space(s->text.data[name - 1]) ||
		!is_known_attribute(str_slice(s->text, name, end)))
		return 0;
	return name - 1;
}

static bool begins_outline(const struct opml_scan *s, size_t pos)
{
	struct str rest = str_slice(s->text, pos, s->text.len);

	return str_starts_nocase(rest, STR("<outline")) || str_starts_nocase(rest, STR("</outline")) ||
	       str_starts_nocase(rest, STR("</body")) || str_starts_nocase(rest, STR("</opml"));
}

/* Reads the value that begins at from, behind its quotation mark; *next is the offset behind the value.  False: it
 * has no end. */
static bool read_quoted(const struct opml_scan *s, size_t from, char quote, struct str *value, size_t *next)
{
	size_t limit = from + LIMIT_XML_TAG < s->text.len ? from + LIMIT_XML_TAG : s->text.len;
	size_t first = STR_NPOS;

	for (size_t i = from; i < limit; i++) {
		size_t before;

		if (s->text.data[i] == '<' && begins_outline(s, i))
			break;
		if (s->text.data[i] != quote)
			continue;
		if (first == STR_NPOS)
			first = i;
		if (ends_value(s, i + 1)) {
			*value = str_slice(s->text, from, i);
			*next = i + 1;
			return true;
		}
		before = before_attribute(s, from, i);
		if (before > 0) {
			*value = str_slice(s->text, from, before);
			*next = before;
			return true;
		}
	}
	if (first == STR_NPOS)
		return false;
	*value = str_slice(s->text, from, first);
	*next = first + 1;
	return true;
}

static struct str read_bare(const struct opml_scan *s, size_t from, size_t *next)
{
	size_t end = from;

	while (end < s->text.len && !char_is_space(s->text.data[end]) && s->text.data[end] != '>' &&
		s->text.data[end] != '<')
		end++;
	if (at(s, end) == '>' && end > from && s->text.data[end - 1] == '/')
		end--;
	*next = end;
	return str_slice(s->text, from, end);
}

/* Reads the attributes and moves behind the tag. */
static void read_attributes(struct opml_scan *s, struct opml_tag *tag)
{
	for (;;) {
		size_t name, end;
		struct str value = STR("");
		char c;

		s->pos = skip_space(s, s->pos);
		c = at(s, s->pos);
		if (s->pos == s->text.len || c == '<')
			return;
		if (c == '>') {
			s->pos++;
			return;
		}
		name = s->pos;
		end = skip_name(s, name);
		if (end == name) {
			tag->is_empty = tag->is_empty || (c == '/' && at(s, skip_space(s, name + 1)) == '>');
			s->pos++;
			continue;
		}
		s->pos = end;
		if (at(s, skip_space(s, end)) == '=') {
			size_t from = skip_space(s, skip_space(s, end) + 1);
			char quote = at(s, from);

			if (quote != '"' && quote != '\'') {
				value = read_bare(s, from, &s->pos);
			} else if (!read_quoted(s, from + 1, quote, &value, &s->pos)) {
				tag->is_cut = true;
				/* Reading goes on at the next outline: the rest of the list may be intact. */
				s->pos = from + 1;
				while (s->pos < s->text.len && !begins_outline(s, s->pos))
					s->pos++;
				return;
			}
		}
		if (tag->count < OPML_ATTRIBUTES_MAX)
			tag->attributes[tag->count++] =
				(struct opml_attribute){.name = str_slice(s->text, name, end), .raw = value};
	}
}

/* Moves behind the next occurrence of end; false when there is none. */
static bool skip_past(struct opml_scan *s, struct str end)
{
	size_t found = str_find(s->text, end, s->pos);

	if (found != STR_NPOS)
		s->pos = found + end.len;
	return found != STR_NPOS;
}

/* Skips <!DOCTYPE ... [ ... ]>, and notes whether it declares entities. */
static void skip_doctype(struct opml_scan *s)
{
	size_t end = s->pos;
	int depth = 0;

	for (; end < s->text.len; end++) {
		char c = s->text.data[end];

		s->has_subset = s->has_subset || c == '[';
		depth += (c == '[') - (c == ']');
		if (c == '>' && depth <= 0) {
			s->pos = end + 1;
			return;
		}
	}
	s->has_subset = false;
}

/* Skips markup that is no element: comment, CDATA section, instruction, DOCTYPE. */
static void skip_other(struct opml_scan *s)
{
	struct str rest = str_slice(s->text, s->pos, s->text.len);

	/* A comment without an end does not hide the rest of the list. */
	if (str_starts(rest, STR("<!--")) && skip_past(s, STR("-->")))
		return;
	if (str_starts(rest, STR("<![CDATA[")) && skip_past(s, STR("]]>")))
		return;
	if (str_starts(rest, STR("<?")) && skip_past(s, STR("?>")))
		return;
	s->pos++;
	if (str_starts_nocase(rest, STR("<!DOCTYPE")))
		skip_doctype(s);
}

bool opml_scan_next(struct opml_scan *s, struct opml_tag *tag)
{
	while ((s->pos = str_find_char(s->text, '<', s->pos)) != STR_NPOS) {
		size_t start = s->pos, name, colon;
		bool is_end = at(s, start + 1) == '/';

		name = start + 1 + is_end;
		if (!char_is_alpha(at(s, name))) {
			skip_other(s);
			continue;
		}
		*tag = (struct opml_tag){.is_end = is_end, .line = line_at(s, start)};
		s->pos = skip_name(s, name);
		tag->name = str_slice(s->text, name, s->pos);
		colon = str_find_char(tag->name, ':', 0);
		if (colon != STR_NPOS)
			tag->name = str_slice(tag->name, colon + 1, tag->name.len);
		read_attributes(s, tag);
		return true;
	}
	s->pos = s->text.len;
	return false;
}

/* ---- values ---- */

bool opml_scan_has(const struct opml_tag *tag, const char *attribute)
{
	for (size_t i = 0; i < tag->count; i++)
		if (str_eq_nocase(tag->attributes[i].name, str_from(attribute)))
			return true;
	return false;
}

/* Appends the character of the reference at the beginning of s to out.  Returns its length; 0: not a reference. */
static size_t add_reference(const struct opml_scan *scan, struct str s, struct buf *out)
{
	struct html_reference ref = {0};
	size_t used = html_read_reference(s, true, &ref), end = 1;

	if (used > 0) {
		buf_put_utf8(out, ref.first);
		if (ref.second != 0)
			buf_put_utf8(out, ref.second);
		return used;
	}
	if (!scan->has_subset)
		return 0;
	/* An entity that the list declares is not expanded. */
	while (end < s.len && is_name_char(s.data[end]))
		end++;
	return end > 1 && end < s.len && s.data[end] == ';' ? end + 1 : 0;
}

struct str opml_scan_value(
	const struct opml_scan *s, const struct opml_tag *tag, const char *attribute, struct arena *a)
{
	struct buf text = BUF_INIT(4 * LIMIT_XML_TAG), line = BUF_INIT(4 * LIMIT_XML_TAG);
	struct str raw = STR(""), value = STR("");

	for (size_t i = 0; i < tag->count && str_empty(raw); i++)
		if (str_eq_nocase(tag->attributes[i].name, str_from(attribute)))
			raw = str_trim(tag->attributes[i].raw);
	if (str_empty(raw))
		return value;
	for (size_t i = 0; i < raw.len;) {
		size_t used = raw.data[i] == '&' ? add_reference(s, str_slice(raw, i, raw.len), &text) : 0;

		if (used == 0)
			buf_putc(&text, raw.data[i]);
		i += used > 0 ? used : 1;
	}
	utf8_one_line(&line, buf_str(&text));
	value = text.failed == -ENOMEM || line.failed == -ENOMEM ? STR_NONE : arena_str(a, buf_str(&line));
	buf_release(&text);
	buf_release(&line);
	return value;
}
