/* SPDX-License-Identifier: ISC */
#include "sitrep/base/cpu_share.h"

#include "sitrep/base/clock.h"

void cpu_share_begin(struct cpu_share *c, int64_t us)
{
	*c = (struct cpu_share){.end_us = clock_thread_cpu_us() + us, .ask_us = clock_mono_us() + us};
}

bool cpu_share_is_spent(struct cpu_share *c)
{
	int64_t now_us = clock_mono_us(), left_us;

	if (now_us < c->ask_us)
		return false;
	left_us = c->end_us - clock_thread_cpu_us();
	c->ask_us = now_us + left_us;
	return left_us <= 0;
}
