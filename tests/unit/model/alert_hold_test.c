/* SPDX-License-Identifier: ISC */
/* Which alerts are held back, and until when. */
#include "sitrep/model/alert_hold.h"

#include "../test.h"
#include "sitrep/base/clock.h"

enum { LOW, NORMAL, HIGH, URGENT, NIGHT = 23 * 60, NOON = 12 * 60 };

static const int64_t now = INT64_C(1795428000000);

static struct alert_hold hold_of(const char *quiet, const char *rate)
{
	struct alert_hold hold = {0};

	assert_int_equal(week_times_parse(str_from(quiet), &hold.quiet, NULL), 0);
	assert_int_equal(alert_rate_parse(str_from(rate), &hold.rate, NULL), 0);
	return hold;
}

TEST(the_first_reason_counts)
{
	struct alert_hold hold = hold_of("22:00-06:00", "2/1h");
	struct alert_hold_all all = {.through_priority = URGENT};

	hold.by_category = true;
	assert_int_equal(
		alert_hold_judge(&hold, &all, &(struct hold_case){NORMAL, NIGHT, 2, .has_category = true}), HOLD_QUIET);
	assert_int_equal(
		alert_hold_judge(&hold, &all, &(struct hold_case){NORMAL, NOON, 2, .has_category = true}), HOLD_RATE);
	assert_int_equal(
		alert_hold_judge(&hold, &all, &(struct hold_case){NORMAL, NOON, 1, .has_category = true}), HOLD_GROUP);
	assert_int_equal(
		alert_hold_judge(&hold, &all, &(struct hold_case){NORMAL, NOON, 1, .has_category = false}), HOLD_NOT);
	/* a revision of an alert that is held back waits with it */
	assert_int_equal(alert_hold_judge(&hold, &all, &(struct hold_case){NORMAL, NOON, 0, .waits = true}), HOLD_RATE);
}

TEST(urgent_alerts_are_never_held_back)
{
	struct alert_hold hold = hold_of("Mon-Sun", "1/1h");
	struct alert_hold_all all = {.through_priority = HIGH};

	hold.by_category = true;
	assert_int_equal(
		alert_hold_judge(&hold, &all, &(struct hold_case){URGENT, NIGHT, 9, .has_category = true}), HOLD_NOT);
	assert_int_equal(
		alert_hold_judge(&hold, &all, &(struct hold_case){HIGH, NIGHT, 9, .has_category = true}), HOLD_NOT);
	assert_int_equal(
		alert_hold_judge(&hold, &all, &(struct hold_case){LOW, NIGHT, 9, .has_category = true}), HOLD_QUIET);
}

TEST(when_a_digest_is_due)
{
	struct alert_hold hold = hold_of("never", "2/1h");

	hold.wait_ms = 30000;
	hold.interval_ms = 300000;
	assert_int_equal(alert_hold_due(HOLD_RATE, &hold, now, TIME_NONE), now + 3600000);
	assert_int_equal(alert_hold_due(HOLD_GROUP, &hold, now, TIME_NONE), now + 30000);
	assert_int_equal(alert_hold_due(HOLD_GROUP, &hold, now, now - 100000), now + 200000);
	assert_int_equal(alert_hold_due(HOLD_GROUP, &hold, now, now - 290000), now + 30000);
}

TEST(quiet_hours_end_on_the_local_clock)
{
	struct alert_hold night = hold_of("22:00-06:00", "unlimited"), always = hold_of("Mon-Sun", "unlimited");

	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	/* 2026-11-27 23:30 CET to 06:00 CET */
	assert_int_equal(alert_hold_due(HOLD_QUIET, &night, INT64_C(1795818600000), TIME_NONE), INT64_C(1795842000000));
	/* 2026-10-24 23:30 CEST to 06:00 CET: the clock was put back meanwhile */
	assert_int_equal(alert_hold_due(HOLD_QUIET, &night, INT64_C(1792877400000), TIME_NONE), INT64_C(1792904400000));
	assert_int_equal(alert_hold_due(HOLD_QUIET, &always, now, TIME_NONE), now + 24 * 3600000);
}

TEST(rates)
{
	static const char *const wrong[] = {
		"", "10", "10/", "/1h", "0/1h", "-1/1h", "1001/1h", "10/8d", "10/0s", "ten/1h"};
	struct alert_rate rate;
	struct error err = {0};

	assert_int_equal(alert_rate_parse(STR("10/1h"), &rate, &err), 0);
	assert_int_equal(rate.count, 10);
	assert_int_equal(rate.period_ms, 3600000);
	assert_int_equal(alert_rate_parse(STR("unlimited"), &rate, &err), 0);
	assert_int_equal(rate.count, 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (alert_rate_parse(str_from(wrong[i]), &rate, &err) != -EINVAL)
			fail_msg("accepted: %s", wrong[i]);
}

TEST(priorities)
{
	assert_int_equal(alert_priority_rank("low"), LOW);
	assert_int_equal(alert_priority_rank("urgent"), URGENT);
	assert_int_equal(alert_priority_rank("none"), -1);
}
