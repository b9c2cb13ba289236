/* SPDX-License-Identifier: ISC */
/* freshness.c: how soon news is seen, for a given number of requests.
 *
 * usage: freshness [SEED [FEEDS [DAYS [MINUTES]]]]
 *
 * Made-up feeds (freshness_traces.h) are polled in virtual time by four rules: a fixed interval, Miniflux's entry
 * frequency, CommaFeed's, and ours.  A poll shows the feed's last items with their times, and nothing else is known to
 * a rule.  Each rule has one factor, which is searched until all four make the same number of requests as the
 * interval of MINUTES does; then their delays can be compared.  A post that has scrolled out of the feed before a poll
 * saw it counts as missed, and with the delay until that poll.
 *
 * Exit status 1 when ours is not well below the others: CI holds the bar. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "freshness_traces.h"
#include "sitrep/schedule/schedule.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

enum {
	SHOWN = 20,
	BINS = 60 * 60, /* delays by the minute, up to 60 hours */
	SEARCH_STEPS = 12,
	WARM_UP_DAYS = 60,
};

/* Ours over the fixed interval's, at most. */
static const double bar = 0.60;
/* How near the numbers of requests must be to each other. */
static const double tolerance = 0.005;

static const int64_t start_ms = INT64_C(1795392000000); /* a Monday, 2026-11-23T00:00:00Z */
static const int64_t min_ms = 5 * MINUTE_MS;

/* ---- a world, and what was seen of it ---- */

struct world {
	struct trace *feeds;
	size_t count;
	int64_t end_ms;
};

struct tally {
	uint64_t requests, posts, missed;
	double delay_ms;
	uint32_t bins[BINS];
};

/* One poll, as a rule sees it. */
struct sight {
	int64_t now_ms;
	const int64_t *shown; /* sorted */
	size_t shown_count;
	const int64_t *seen; /* all that was ever shown, missed ones too: sorted, ends with the shown */
	size_t seen_count;
	size_t fresh; /* of the shown, from the end */
};

/* A rule's memory of one feed. */
struct memory {
	struct rhythm rhythm;
	struct feed_state state;
	uint64_t seed;
};

typedef int64_t rule_fn(struct memory *m, const struct sight *sight, double factor);

/* ---- the rules: each returns the pause ---- */

static int64_t clamp(double ms, int64_t low_ms, int64_t high_ms)
{
	return ms < (double)low_ms ? low_ms : ms > (double)high_ms ? high_ms : (int64_t)ms;
}

static int64_t rule_fixed(struct memory *m, const struct sight *sight, double factor)
{
	(void)m;
	(void)sight;
	return (int64_t)(factor * HOUR_MS);
}

/* 7 days over (entries a week x factor), from the entries of the last 7 days; 5 minutes to 24 hours. */
static int64_t rule_miniflux(struct memory *m, const struct sight *sight, double factor)
{
	size_t from = sight->seen_count, n;
	double weekly;

	(void)m;
	while (from > 0 && sight->seen[from - 1] > sight->now_ms - 7 * DAY_MS)
		from--;
	n = sight->seen_count - from;
	if (n == 0)
		return DAY_MS;
	weekly = 1;
	if (n > 1) {
		double gap_ms = (double)(sight->seen[sight->seen_count - 1] - sight->seen[from]) / (double)(n - 1);

		weekly = ceil(7.0 * DAY_MS / fmax(gap_ms, 1));
	}
	return clamp(7.0 * DAY_MS / weekly * factor, min_ms, DAY_MS);
}

/* By the age of the last post, else half of the mean gap; all of it scaled but the least pause. */
static int64_t rule_commafeed(struct memory *m, const struct sight *sight, double factor)
{
	int64_t age_ms = sight->shown_count > 0 ? sight->now_ms - sight->shown[sight->shown_count - 1] : 30 * DAY_MS;
	double ms = HOUR_MS;

	(void)m;
	if (age_ms >= 30 * DAY_MS)
		ms = 4 * HOUR_MS;
	else if (age_ms >= 14 * DAY_MS)
		ms = 2 * HOUR_MS;
	else if (age_ms < 7 * DAY_MS && sight->shown_count > 1)
		ms = (double)clamp((double)(sight->shown[sight->shown_count - 1] - sight->shown[0]) /
					   (double)(sight->shown_count - 1) / 2,
			min_ms, HOUR_MS);
	return clamp(ms * factor, min_ms, INT64_MAX);
}

static int64_t rule_ours(struct memory *m, const struct sight *sight, double factor)
{
	struct schedule_policy policy = {
		.min_ms = min_ms, .max_ms = 6 * HOUR_MS, .default_ms = (int64_t)(factor * 30 * MINUTE_MS)};
	struct schedule_input input = {
		.policy = &policy,
		.state = &m->state,
		.rhythm = &m->rhythm,
		.now_ms = sight->now_ms,
		.seed = m->seed,
	};
	int64_t published[SHOWN];
	struct rhythm_poll poll = {
		.at_ms = sight->now_ms, .published_ms = published, .fresh = sight->fresh, .shown = sight->shown_count};

	memcpy(published, sight->shown + (sight->shown_count - sight->fresh), sight->fresh * sizeof(int64_t));
	if (m->state.polls++ == 0)
		rhythm_init(&m->rhythm);
	rhythm_note_poll(&m->rhythm, &poll);
	return schedule_next(&input).due_ms - sight->now_ms;
}

static const struct {
	const char *name;
	rule_fn *rule;
} rules[] = {
	{"fixed interval", rule_fixed},
	{"Miniflux", rule_miniflux},
	{"CommaFeed", rule_commafeed},
	{"sitrepd", rule_ours},
};
enum { RULES = sizeof(rules) / sizeof(rules[0]), OURS = RULES - 1 };

/* ---- the simulation ---- */

static void note_delay(struct tally *t, int64_t delay_ms)
{
	int64_t bin = delay_ms / MINUTE_MS;

	t->posts++;
	t->delay_ms += (double)delay_ms;
	t->bins[bin < BINS ? bin : BINS - 1]++;
}

static void follow(const struct world *w, size_t number, rule_fn *rule, double factor, struct tally *t)
{
	const struct trace *feed = &w->feeds[number];
	int64_t now_ms = start_ms + (int64_t)number * HOUR_MS / (int64_t)w->count;
	struct memory m = {.state = {.health = FEED_OK}, .seed = number};
	size_t seen = 0;

	for (bool first = true; now_ms < w->end_ms; first = false) {
		size_t there = seen, shown, missed = 0;
		struct sight sight;

		while (there < feed->count && feed->posts_ms[there] <= now_ms)
			there++;
		shown = there < SHOWN ? there : SHOWN;
		if (there - seen > shown)
			missed = there - seen - shown;
		for (size_t i = seen; i < there && !first; i++)
			note_delay(t, now_ms - feed->posts_ms[i]);
		t->missed += first ? 0 : missed;
		t->requests++;
		sight = (struct sight){
			.now_ms = now_ms,
			.shown = feed->posts_ms + (there - shown),
			.shown_count = shown,
			.seen = feed->posts_ms,
			.seen_count = there,
			.fresh = there - seen - missed,
		};
		if (first) {
			sight.seen = sight.shown;
			sight.seen_count = shown;
		}
		seen = there;
		now_ms += rule(&m, &sight, factor);
	}
	/* What no poll has seen waits until the end, for every rule alike. */
	for (; seen < feed->count && feed->posts_ms[seen] < w->end_ms; seen++)
		note_delay(t, w->end_ms - feed->posts_ms[seen]);
}

static void run(const struct world *w, rule_fn *rule, double factor, struct tally tallies[TRACE_KINDS + 1])
{
	struct tally *all = &tallies[TRACE_KINDS];

	memset(tallies, 0, (TRACE_KINDS + 1) * sizeof(*tallies));
	for (size_t i = 0; i < w->count; i++)
		follow(w, i, rule, factor, &tallies[w->feeds[i].kind]);
	for (size_t k = 0; k < TRACE_KINDS; k++) {
		all->requests += tallies[k].requests;
		all->posts += tallies[k].posts;
		all->missed += tallies[k].missed;
		all->delay_ms += tallies[k].delay_ms;
		for (size_t b = 0; b < BINS; b++)
			all->bins[b] += tallies[k].bins[b];
	}
}

/* Searches the factor at which rule makes that many requests: on a logarithmic scale, by where the line through the
 * two nearest tries meets the goal, halved when that does not narrow it down. */
static bool match(const struct world *w, rule_fn *rule, double requests, struct tally *tallies, double *factor)
{
	double low = log(1.0 / 64), high = log(64), x = 0, low_y = NAN, high_y = NAN;

	for (int step = 0; step < SEARCH_STEPS; step++) {
		double y;

		run(w, rule, exp(x), tallies);
		y = log((double)tallies[TRACE_KINDS].requests / requests);
		*factor = exp(x);
		if (fabs(y) < tolerance)
			return true;
		if (y > 0) {
			low = x;
			low_y = y;
		} else {
			high = x;
			high_y = y;
		}
		if (isnan(low_y) || isnan(high_y))
			x = fmax(low, fmin(high, x + 1.3 * y));
		else if (step % 4 == 3)
			x = (low + high) / 2;
		else
			x = low + (high - low) * low_y / (low_y - high_y);
	}
	return false;
}

/* ---- the report ---- */

static double mean_minutes(const struct tally *t)
{
	return t->posts == 0 ? 0 : t->delay_ms / (double)t->posts / MINUTE_MS;
}

static unsigned percentile_minutes(const struct tally *t, double share)
{
	uint64_t wanted = (uint64_t)(share * (double)t->posts), so_far = 0;

	for (unsigned b = 0; b < BINS; b++) {
		so_far += t->bins[b];
		if (so_far > wanted)
			return b + 1;
	}
	return BINS;
}

static void print_rows(struct tally tallies[RULES][TRACE_KINDS + 1])
{
	printf("%-9s %-15s %9s %9s %10s %10s %8s\n", "feeds", "rule", "requests", "posts", "mean min", "95% min",
		"missed");
	for (size_t k = TRACE_KINDS + 1; k-- > 0;)
		for (size_t r = 0; r < RULES; r++) {
			const struct tally *t = &tallies[r][k];

			printf("%-9s %-15s %9llu %9llu %10.1f %10u %8llu\n",
				k == TRACE_KINDS ? "all" : trace_kind_names[k], rules[r].name,
				(unsigned long long)t->requests, (unsigned long long)t->posts, mean_minutes(t),
				t->posts == 0 ? 0 : percentile_minutes(t, 0.95), (unsigned long long)t->missed);
		}
}

static int judge(struct tally tallies[RULES][TRACE_KINDS + 1])
{
	double ours = mean_minutes(&tallies[OURS][TRACE_KINDS]), fixed = mean_minutes(&tallies[0][TRACE_KINDS]);
	int status = 0;

	printf("mean delay: %.0f %% of the fixed interval's (bar: %.0f %%)", 100 * ours / fixed, 100 * bar);
	if (ours > bar * fixed)
		status = 1;
	for (size_t r = 1; r < OURS; r++) {
		double theirs = mean_minutes(&tallies[r][TRACE_KINDS]);

		printf(", %.0f %% of %s's", 100 * ours / theirs, rules[r].name);
		if (ours >= theirs)
			status = 1;
	}
	printf("%s\n", status == 0 ? "" : ": MISSED");
	return status;
}

static bool make_world(struct world *w, uint64_t seed, size_t count, int64_t days)
{
	bool ok;

	w->feeds = calloc(count + 1, sizeof(*w->feeds));
	w->count = count;
	w->end_ms = start_ms + days * DAY_MS;
	ok = w->feeds != NULL;
	for (size_t i = 0; i < count && ok; i++)
		ok = trace_make(&w->feeds[i], seed, i, start_ms - WARM_UP_DAYS * DAY_MS, w->end_ms);
	return ok;
}

int main(int argc, char **argv)
{
	static struct tally tallies[RULES][TRACE_KINDS + 1];
	long seed = trace_argument(argc, argv, 1, 1), feeds = trace_argument(argc, argv, 2, 500),
	     days = trace_argument(argc, argv, 3, 60);
	long minutes = trace_argument(argc, argv, 4, 60);
	double requests = (double)feeds * (double)days * 24 * 60 / (double)minutes, factor;
	struct world w = {0};
	int status = 0;

	if (!make_world(&w, (uint64_t)seed, (size_t)feeds, days)) {
		fprintf(stderr, "freshness: no memory\n");
		return 2;
	}
	printf("seed %ld: %ld feeds over %ld days, as many requests as every %ld minutes\n", seed, feeds, days,
		minutes);
	for (size_t r = 0; r < RULES; r++) {
		clock_t began = clock();

		if (!match(&w, rules[r].rule, requests, tallies[r], &factor)) {
			fprintf(stderr, "freshness: %s cannot be brought to %.0f requests\n", rules[r].name, requests);
			status = 2;
		}
		printf("%s: factor %.3f, %.1f s of processor time\n", rules[r].name, factor,
			(double)(clock() - began) / CLOCKS_PER_SEC);
	}
	print_rows(tallies);
	if (status == 0)
		status = judge(tallies);
	for (size_t i = 0; i < w.count; i++)
		trace_release(&w.feeds[i]);
	free(w.feeds);
	return status;
}
