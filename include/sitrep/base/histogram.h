/* SPDX-License-Identifier: ISC */
/* histogram.h: how often durations of some length were seen, as metrics show them; and the largest value of late.
 *
 * A histogram is a plain value: it may be copied and added up.  It belongs to one thread. */
#ifndef SITREP_BASE_HISTOGRAM_H
#define SITREP_BASE_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum { HISTOGRAM_BOUNDS = 12 };

/* The upper bounds of its buckets, in seconds: of work from a millisecond on, of waits up to a week. */
enum histogram_scale { HISTOGRAM_OF_WORK, HISTOGRAM_OF_WAITS };

struct histogram {
	uint64_t counts[HISTOGRAM_BOUNDS + 1]; /* of each bucket by itself; the last one has no bound */
	uint64_t sum_us;
};

double histogram_bound(enum histogram_scale scale, size_t i);
/* Notes a duration n times; a negative one, as of clocks that differ, counts as 0. */
void histogram_note(struct histogram *h, enum histogram_scale scale, int64_t us, unsigned n);
void histogram_add(struct histogram *to, const struct histogram *from);

/* The largest value of the present minute and the one before. */
struct recent_max {
	uint64_t now, before;
	int64_t minute;
};
void recent_max_note(struct recent_max *m, uint64_t value, int64_t now_ms);
uint64_t recent_max_get(const struct recent_max *m, int64_t now_ms);

#endif
