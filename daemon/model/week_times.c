/* SPDX-License-Identifier: ISC */
#include "sitrep/model/week_times.h"

#include <errno.h>

#include "sitrep/base/clock.h"

enum { DAYS = 7, DAY_MINUTES = 24 * 60 };

static const char *const days[DAYS] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

static bool read_day(struct str s, uint8_t *day)
{
	for (size_t i = 0; i < DAYS; i++)
		if (str_eq_nocase(s, str_from(days[i]))) {
			*day = (uint8_t)i;
			return true;
		}
	return false;
}

/* "Mon", "Mon-Fri" */
static bool read_days(struct str s, uint8_t *first, uint8_t *last)
{
	size_t dash = str_find_char(s, '-', 0);

	if (dash == STR_NPOS)
		return read_day(s, first) && read_day(s, last);
	return read_day(str_slice(s, 0, dash), first) && read_day(str_slice(s, dash + 1, s.len), last);
}

static bool read_two(struct str s, unsigned most, unsigned *n)
{
	if (s.len != 2 || !char_is_digit(s.data[0]) || !char_is_digit(s.data[1]))
		return false;
	*n = (unsigned)(s.data[0] - '0') * 10 + (unsigned)(s.data[1] - '0');
	return *n <= most;
}

/* "22:00"; 24:00 is the end of the day. */
static bool read_minute(struct str s, uint16_t *minute)
{
	unsigned hours, minutes;

	if (s.len != 5 || s.data[2] != ':' || !read_two(str_slice(s, 0, 2), 24, &hours) ||
		!read_two(str_slice(s, 3, 5), 59, &minutes) || (hours == 24 && minutes > 0))
		return false;
	*minute = (uint16_t)(hours * 60 + minutes);
	return true;
}

static bool read_hours(struct str s, uint16_t *from, uint16_t *to)
{
	size_t dash = str_find_char(s, '-', 0);

	return dash != STR_NPOS && read_minute(str_slice(s, 0, dash), from) && *from < DAY_MINUTES &&
	       read_minute(str_slice(s, dash + 1, s.len), to) && *from != *to;
}

/* "Mon-Fri 22:00-06:00", "Sat", "22:00-06:00" */
static bool add_span(struct week_times *times, struct str piece)
{
	struct str word, next;
	uint8_t first = 0, last = DAYS - 1;
	uint16_t from = 0, to = 0;
	bool has_days, more;

	if (times->count == WEEK_TIMES_MAX || !str_word(&piece, &word))
		return false;
	has_days = read_days(word, &first, &last);
	more = str_word(&piece, &next);
	if (has_days ? more && !read_hours(next, &from, &to) : more || !read_hours(word, &from, &to))
		return false;
	times->spans[times->count].first_day = first;
	times->spans[times->count].last_day = last;
	times->spans[times->count].from = from;
	times->spans[times->count++].to = to;
	return !str_word(&piece, &word);
}

int week_times_parse(struct str s, struct week_times *times, struct error *err)
{
	struct str rest = s, piece;

	*times = (struct week_times){0};
	if (str_eq_nocase(str_trim(s), STR("never")))
		return 0;
	while (str_split(&rest, ',', &piece))
		if (!add_span(times, piece))
			return error_set(err, -EINVAL,
				"expected times of the week such as Mon-Fri 22:00-06:00, Sat-Sun; at most %d of them",
				WEEK_TIMES_MAX);
	return times->count > 0 ? 0 : error_set(err, -EINVAL, "expected times of the week, or never");
}

static bool has_day(const struct week_times *times, size_t i, int day)
{
	int first = times->spans[i].first_day, last = times->spans[i].last_day;

	return first <= last ? day >= first && day <= last : day >= first || day <= last;
}

bool week_times_contain(const struct week_times *times, int minute)
{
	int day = minute / DAY_MINUTES, before = (day + DAYS - 1) % DAYS, at = minute % DAY_MINUTES;

	for (size_t i = 0; i < times->count; i++) {
		int from = times->spans[i].from, to = times->spans[i].to;
		bool past_midnight = to <= from && to != from;

		if (has_day(times, i, day) && at >= from && (at < to || to <= from))
			return true;
		if (past_midnight && at < to && has_day(times, i, before))
			return true;
	}
	return false;
}

int64_t week_times_end_ms(const struct week_times *times, int64_t now_ms)
{
	static const int64_t minute_ms = 60 * 1000, day_ms = INT64_C(24) * 3600 * 1000;
	int64_t at_ms = now_ms - now_ms % minute_ms;

	for (int i = 0; i < WEEK_MINUTES + DAY_MINUTES; i++, at_ms += minute_ms)
		if (!week_times_contain(times, time_local_minute(at_ms)))
			return at_ms > now_ms ? at_ms : now_ms;
	return now_ms + day_ms;
}
