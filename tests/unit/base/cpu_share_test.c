/* SPDX-License-Identifier: ISC */
/* cpu_share_test.c: a share of processor time ends when so much was spent, and not when so much has passed. */
#include "../test.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/cpu_share.h"

TEST(ends_when_it_is_spent)
{
	enum { SHARE_US = 3000 };
	int64_t end_us = clock_thread_cpu_us() + SHARE_US;
	struct cpu_share share;

	cpu_share_begin(&share, SHARE_US);
	while (!cpu_share_is_spent(&share))
		;
	assert_true(clock_thread_cpu_us() >= end_us);
	assert_true(cpu_share_is_spent(&share));
}

TEST(time_that_passes_is_not_spent)
{
	static const int64_t share_us = INT64_C(3600000000);
	struct cpu_share share;

	cpu_share_begin(&share, share_us);
	share.ask_us -= share_us; /* as if an hour had passed */
	assert_false(cpu_share_is_spent(&share));
	/* nor can it be for nearly as long */
	assert_true(share.ask_us > clock_mono_us() + share_us / 2);
}
