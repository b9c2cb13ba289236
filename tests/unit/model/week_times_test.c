/* SPDX-License-Identifier: ISC */
/* Quiet hours by the minutes of a week. */
#include "sitrep/model/week_times.h"

#include "../test.h"
#include "sitrep/base/clock.h"

enum { MON, TUE, WED, THU, FRI, SAT, SUN };

static int at(int day, int hour, int minute)
{
	return (day * 24 + hour) * 60 + minute;
}

static struct week_times parsed(const char *text)
{
	struct week_times times;
	struct error err = {0};

	if (week_times_parse(str_from(text), &times, &err) != 0)
		fail_msg("%s: %s", text, err.text);
	return times;
}

static int minutes_in(const struct week_times *times)
{
	int count = 0;

	for (int minute = 0; minute < WEEK_MINUTES; minute++)
		count += week_times_contain(times, minute);
	return count;
}

TEST(nights_belong_to_the_day_on_which_they_begin)
{
	struct week_times times = parsed("Mon-Fri 22:00-06:00");

	assert_int_equal(minutes_in(&times), 5 * 8 * 60);
	assert_true(week_times_contain(&times, at(MON, 22, 0)));
	assert_true(week_times_contain(&times, at(TUE, 5, 59)));
	assert_true(week_times_contain(&times, at(SAT, 3, 0)));
	assert_false(week_times_contain(&times, at(MON, 3, 0)));
	assert_false(week_times_contain(&times, at(MON, 21, 59)));
	assert_false(week_times_contain(&times, at(TUE, 6, 0)));
	assert_false(week_times_contain(&times, at(SAT, 22, 0)));
}

TEST(the_night_to_monday)
{
	struct week_times times = parsed("Sun 23:30-01:00");

	assert_int_equal(minutes_in(&times), 90);
	assert_true(week_times_contain(&times, at(SUN, 23, 30)));
	assert_true(week_times_contain(&times, at(MON, 0, 59)));
}

TEST(whole_days_and_lists)
{
	struct week_times weekend = parsed("sat-sun"), round = parsed("Sat-Mon"), daily = parsed("12:00-13:00"),
			  both = parsed("Mon-Fri 22:00-24:00 , Sat-Sun"), never = parsed("never");

	assert_int_equal(minutes_in(&weekend), 2 * 24 * 60);
	assert_int_equal(minutes_in(&round), 3 * 24 * 60);
	assert_true(week_times_contain(&round, at(MON, 23, 59)));
	assert_int_equal(minutes_in(&daily), 7 * 60);
	assert_int_equal(minutes_in(&both), 5 * 120 + 2 * 24 * 60);
	assert_int_equal(minutes_in(&never), 0);
}

TEST(mistakes)
{
	static const char *const wrong[] = {"", "Mon-", "Mon 22-06", "22:00", "Montag 22:00-06:00", "Mon 22:00-22:00",
		"Mon 24:00-06:00", "Mon 22:60-06:00", "Mon 22:00-06:00 x", "Mon,", "22:00-06:00 Mon",
		"Mon 22:00-25:00"};
	struct week_times times;
	struct error err = {0};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (week_times_parse(str_from(wrong[i]), &times, &err) != -EINVAL)
			fail_msg("accepted: %s", wrong[i]);
}

TEST(the_local_clock_has_summer_time)
{
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	/* Sunday 2026-10-25: 02:30 comes twice, as 00:30 UTC and 01:30 UTC */
	assert_int_equal(time_local_minute(INT64_C(1792888200000)), at(SUN, 2, 30));
	assert_int_equal(time_local_minute(INT64_C(1792891800000)), at(SUN, 2, 30));
	/* Sunday 2026-03-29: after 01:59 comes 03:00 */
	assert_int_equal(time_local_minute(INT64_C(1774745940000)), at(SUN, 1, 59));
	assert_int_equal(time_local_minute(INT64_C(1774746000000)), at(SUN, 3, 0));
}
