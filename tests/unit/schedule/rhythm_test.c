/* SPDX-License-Identifier: ISC */
/* Rhythms learnt in virtual time: histories told out, and properties that must hold for any. */
#include <math.h>

#include "rhythm_fixture.h"

typedef bool posts_fn(int64_t at_ms);

/* Polls twice an hour; a post comes some minutes before a poll, other ones each time, where posts() says so. */
static struct rhythm watch(int64_t days, posts_fn *posts)
{
	struct rhythm r = begun(start_ms);

	for (int64_t at_ms = start_ms + 30 * MINUTE; at_ms <= start_ms + days * DAY; at_ms += 30 * MINUTE) {
		int64_t post_ms = at_ms - (1 + at_ms / (30 * MINUTE) * 11 % 28) * MINUTE;

		if (posts(post_ms))
			note_one(&r, at_ms, post_ms);
		else
			note(&r, at_ms, NULL, 0, 0);
	}
	return r;
}

static bool never(int64_t at_ms)
{
	(void)at_ms;
	return false;
}

static bool always(int64_t at_ms)
{
	(void)at_ms;
	return true;
}

static bool in_office_hours(int64_t at_ms)
{
	int64_t hour = at_ms / HOUR % 24;

	return hour >= 8 && hour < 16;
}

static bool on_workdays(int64_t at_ms)
{
	int64_t day = (at_ms / DAY + 4) % 7;

	return day != 0 && day != 6 && at_ms % (2 * HOUR) < HOUR;
}

/* ---- the prior ---- */

TEST(nothing_known_is_the_prior)
{
	struct rhythm r;

	rhythm_init(&r);
	assert_float_equal(rhythm_posts_per_day(&r), RHYTHM_PRIOR_POSTS_PER_DAY, 1e-9);
	for (int64_t h = 0; h < 24 * 7; h++)
		assert_float_equal(rhythm_rate_at(&r, start_ms + h * HOUR), RHYTHM_PRIOR_POSTS_PER_DAY / 24, 1e-9);
}

TEST(one_day_does_not_overfit)
{
	struct rhythm quiet = watch(1, never), office = watch(1, in_office_hours);
	double office_hour = rhythm_rate_at(&office, start_ms + DAY + 10 * HOUR);
	double night_hour = rhythm_rate_at(&office, start_ms + DAY + 22 * HOUR);

	assert_true(rhythm_posts_per_day(&quiet) > 1);
	assert_true(rhythm_posts_per_day(&quiet) < RHYTHM_PRIOR_POSTS_PER_DAY / 2);
	assert_true(office_hour > night_hour);
	assert_true(office_hour < 3 * night_hour);
}

/* ---- what is learnt ---- */

TEST(long_term_rate)
{
	struct rhythm r = watch(30, always);

	assert_float_equal(rhythm_posts_per_day(&r), 48, 1);
	assert_float_equal((double)r.observed_days, 30, 0.01);
	assert_int_equal(r.shown, 20);
	assert_int_equal(r.seen_ms, start_ms + 30 * DAY);
	assert_in_range(r.last_post_ms, start_ms + 30 * DAY - 30 * MINUTE, start_ms + 30 * DAY);
}

TEST(hours_of_the_day)
{
	struct rhythm r = watch(28, in_office_hours);

	for (int64_t h = 0; h < 24; h++) {
		double rate = rhythm_rate_at(&r, start_ms + 28 * DAY + h * HOUR + 20 * MINUTE);

		if (in_office_hours(h * HOUR))
			assert_true(rate > 1);
		else
			assert_true(rate < 0.4);
	}
}

TEST(days_of_the_week)
{
	struct rhythm r = watch(56, on_workdays);
	struct rhythm_forecast f;
	double monday, saturday;

	rhythm_forecast(&r, start_ms + 56 * DAY, &f);
	monday = rhythm_forecast_usual(&f, start_ms + 56 * DAY + 20 * MINUTE);
	saturday = rhythm_forecast_usual(&f, start_ms + 61 * DAY + 20 * MINUTE);
	assert_true(monday > 3 * saturday);
}

TEST(batches_on_the_hour)
{
	struct rhythm r = begun(start_ms);
	int64_t end_ms = start_ms + 7 * DAY;

	for (int64_t at_ms = start_ms + HOUR; at_ms <= end_ms; at_ms += HOUR) {
		int64_t batch[] = {at_ms + 1000, at_ms + 2000, at_ms + 3000};

		note(&r, at_ms + 20 * MINUTE, batch, 3, 20);
	}
	assert_true(rhythm_rate_at(&r, end_ms + HOUR) > 5 * rhythm_rate_at(&r, end_ms + HOUR + 7 * MINUTE));
	assert_true(rhythm_rate_at(&r, end_ms + HOUR) > 5 * rhythm_rate_at(&r, end_ms + HOUR + 58 * MINUTE));
}

/* A feed that dates by the hour shows most posts with times before the last poll, and the others at the full hour:
 * that is how it dates, not when it posts. */
TEST(dates_that_cannot_be_are_no_habit)
{
	struct rhythm r = begun(start_ms);
	struct rhythm_forecast f;

	random_state = 7;
	for (int64_t at_ms = start_ms + 20 * MINUTE; at_ms <= start_ms + 30 * DAY; at_ms += 20 * MINUTE) {
		int64_t post_ms = at_ms - (int64_t)(1 + draw(19)) * MINUTE;

		note_one(&r, at_ms, post_ms - post_ms % HOUR);
	}
	rhythm_forecast(&r, start_ms + 30 * DAY, &f);
	for (size_t i = 0; i < RHYTHM_SLOTS; i++)
		assert_float_equal(f.slot[i], 1, 0.5);
}

TEST(evenly_spread_minutes_are_no_habit)
{
	struct rhythm r = begun(start_ms);
	struct rhythm_forecast f;

	random_state = 5;
	for (int64_t at_ms = start_ms + HOUR; at_ms <= start_ms + 30 * DAY; at_ms += HOUR)
		note_one(&r, at_ms, at_ms - MINUTE - (int64_t)draw(58 * 60) * 1000);
	rhythm_forecast(&r, start_ms + 30 * DAY, &f);
	for (size_t i = 0; i < RHYTHM_SLOTS; i++)
		assert_float_equal(f.slot[i], 1, 0.2);
}

/* ---- bursts ---- */

TEST(burst_is_followed_and_let_go)
{
	struct rhythm r = watch(20, never);
	int64_t now_ms = start_ms + 20 * DAY;
	double before = rhythm_rate_at(&r, now_ms), during, after, next_day;
	struct rhythm_forecast f;

	for (int i = 0; i < 12; i++) {
		now_ms += 10 * MINUTE;
		note_one(&r, now_ms, now_ms - 4 * MINUTE);
	}
	during = rhythm_rate_at(&r, now_ms);
	assert_true(during > 10 * before);
	rhythm_forecast(&r, now_ms, &f);
	assert_true(rhythm_forecast_burst(&f) > 5);
	/* foretold to end, and ended when nothing comes */
	assert_true(rhythm_forecast_rate(&f, now_ms + 12 * HOUR) < during / 2);
	for (int i = 0; i < 12; i++)
		note(&r, now_ms += HOUR, NULL, 0, 0);
	after = rhythm_rate_at(&r, now_ms);
	assert_true(after < during / 6);
	for (int i = 0; i < 7 * 24; i++)
		note(&r, now_ms += HOUR, NULL, 0, 0);
	next_day = rhythm_rate_at(&r, now_ms);
	assert_true(next_day < after);
	rhythm_forecast(&r, now_ms, &f);
	assert_true(rhythm_forecast_burst(&f) < 1.1);
}

/* A feed that posts at random is chased less after a post than one whose posts come in bursts. */
TEST(random_posts_are_not_chased)
{
	struct rhythm random = begun(start_ms), bursty = begun(start_ms);
	int64_t end_ms = start_ms + 60 * DAY;
	struct rhythm_forecast f;
	double random_burst, bursty_burst;

	random_state = 9;
	for (int64_t at_ms = start_ms + 30 * MINUTE; at_ms <= end_ms; at_ms += 30 * MINUTE) {
		if (draw(8) == 0)
			note_one(&random, at_ms, at_ms - 7 * MINUTE);
		else
			note(&random, at_ms, NULL, 0, 0);
		/* 18 posts in nine hours, every third day */
		if ((at_ms - start_ms) % (3 * DAY) > 60 * HOUR && (at_ms - start_ms) % (3 * DAY) <= 69 * HOUR)
			note_one(&bursty, at_ms, at_ms - 7 * MINUTE);
		else
			note(&bursty, at_ms, NULL, 0, 0);
	}
	for (int i = 1; i <= 2; i++) {
		note_one(&random, end_ms + i * 30 * MINUTE, end_ms + i * 30 * MINUTE - 7 * MINUTE);
		note_one(&bursty, end_ms + i * 30 * MINUTE, end_ms + i * 30 * MINUTE - 7 * MINUTE);
	}
	rhythm_forecast(&random, end_ms + HOUR, &f);
	random_burst = rhythm_forecast_burst(&f);
	rhythm_forecast(&bursty, end_ms + HOUR, &f);
	bursty_burst = rhythm_forecast_burst(&f);
	assert_true(random_burst < 1.5);
	assert_true(bursty_burst > 3);
}

/* ---- polls that show something odd ---- */

TEST(backlog_tells_of_the_time_before)
{
	struct rhythm busy, slow, pinned;
	int64_t dates[20];

	for (int64_t i = 0; i < 20; i++)
		dates[i] = start_ms - i * HOUR / 2 - MINUTE;
	rhythm_init(&busy);
	note(&busy, start_ms, dates, 20, 20);
	dates[7] = start_ms - 3000 * DAY;
	rhythm_init(&pinned);
	note(&pinned, start_ms, dates, 20, 20);
	for (int64_t i = 0; i < 20; i++)
		dates[i] = start_ms - i * 3 * DAY - MINUTE;
	rhythm_init(&slow);
	note(&slow, start_ms, dates, 20, 20);
	assert_true(rhythm_posts_per_day(&busy) > 20);
	assert_true(rhythm_posts_per_day(&pinned) > 20);
	assert_true(rhythm_posts_per_day(&slow) < 1);
	assert_int_equal(busy.last_post_ms, start_ms - MINUTE);
}

TEST(what_was_known_already_is_no_backlog)
{
	struct rhythm some, most;
	int64_t dates[20];

	for (int64_t i = 0; i < 20; i++)
		dates[i] = start_ms - i * HOUR / 2 - MINUTE;
	rhythm_init(&some);
	note(&some, start_ms, dates, 8, 20);
	assert_float_equal(rhythm_posts_per_day(&some), RHYTHM_PRIOR_POSTS_PER_DAY, 1e-9);
	rhythm_init(&most);
	note(&most, start_ms, dates, 18, 20);
	assert_true(rhythm_posts_per_day(&most) > 20);
}

TEST(backlog_without_dates_says_nothing)
{
	struct rhythm r;
	int64_t dates[20], stamped[20];

	for (size_t i = 0; i < 20; i++) {
		dates[i] = TIME_NONE;
		stamped[i] = start_ms;
	}
	rhythm_init(&r);
	note(&r, start_ms, dates, 20, 20);
	assert_float_equal(rhythm_posts_per_day(&r), RHYTHM_PRIOR_POSTS_PER_DAY, 1e-9);
	rhythm_init(&r);
	note(&r, start_ms, stamped, 20, 20);
	assert_float_equal(rhythm_posts_per_day(&r), RHYTHM_PRIOR_POSTS_PER_DAY, 1e-9);
}

/* Undated, dated midnight, dated tomorrow, stamped with the moment of asking: all came since the last poll. */
TEST(impossible_dates_are_spread_over_the_gap)
{
	int64_t at_ms = start_ms + 10 * HOUR;
	int64_t odd[] = {TIME_NONE, start_ms, at_ms + DAY, at_ms};
	struct rhythm r = begun(start_ms + 5 * HOUR);

	note(&r, at_ms, odd, 4, 20);
	for (size_t h = 0; h < 24; h++)
		assert_true(h >= 6 && h <= 9 ? r.hour_posts[h] > 0.9F : r.hour_posts[h] < 0.1F);
	for (size_t i = 0; i < RHYTHM_SLOTS; i++)
		assert_true(r.slot_moments[i] < 0.1F);
	assert_int_equal(r.recent[0], 4);
}

TEST(archive_is_no_news)
{
	struct rhythm r = begun(start_ms);
	int64_t old[50];

	for (int64_t i = 0; i < 50; i++)
		old[i] = start_ms - (10 + i) * DAY;
	note(&r, start_ms + HOUR, old, 50, 100);
	assert_int_equal(r.recent[0], 0);
	assert_true(rhythm_rate_at(&r, start_ms + HOUR) < RHYTHM_PRIOR_POSTS_PER_DAY / 24);
}

/* All of what is shown is new: posts were missed, and the pace is that of what is shown. */
TEST(missed_posts_shorten_what_was_watched)
{
	struct rhythm r = begun(start_ms);
	int64_t dates[20], at_ms = start_ms + 10 * HOUR;

	for (int64_t i = 0; i < 20; i++)
		dates[i] = at_ms - (i + 1) * 3 * MINUTE;
	note(&r, at_ms, dates, 20, 20);
	assert_float_equal((double)r.observed_days, 1.0 / 24, 1e-3);
	assert_true(rhythm_posts_per_day(&r) > 50);
}

/* Sub-second polls of a person's test feed do not wear the counts out. */
TEST(polls_in_quick_succession_add_up)
{
	struct rhythm quick = begun(start_ms), slow = begun(start_ms);

	for (int64_t at_ms = start_ms; at_ms <= start_ms + DAY; at_ms += 500)
		note(&quick, at_ms, NULL, 0, 0);
	for (int64_t at_ms = start_ms; at_ms <= start_ms + DAY; at_ms += 30 * MINUTE)
		note(&slow, at_ms, NULL, 0, 0);
	assert_float_equal(rhythm_posts_per_day(&quick), rhythm_posts_per_day(&slow), 0.01);
	assert_float_equal((double)quick.observed_days, 1, 0.001);
}

TEST(clock_that_jumps)
{
	struct rhythm r = watch(10, always);
	double before = rhythm_posts_per_day(&r);
	int64_t now_ms = start_ms + 5 * DAY;

	note_one(&r, now_ms, now_ms - MINUTE);
	assert_float_equal(rhythm_posts_per_day(&r), before, 0.5);
	assert_int_equal(r.seen_ms, now_ms);
	note_one(&r, now_ms + HOUR, now_ms + MINUTE);
	assert_float_equal(rhythm_posts_per_day(&r), before, 0.5);
	/* twenty years ahead and back: learnt anew, in numbers that are some */
	note_one(&r, now_ms + 7300 * DAY, now_ms + 7300 * DAY - MINUTE);
	note_one(&r, now_ms, now_ms - MINUTE);
	for (int64_t h = 0; h < 24 * 7; h++) {
		double rate = rhythm_rate_at(&r, now_ms + h * HOUR);

		assert_true(isfinite(rate) && rate > 0 && rate < 100);
	}
}

/* ---- the last days ---- */

TEST(recent_days_one_by_one)
{
	struct rhythm r = begun(start_ms);
	uint32_t posts[RHYTHM_RECENT];

	for (int64_t day = 0; day < 20; day++)
		for (int64_t i = 0; i < day; i++)
			note_one(&r, start_ms + day * DAY + (i + 1) * HOUR,
				start_ms + day * DAY + (i + 1) * HOUR - MINUTE);
	rhythm_recent(&r, start_ms + 19 * DAY + 23 * HOUR, posts);
	for (uint32_t i = 0; i < RHYTHM_RECENT; i++)
		assert_int_equal(posts[i], 6 + i);
	rhythm_recent(&r, start_ms + 22 * DAY, posts);
	assert_int_equal(posts[RHYTHM_RECENT - 1], 0);
	assert_int_equal(posts[RHYTHM_RECENT - 4], 19);
	assert_int_equal(posts[0], 9);
	rhythm_recent(&r, start_ms + 100 * DAY, posts);
	for (size_t i = 0; i < RHYTHM_RECENT; i++)
		assert_int_equal(posts[i], 0);
}

/* ---- properties ---- */

TEST(any_history_gives_sane_numbers)
{
	random_state = 3;
	for (int i = 0; i < 3000; i++) {
		struct rhythm r = random_rhythm();
		struct rhythm_forecast f;

		rhythm_forecast(&r, r.seen_ms, &f);
		for (int64_t h = 0; h < 48; h++) {
			double rate = rhythm_forecast_rate(&f, r.seen_ms + h * HOUR);

			assert_true(isfinite(rate) && rate >= 0 && rate < 1e6);
		}
		assert_true(rhythm_forecast_burst(&f) > 0);
		assert_true(rhythm_posts_per_day(&r) > 0 && rhythm_posts_per_day(&r) < 1e6);
	}
}

/* A post more, all else equal, is never taken for less. */
TEST(more_posts_give_a_higher_rate)
{
	random_state = 4;
	for (int i = 0; i < 300; i++) {
		struct rhythm one = random_rhythm(), two = one;
		int64_t at_ms = one.seen_ms + HOUR, dates[] = {at_ms - 10 * MINUTE, at_ms - 5 * MINUTE};

		note(&one, at_ms, dates, 1, 20);
		note(&two, at_ms, dates, 2, 20);
		assert_true(rhythm_posts_per_day(&two) > rhythm_posts_per_day(&one));
		assert_true(rhythm_rate_at(&two, at_ms) > rhythm_rate_at(&one, at_ms));
	}
}
