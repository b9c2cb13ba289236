/* SPDX-License-Identifier: ISC */
#include "burst.h"

#include <math.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/codec.h"

#define SLOT_MS (INT64_C(5) * 60 * 1000)
#define HOUR_MS (INT64_C(3600) * 1000)

enum {
	SLOTS_AN_HOUR = 12,
	HOURS_A_DAY = 24,
	DAYS = 7,
	WEEKS = 8,
	LEAST_SEEN = 5,
	OLD_SLOTS = SLOTS_AN_HOUR, /* that a version with one window has stored */
	TAIL_TERMS = 1000,
	NEWTON_STEPS = 6,
};

/* Hours, at most BURST_SLOTS / SLOTS_AN_HOUR. */
static const int windows[] = {1, 3, 6, 12};
/* 1970-01-01 was a Thursday: hours from there to Monday. */
static const int64_t monday_hours = 3 * 24;
/* The weight, in weeks, of the guess from the day and the hour of the day; and that of its part that is divided by the
 * guess: counts of a week say less about an hour with few reports. */
static const double guess_weeks = 2, guess_reports = 5;
/* The part of a new hour in squares and means: they remember a dozen weeks, since something rare comes in few clusters.
 */
static const double spread_share = 0.0005;
/* Before anything is known: reports come in clusters that make the variance 2.5 times the mean, and that is as sure as
 * what so many reports tell. */
static const double usual_spread = 2.5, spread_reports = 5;
/* A longer window holds more of a cluster than the hours it is learnt from. */
static const double longer_spread = 1.25;
/* Reports that are missing in the estimate of something that was hardly ever seen. */
static const double unseen_reports = 0.25;
static const double begins = 4, ends = 2, times_expected = 3;
static const float count_max = 1e6F, square_max = 1e12F;

void burst_init(struct burst *b)
{
	*b = (struct burst){.since_ms = TIME_NONE};
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

/* The sums of the usual counts of the week: of each day, of each hour of the day, and of all. */
struct sums {
	double days[DAYS], hours[HOURS_A_DAY], all;
};

static void add_up(const struct burst *b, struct sums *s)
{
	*s = (struct sums){.all = 0};
	for (size_t i = 0; i < BURST_HOURS; i++) {
		double count = (double)b->hours[i];

		s->all += count;
		s->days[i / HOURS_A_DAY] += count;
		s->hours[i % HOURS_A_DAY] += count;
	}
}

/* The expected count of an hour, from the same hour of earlier weeks, its day and its hour of the day. *weeks: so many
 * weeks tell it. */
static double expected_in(const struct burst *b, const struct sums *s, int64_t hour, double *weeks)
{
	size_t at = hour_of_week(hour);
	double seen = weeks_seen(b, hour), guess, weight;

	guess = s->all > 0 ? s->days[at / HOURS_A_DAY] * s->hours[at % HOURS_A_DAY] / s->all : 0;
	weight = guess_weeks + fmin(guess_reports / fmax(guess, 1e-6), BURST_HOURS);
	*weeks = seen + weight;
	return (seen * (double)b->hours[at] + weight * guess) / *weeks;
}

static void fade(float *mean, double part, double value)
{
	*mean = (float)((double)*mean + part * (value - (double)*mean));
}

/* Learns from the count of an hour that is over. */
static void learn_hour(struct burst *b, int64_t hour)
{
	double share = 1 / fmin(WEEKS, floor(weeks_seen(b, hour)) + 1), weeks, expected, square;
	/* more cannot be stored */
	double count = fmin((double)b->hour_count, (double)count_max);
	struct sums sums;

	add_up(b, &sums);
	expected = expected_in(b, &sums, hour, &weeks);
	square = (count - expected) * (count - expected);
	if (weeks_seen(b, hour) >= 1) {
		/* a burst is not the usual course */
		fade(&b->squares, spread_share, fmin(square, 100 * (expected + 0.5)));
		fade(&b->means, spread_share, fmin(expected, (double)count_max));
	}
	fade(&b->hours[hour_of_week(hour)], share, count);
	b->hour_count = 0;
}

static void advance_to(struct burst *b, int64_t slot)
{
	int64_t passed = slot - b->slot;
	size_t moved;

	if (passed <= 0)
		return;
	moved = passed < BURST_SLOTS ? (size_t)passed : BURST_SLOTS;
	for (int64_t hour = b->slot / SLOTS_AN_HOUR; hour < slot / SLOTS_AN_HOUR; hour++)
		learn_hour(b, hour);
	memmove(b->recent + moved, b->recent, (BURST_SLOTS - moved) * sizeof(b->recent[0]));
	memset(b->recent, 0, moved * sizeof(b->recent[0]));
	b->slot = slot;
}

/* ---- chance ---- */

/* The probability that a negative binomial count with this mean and variance over mean is seen or more, where seen is
 * above the mean. */
static double chance_of(int64_t seen, double mean, double spread)
{
	double over = fmax(spread - 1, 1e-6), size = mean / over, share = over / (over + 1);
	double first = (double)seen, term, sum;
	int sign;

	term = exp(lgamma_r(first + size, &sign) - lgamma_r(size, &sign) - lgamma_r(first + 1, &sign) +
		   first * log(share) + size * log1p(-share));
	sum = term;
	for (int i = 0; i < TAIL_TERMS && term > 1e-6 * sum; i++) {
		term *= (first + i + size) / (first + i + 1) * share;
		sum += term;
	}
	return fmin(1, fmax(sum, 1e-300));
}

/* The distance from the mean of a normal distribution beyond which it has this probability; 0 for a half or more. */
static double deviations_of(double chance)
{
	double z;

	if (chance >= 0.5)
		return 0;
	/* Newton's method on the logarithm */
	z = sqrt(-2 * log(chance));
	for (int i = 0; i < NEWTON_STEPS; i++) {
		double tail = erfc(z / sqrt(2)) / 2, density = exp(-z * z / 2) / sqrt(2 * acos(-1));

		if (tail <= 0 || density <= 0)
			break;
		z += (log(tail) - log(chance)) * tail / density;
	}
	return fmax(z, 0);
}

/* The variance of an hour's count over its mean. */
static double spread_of(const struct burst *b)
{
	double reports = (double)b->means / spread_share;
	double spread =
		((double)b->squares / spread_share + usual_spread * spread_reports) / (reports + spread_reports);

	return fmax(1, spread);
}

static bool is_many(const struct burst_figures *f)
{
	return f->seen >= LEAST_SEEN && (double)f->seen >= times_expected * f->expected;
}

/* The figures of the window of so many hours, which begins passed of an hour before a full hour. */
static void compute_window(
	const struct burst *b, const struct sums *sums, int hours, double passed, struct burst_figures *f)
{
	int64_t hour = b->slot / SLOTS_AN_HOUR;
	double spread = spread_of(b), weight = 0;

	*f = (struct burst_figures){.hours = hours};
	for (int i = 0; i < hours * SLOTS_AN_HOUR; i++)
		f->seen += b->recent[i];
	for (int i = 0; i <= hours; i++) {
		double weeks, part = i == 0 ? passed : i == hours ? 1 - passed : 1;
		double expected = part * expected_in(b, sums, hour - i, &weeks);

		f->expected += expected;
		weight += expected / weeks;
	}
	/* the estimate varies as a count of so many weeks does */
	weight = f->expected > 0 ? weight / f->expected : 0;
	f->expected += unseen_reports * hours / (BURST_HOURS * fmax(1, weeks_seen(b, hour)));
	if (hours > 1)
		spread = 1 + (spread - 1) * longer_spread;
	/* Most reports begin no burst, and are spared the sum. */
	if (b->told ? (double)f->seen > f->expected : is_many(f))
		f->score = deviations_of(chance_of(f->seen, f->expected, spread * (1 + weight)));
}

static bool is_burst(const struct burst_figures *f)
{
	return is_many(f) && f->score >= begins;
}

/* The figures of the window that shows a burst most clearly, else of the one with the highest score. */
static void compute_figures(const struct burst *b, int64_t at_ms, struct burst_figures *f)
{
	int64_t hour = b->slot / SLOTS_AN_HOUR;
	double passed = (double)(at_ms - hour * HOUR_MS) / HOUR_MS;
	struct sums sums;

	add_up(b, &sums);
	*f = (struct burst_figures){.hours = 1};
	for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
		struct burst_figures of_window;

		compute_window(b, &sums, windows[i], fmin(1, fmax(0, passed)), &of_window);
		if (i == 0 || is_burst(&of_window) > is_burst(f) ||
			(is_burst(&of_window) == is_burst(f) && of_window.score > f->score))
			*f = of_window;
	}
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
	if (slot < b->slot - SLOTS_AN_HOUR) {
		memset(b->recent, 0, sizeof(b->recent));
		b->hour_count = 0;
		b->slot = slot;
		b->since_ms = b->since_ms < at_ms ? b->since_ms : at_ms;
	}
	advance_to(b, slot);
	if (b->recent[0] < UINT16_MAX)
		b->recent[0]++;
	b->hour_count++;
	if (burst_is_learning(b, at_ms)) {
		*f = (struct burst_figures){.hours = 1};
		return false;
	}
	compute_figures(b, at_ms, f);
	if (f->score < ends)
		b->told = false;
	if (b->told || !is_burst(f))
		return false;
	b->told = true;
	return true;
}

bool burst_is_learning(const struct burst *b, int64_t now_ms)
{
	return b->since_ms == TIME_NONE || now_ms - b->since_ms < BURST_LEARNS_MS;
}

static void code_slots(struct code *c, struct burst *b, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		code_u16(c, &b->recent[i]);
}

/* What a version with one window has learnt: the usual counts, and the variance over the mean. */
static void take_old_spread(struct burst *b, double spread)
{
	struct sums sums;

	add_up(b, &sums);
	b->means = (float)(sums.all / BURST_HOURS);
	b->squares = (float)(spread * sums.all / BURST_HOURS);
}

void burst_code(struct code *c, struct burst *b)
{
	float spread = (float)fmin(spread_of(b), (double)count_max);

	code_time(c, &b->since_ms);
	code_time(c, &b->slot);
	code_slots(c, b, 0, OLD_SLOTS);
	code_u32(c, &b->hour_count);
	for (size_t i = 0; i < BURST_HOURS; i++)
		code_float(c, &b->hours[i], 0, count_max);
	code_float(c, &spread, 0, count_max);
	code_bool(c, &b->told);
	if (c->out == NULL && c->in.len == 0) {
		take_old_spread(b, (double)spread);
	} else {
		code_slots(c, b, OLD_SLOTS, BURST_SLOTS);
		code_float(c, &b->squares, 0, square_max);
		code_float(c, &b->means, 0, count_max);
	}
	c->bad = c->bad || b->slot < 0;
}
