/* SPDX-License-Identifier: ISC */
/* Stories that gain publishers, over weeks of virtual time. */
#include "../../../daemon/ingest/growth.h"

#include "../scratch.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/codec.h"

#define HOUR INT64_C(3600000)
#define DAY (24 * HOUR)
#define WEEK (7 * DAY)

static const int64_t monday = INT64_C(1795392000000); /* 2026-11-23T00:00:00Z */

/* A story that reaches the speed at that time; returns how often it was breaking on the way. */
static int story(struct growth *g, int64_t at_ms, int64_t speed)
{
	double expected;
	int breaking = 0;

	for (int64_t n = GROWTH_LEAST; n <= speed; n++)
		breaking += growth_note(g, at_ms, n, &expected);
	return breaking;
}

/* Each day four stories of three publishers at noon, two of five and one of seven. */
static int usual_weeks(struct growth *g, int from, int to)
{
	int breaking = 0;

	for (int64_t day = from * 7; day < to * 7; day++)
		for (int i = 0; i < 7; i++)
			breaking += story(g, monday + day * DAY + 12 * HOUR + i, i < 4 ? 3 : i < 6 ? 5 : 7);
	return breaking;
}

TEST(what_is_usual_is_not_breaking)
{
	struct growth g;

	growth_init(&g);
	assert_int_equal(usual_weeks(&g, 0, 20), 0);
}

TEST(more_than_usual_is_breaking_and_less_does_at_night)
{
	struct growth noon, night;
	int64_t later = monday + 12 * WEEK;
	double expected;

	growth_init(&noon);
	usual_weeks(&noon, 0, 12);
	night = noon;
	assert_false(growth_note(&noon, later + 12 * HOUR, 5, &expected));
	assert_true(expected > 0.1);
	assert_false(growth_note(&noon, later + 12 * HOUR, 7, &expected));
	assert_true(growth_note(&noon, later + 12 * HOUR, 8, &expected));
	assert_true(growth_note(&noon, later + 12 * HOUR, 100, &expected));
	assert_true(growth_note(&night, later + 3 * HOUR, 7, &expected));
	assert_true(expected < 1.0 / 168);
}

TEST(it_learns_for_four_weeks)
{
	struct growth g;
	double expected;

	growth_init(&g);
	assert_true(growth_is_learning(&g, monday));
	assert_false(growth_note(&g, monday, 20, &expected));
	assert_false(growth_note(&g, monday + 4 * WEEK - 1, 30, &expected));
	assert_true(growth_note(&g, monday + 4 * WEEK, 31, &expected));
}

/* A clock that is a year ahead for a moment, or a daemon that was off for a year, leaves no counts: every story would
 * be breaking. */
TEST(it_learns_anew_after_a_long_time)
{
	struct growth jumped, off;
	int64_t back = monday + 12 * WEEK + 12 * HOUR, year = 52 * WEEK;
	double expected;

	growth_init(&jumped);
	usual_weeks(&jumped, 0, 12);
	off = jumped;
	assert_false(growth_note(&jumped, back + year, 3, &expected));
	assert_false(growth_note(&jumped, back, 3, &expected));
	assert_true(growth_is_learning(&jumped, back + 4 * WEEK - 1));
	assert_false(growth_note(&off, back + year, 5, &expected));
	assert_true(growth_is_learning(&off, back + year));
	assert_false(growth_is_learning(&off, back + year + 4 * WEEK));
}

TEST(bytes_there_and_back)
{
	struct buf *bytes = scratch(4096);
	struct code out = {.out = bytes}, in;
	struct growth before, after;

	growth_init(&before);
	usual_weeks(&before, 0, 3);
	growth_code(&out, &before);
	in = (struct code){.in = buf_str(bytes)};
	growth_init(&after);
	growth_code(&in, &after);
	assert_false(in.bad);
	assert_int_equal(in.in.len, 0);
	assert_int_equal(after.since_ms, before.since_ms);
	assert_memory_equal(after.speeds, before.speeds, sizeof(after.speeds));
	assert_memory_equal(after.hours, before.hours, sizeof(after.hours));
	in = (struct code){.in = str_make(bytes->data, bytes->len - 1)};
	growth_code(&in, &after);
	assert_true(in.bad);
}
