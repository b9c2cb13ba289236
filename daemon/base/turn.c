/* SPDX-License-Identifier: ISC */
#include "sitrep/base/turn.h"

#include <event2/event.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/cpu_share.h"

/* The calling thread's processor time at the turn's beginning; -1: outside a turn. */
static _Thread_local int64_t began_us = -1;
static _Thread_local struct cpu_share share;

void turn_begin(void)
{
	began_us = clock_thread_cpu_us();
	cpu_share_begin(&share, TURN_SHARE_US);
}

int64_t turn_end(void)
{
	int64_t spent_us = began_us >= 0 ? clock_thread_cpu_us() - began_us : 0;

	began_us = -1;
	return spent_us;
}

bool turn_is_spent(void)
{
	return began_us >= 0 && cpu_share_is_spent(&share);
}

void turn_yield(struct event_base *base)
{
	if (turn_is_spent())
		event_base_loopbreak(base);
}
