/* SPDX-License-Identifier: ISC */
/* Time: the calendar by counting days, the written forms there and back. */
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../test.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/units.h"

#define DAY_MS INT64_C(86400000)

/* What the wall clock of this program shows; 0: the machine's. */
static int64_t shown_s;

/* In front of libc's.  Where time_t of the libraries has 32 bits, the headers give this the name of the other one. */
int clock_gettime(clockid_t id, struct timespec *t)
{
	if (id == CLOCK_REALTIME && shown_s != 0) {
		*t = (struct timespec){.tv_sec = (time_t)shown_s};
		return 0;
	}
#ifdef SYS_clock_gettime64
	return (int)syscall(SYS_clock_gettime64, id, t);
#else
	return (int)syscall(SYS_clock_gettime, id, t);
#endif
}

static int days_of(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && is_leap);
}

/* Every day from 1600 to 2400, one after the other. */
TEST(calendar)
{
	int64_t day = civil_to_days(1600, 1, 1);

	assert_int_equal(civil_to_days(1970, 1, 1), 0);
	for (int y = 1600; y <= 2400; y++) {
		for (int m = 1; m <= 12; m++) {
			for (int d = 1; d <= days_of(y, m); d++, day++) {
				int year, month, of_month;

				assert_int_equal(civil_to_days(y, m, d), day);
				civil_from_days(day, &year, &month, &of_month);
				assert_true(year == y && month == m && of_month == d);
			}
		}
	}
}

/* The ends of what is promised, each leap year's February, and the year before the first. */
TEST(years_far_away)
{
	static const struct {
		int year, month, day;
		int64_t days;
	} known[] = {{-9999, 1, 1, -4371587}, {-1, 12, 31, -719529}, {0, 1, 1, -719528}, {0, 2, 29, -719469},
		{1, 1, 1, -719162}, {1969, 12, 31, -1}, {2000, 2, 29, 11016}, {9999, 12, 31, 2932896}};
	int64_t day = civil_to_days(-9999, 1, 1);

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		assert_int_equal(civil_to_days(known[i].year, known[i].month, known[i].day), known[i].days);
	for (int y = -9999; y <= 9999; y++) {
		for (int m = 1; m <= 12; m++) {
			int year, month, of_month, last = days_of(y, m);

			assert_int_equal(civil_to_days(y, m, 1), day);
			civil_from_days(day + last - 1, &year, &month, &of_month);
			assert_true(year == y && month == m && of_month == last);
			assert_int_equal(civil_month_days(y, m), last);
			day += last;
		}
	}
}

/* The C library's calendar as a second opinion, from 1900 to the end of 9999 in steps that meet every hour, weekday and
 * month, with milliseconds that are not written. */
TEST(formats_against_libc)
{
	const int64_t step = 86413777 * INT64_C(31);

	for (int64_t t = civil_to_days(1900, 1, 1) * DAY_MS; t < civil_to_days(10000, 1, 1) * DAY_MS; t += step) {
		char text[TIME_TEXT_MAX], expected[64];
		time_t seconds = (time_t)(t / 1000 - (t % 1000 < 0));
		struct tm tm;

		assert_non_null(gmtime_r(&seconds, &tm));
		assert_true(strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%SZ", &tm) > 0);
		assert_string_equal(time_format_rfc3339(text, t), expected);
		assert_true(strftime(expected, sizeof(expected), "%a, %d %b %Y %H:%M:%S +0000", &tm) > 0);
		assert_string_equal(time_format_rfc822(text, t), expected);
		assert_true(strftime(expected, sizeof(expected), "%a, %d %b %Y %H:%M:%S GMT", &tm) > 0);
		assert_string_equal(time_format_http(text, t), expected);
		assert_int_equal(time_parse_http(str_from(text)), (int64_t)seconds * 1000);
	}
}

TEST(other_forms_are_not_rfc3339)
{
	static const char *const bad[] = {"", "2026-11-23", "2026-11-23 10:52:35Z", "2026-11-23T10:52:35+",
		"2026-02-29T10:52:35Z", "2026-13-01T10:52:35Z", "2026-11-23T24:00:00Z", "2026-11-23T1:052:35Z",
		" 026-11-23T10:52:35Z", "-026-11-23T10:52:35Z", "2026-11-23T10:52:35ZZ"};

	assert_int_equal(time_parse_rfc3339(STR_NONE), TIME_NONE);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(time_parse_rfc3339(str_from(bad[i])), TIME_NONE);
	assert_int_equal(time_parse_rfc3339(STR("1970-01-01T00:00:01Z")), 1000);
}

/* RFC 3339 is read back by its fields. */
TEST(rfc3339_there_and_back)
{
	for (int64_t t = -62135596800000; t <= INT64_C(253402300799000); t += INT64_C(8640012345000)) {
		char text[TIME_TEXT_MAX], *end;
		struct tm tm = {0};
		int64_t whole = t - ((t % 1000) + 1000) % 1000;

		assert_int_equal(strlen(time_format_rfc3339(text, t)), 20);
		assert_int_equal(time_parse_rfc3339(str_from(text)), whole);
		end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
		assert_non_null(end);
		assert_int_equal(end - text, 20);
		assert_int_equal(civil_to_days(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday) * DAY_MS +
					 ((int64_t)tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec) * 1000,
			whole);
	}
}

/* Numbers that are no time of anybody's still do no harm. */
TEST(absurd_times)
{
	static const int64_t times[] = {INT64_MIN + 1, INT64_MIN + 86400000, INT64_MAX, INT64_MAX - 86400000};
	char text[TIME_TEXT_MAX];

	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		assert_true(strlen(time_format_rfc3339(text, times[i])) >= 20);
		assert_true(strlen(time_format_rfc822(text, times[i])) > 20);
		assert_true(strlen(time_format_relative(text, times[i], -times[i])) > 0);
	}
}

TEST(clocks)
{
	int64_t wall = clock_wall_ms(), ms = clock_mono_ms(), us = clock_mono_us();

	assert_true(wall > INT64_C(1577836800000)); /* this was written after 2020 */
	assert_true(clock_mono_us() >= us);
	assert_true(clock_mono_ms() >= ms);
	/* both from the same clock */
	assert_true(us / 1000 >= ms && clock_mono_ms() >= us / 1000);
}

/* A signed count of seconds in 32 bits ends on 2038-01-19 at 03:14:07. */
TEST(wall_clock_after_2038)
{
	char text[TIME_TEXT_MAX];

	shown_s = INT64_C(4102444801);
	(void)time_format_rfc3339(text, clock_wall_ms());
	shown_s = 0;
	assert_string_equal(text, "2100-01-01T00:00:01Z");
}

TEST(local)
{
	static const struct {
		const char *zone, *expected;
		int64_t ms;
	} rows[] = {
		{"UTC0", "2026-11-23 10:52:35 UTC", 1795431155999},
		{"CET-1CEST,M3.5.0,M10.5.0/3", "2026-11-23 11:52:35 CET", 1795431155000},
		{"CET-1CEST,M3.5.0,M10.5.0/3", "2026-07-01 02:00:00 CEST", 1782864000000},
		{"<-03>3", "1969-12-31 20:59:59 -03", -1},
		{"UTC0", "", TIME_NONE},
		{"UTC0", "2038-01-19 03:14:08 UTC", INT64_C(2147483648000)},
		{"UTC0", "292278994-08-17 07:12:55 UTC", INT64_MAX},
	};
	char text[TIME_TEXT_MAX];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(setenv("TZ", rows[i].zone, 1), 0);
		tzset();
		assert_string_equal(time_format_local(text, rows[i].ms), rows[i].expected);
	}
}

TEST(relative)
{
	static const struct {
		int64_t distance;
		const char *text;
	} cases[] = {
		{0, "now"},
		{999, "now"},
		{-999, "now"},
		{1000, "in 1 s"},
		{-1000, "1 s ago"},
		{59999, "in 59 s"},
		{4 * 60000, "in 4 min"},
		{-59 * 60000, "59 min ago"},
		{-3 * 3600000, "3 h ago"},
		{86399999, "in 23 h"},
		{-DAY_MS, "1 d ago"},
		{400 * DAY_MS, "in 400 d"},
	};
	const int64_t now = 1795431155000;
	char text[TIME_TEXT_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(time_format_relative(text, now + cases[i].distance, now), cases[i].text);
	assert_string_equal(time_format_relative(text, TIME_NONE, now), "never");
	assert_string_equal(time_format_relative(text, TIME_NONE, 0), "never");
}

/* RFC 9110 5.6.7: what is none of the three forms, and no day of the calendar. */
TEST(http_dates_refused)
{
	static const char *const wrong[] = {
		"",
		" ",
		"GMT",
		"Sun, 06 Nov 1994 08:49:37",
		"Sun, 06 Nov 1994 08:49:37 UTC",
		"Sun, 06 Nov 1994 08:49:37 GMT now",
		"Sun, 06 Nov 1994 08:49 GMT",
		"Sun, 06 Nov 1994 08:49:37:00 GMT",
		"Sun, 06 Nov 1994 24:00:00 GMT",
		"Sun, 06 Nov 1994 08:60:00 GMT",
		"Sun, 06 Nov 1994 08:49:61 GMT",
		"Sun, 06 Nov 1994 -8:49:37 GMT",
		"Sun, 00 Nov 1994 08:49:37 GMT",
		"Sun, 32 Nov 1994 08:49:37 GMT",
		"Sun, 31 Nov 1994 08:49:37 GMT",
		"Mon, 30 Feb 2026 08:49:37 GMT",
		"Sat, 29 Feb 1900 08:49:37 GMT",
		"Sun, +6 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nob 1994 08:49:37 GMT",
		"Sun, 06 Nov 10000 08:49:37 GMT",
		"Sun, 06 Nov 99999999999999999999 08:49:37 GMT",
		"Sunday, 06-Nov-1994 08:49:37 GMT",
		"Sunday, 31-Jun-94 08:49:37 GMT",
		"Sunday, 06-94 08:49:37 GMT",
		"Sunday, 06-Nov-94-1 08:49:37 GMT",
		"Sun Nov 6 08:49:37",
		"Sun Feb 29 08:49:37 2026",
		"1994-11-06T08:49:37Z",
	};
	char text[TIME_TEXT_MAX];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		if (time_parse_http(str_from(wrong[i])) != TIME_NONE)
			fail_msg("%s is no date", wrong[i]);
	assert_int_equal(time_parse_http(STR_NONE), TIME_NONE);
	assert_int_equal(time_parse_http(STR("Sun, 06 Nov 1994 08:49:37 GMT\0")), TIME_NONE);
	/* a leap day and a leap second are dates */
	assert_string_equal(time_format_rfc3339(text, time_parse_http(STR("Tue, 29 Feb 2000 00:00:00 GMT"))),
		"2000-02-29T00:00:00Z");
	assert_string_equal(time_format_rfc3339(text, time_parse_http(STR("Sat, 31 Dec 2016 23:59:60 GMT"))),
		"2017-01-01T00:00:00Z");
	/* two digits of a year are of this century or the last (RFC 9110 5.6.7) */
	assert_string_equal(time_format_rfc3339(text, time_parse_http(STR("Friday, 01-Jan-99 00:00:00 GMT"))),
		"1999-01-01T00:00:00Z");
	assert_string_equal(time_format_rfc3339(text, time_parse_http(STR("Thursday, 01-Jan-26 00:00:00 GMT"))),
		"2026-01-01T00:00:00Z");
}

TEST(formats)
{
	char text[TIME_TEXT_MAX];

	assert_string_equal(time_format_rfc3339(text, 1795431155000), "2026-11-23T10:52:35Z");
	assert_string_equal(time_format_rfc822(text, 1795431155000), "Mon, 23 Nov 2026 10:52:35 +0000");
	assert_string_equal(time_format_http(text, 1795431155000), "Mon, 23 Nov 2026 10:52:35 GMT");
	assert_string_equal(time_format_rfc3339(text, -1000), "1969-12-31T23:59:59Z");
	assert_string_equal(time_format_rfc3339(text, -1), "1969-12-31T23:59:59Z");
	assert_string_equal(time_format_rfc822(text, -DAY_MS), "Wed, 31 Dec 1969 00:00:00 +0000");
	assert_string_equal(time_format_rfc3339(text, 253402300799999), "9999-12-31T23:59:59Z");
	assert_string_equal(time_format_rfc3339(text, TIME_NONE), "");
	assert_string_equal(time_format_rfc822(text, TIME_NONE), "");
	assert_string_equal(time_format_http(text, TIME_NONE), "");
	assert_int_equal(time_parse_http(STR("Sun, 06 Nov 1994 08:49:37 GMT")), 784111777000);
	assert_int_equal(time_parse_http(STR("Sunday, 06-Nov-94 08:49:37 GMT")), 784111777000);
	assert_int_equal(time_parse_http(STR("Sun Nov  6 08:49:37 1994")), 784111777000);
	assert_int_equal(time_parse_http(STR("yesterday")), TIME_NONE);
	assert_int_equal(time_parse_http(STR("Sun, 06 Nov 1994 25:49:37 GMT")), TIME_NONE);
	for (int64_t t = 0; t < INT64_C(4102444800000); t += INT64_C(86399977000))
		assert_int_equal(time_parse_http(str_from(time_format_http(text, t))), t / 1000 * 1000);
}

TEST(durations)
{
	static const struct {
		const char *text;
		int64_t ms;
	} good[] = {{"250ms", 250}, {"30s", 30000}, {"15m", 900000}, {"6h", 21600000}, {"90d", 7776000000},
		{"2w", 1209600000}, {"45", 45000}, {"0", 0}, {" 5 M ", 300000}, {"1h30m", 5400000}, {"1h 30m", 5400000},
		{"9223372036854775807ms", INT64_MAX}};
	static const struct {
		int64_t ms;
		const char *text;
	} spaced[] = {{0, "0 s"}, {250, "250 ms"}, {999, "999 ms"}, {1999, "1 s"}, {60000, "1 min"},
		{316000, "5 min 16 s"}, {3599999, "59 min 59 s"}, {3600000, "1 h"}, {12012000, "3 h 20 min"},
		{86400000, "1 day"}, {DAY_MS + 3600000, "1 day 1 h"}, {3 * DAY_MS + 14400000, "3 days 4 h"},
		{INT64_MAX, "106751991167 days 7 h"}};
	static const char *const wrong[] = {"", " ", "s", "5 parsecs", "-5s", "+5s", "5.5s", "99999999999999999999d",
		"5mm", "1h30", "0s45", "m5", "9223372036854775807s", "9223372036854775807ms1ms", "5s\n;"};
	char text[TIME_TEXT_MAX];
	int64_t n;

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_true(duration_parse(str_from(good[i].text), &n));
		assert_int_equal(n, good[i].ms);
		assert_true(duration_parse(str_from(duration_format(text, n)), &n));
		assert_int_equal(n, good[i].ms);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_false(duration_parse(str_from(wrong[i]), &n));
	assert_false(duration_parse(STR_NONE, &n));
	assert_false(duration_parse(STR("5\0s"), &n));
	assert_string_equal(duration_format(text, 900000), "15m");
	assert_string_equal(duration_format(text, 901000), "901s");
	assert_string_equal(duration_format(text, 14 * DAY_MS), "14d");
	assert_string_equal(duration_format(text, 250), "250ms");
	assert_string_equal(duration_format(text, 0), "0s");
	assert_string_equal(duration_format(text, INT64_MAX), "9223372036854775807ms");
	for (size_t i = 0; i < sizeof(spaced) / sizeof(*spaced); i++)
		assert_string_equal(duration_format_spaced(text, spaced[i].ms), spaced[i].text);
	assert_true(size_parse(STR("8M"), &n) && n == 8 << 20);
	assert_true(size_parse(STR("64K"), &n) && n == 64 << 10);
	assert_false(size_parse(STR("9999999999999G"), &n));
	assert_false(size_parse(STR("8X"), &n));
	assert_true(size_parse(STR("1G"), &n) && n == 1 << 30);
	assert_true(size_parse(STR("512"), &n) && n == 512);
	assert_true(size_parse(STR(" 2 mb "), &n) && n == 2 << 20);
	assert_false(size_parse(STR(""), &n));
	assert_false(size_parse(STR("K"), &n));
	assert_false(size_parse(STR("-1K"), &n));
	assert_false(size_parse(STR("1.5M"), &n));
	assert_false(size_parse(STR("1K1K"), &n));
	assert_string_equal(size_format(text, 8 << 20), "8M");
	assert_string_equal(size_format(text, 1 << 30), "1G");
	assert_string_equal(size_format(text, 1536), "1536");
	assert_string_equal(size_format(text, 0), "0");
}

TEST(elapsed_time_goes_on)
{
	char name[CLOCK_RUN_MAX], again[CLOCK_RUN_MAX];
	struct clock_mark first = clock_mark_now(), second = clock_mark_now();

	assert_true(second.elapsed_ms >= first.elapsed_ms && first.elapsed_ms > 0);
	assert_int_equal(clock_jump_ms(first, second), 0);
	clock_run_name(name);
	clock_run_name(again);
	assert_string_equal(name, again);
	assert_null(strchr(name, '\n'));
}

TEST(jumps)
{
	const struct clock_mark mark = {INT64_C(1795431150500), 5000};
	static const struct {
		int64_t wall_ms, elapsed_ms, jump_ms;
	} cases[] = {
		{0, 0, 0},
		{DAY_MS, DAY_MS, 0},
		{CLOCK_JUMP_MIN_MS - 1, 0, 0},
		{1 - CLOCK_JUMP_MIN_MS, 0, 0},
		{CLOCK_JUMP_MIN_MS, 0, CLOCK_JUMP_MIN_MS},
		{-CLOCK_JUMP_MIN_MS, 0, -CLOCK_JUMP_MIN_MS},
		{0, DAY_MS, -DAY_MS},
		{400 * DAY_MS, 1000, 400 * DAY_MS - 1000},
		{-3652 * DAY_MS, 1000, -3652 * DAY_MS - 1000},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct clock_mark after = {mark.wall_ms + cases[i].wall_ms, mark.elapsed_ms + cases[i].elapsed_ms};

		assert_int_equal(clock_jump_ms(mark, after), cases[i].jump_ms);
	}
	/* whatever is read, sums stay in range */
	assert_true(clock_jump_ms((struct clock_mark){0, 0}, (struct clock_mark){INT64_MAX, 0}) < INT64_MAX / 2);
	assert_int_equal(clock_jump_ms((struct clock_mark){INT64_MIN, 0}, (struct clock_mark){INT64_MAX, 0}), 0);
}

TEST(stamps_follow_the_clock)
{
	const int64_t now_ms = INT64_C(1795431150500);

	assert_int_equal(time_follow_clock(TIME_NONE, DAY_MS, now_ms), TIME_NONE);
	assert_int_equal(time_follow_clock(TIME_NONE, -DAY_MS, now_ms), TIME_NONE);
	assert_int_equal(time_follow_clock(now_ms - 2 * DAY_MS, DAY_MS, now_ms), now_ms - DAY_MS);
	/* put back: what lies in the future was stamped by the clock that was wrong, the rest was not */
	assert_int_equal(time_follow_clock(now_ms + DAY_MS, -DAY_MS, now_ms), now_ms);
	assert_int_equal(time_follow_clock(now_ms - 1, -DAY_MS, now_ms), now_ms - 1);
	assert_int_equal(time_follow_clock(INT64_MAX, DAY_MS, now_ms), now_ms);
}
