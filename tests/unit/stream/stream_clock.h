/* SPDX-License-Identifier: ISC */
/* stream_clock.h: processor time as the price of the work that the stream did, so that a turn's share ends at the same
 * place on a busy machine.  The program is linked with --wrap=clock_thread_cpu_us and --wrap=clock_mono_us. */
#ifndef SITREP_TEST_STREAM_CLOCK_H
#define SITREP_TEST_STREAM_CLOCK_H

#include "stream_fixture.h"

static bool scanning_is_dear;

int64_t __wrap_clock_thread_cpu_us(void);

/* Stands in for the processor time, which a busy machine stretches: the work that was done, at a price each, and a
 * little for each look, so that a loop that only looks at the clock ends. */
int64_t __wrap_clock_thread_cpu_us(void)
{
	enum { LOOK_US = 1, LINE_US = 4, MADE_US = 50, EVENT_US = 100, JUDGED_US = 1, SCAN_US = 50, DEAR_US = 500 };
	static int64_t looks;
	struct stream_stats s = {0};

	if (running != NULL)
		stream_get_stats(running, &s);
	return ++looks * LOOK_US + (int64_t)s.lines * LINE_US + (int64_t)s.lines_made * MADE_US +
	       (int64_t)s.events * EVENT_US + (int64_t)s.judgments * JUDGED_US +
	       (int64_t)s.scans * (scanning_is_dear ? DEAR_US : SCAN_US);
}

int64_t __wrap_clock_mono_us(void);

/* cpu_share.h asks it too. */
int64_t __wrap_clock_mono_us(void)
{
	return __wrap_clock_thread_cpu_us();
}

#endif
