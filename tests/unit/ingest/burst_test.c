/* SPDX-License-Identifier: ISC */
/* Bursts over weeks of virtual time. */
#include "../../../daemon/ingest/burst.h"

#include <math.h>

#include "../test.h"
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
	assert_true(f.score > 4.25);
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
	struct buf bytes = BUF_INIT(4096);
	struct code out = {.out = &bytes}, in;
	struct burst before, after;

	random_state = 3;
	burst_init(&before);
	follow(&before, monday, monday + WEEK, 9);
	burst_code(&out, &before);
	in = (struct code){.in = buf_str(&bytes)};
	burst_init(&after);
	burst_code(&in, &after);
	assert_false(in.bad);
	assert_int_equal(in.in.len, 0);
	assert_int_equal(after.slot, before.slot);
	assert_memory_equal(after.hours, before.hours, sizeof(after.hours));
	assert_memory_equal(after.recent, before.recent, sizeof(after.recent));
	in = (struct code){.in = str_make(bytes.data, bytes.len - 1)};
	burst_code(&in, &after);
	assert_true(in.bad);
	buf_release(&bytes);
}
