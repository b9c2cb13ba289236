/* SPDX-License-Identifier: ISC */
/* Bursts over weeks of virtual time. */
#include "../../../daemon/ingest/burst.h"

#include <math.h>

#include "../scratch.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/codec.h"

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define WEEK (168 * HOUR)

static const int64_t monday = INT64_C(1795392000000); /* 2026-11-23T00:00:00Z */

static uint64_t random_state;

static double draw(void)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return ((double)(random_state >> 33) + 1) / 2147483649.0;
}

/* An hour of the working day has so many, one of the night a tenth. */
static double usual(int64_t at_ms, double by_day)
{
	int64_t hour = (at_ms / HOUR) % 24, day = ((at_ms - monday) / (24 * HOUR)) % 7;

	return hour >= 8 && hour < 18 && day < 5 ? by_day : by_day / 10;
}

/* Random counts from from_ms to to_ms; returns the number of bursts told. */
static int follow(struct burst *b, int64_t from_ms, int64_t to_ms, double by_day)
{
	struct burst_figures f;
	int told = 0;

	for (int64_t at_ms = from_ms; at_ms < to_ms; at_ms += MINUTE)
		if (draw() < usual(at_ms, by_day) / 60)
			told += burst_note(b, at_ms, &f);
	return told;
}

TEST(the_usual_week_is_no_burst)
{
	static const double rates[] = {0.5, 5, 30};
	int told = 0;

	random_state = 11;
	for (size_t i = 0; i < 3; i++) {
		struct burst b;

		burst_init(&b);
		told += follow(&b, monday, monday + 26 * WEEK, rates[i]);
	}
	/* one and a half years in all */
	assert_in_range(told, 0, 1);
}

TEST(twenty_at_night_are_a_burst_and_at_noon_they_are_not)
{
	int64_t night = monday + 6 * WEEK + 3 * HOUR, noon = monday + 6 * WEEK + 12 * HOUR;
	struct burst_figures f;
	struct burst b;
	int told = 0;

	random_state = 5;
	burst_init(&b);
	follow(&b, monday, night, 20);
	for (int i = 0; i < 20; i++)
		told += burst_note(&b, night + i * MINUTE, &f);
	assert_int_equal(told, 1);
	assert_true(b.told);
	assert_in_range(f.seen, 20, 24);
	assert_true(f.expected > 0.5 && f.expected < 6);
	assert_true(f.score >= 4);
	assert_int_equal(f.hours, 1);
	burst_init(&b);
	random_state = 5;
	follow(&b, monday, noon, 20);
	for (int i = 0; i < 20; i++)
		assert_false(burst_note(&b, noon + i * MINUTE, &f));
	assert_true(f.expected > 10);
}

TEST(a_burst_that_is_over_may_come_again)
{
	int64_t night = monday + 6 * WEEK + 2 * HOUR;
	struct burst_figures f;
	struct burst b;
	int told = 0;

	random_state = 9;
	burst_init(&b);
	follow(&b, monday, night, 5);
	for (int k = 0; k < 2; k++)
		for (int i = 0; i < 30; i++)
			told += burst_note(&b, night + k * 24 * HOUR + i * MINUTE, &f);
	assert_int_equal(told, 2);
}

/* A report in four hours is usual; twelve in six hours are told by a window of several hours, four are not. */
TEST(a_burst_of_something_rare_is_found_over_hours)
{
	int64_t from = monday + 10 * WEEK;
	struct burst_figures f, told_with = {0};
	struct burst b, copy;
	int told = 0;

	random_state = 21;
	burst_init(&b);
	for (int64_t at_ms = monday; at_ms < from; at_ms += MINUTE)
		if (draw() < 0.25 / 60)
			assert_false(burst_note(&b, at_ms, &f));
	copy = b;
	for (int i = 0; i < 12; i++)
		if (burst_note(&b, from + i * 30 * MINUTE, &f)) {
			told++;
			told_with = f;
		}
	assert_int_equal(told, 1);
	assert_in_range(told_with.hours, 3, 12);
	assert_in_range(told_with.seen, 5, 16);
	assert_true(told_with.expected < 4.5);
	for (int i = 0; i < 4; i++)
		assert_false(burst_note(&copy, from + i * 90 * MINUTE, &f));
}

/* Stories that several outlets copy: the variance is learnt, and a story more is no burst. */
TEST(reports_that_come_in_clusters_are_no_burst)
{
	struct burst_figures f;
	struct burst b;
	int told = 0;

	random_state = 4;
	burst_init(&b);
	for (int64_t at_ms = monday; at_ms < monday + 40 * WEEK; at_ms += MINUTE)
		if (draw() < 0.1 / 60)
			for (int copies = 1 + (int)(draw() * 6); copies > 0; copies--)
				told += burst_note(&b, at_ms, &f);
	assert_in_range(told, 0, 1);
}

/* Hours that come twice must not look like one. */
TEST(a_clock_that_is_put_back_makes_no_burst)
{
	int64_t from = monday + 10 * WEEK + 12 * HOUR;
	struct burst_figures f;
	struct burst b;
	int told = 0;

	random_state = 8;
	burst_init(&b);
	told += follow(&b, monday, from, 5);
	for (int i = 0; i < 4; i++)
		told += follow(&b, from - 3 * HOUR, from, 5);
	assert_int_equal(told, 0);
	burst_note(&b, from, &f);
	assert_true(f.seen < 100);
}

/* As the first version wrote it: twelve slots, the counts, the noise. */
TEST(bytes_of_a_version_with_one_window_are_read)
{
	struct buf *bytes = scratch(4096);
	struct code out = {.out = bytes}, in;
	int64_t since = monday, slot = (monday + 9 * WEEK) / (5 * MINUTE);
	struct burst_figures f;
	struct burst b;
	uint16_t none = 0;
	uint32_t count = 0;
	float usual = 2, noise = 3;
	bool told = false;

	code_time(&out, &since);
	code_time(&out, &slot);
	for (int i = 0; i < 12; i++)
		code_u16(&out, &none);
	code_u32(&out, &count);
	for (int i = 0; i < BURST_HOURS; i++)
		code_float(&out, &usual, 0, 1e6F);
	code_float(&out, &noise, 0, 1e6F);
	code_bool(&out, &told);
	in = (struct code){.in = buf_str(bytes)};
	burst_init(&b);
	burst_code(&in, &b);
	assert_false(in.bad);
	assert_false(burst_is_learning(&b, monday + 9 * WEEK));
	/* eight in an hour are four times as many, which a variance of three times the mean gives now and then */
	for (int i = 0; i < 8; i++)
		assert_false(burst_note(&b, monday + 9 * WEEK + (60 + i) * MINUTE, &f));
	assert_true(f.expected > 1.7 && f.expected < 2.1 && f.score < 4);
	for (int i = 8; i < 30; i++)
		told = burst_note(&b, monday + 9 * WEEK + (60 + i) * MINUTE, &f) || told;
	assert_true(told);
}

TEST(it_learns_for_four_weeks)
{
	struct burst_figures f;
	struct burst b;

	burst_init(&b);
	assert_true(burst_is_learning(&b, monday));
	for (int i = 0; i < 500; i++)
		assert_false(burst_note(&b, monday + i * MINUTE, &f));
	assert_true(burst_is_learning(&b, monday + 4 * WEEK - 1));
	assert_false(burst_is_learning(&b, monday + 4 * WEEK));
	assert_false(burst_is_forgotten(&b, monday + 4 * WEEK));
	assert_true(burst_is_forgotten(&b, monday + 9 * WEEK));
	/* it begins anew */
	burst_note(&b, monday + 20 * WEEK, &f);
	assert_true(burst_is_learning(&b, monday + 20 * WEEK));
}

TEST(bytes_there_and_back)
{
	struct buf *bytes = scratch(4096);
	struct code out = {.out = bytes}, in;
	struct burst before, after;

	random_state = 3;
	burst_init(&before);
	follow(&before, monday, monday + WEEK, 9);
	burst_code(&out, &before);
	in = (struct code){.in = buf_str(bytes)};
	burst_init(&after);
	burst_code(&in, &after);
	assert_false(in.bad);
	assert_int_equal(in.in.len, 0);
	assert_int_equal(after.slot, before.slot);
	assert_memory_equal(after.hours, before.hours, sizeof(after.hours));
	assert_memory_equal(after.recent, before.recent, sizeof(after.recent));
	in = (struct code){.in = str_make(bytes->data, bytes->len - 1)};
	burst_code(&in, &after);
	assert_true(in.bad);
}
