/* SPDX-License-Identifier: ISC */
/* seed.h: chance that can be repeated: SITREP_TEST_SEED, or a new one, printed either way. */
#ifndef SITREP_TEST_STORE_SEED_H
#define SITREP_TEST_STORE_SEED_H

#include <sys/random.h>

#include "../test.h"

static inline uint64_t seed_choose(void)
{
	const char *given = getenv("SITREP_TEST_SEED");
	uint32_t seed;

	if (given != NULL)
		seed = (uint32_t)strtoul(given, NULL, 10);
	else
		assert_int_equal(getrandom(&seed, sizeof(seed), 0), sizeof(seed));
	print_message("SITREP_TEST_SEED=%u\n", seed);
	return seed;
}

/* SplitMix64 */
static inline uint64_t seed_next(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static inline size_t seed_below(uint64_t *seed, size_t bound)
{
	return (size_t)(seed_next(seed) % bound);
}

static inline void seed_shuffle(uint64_t *seed, size_t *order, size_t count)
{
	for (size_t i = count; i > 1; i--) {
		size_t k = seed_below(seed, i), kept = order[k];

		order[k] = order[i - 1];
		order[i - 1] = kept;
	}
}

#endif
