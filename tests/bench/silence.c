/* SPDX-License-Identifier: ISC */
/* silence.c: how soon the end of a feed is told, and how often it is told of a feed that goes on.
 *
 * usage: silence [SEED [FEEDS [DAYS]]]
 *
 * The made-up feeds of `make bench-freshness` are polled every hour in virtual time.  A feed that posts again after its
 * silence was told is a false alarm.  Every ten days the feed is taken to end there: its delay is the time from the
 * last post until that is told.  Beside it stands a detector that knows the feed's true rate and tells the end when
 * one pause as long is to be expected a year: of posts at random after ln n usual pauses.
 *
 * Exit status 1 when a kind of feed has more than one false alarm a feed and year, or a delay of more than 1.3 times
 * the other's. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "freshness_traces.h"
#include "sitrep/schedule/rhythm.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)

enum { WARM_UP_DAYS = 60, CUT_DAYS = 10, ROOM = 4096 };

static const int64_t start_ms = INT64_C(1795392000000); /* a Monday, 2026-11-23T00:00:00Z */
static const double bar_alarms = 1, bar_delay = 1.3;

struct tally {
	double years, delay, known_delay;
	uint64_t feeds, alarms, worst, cuts;
};

static int64_t poll(struct rhythm *r, const struct trace *t, size_t *seen, int64_t at_ms)
{
	static int64_t published[ROOM];
	size_t fresh = 0;

	while (*seen < t->count && t->posts_ms[*seen] <= at_ms && fresh < ROOM)
		published[fresh++] = t->posts_ms[(*seen)++];
	rhythm_note_poll(
		r, &(struct rhythm_poll){
			   .at_ms = at_ms, .published_ms = published, .fresh = fresh, .shown = fresh > 0 ? ROOM : 0});
	return (int64_t)fresh;
}

static bool is_silent(const struct rhythm *r)
{
	double limit = post_gaps_limit(&r->post_gaps);

	return limit > 0 && (double)r->post_gaps.open >= limit;
}

/* Hours from the last post until the end is told; the trace has no further post. */
static double delay_of(struct rhythm r, int64_t at_ms, int64_t last_ms)
{
	while (!is_silent(&r) && at_ms - last_ms < 400 * DAY_MS) {
		at_ms += HOUR_MS;
		rhythm_note_poll(&r, &(struct rhythm_poll){.at_ms = at_ms});
	}
	return (double)(at_ms - last_ms) / HOUR_MS;
}

static double known_delay_of(const struct trace *t, int64_t last_ms)
{
	double expected = 0, limit = trace_patience(t);
	int64_t at_ms = last_ms;

	while (expected < limit && at_ms - last_ms < 400 * DAY_MS) {
		expected += trace_expected(t, at_ms, at_ms + HOUR_MS);
		at_ms += HOUR_MS;
	}
	/* the next poll */
	at_ms += HOUR_MS - 1 - (at_ms - 1) % HOUR_MS;
	return (double)(at_ms - last_ms) / HOUR_MS;
}

static void follow(const struct trace *t, int64_t days, struct tally *tally)
{
	int64_t from_ms = start_ms - WARM_UP_DAYS * DAY_MS;
	struct rhythm r;
	size_t seen = 0;
	uint64_t alarms = 0;
	bool silent = false;

	rhythm_init(&r);
	for (int64_t at_ms = from_ms; at_ms < start_ms + days * DAY_MS; at_ms += HOUR_MS) {
		poll(&r, t, &seen, at_ms);
		/* a post after the silence was told */
		if (silent && !is_silent(&r)) {
			alarms += at_ms >= start_ms;
			silent = false;
		}
		silent = is_silent(&r);
		if (at_ms < start_ms || seen == 0 || at_ms % (CUT_DAYS * DAY_MS) != 0 || silent || seen == t->count ||
			post_gaps_limit(&r.post_gaps) <= 0)
			continue;
		tally->cuts++;
		tally->delay += delay_of(r, at_ms, t->posts_ms[seen - 1]);
		tally->known_delay += known_delay_of(t, t->posts_ms[seen - 1]);
	}
	tally->feeds++;
	tally->years += (double)days / 365.25;
	tally->alarms += alarms;
	tally->worst = alarms > tally->worst ? alarms : tally->worst;
}

int main(int argc, char **argv)
{
	long seed = trace_argument(argc, argv, 1, 1), feeds = trace_argument(argc, argv, 2, 250),
	     days = trace_argument(argc, argv, 3, 365);
	struct tally tallies[TRACE_KINDS] = {{0}};
	int status = 0;

	for (long i = 0; i < feeds; i++) {
		struct trace t;

		if (!trace_make(&t, (uint64_t)seed, (uint64_t)i, start_ms - WARM_UP_DAYS * DAY_MS,
			    start_ms + days * DAY_MS)) {
			fprintf(stderr, "silence: no memory\n");
			return 2;
		}
		follow(&t, days, &tallies[t.kind]);
		trace_release(&t);
	}
	printf("seed %ld: %ld feeds over %ld days, polled every hour\n", seed, feeds, days);
	printf("%-9s %6s %20s %6s %6s %12s %12s %6s\n", "feeds", "number", "false a feed, year", "worst", "ends",
		"told after h", "known rate h", "ratio");
	for (size_t k = 0; k < TRACE_KINDS; k++) {
		const struct tally *t = &tallies[k];
		double alarms = t->years > 0 ? (double)t->alarms / t->years : 0;
		double ratio = t->known_delay > 0 ? t->delay / t->known_delay : 0;

		printf("%-9s %6llu %20.2f %6llu %6llu %12.1f %12.1f %6.2f%s\n", trace_kind_names[k],
			(unsigned long long)t->feeds, alarms, (unsigned long long)t->worst, (unsigned long long)t->cuts,
			t->cuts > 0 ? t->delay / (double)t->cuts : 0,
			t->cuts > 0 ? t->known_delay / (double)t->cuts : 0, ratio,
			alarms > bar_alarms || ratio > bar_delay ? "  MISSED" : "");
		if (alarms > bar_alarms || ratio > bar_delay)
			status = 1;
	}
	return status;
}
