/* SPDX-License-Identifier: ISC */
#include "burst.h"

#include <math.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/codec.h"

#define SLOT_MS (INT64_C(5) * 60 * 1000)
#define HOUR_MS (INT64_C(3600) * 1000)

enum { SLOTS_AN_HOUR = 12, HOURS_A_DAY = 24, DAYS = 7, WEEKS = 8, LEAST_SEEN = 5 };

/* 1970-01-01 was a Thursday: hours from there to Monday. */
static const int64_t monday_hours = 3 * 24;
/* The weight, in weeks, of the guess from the day and the hour of the day. */
static const double guess_weeks = 2;
/* The part of a new deviation in the noise. */
static const double noise_share = 0.02;
static const double begins = 4.25, ends = 2, times_expected = 3;
/* Added to each count before its root is taken (Anscombe). */
static const double anscombe = 0.375;
static const float count_max = 1e6F;

void burst_init(struct burst *b)
{
	*b = (struct burst){.since_ms = TIME_NONE, .noise = 1};
}

static int64_t slot_of(int64_t at_ms)
{
	return at_ms >= 0 ? at_ms / SLOT_MS : 0;
}

static size_t hour_of_week(int64_t hour)
{
	return (size_t)((hour + monday_hours) % BURST_HOURS);
}

static double weeks_seen(const struct burst *b, int64_t hour)
{
	double weeks = (double)(hour * HOUR_MS - b->since_ms) / (double)(BURST_HOURS * HOUR_MS);

	return fmin(WEEKS, fmax(0, weeks));
}

/* The expected count of an hour, from the same hour of earlier weeks, its day and its hour of the day. */
static double expected_in(const struct burst *b, int64_t hour)
{
	size_t at = hour_of_week(hour), of_day = at % HOURS_A_DAY, day = at / HOURS_A_DAY;
	double all = 0, day_sum = 0, hour_sum = 0, weeks = weeks_seen(b, hour), guess;

	for (size_t i = 0; i < BURST_HOURS; i++) {
		double count = (double)b->hours[i];

		all += count;
		day_sum += i / HOURS_A_DAY == day ? count : 0;
		hour_sum += i % HOURS_A_DAY == of_day ? count : 0;
	}
	guess = all > 0 ? day_sum * hour_sum / all : 0;
	return (weeks * (double)b->hours[at] + guess_weeks * guess) / (weeks + guess_weeks);
}

/* Learns from the count of an hour that is over. */
static void learn_hour(struct burst *b, int64_t hour)
{
	float *usual = &b->hours[hour_of_week(hour)];
	double expected = expected_in(b, hour), off = (double)b->hour_count - expected;
	double share = 1 / fmin(WEEKS, floor(weeks_seen(b, hour)) + 1);

	if (weeks_seen(b, hour) >= 1)
		b->noise = (float)((double)b->noise +
				   noise_share * (fmin(off * off / (expected + 0.5), 100) - (double)b->noise));
	*usual = (float)((double)*usual + share * ((double)b->hour_count - (double)*usual));
	b->hour_count = 0;
}

static void advance_to(struct burst *b, int64_t slot)
{
	while (b->slot < slot) {
		if ((b->slot + 1) % SLOTS_AN_HOUR == 0)
			learn_hour(b, b->slot / SLOTS_AN_HOUR);
		memmove(b->recent + 1, b->recent, sizeof(b->recent) - sizeof(b->recent[0]));
		b->recent[0] = 0;
		b->slot++;
	}
}

static void compute_figures(const struct burst *b, int64_t at_ms, struct burst_figures *f)
{
	int64_t hour = b->slot / SLOTS_AN_HOUR;
	double passed = (double)(at_ms - hour * HOUR_MS) / HOUR_MS;

	passed = fmin(1, fmax(0, passed));
	*f = (struct burst_figures){.seen = 0};
	for (size_t i = 0; i < BURST_SLOTS; i++)
		f->seen += b->recent[i];
	f->expected = passed * expected_in(b, hour) + (1 - passed) * expected_in(b, hour - 1);
	f->score =
		2 * (sqrt((double)f->seen + anscombe) - sqrt(f->expected + anscombe)) / sqrt(fmax(1, (double)b->noise));
}

bool burst_is_forgotten(const struct burst *b, int64_t now_ms)
{
	return b->since_ms == TIME_NONE || slot_of(now_ms) - b->slot > (int64_t)WEEKS * BURST_HOURS * SLOTS_AN_HOUR;
}

bool burst_note(struct burst *b, int64_t at_ms, struct burst_figures *f)
{
	int64_t slot = slot_of(at_ms);

	if (burst_is_forgotten(b, at_ms)) {
		burst_init(b);
		b->since_ms = at_ms;
		b->slot = slot;
	}
	/* the clock was put back: the counts of the time ahead are dropped */
	if (slot < b->slot - BURST_SLOTS) {
		memset(b->recent, 0, sizeof(b->recent));
		b->hour_count = 0;
		b->slot = slot;
		b->since_ms = b->since_ms < at_ms ? b->since_ms : at_ms;
	}
	advance_to(b, slot);
	if (b->recent[0] < UINT16_MAX)
		b->recent[0]++;
	b->hour_count++;
	compute_figures(b, at_ms, f);
	if (f->score < ends)
		b->told = false;
	if (burst_is_learning(b, at_ms) || b->told || f->seen < LEAST_SEEN || f->score < begins ||
		(double)f->seen < times_expected * f->expected)
		return false;
	b->told = true;
	return true;
}

bool burst_is_learning(const struct burst *b, int64_t now_ms)
{
	return b->since_ms == TIME_NONE || now_ms - b->since_ms < BURST_LEARNS_MS;
}

void burst_code(struct code *c, struct burst *b)
{
	code_time(c, &b->since_ms);
	code_time(c, &b->slot);
	for (size_t i = 0; i < BURST_SLOTS; i++)
		code_u16(c, &b->recent[i]);
	code_u32(c, &b->hour_count);
	for (size_t i = 0; i < BURST_HOURS; i++)
		code_float(c, &b->hours[i], 0, count_max);
	code_float(c, &b->noise, 0, count_max);
	code_bool(c, &b->told);
	c->bad = c->bad || b->slot < 0;
}
