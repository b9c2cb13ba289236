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

struct trace {
	enum trace_kind kind;
	int64_t *posts_ms; /* sorted */
	size_t count, cap;
};

/* Feed number of a seed's world, from from_ms to to_ms. False without memory. */
bool trace_make(struct trace *t, uint64_t seed, uint64_t number, int64_t from_ms, int64_t to_ms);
void trace_release(struct trace *t);

/* The generator's random numbers, for whoever needs more of the kind. */
uint64_t random_next(uint64_t *state);
double random_share(uint64_t *state); /* from 0 to less than 1 */

#endif
