/* SPDX-License-Identifier: ISC */
#include "growth.h"

#include <math.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/codec.h"

#define HOUR_MS INT64_C(3600000)
#define WEEK_MS (168 * HOUR_MS)

enum { HOURS_A_DAY = 24 };

/* Counts fade to a third (1/e) within this time. */
static const double memory_weeks = 8;
/* The weight, in stories, of the assumption that all hours of the week are alike. */
static const double doubt = 20;
/* 1970-01-01 was a Thursday: hours from there to Monday. */
static const int64_t monday_hours = 3 * 24;
static const float count_max = 1e9F;

void growth_init(struct growth *g)
{
	*g = (struct growth){.since_ms = TIME_NONE, .faded_ms = TIME_NONE};
}

static void fade_counts(struct growth *g, int64_t at_ms)
{
	double kept;

	if (at_ms <= g->faded_ms)
		return;
	kept = exp(-(double)(at_ms - g->faded_ms) / (double)WEEK_MS / memory_weeks);
	for (int i = 0; i <= GROWTH_MOST; i++)
		g->speeds[i] = (float)((double)g->speeds[i] * kept);
	for (int i = 0; i < GROWTH_HOURS; i++)
		g->hours[i] = (float)((double)g->hours[i] * kept);
	g->faded_ms = at_ms;
}

/* The share of a week's stories that falls into an hour such as this one, by its day and its hour of the day. */
static double share_of_hour(const struct growth *g, int64_t at_ms)
{
	size_t at = (size_t)((at_ms / HOUR_MS + monday_hours) % GROWTH_HOURS);
	double all = doubt, day = doubt / 7, hour = doubt / HOURS_A_DAY;

	for (size_t i = 0; i < GROWTH_HOURS; i++) {
		double count = (double)g->hours[i];

		all += count;
		day += i / HOURS_A_DAY == at / HOURS_A_DAY ? count : 0;
		hour += i % HOURS_A_DAY == at % HOURS_A_DAY ? count : 0;
	}
	return day / all * hour / all;
}

/* The usual number of stories a week that reach the speed. */
static double stories_a_week(const struct growth *g, int64_t at_ms, int64_t speed)
{
	double weeks = memory_weeks * (1 - exp(-(double)(at_ms - g->since_ms) / (double)WEEK_MS / memory_weeks));

	return weeks > 0 ? (double)g->speeds[speed] / weeks : 0;
}

bool growth_note(struct growth *g, int64_t at_ms, int64_t speed, double *expected)
{
	if (speed > GROWTH_MOST)
		speed = GROWTH_MOST;
	/* too little is left of the counts */
	if (g->since_ms == TIME_NONE || at_ms < g->since_ms || at_ms - g->faded_ms > GROWTH_LEARNS_MS) {
		growth_init(g);
		g->since_ms = g->faded_ms = at_ms;
	}
	fade_counts(g, at_ms);
	*expected = stories_a_week(g, at_ms, speed) * share_of_hour(g, at_ms);
	g->speeds[speed] += 1;
	if (speed == GROWTH_LEAST)
		g->hours[(at_ms / HOUR_MS + monday_hours) % GROWTH_HOURS] += 1;
	return !growth_is_learning(g, at_ms) && *expected * GROWTH_HOURS < 1;
}

bool growth_is_learning(const struct growth *g, int64_t now_ms)
{
	return g->since_ms == TIME_NONE || now_ms - g->since_ms < GROWTH_LEARNS_MS;
}

void growth_code(struct code *c, struct growth *g)
{
	code_time(c, &g->since_ms);
	code_time(c, &g->faded_ms);
	for (int i = 0; i <= GROWTH_MOST; i++)
		code_float(c, &g->speeds[i], 0, count_max);
	for (int i = 0; i < GROWTH_HOURS; i++)
		code_float(c, &g->hours[i], 0, count_max);
	c->bad = c->bad || (g->since_ms != TIME_NONE && (g->since_ms < 0 || g->faded_ms < g->since_ms));
}
