/* SPDX-License-Identifier: ISC */
/* cpu_share.h: a share of the calling thread's processor time, whose end may be asked for often.
 *
 * The thread's clock is a system call, of half a microsecond and more.  A thread gets no more processor time than
 * passes on the wall, so the clock is not asked before the rest of the share could be spent; the other clock costs a
 * tenth. */
#ifndef SITREP_BASE_CPU_SHARE_H
#define SITREP_BASE_CPU_SHARE_H

#include <stdbool.h>
#include <stdint.h>

struct cpu_share {
	int64_t end_us; /* by the thread's clock */
	int64_t ask_us; /* by the monotonic clock: it is not spent before */
};

/* The share begins now. */
void cpu_share_begin(struct cpu_share *c, int64_t us);
/* To be called in the same thread. */
bool cpu_share_is_spent(struct cpu_share *c);

#endif
