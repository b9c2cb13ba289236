/* SPDX-License-Identifier: ISC */
/* A feed's hints: what is written in feeds, sense and nonsense, and the way out of skipped times. */
#include "../test.h"
#include "sitrep/model/feed_hints.h"

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* 2026-11-23, a Monday. */
static const int64_t monday_ms = INT64_C(1795392000000);

static int64_t ttl(const char *text)
{
	return feed_hints_read(&(struct feed_facts){.ttl = str_from(text)}).ttl_ms;
}

static int64_t period(const char *text, const char *frequency)
{
	return feed_hints_read(
		&(struct feed_facts){.update_period = str_from(text), .update_frequency = str_from(frequency)})
		.period_ms;
}

static uint32_t hours(const char *text)
{
	return feed_hints_read(&(struct feed_facts){.skip_hours = str_from(text)}).skip_hours;
}

static uint8_t days(const char *text)
{
	return feed_hints_read(&(struct feed_facts){.skip_days = str_from(text)}).skip_days;
}

TEST(nothing_said_is_nothing)
{
	struct feed_hints h = feed_hints_read(&(struct feed_facts){0});

	assert_int_equal(h.ttl_ms, 0);
	assert_int_equal(h.period_ms, 0);
	assert_int_equal(h.skip_hours, 0);
	assert_int_equal(h.skip_days, 0);
	assert_int_equal(feed_hints_after_skips(&h, monday_ms + 1), monday_ms + 1);
}

TEST(ttl_is_in_minutes)
{
	assert_int_equal(ttl("60"), HOUR);
	assert_int_equal(ttl("\n\t 15 "), 15 * MINUTE);
	assert_int_equal(ttl("0"), 0);
	assert_int_equal(ttl("-5"), 0);
	assert_int_equal(ttl("an hour"), 0);
	assert_int_equal(ttl("60.5"), 0);
	assert_int_equal(ttl("9223372036854775807"), 366 * DAY);
	assert_int_equal(ttl("99999999999999999999999"), 0);
}

TEST(period_is_divided_by_frequency)
{
	assert_int_equal(period("hourly", NULL), HOUR);
	assert_int_equal(period(" Hourly\n", "1"), HOUR);
	assert_int_equal(period("hourly", "4"), 15 * MINUTE);
	assert_int_equal(period("daily", "\t2 "), 12 * HOUR);
	assert_int_equal(period("weekly", "1"), 7 * DAY);
	assert_int_equal(period("monthly", "1"), 30 * DAY);
	assert_int_equal(period("yearly", "1"), 365 * DAY);
	assert_int_equal(period("daily", "0"), DAY);
	assert_int_equal(period("daily", "-3"), DAY);
	assert_int_equal(period("daily", "often"), DAY);
	assert_int_equal(period("hourly", "9223372036854775807"), 0);
	assert_int_equal(period("sometimes", "2"), 0);
	assert_int_equal(period(NULL, "2"), 0);
}

TEST(hours_of_both_rss_dialects)
{
	assert_int_equal(hours("0 1 23"), 1U | 1U << 1 | 1U << 23);
	assert_int_equal(hours("24"), 1U);
	assert_int_equal(hours("25 -1 x 7"), 1U << 7);
	assert_int_equal(hours("0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23"), 0);
	assert_int_equal(hours("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24"), 0);
}

TEST(days_by_name)
{
	assert_int_equal(days("Saturday Sunday"), 1U | 1U << 6);
	assert_int_equal(days("MONDAY wed"), 1U << 1 | 1U << 3);
	assert_int_equal(days("Samstag Su Sundays"), 0);
	assert_int_equal(days("Sunday Monday Tuesday Wednesday Thursday Friday Saturday"), 0);
}

TEST(skipped_times_are_waited_out)
{
	struct feed_hints night = {.skip_hours = 1U << 23 | 1U | 1U << 1};
	struct feed_hints weekend = {.skip_days = 1U | 1U << 6};
	struct feed_hints both = {.skip_hours = 1U, .skip_days = 1U | 1U << 6};
	struct feed_hints most = {.skip_days = 0x7f & ~(1U << 1), .skip_hours = ((1U << 24) - 1) & ~(1U << 5)};

	assert_int_equal(feed_hints_after_skips(&night, monday_ms - HOUR - 1), monday_ms - HOUR - 1);
	assert_int_equal(feed_hints_after_skips(&night, monday_ms - HOUR), monday_ms + 2 * HOUR);
	assert_int_equal(feed_hints_after_skips(&night, monday_ms + 2 * HOUR - 1), monday_ms + 2 * HOUR);
	assert_int_equal(feed_hints_after_skips(&night, monday_ms + 2 * HOUR), monday_ms + 2 * HOUR);
	assert_int_equal(feed_hints_after_skips(&weekend, monday_ms - 2 * DAY), monday_ms);
	assert_int_equal(feed_hints_after_skips(&weekend, monday_ms - 1), monday_ms);
	assert_int_equal(feed_hints_after_skips(&weekend, monday_ms - 2 * DAY - 1), monday_ms - 2 * DAY - 1);
	assert_int_equal(feed_hints_after_skips(&both, monday_ms - DAY), monday_ms + HOUR);
	/* from the end of the one hour of the week that is left to the next */
	assert_int_equal(feed_hints_after_skips(&most, monday_ms + 6 * HOUR), monday_ms + 7 * DAY + 5 * HOUR);
	assert_int_equal(feed_hints_after_skips(&most, monday_ms + 5 * HOUR + 7), monday_ms + 5 * HOUR + 7);
}

/* Before 1970, days and hours go on as they do after it: 1969-12-31 was a Wednesday. */
TEST(before_the_epoch)
{
	struct feed_hints wednesday = {.skip_days = 1U << 3};
	struct feed_hints last_hour = {.skip_hours = 1U << 23};

	assert_int_equal(feed_hints_after_skips(&wednesday, -1), 0);
	assert_int_equal(feed_hints_after_skips(&wednesday, -DAY), 0);
	assert_int_equal(feed_hints_after_skips(&wednesday, -DAY - 1), -DAY - 1);
	assert_int_equal(feed_hints_after_skips(&last_hour, -HOUR), 0);
	assert_int_equal(feed_hints_after_skips(&last_hour, -HOUR - 1), -HOUR - 1);
}
