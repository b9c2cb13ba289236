/* SPDX-License-Identifier: ISC */
/* A fast path for the two forms that nearly all feeds write.
 *
 * "Mon, 23 Nov 2026 10:52:35 GMT" and "2026-11-23T10:52:35Z", with an offset in place of the zone.  Only exactly
 * these forms are read here.  All others go to date.c, which gives the same result for these. */
#include <string.h>

#include "date_internal.h"

/* The digits' value, or -1. */
static int digits(const char *s, size_t count)
{
	int value = 0;

	for (size_t i = 0; i < count; i++) {
		if (!char_is_digit(s[i]))
			return -1;
		value = value * 10 + (s[i] - '0');
	}
	return value;
}

/* 1 to 12, or -1. */
static int month_of(const char *s)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int m = 0; m < 12; m++)
		if (memcmp(names + (ptrdiff_t)m * 3, s, 3) == 0)
			return m + 1;
	return -1;
}

/* "+hhmm" or "+hh:mm": minutes east; false when it is neither. */
static bool read_offset(const char *s, bool colon, int *minutes)
{
	int hours = digits(s + 1, 2), rest = digits(s + (colon ? 4 : 3), 2);

	if ((s[0] != '+' && s[0] != '-') || hours < 0 || hours > 14 || rest < 0 || rest > 59 || (colon && s[3] != ':'))
		return false;
	*minutes = (s[0] == '-' ? -1 : 1) * (hours * 60 + rest);
	return true;
}

static bool read_time(const char *s, int64_t *seconds)
{
	int hour = digits(s, 2), minute = digits(s + 3, 2), second = digits(s + 6, 2);

	if (s[2] != ':' || s[5] != ':' || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
		second > 59)
		return false;
	*seconds = (hour * 60 + minute) * 60 + second;
	return true;
}

static bool make_time(int year, int month, int day, int64_t seconds, int offset, int64_t *time_ms)
{
	if (year < 1000 || month < 1 || month > 12 || day < 1 || day > civil_month_days(year, month))
		return false;
	*time_ms = (civil_to_days(year, month, day) * 86400 + seconds - (int64_t)offset * 60) * 1000;
	return true;
}

/* "Mon, 23 Nov 2026 10:52:35 GMT" and "... +0000": RFC 822 with the years of RFC 1123. */
static bool read_rfc822(struct str s, int64_t *time_ms)
{
	enum { ZONE_AT = 26 };
	int64_t seconds;
	int offset = 0;

	if (s.len < ZONE_AT + 3 || s.data[3] != ',' || s.data[4] != ' ' || s.data[7] != ' ' || s.data[11] != ' ' ||
		s.data[16] != ' ' || s.data[25] != ' ' || !read_time(s.data + 17, &seconds))
		return false;
	for (int i = 0; i < 3; i++)
		if (!char_is_alpha(s.data[i]))
			return false;
	if (s.len == ZONE_AT + 5 ? !read_offset(s.data + ZONE_AT, false, &offset)
				 : s.len != ZONE_AT + 3 || memcmp(s.data + ZONE_AT, "GMT", 3) != 0)
		return false;
	return make_time(digits(s.data + 12, 4), month_of(s.data + 8), digits(s.data + 5, 2), seconds, offset, time_ms);
}

/* "2026-11-23T10:52:35Z" and "...+00:00": RFC 3339. */
static bool read_rfc3339(struct str s, int64_t *time_ms)
{
	enum { ZONE_AT = 19 };
	int64_t seconds;
	int offset = 0;

	if (s.len < ZONE_AT + 1 || s.data[4] != '-' || s.data[7] != '-' || s.data[10] != 'T' ||
		!read_time(s.data + 11, &seconds))
		return false;
	if (s.len == ZONE_AT + 6 ? !read_offset(s.data + ZONE_AT, true, &offset)
				 : s.len != ZONE_AT + 1 || s.data[ZONE_AT] != 'Z')
		return false;
	return make_time(digits(s.data, 4), digits(s.data + 5, 2), digits(s.data + 8, 2), seconds, offset, time_ms);
}

bool date_read_exact(struct str s, int64_t *time_ms, const char **rule)
{
	if (read_rfc822(s, time_ms)) {
		*rule = "month by name";
		return true;
	}
	if (read_rfc3339(s, time_ms)) {
		*rule = "ISO 8601";
		return true;
	}
	return false;
}
