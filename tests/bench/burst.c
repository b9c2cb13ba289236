/* SPDX-License-Identifier: ISC */
/* burst.c: how often bursts and breaking stories are told that are none, and how soon those that are.
 *
 * usage: burst [SEED [TERMS [DAYS]]]
 *
 * Terms are found in made-up reports in virtual time, each at a rate and with working hours, nights and weekends of its
 * own: at random, or in stories that further outlets copy within the hours after.  A burst that is told of the usual
 * course is a false alarm.  Every five days, at any hour, the reports become five, ten or twenty times as many for six
 * hours: told is the share of those that are found, and after how long.  Beside it stands the same rule with the true
 * rate and the true variance in place of those that were learnt.
 *
 * Stories gain publishers, most of them few and some of them many, by hours of the week; every five days one story is
 * run by twenty publishers within half an hour.
 *
 * Exit status 1 when a bar is missed; each stands with its reason below. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../daemon/ingest/burst.h"
#include "../../daemon/ingest/growth.h"
#include "freshness_traces.h"
#include "sitrep/base/clock.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

enum {
	WARM_UP_DAYS = 42,
	CUT_DAYS = 5,
	BURST_HOURS_LONG = 6,
	TIMES = 3,
	LEVELS = 4,
	WINDOWS = 4,
	KINDS = 2,
	FAST = 20
};

static const int64_t start_ms = INT64_C(1795392000000); /* a Monday, 2026-11-23T00:00:00Z */

/* As for silence: a term that is wrong more than once a year is switched off. */
static const double bar_alarms = 1;
/* Of what the rule with the true rate finds, by level.  Eight weeks tell a rate of a report in some hours only roughly,
 * and the rule is then careful. */
static const double bars_told[LEVELS] = {0.5, 0.85, 0.9, 0.95};
/* What it costs that rate and variance are learnt. */
static const double bar_delay = 1.6;
/* Fewer finds say nothing about a share or a delay. */
static const double least_finds = 30;
/* A story is breaking when its speed is usual less than once a week, so one a week may be told of the usual course. One
 * that is fast just after another one is not told. */
static const double bar_breaking_a_week = 1, bar_breaking_told = 0.9;

static const char *const kind_names[KINDS] = {"random", "copied"};
/* Of four standard deviations. */
static const double known_chance = 3.2e-5;
static const double times_usual[TIMES] = {5, 10, 20};
static const int windows[WINDOWS] = {1, 3, 6, 12};
static const char *const level_names[LEVELS] = {"< 1", "1 to 3", "3 to 10", "> 10"};

struct term {
	double rate; /* an hour of the working day */
	double begin, length, night, weekend;
	double copies; /* reports of one story, on average */
};

struct times {
	int64_t *at_ms;
	size_t count, cap;
};

struct level {
	uint64_t cuts, told, known_told;
	double delay, known_delay;
};

struct tally {
	uint64_t terms, alarms, worst;
	double years;
	struct level levels[TIMES][LEVELS];
};

static uint64_t state;

static double share(void)
{
	return random_share(&state);
}

static double exponential(double mean)
{
	return -mean * log(1 - share());
}

static bool add(struct times *t, int64_t at_ms)
{
	if (t->count == t->cap) {
		size_t cap = t->cap > 0 ? 2 * t->cap : 1024;
		int64_t *more = realloc(t->at_ms, cap * sizeof(*more));

		if (more == NULL)
			return false;
		t->at_ms = more;
		t->cap = cap;
	}
	t->at_ms[t->count++] = at_ms;
	return true;
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void sort(struct times *t)
{
	if (t->count > 1)
		qsort(t->at_ms, t->count, sizeof(*t->at_ms), compare);
}

/* ---- terms ---- */

static struct term make_term(int kind)
{
	struct term t = {
		.rate = exp(log(0.01) + share() * log(40 / 0.01)),
		.begin = share() * 24,
		.length = 6 + share() * 10,
		.night = 0.02 + share() * 0.5,
		.weekend = 0.1 + share() * 0.9,
		.copies = kind == 0 ? 1 : 1 + share() * 3,
	};

	return t;
}

/* Reports an hour. */
static double rate_at(const struct term *t, int64_t at_ms)
{
	double hour = fmod((double)(at_ms % DAY_MS) / (double)HOUR_MS - t->begin + 24, 24);
	int64_t day = (at_ms - start_ms + 700 * DAY_MS) / DAY_MS % 7;

	return t->rate * (hour < t->length ? 1 : t->night) * (day >= 5 ? t->weekend : 1);
}

/* Reports at so many times the usual rate.  A copy comes within the hours after its story. */
static bool make_reports(struct times *out, const struct term *t, int64_t from_ms, int64_t to_ms, double times)
{
	double most = t->rate / t->copies * times;

	for (double at = (double)from_ms;;) {
		at += exponential((double)HOUR_MS / most);
		if (at >= (double)to_ms)
			return true;
		if (share() * t->rate >= rate_at(t, (int64_t)at))
			continue;
		if (!add(out, (int64_t)at))
			return false;
		for (double copy = at; share() < 1 - 1 / t->copies;) {
			copy += exponential(20.0 * (double)MINUTE_MS);
			if (copy < (double)to_ms && !add(out, (int64_t)copy))
				return false;
		}
	}
}

/* The mean square of the count over its mean: of a geometric number of copies, when all come within the window. */
static double variance_of(const struct term *t)
{
	return 2 * t->copies - 1;
}

/* The probability of seen reports or more: by the sum of the probabilities of fewer, so that it owes nothing to the
 * daemon's. */
static double chance_of(size_t seen, double mean, double variance)
{
	double size = mean / fmax(variance - 1, 1e-6), p = size / (size + mean), term = pow(p, size), sum = 0;

	for (size_t n = 0; n < seen; n++) {
		sum += term;
		term *= ((double)n + size) / ((double)n + 1) * (1 - p);
	}
	return fmax(0, 1 - sum);
}

static size_t count_hours(const struct times *t, size_t last, int hours)
{
	size_t first = last;

	while (first > 0 && t->at_ms[first - 1] > t->at_ms[last] - hours * HOUR_MS)
		first--;
	return last - first + 1;
}

/* The rule of burst.c, with what it learns given. */
static bool is_known_burst(const struct term *t, const struct times *x, size_t last)
{
	for (int w = 0; w < WINDOWS; w++) {
		size_t seen = count_hours(x, last, windows[w]);
		double expected = 0;

		for (int i = 0; i < 12 * windows[w]; i++)
			expected += rate_at(t, x->at_ms[last] - i * 5 * MINUTE_MS) / 12;
		if (seen >= 5 && (double)seen >= 3 * expected &&
			chance_of(seen, expected, variance_of(t)) <= known_chance)
			return true;
	}
	return false;
}

/* The usual course from half a day before the cut, and so many times as much from the cut on. */
static bool make_burst(struct times *out, const struct term *t, double times, const struct times *usual, size_t next,
	int64_t cut_ms, size_t *first)
{
	int64_t end_ms = cut_ms + BURST_HOURS_LONG * HOUR_MS;
	size_t i = next;

	out->count = 0;
	while (i > 0 && usual->at_ms[i - 1] > cut_ms - windows[WINDOWS - 1] * HOUR_MS)
		i--;
	*first = next - i;
	for (; i < usual->count && usual->at_ms[i] < end_ms; i++)
		if (!add(out, usual->at_ms[i]))
			return false;
	if (!make_reports(out, t, cut_ms, end_ms, times - 1))
		return false;
	sort(out);
	return true;
}

static void try_burst(
	struct level *l, struct burst b, const struct term *t, const struct times *x, size_t first, int64_t cut_ms)
{
	bool told = false, known = false;

	l->cuts++;
	for (size_t i = first; i < x->count && !(told && known); i++) {
		double delay = (double)(x->at_ms[i] - cut_ms) / (double)MINUTE_MS;
		struct burst_figures f;

		if (!told && burst_note(&b, x->at_ms[i], &f)) {
			told = true;
			l->told++;
			l->delay += delay;
		}
		if (!known && is_known_burst(t, x, i)) {
			known = true;
			l->known_told++;
			l->known_delay += delay;
		}
	}
}

static size_t level_of(double rate)
{
	return rate < 1 ? 0 : rate < 3 ? 1 : rate < 10 ? 2 : 3;
}

static bool follow_term(struct tally *tally, const struct term *t, int64_t days)
{
	int64_t from_ms = start_ms - WARM_UP_DAYS * DAY_MS, cut_ms = start_ms;
	struct times usual = {0}, burst = {0};
	uint64_t alarms = 0;
	struct burst b;
	bool made = make_reports(&usual, t, from_ms, start_ms + days * DAY_MS, 1);

	sort(&usual);
	burst_init(&b);
	for (size_t i = 0; made && i < usual.count; i++) {
		struct burst_figures f;
		size_t first;

		if (usual.at_ms[i] >= cut_ms) {
			for (int k = 0; k < TIMES && !b.told && made; k++) {
				made = make_burst(&burst, t, times_usual[k], &usual, i, cut_ms, &first);
				if (made)
					try_burst(&tally->levels[k][level_of(rate_at(t, cut_ms))], b, t, &burst, first,
						cut_ms);
			}
			cut_ms += CUT_DAYS * DAY_MS + (int64_t)(share() * 24) * HOUR_MS;
		}
		alarms += burst_note(&b, usual.at_ms[i], &f) && usual.at_ms[i] >= start_ms;
	}
	free(usual.at_ms);
	free(burst.at_ms);
	tally->terms++;
	tally->years += (double)days / 365.25;
	tally->alarms += alarms;
	tally->worst = alarms > tally->worst ? alarms : tally->worst;
	return made;
}

static bool print_terms(const struct tally *tallies)
{
	bool missed = false;

	printf("%-7s %6s %20s %6s\n", "terms", "number", "false a term, year", "worst");
	for (int k = 0; k < KINDS; k++) {
		const struct tally *t = &tallies[k];
		double alarms = t->years > 0 ? (double)t->alarms / t->years : 0;
		bool bad = alarms > bar_alarms;

		printf("%-7s %6llu %20.3f %6llu%s\n", kind_names[k], (unsigned long long)t->terms, alarms,
			(unsigned long long)t->worst, bad ? "  MISSED" : "");
		missed = missed || bad;
	}
	printf("\nbursts of six hours:\n%-7s %-8s %5s %6s %7s %9s %11s %11s %6s\n", "terms", "an hour", "times",
		"bursts", "told %", "after min", "known told %", "known min", "ratio");
	for (int k = 0; k < KINDS; k++)
		for (int i = 0; i < LEVELS * TIMES; i++) {
			const struct level *l = &tallies[k].levels[i % TIMES][i / TIMES];
			double cuts = l->cuts > 0 ? (double)l->cuts : 1;
			double told = (double)l->told / cuts, known = (double)l->known_told / cuts;
			double delay = l->told > 0 ? l->delay / (double)l->told : 0;
			double known_delay = l->known_told > 0 ? l->known_delay / (double)l->known_told : 0;
			double ratio = known_delay > 0 ? delay / known_delay : 0;
			bool bad = (double)l->known_told >= least_finds &&
				   (told < bars_told[i / TIMES] * known || ratio > bar_delay);

			printf("%-7s %-8s %5.0f %6llu %7.1f %9.0f %12.1f %11.0f %6.2f%s\n", kind_names[k],
				level_names[i / TIMES], times_usual[i % TIMES], (unsigned long long)l->cuts, 100 * told,
				delay, 100 * known, known_delay, ratio, bad ? "  MISSED" : "");
			missed = missed || bad;
		}
	return !missed;
}

/* ---- stories ---- */

struct story_tally {
	uint64_t stories, breaking, cuts, told;
	double weeks, publishers, minutes;
};

/* A story's publishers join at those times; *at: when it was told, with so many publishers. */
static bool tell_story(struct growth *g, const int64_t *joins_ms, int count, int64_t *at_ms, int *publishers)
{
	bool told = false;

	for (int i = 0; i < count; i++) {
		int64_t speed = 0;
		double expected;

		for (int k = 0; k <= i; k++)
			speed += joins_ms[k] >= joins_ms[i] - HOUR_MS;
		if (speed < GROWTH_LEAST || !growth_note(g, joins_ms[i], speed, &expected) || told)
			continue;
		told = true;
		*at_ms = joins_ms[i];
		*publishers = i + 1;
	}
	return told;
}

/* Forty stories a working day; of a hundred, one is run by ten publishers or more. */
static void follow_stories(struct story_tally *tally, int64_t days)
{
	static const struct term course = {
		.rate = 4, .begin = 7, .length = 10, .night = 0.15, .weekend = 0.4, .copies = 1};
	int64_t joins_ms[64], cut_ms = start_ms, at_ms = 0, end_ms = start_ms + days * DAY_MS;
	struct growth g;
	int publishers = 0;

	growth_init(&g);
	for (double at = (double)(start_ms - WARM_UP_DAYS * DAY_MS); at < (double)end_ms;) {
		int count = (int)fmin(64, floor(pow(1 - share(), -0.5)));
		double pace = exp(log(0.5) + share() * log(8 / 0.5)) * (double)HOUR_MS;

		at += exponential((double)HOUR_MS / course.rate);
		if (share() * course.rate >= rate_at(&course, (int64_t)at))
			continue;
		for (int i = 0; i < count; i++)
			joins_ms[i] = (int64_t)(at + (i > 0 ? exponential(pace) : 0));
		qsort(joins_ms, (size_t)count, sizeof(joins_ms[0]), compare);
		if (at >= (double)cut_ms) {
			struct growth copy = g;
			int64_t fast_ms[FAST];

			for (int i = 0; i < FAST; i++)
				fast_ms[i] = cut_ms + (int64_t)(share() * 30 * (double)MINUTE_MS);
			qsort(fast_ms, FAST, sizeof(fast_ms[0]), compare);
			tally->cuts++;
			if (tell_story(&copy, fast_ms, FAST, &at_ms, &publishers)) {
				tally->told++;
				tally->publishers += publishers;
				tally->minutes += (double)(at_ms - cut_ms) / (double)MINUTE_MS;
			}
			cut_ms += CUT_DAYS * DAY_MS + (int64_t)(share() * 24) * HOUR_MS;
		}
		tally->stories += at >= (double)start_ms;
		tally->breaking += tell_story(&g, joins_ms, count, &at_ms, &publishers) && at >= (double)start_ms;
	}
	tally->weeks = (double)days / 7;
}

static bool print_stories(const struct story_tally *t)
{
	double a_week = (double)t->breaking / t->weeks, told = t->cuts > 0 ? (double)t->told / (double)t->cuts : 0;
	double n = t->told > 0 ? (double)t->told : 1;
	bool bad = a_week > bar_breaking_a_week || told < bar_breaking_told;

	printf("\n%llu stories: %.2f breaking a week in the usual course; of %llu with %d publishers in half an hour "
	       "%.1f %% told, after %.0f min, with %.1f publishers%s\n",
		(unsigned long long)t->stories, a_week, (unsigned long long)t->cuts, FAST, 100 * told, t->minutes / n,
		t->publishers / n, bad ? "  MISSED" : "");
	return !bad;
}

int main(int argc, char **argv)
{
	long seed = trace_argument(argc, argv, 1, 1), terms = trace_argument(argc, argv, 2, 200),
	     days = trace_argument(argc, argv, 3, 365);
	struct tally tallies[KINDS] = {{0}};
	struct story_tally stories = {0};
	bool met;

	state = (uint64_t)seed * UINT64_C(0x9e3779b97f4a7c15);
	for (long i = 0; i < terms; i++) {
		struct term t = make_term((int)(i % KINDS));

		if (!follow_term(&tallies[i % KINDS], &t, days)) {
			fprintf(stderr, "burst: no memory\n");
			return 2;
		}
	}
	follow_stories(&stories, days);
	printf("seed %ld: %ld terms over %ld days\n", seed, terms, days);
	met = print_terms(tallies);
	return print_stories(&stories) && met ? 0 : 1;
}
