/* SPDX-License-Identifier: ISC */
/* The tail of the gaps is fitted beyond a length that a part of them exceeds: the mean excess is the length in which
 * their number falls to a third (1/e).  Of several such parts the one that asks for most patience counts: a feed with
 * bursts has its long gaps between them.  An excess that was measured from few gaps is believed less, as in the
 * predictive distribution of an exponential law. */
#include "sitrep/schedule/post_gaps.h"

#include <math.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/codec.h"

/* The first bin ends at this many hours, each further one at a quarter more. */
static const double first_hours = 1.0 / 12, step = 1.25;
/* What a count keeps with each gap that is added. */
static const double kept = 1 - 1.0 / 400;
/* A false alarm is to be expected once in so many years. */
static const double years = 1.2;
static const double hours_a_year = 365.25 * 24;
/* A gap is counted up to this many hours, a century. */
static const double open_max = 100 * 365.25 * 24;
/* More than the sum of all counts can be. */
static const float count_max = 1000;
/* Two missed posts, with some room for one that is late. */
static const double missed = 2.1;
/* Lengths beyond which the tail is fitted: the share of the gaps that is longer. */
static const double shares[] = {0.25, 0.1, 0.04};
/* With fewer gaps than this the tail of that part is not fitted. */
static const double tail_least = 8;
/* Below the tail, a length with less than this share of it counts as one that does not occur. */
static const double rare = 0.05;

void post_gaps_init(struct post_gaps *p)
{
	*p = (struct post_gaps){.last_ms = TIME_NONE};
}

static double bin_end(size_t bin)
{
	return first_hours * pow(step, (double)bin);
}

/* The mean length of the gaps that fall into the bin. */
static double bin_middle(size_t bin)
{
	return bin == 0 ? first_hours / 2 : bin_end(bin) / sqrt(step);
}

static size_t bin_of(double hours)
{
	double bin = hours <= first_hours ? 0 : ceil(log(hours / first_hours) / log(step));

	return bin < POST_GAPS_BINS ? (size_t)bin : POST_GAPS_BINS - 1;
}

void post_gaps_pass(struct post_gaps *p, double usual_hours)
{
	if (p->last_ms != TIME_NONE)
		p->open = (float)fmin((double)p->open + usual_hours, open_max);
}

void post_gaps_meet(struct post_gaps *p, int64_t at_ms)
{
	if (p->last_ms != TIME_NONE && at_ms - p->last_ms >= POST_GAPS_MOMENT_MS && p->open > 0) {
		for (size_t i = 0; i < POST_GAPS_BINS; i++)
			p->counts[i] = (float)((double)p->counts[i] * kept);
		p->counts[bin_of((double)p->open)] += 1;
	}
	p->last_ms = at_ms;
	p->open = 0;
	p->told = false;
}

void post_gaps_skip(struct post_gaps *p)
{
	p->last_ms = TIME_NONE;
	p->open = 0;
}

static double total_of(const struct post_gaps *p)
{
	double total = 0;

	for (size_t i = 0; i < POST_GAPS_BINS; i++)
		total += (double)p->counts[i];
	return total;
}

double post_gaps_usual(const struct post_gaps *p)
{
	double total = total_of(p), hours = 0;

	for (size_t i = 0; i < POST_GAPS_BINS; i++)
		hours += (double)p->counts[i] * bin_middle(i);
	return total >= POST_GAPS_LEAST - 0.5 ? hours / total : 0;
}

/* The length that is exceeded once in years, by the gaps longer than a share of all.  Between the gaps of a feed
 * that posts at fixed times no length occurs: its tail begins in the middle of that. */
static double tail_limit(const struct post_gaps *p, double share, double total, double a_year)
{
	double tail = 0, excess = 0, most = 0, from;
	size_t bin = POST_GAPS_BINS, below;

	while (bin > 0 && tail + (double)p->counts[bin - 1] <= share * total) {
		tail += (double)p->counts[--bin];
		most = fmax(most, (double)p->counts[bin]);
	}
	if (tail < tail_least)
		return 0;
	/* in a tail of many lengths each may be rare: then the commonest one begins it */
	for (below = bin; (double)p->counts[bin] < fmin(rare * tail, most);)
		bin++;
	from = (bin_end(below - 1) + bin_end(bin - 1)) / 2;
	for (size_t i = bin; i < POST_GAPS_BINS; i++)
		excess += (double)p->counts[i] * (bin_middle(i) - from);
	excess /= tail;
	return from + excess * tail * (pow(fmax(1, years * a_year * tail / total), 1 / tail) - 1);
}

void post_gaps_code(struct code *c, struct post_gaps *p)
{
	uint8_t used = 0;

	for (size_t i = 0; i < POST_GAPS_BINS; i++)
		used = (uint8_t)(used + (p->counts[i] > 0));
	code_time(c, &p->last_ms);
	code_float(c, &p->open, 0, (float)open_max);
	code_bool(c, &p->told);
	code_u8(c, &used);
	for (uint8_t bin = 0; used > 0 && !c->bad; bin++, used--) {
		while (c->out != NULL && p->counts[bin] <= 0)
			bin++;
		code_u8(c, &bin);
		c->bad = c->bad || bin >= POST_GAPS_BINS;
		if (!c->bad)
			code_float(c, &p->counts[bin], 0, count_max);
	}
}

double post_gaps_limit(const struct post_gaps *p)
{
	double total = total_of(p), usual = post_gaps_usual(p), limit = missed * usual;

	if (usual <= 0)
		return 0;
	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++)
		limit = fmax(limit, tail_limit(p, shares[i], total, hours_a_year / usual));
	return limit;
}
