/* SPDX-License-Identifier: ISC */
/* A template is parsed anew for each event: it is short. */
#include "template.h"

#include <errno.h>
#include <string.h>

#include "sitrep/base/jsonw.h"
#include "sitrep/base/nearest.h"
#include "sitrep/base/utf8.h"
#include "sitrep/text/url.h"

enum { NAME_MAX_LEN = 64, VALUE_MAX = 1024 * 1024 };

/* Short names, and the paths that they stand for. Other names are paths that begin with an object of the line. */
static const struct {
	const char *name, *path;
} names[] = {
	{"event", "event"},
	{"time", "time"},
	{"cursor", "cursor"},
	{"title", "item.title"},
	{"url", "item.link"},
	{"source", "item.source"},
	{"summary", "item.summary"},
	{"feed", "item.feed"},
	{"published", "item.published"},
	{"categories", "item.categories"},
	{"language", "item.language"},
	{"id", "item.id"},
	{"alert", "alert.name"},
	{"priority", "alert.priority"},
	{"terms", "alert.terms"},
	{"story", "story.id"},
	{"sources", "story.sources"},
	{"page", "story.page"},
};

enum escape { ESCAPE_LINE, ESCAPE_JSON, ESCAPE_URI };

/* A part of a template: text, or a name in braces. */
struct part {
	struct str text; /* for a name: the path */
	enum escape escape;
	bool is_name;
};

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || char_is_digit(c) || c == '_' || c == '.' || c == ':';
}

/* The length of "{name}" or "{name:escape}" at pos; 0: there is none. */
static size_t name_length(struct str t, size_t pos)
{
	size_t end = pos + 1;

	while (end < t.len && is_name_char(t.data[end]))
		end++;
	return end < t.len && end > pos + 1 && t.data[end] == '}' && t.data[pos + 1] >= 'a' ? end + 1 - pos : 0;
}

/* STR_NONE: there is no such name, *nearest is the most similar one or NULL. */
static struct str path_of(struct str name, const char **nearest)
{
	static const char *const objects[] = {"item.", "story.", "alert.", "copy.", "related.", "silence.", "feed.",
		"muted.", "digest.", "burst.", "breaking."};
	size_t best = (size_t)-1;

	*nearest = NULL;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (str_eq(name, str_from(names[i].name)))
			return str_from(names[i].path);
		*nearest = nearest_name(name, str_from(names[i].name), &best, *nearest);
	}
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
		if (str_starts(name, str_from(objects[i])))
			return name;
	return STR_NONE;
}

static size_t column_of(struct str t, size_t pos)
{
	size_t column = 1;

	for (size_t i = 0; i < pos; column++)
		utf8_next(t, &i);
	return column;
}

static int read_name(struct str t, size_t pos, size_t length, struct part *part, struct error *err)
{
	struct str inside = str_slice(t, pos + 1, pos + length - 1), name = STR_NONE;
	const char *nearest;

	str_split(&inside, ':', &name);
	part->is_name = true;
	part->text = path_of(name, &nearest);
	if (inside.len == 0 || str_eq(inside, STR("line")))
		part->escape = ESCAPE_LINE;
	else if (str_eq(inside, STR("json")))
		part->escape = ESCAPE_JSON;
	else if (str_eq(inside, STR("uri")))
		part->escape = ESCAPE_URI;
	else
		return error_set(err, -EINVAL, "at column %zu: found :%.*s, expected :json or :uri",
			column_of(t, pos + 1 + name.len), STR_ARG(inside));
	if (part->text.data == NULL)
		return error_set(err, -EINVAL, "at column %zu: there is no {%.*s}%s%s%s", column_of(t, pos),
			STR_ARG(name), nearest != NULL ? ", did you mean {" : "", nearest != NULL ? nearest : "",
			nearest != NULL ? "}?" : "");
	return 0;
}

static int read_escape(struct str t, size_t *pos, struct part *part, struct error *err)
{
	static const char letters[] = "nt\\", means[] = "\n\t\\";
	const char *known = *pos + 1 < t.len ? memchr(letters, t.data[*pos + 1], sizeof(letters) - 1) : NULL;

	if (known == NULL)
		return error_set(err, -EINVAL, "at column %zu: expected \\n, \\t or \\\\", column_of(t, *pos));
	part->text = str_make(&means[known - letters], 1);
	*pos += 2;
	return 0;
}

/* 0 and the part at *pos, which moves behind it; or -EINVAL. To be called while *pos is before the end. */
static int next_part(struct str t, size_t *pos, struct part *part, struct error *err)
{
	size_t begin = *pos, length;

	*part = (struct part){.text = STR_NONE};
	if (t.data[begin] == '\\')
		return read_escape(t, pos, part, err);
	if (t.data[begin] == '{') {
		length = name_length(t, begin);
		if (length > 0) {
			*pos += length;
			return read_name(t, begin, length, part, err);
		}
		*pos += begin + 1 < t.len && t.data[begin + 1] == '{' ? 2 : 1;
		part->text = str_slice(t, begin, begin + 1);
		return 0;
	}
	while (*pos < t.len && t.data[*pos] != '{' && t.data[*pos] != '\\')
		(*pos)++;
	part->text = str_slice(t, begin, *pos);
	return 0;
}

int template_check(struct str template, struct error *err)
{
	struct part part;
	int result = 0;

	for (size_t pos = 0; result == 0 && pos < template.len;)
		result = next_part(template, &pos, &part, err);
	return result;
}

/* ---- values ---- */

static const json_t *find_member(const json_t *event, struct str path)
{
	struct str step;

	while (event != NULL && str_split(&path, '.', &step)) {
		char name[NAME_MAX_LEN];

		if (step.len >= sizeof(name))
			return NULL;
		memcpy(name, step.data, step.len);
		name[step.len] = '\0';
		event = json_object_get(event, name);
	}
	return event;
}

/* Appends a value as text; the elements of a list with commas between them. */
static void put_text(struct buf *out, const json_t *value)
{
	size_t i;
	const json_t *element;

	if (json_is_string(value))
		buf_append(out, json_string_value(value), json_string_length(value));
	else if (json_is_integer(value))
		buf_put_int(out, json_integer_value(value));
	else if (json_is_real(value))
		buf_printf(out, "%g", json_real_value(value));
	else if (json_is_boolean(value))
		buf_puts(out, json_is_true(value) ? "true" : "false");
	json_array_foreach(value, i, element)
	{
		if (i > 0)
			buf_puts(out, ", ");
		if (!json_is_array(element))
			put_text(out, element);
	}
}

static void put_json(struct buf *out, struct str text)
{
	struct buf quoted = BUF_INIT(8 * VALUE_MAX);
	struct jsonw w = JSONW_INIT(&quoted);

	jsonw_str(&w, text);
	buf_add(out, str_slice(buf_str(&quoted), 1, quoted.len > 0 ? quoted.len - 1 : 0));
	if (quoted.failed != 0)
		out->failed = quoted.failed;
	buf_release(&quoted);
}

int template_write(struct buf *out, struct str template, const json_t *event)
{
	struct buf value = BUF_INIT(VALUE_MAX);
	struct part part;

	for (size_t pos = 0; pos < template.len && next_part(template, &pos, &part, NULL) == 0;) {
		if (!part.is_name) {
			buf_add(out, part.text);
			continue;
		}
		buf_clear(&value);
		put_text(&value, find_member(event, part.text));
		switch (part.escape) {
		case ESCAPE_LINE:
			utf8_one_line(out, buf_str(&value));
			break;
		case ESCAPE_JSON:
			put_json(out, buf_str(&value));
			break;
		case ESCAPE_URI:
			url_add_escaped(out, buf_str(&value), "-._~");
			break;
		}
		if (value.failed != 0)
			out->failed = value.failed;
	}
	buf_release(&value);
	return out->failed;
}
