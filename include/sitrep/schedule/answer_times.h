/* SPDX-License-Identifier: ISC */
/* answer_times.h: how long a feed's server took for its last answers.
 *
 * A ring in memory: it begins with the daemon's start, and an answer pushes out the oldest one. */
#ifndef SITREP_SCHEDULE_ANSWER_TIMES_H
#define SITREP_SCHEDULE_ANSWER_TIMES_H

#include <stddef.h>
#include <stdint.h>

enum { ANSWER_TIMES = 60 };

struct answer_times {
	uint32_t at_s[ANSWER_TIMES];    /* wall clock, when the answer was complete */
	uint32_t took_ms[ANSWER_TIMES]; /* since the request, redirects included */
	uint8_t count, next;
};

/* Adds an answer; *times is made with the first one, and without memory it stays NULL.  The caller frees it. */
void answer_times_note(struct answer_times **times, int64_t at_ms, int64_t took_ms);

/* The place in the arrays of the n-th answer, the oldest first. */
static inline size_t answer_times_place(const struct answer_times *t, size_t n)
{
	return ((size_t)t->next + ANSWER_TIMES - t->count + n) % ANSWER_TIMES;
}

#endif
