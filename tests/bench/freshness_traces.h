/* SPDX-License-Identifier: ISC */
/* freshness_traces.h: posting times of made-up feeds, by a seed.
 *
 * What feeds do is told in five kinds, each feed with parameters of its own drawn over wide ranges: the schedule
 * must do well on habits, not on numbers. */
#ifndef SITREP_BENCH_FRESHNESS_TRACES_H
#define SITREP_BENCH_FRESHNESS_TRACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum trace_kind {
	TRACE_POISSON, /* at random, evenly */
	TRACE_RHYTHM,  /* by hours of the day and days of the week */
	TRACE_BURSTY,  /* little, and a breaking story now and then */
	TRACE_DEAD,    /* nothing, or nothing any more from some day on */
	TRACE_BATCH,   /* several at a time, every so many hours at the same minute */
	TRACE_KINDS
};
extern const char *const trace_kind_names[TRACE_KINDS];

/* What makes a feed with a rate: posts an hour at any time. */
struct habit {
	double rate;                      /* an hour, on average */
	double centre, width, night;      /* of the working day, hours; share of the rate outside it */
	double weekend;                   /* share of the rate on Saturday and Sunday */
	double stories;                   /* a day */
	double size, size_spread, length; /* posts of a story; hours over which they fade */
	int64_t dies_ms;
	double mean; /* of the factors of the week's hours */
};

/* What makes a feed of batches. */
struct batches {
	int64_t from_ms, gap_ms;
	double chance, start, open; /* of a batch at its time; the hours of the day, from and how many */
};

struct trace {
	enum trace_kind kind;
	int64_t *posts_ms; /* sorted */
	size_t count, cap;
	struct habit habit;
	struct batches batches; /* TRACE_BATCH */
};

/* Feed number of a seed's world, from from_ms to to_ms. False without memory. */
bool trace_make(struct trace *t, uint64_t seed, uint64_t number, int64_t from_ms, int64_t to_ms);
void trace_release(struct trace *t);

/* For a detector that knows how the feed was made.  The posts to expect between two times without those of stories, an
 * hour apart at most: more than that is one silence in a year once it sums up to trace_patience(). */
double trace_expected(const struct trace *t, int64_t from_ms, int64_t to_ms);
double trace_patience(const struct trace *t);

/* The generator's random numbers, for whoever needs more of the kind. */
uint64_t random_next(uint64_t *state);
double random_share(uint64_t *state); /* from 0 to less than 1 */

/* A positive number of the command line, else fallback. */
long trace_argument(int argc, char **argv, int place, long fallback);

#endif
