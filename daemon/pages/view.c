/* SPDX-License-Identifier: ISC */
#include "sitrep/pages/view.h"

#include <errno.h>

#include "parts.h"
#include "sitrep/base/clock.h"
#include "sitrep/model/language.h"
#include "sitrep/text/url.h"

enum { QUERY_MAX = 8 * 1024, PLACE_TEXT_MAX = 80 };

/* ---- reading ---- */

static int add_value(struct view_values *values, const char *name, struct str value, struct error *err)
{
	for (size_t i = 0; i < values->count; i++)
		if (str_eq(values->items[i], value))
			return 1;
	if (values->count == VIEW_VALUES_MAX)
		return error_set(err, -EINVAL, "%s is given more than %d times", name, VIEW_VALUES_MAX);
	values->items[values->count++] = value;
	return 1;
}

/* "2026-11-25T17:59:31.250Z,4711" */
static bool read_place(struct str text, struct river_place *place)
{
	struct str time, number = text;
	long long id, ms = 0;
	char whole[TIME_TEXT_MAX];
	size_t dot;

	if (!str_split(&number, ',', &time) || !str_to_int(number, &id) || id < 0 || !str_ends(time, STR("Z")))
		return false;
	time.len--;
	dot = str_find_char(time, '.', 0);
	if (dot != STR_NPOS) {
		struct str digits = str_slice(time, dot + 1, time.len);

		if (digits.len != 3 || !char_is_digit(digits.data[0]) || !str_to_int(digits, &ms))
			return false;
		time.len = dot;
	}
	if (time.len + 2 > sizeof(whole))
		return false;
	memcpy(whole, time.data, time.len);
	whole[time.len] = 'Z';
	place->sort_ms = time_parse_rfc3339(str_make(whole, time.len + 1));
	if (place->sort_ms == TIME_NONE)
		return false;
	place->sort_ms += ms;
	place->story_id = id;
	return true;
}

static int take_place(struct view *v, enum view_part part, const char *name, struct str value, struct error *err)
{
	if (v->part != VIEW_NEWEST)
		return error_set(err, -EINVAL, "before and after exclude each other, and are given once");
	if (!read_place(value, &v->place))
		return error_set(
			err, -EINVAL, "%s is no time and number of a story, as in 2026-11-25T17:59:31Z,4711", name);
	v->part = part;
	return 1;
}

static int take_least(struct view *v, struct str value, struct error *err)
{
	long long n;

	if (!str_to_int(value, &n) || n < 1 || n > VIEW_LEAST_MAX)
		return error_set(err, -EINVAL, "min is no number of outlets from 1 to %d", VIEW_LEAST_MAX);
	/* each story has one */
	v->least = n > 1 ? (int)n : 0;
	return 1;
}

int view_take(struct view *v, struct str name, struct str value, struct error *err)
{
	static const char *const names[] = {"q", "category", "lang", "feed", "min", "alert", "view", "before", "after"};
	bool is_known = false;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !is_known; i++)
		is_known = str_eq(name, str_from(names[i]));
	if (!is_known || str_empty(value))
		return is_known;
	if (str_eq(name, STR("category")))
		return add_value(&v->categories, "category", value, err);
	if (str_eq(name, STR("lang")))
		return add_value(&v->languages, "lang", value, err);
	if (str_eq(name, STR("feed")))
		return add_value(&v->feeds, "feed", value, err);
	if (str_eq(name, STR("min")))
		return take_least(v, value, err);
	if (str_eq(name, STR("before")))
		return take_place(v, VIEW_BEFORE, "before", value, err);
	if (str_eq(name, STR("after")))
		return take_place(v, VIEW_AFTER, "after", value, err);
	if (str_eq(name, STR("view"))) {
		v->is_lines = str_eq(value, STR("lines"));
		return v->is_lines ? 1 : error_set(err, -EINVAL, "the only view is lines");
	}
	*(str_eq(name, STR("q")) ? &v->rule : &v->alert) = value;
	return 1;
}

int view_read(struct view *v, struct str query, struct arena *a)
{
	struct str pair, name, value;

	*v = (struct view){0};
	if (str_starts(query, STR("?")))
		query = str_slice(query, 1, query.len);
	while (query.len > 0 && str_split(&query, '&', &pair)) {
		str_split(&pair, '=', &name);
		value = url_percent_decode(a, pair);
		if (pair.len > 0 && value.data == NULL)
			return -ENOMEM;
		if (view_take(v, name, value, NULL) != 1)
			return -EINVAL;
	}
	return 0;
}

/* ---- writing ---- */

static void put_parameter(struct buf *out, size_t begin, const char *name, struct str value)
{
	if (str_empty(value))
		return;
	buf_printf(out, "%c%s=", out->len == begin ? '?' : '&', name);
	part_escape(out, value);
}

static void put_values(struct buf *out, size_t begin, const char *name, const struct view_values *values)
{
	for (size_t i = 0; i < values->count; i++)
		put_parameter(out, begin, name, values->items[i]);
}

static void put_place(struct buf *out, size_t begin, const struct view *v)
{
	char time[TIME_TEXT_MAX];
	struct str stamp = str_from(time_format_rfc3339(time, v->place.sort_ms));
	long long ms = (long long)((v->place.sort_ms % 1000 + 1000) % 1000);

	buf_printf(out, "%c%s=%.*s.%03lldZ,%lld", out->len == begin ? '?' : '&',
		v->part == VIEW_BEFORE ? "before" : "after", (int)stamp.len - 1, stamp.data, ms,
		(long long)v->place.story_id);
}

void view_write(struct buf *out, const struct view *v, enum view_scope scope)
{
	char least[24] = "";
	size_t begin = out->len;

	put_values(out, begin, "category", &v->categories);
	put_values(out, begin, "lang", &v->languages);
	put_values(out, begin, "feed", &v->feeds);
	if (v->least > 0)
		snprintf(least, sizeof(least), "%d", v->least);
	put_parameter(out, begin, "min", str_from(least));
	put_parameter(out, begin, "alert", v->alert);
	put_parameter(out, begin, "q", v->rule);
	if (scope != VIEW_FILTERS && v->is_lines)
		put_parameter(out, begin, "view", STR("lines"));
	if (scope == VIEW_PLACED && v->part != VIEW_NEWEST)
		put_place(out, begin, v);
}

bool view_is_ruled_alone(const struct view *v)
{
	return v->categories.count == 0 && v->languages.count == 0 && v->feeds.count == 0 && v->least == 0 &&
	       str_empty(v->alert);
}

bool view_is_filtered(const struct view *v)
{
	return !view_is_ruled_alone(v) || !str_empty(v->rule);
}

static void add_words(struct buf *out, size_t begin, struct str words)
{
	buf_puts(out, out->len > begin ? ", " : "");
	buf_add(out, words);
}

static void add_values(struct buf *out, size_t begin, const struct view_values *values)
{
	for (size_t i = 0; i < values->count; i++) {
		buf_puts(out, i > 0 ? " or " : out->len > begin ? ", " : "");
		buf_add(out, values->items[i]);
	}
}

void view_words(struct buf *out, const struct view *v)
{
	size_t begin = out->len;

	if (!view_is_filtered(v)) {
		buf_puts(out, "River");
		return;
	}
	add_words(out, begin, v->rule);
	add_values(out, begin, &v->categories);
	for (size_t i = 0; i < v->languages.count; i++) {
		const char *name = part_language_name(v->languages.items[i]);

		buf_puts(out, i > 0 ? " or " : out->len > begin ? ", " : "");
		buf_add(out, name != NULL ? str_from(name) : v->languages.items[i]);
	}
	add_values(out, begin, &v->feeds);
	if (v->least > 0) {
		add_words(out, begin, STR_NONE);
		buf_printf(out, "%d outlets or more", v->least);
	}
	if (str_eq(v->alert, STR("any")))
		add_words(out, begin, STR("any alert"));
	else if (str_eq(v->alert, STR("high")))
		add_words(out, begin, STR("high and urgent"));
	else if (!str_empty(v->alert))
		add_words(out, begin, v->alert);
}

/* ---- matching ---- */

static bool has_value(const struct view_values *values, struct str value)
{
	for (size_t i = 0; i < values->count; i++)
		if (str_eq_nocase(values->items[i], value))
			return true;
	return false;
}

static bool has_category(const struct view *v, const struct story *s)
{
	for (size_t i = 0; i < s->report_count; i++) {
		struct str rest = s->reports[i].source.categories, name;

		while (str_split(&rest, '\n', &name))
			if (has_value(&v->categories, name))
				return true;
	}
	return false;
}

static bool has_feed(const struct view *v, const struct story *s)
{
	for (size_t i = 0; i < s->report_count; i++)
		if (has_value(&v->feeds, s->reports[i].source.feed))
			return true;
	return false;
}

/* "zh" is also the language of a story in zh-TW. */
static bool has_language(const struct view *v, const struct story *s)
{
	struct str language = language_shown(&s->reports[0].item);

	return !str_empty(language) &&
	       (has_value(&v->languages, language) ||
		       has_value(&v->languages, str_slice(language, 0, str_find_char(language, '-', 0))));
}

static bool has_alert(const struct view *v, const struct story *s)
{
	if (str_eq(v->alert, STR("any")))
		return s->priority > 0;
	if (str_eq(v->alert, STR("high")))
		return s->priority >= ALERT_HIGH;
	for (size_t i = 0; i < s->mark_count; i++)
		if (str_eq_nocase(s->marks[i].name, v->alert))
			return true;
	return false;
}

bool view_has(const struct view *v, const struct story *s)
{
	return s->source_count >= v->least && (str_empty(v->alert) || has_alert(v, s)) &&
	       (v->languages.count == 0 || has_language(v, s)) && (v->feeds.count == 0 || has_feed(v, s)) &&
	       (v->categories.count == 0 || has_category(v, s));
}
