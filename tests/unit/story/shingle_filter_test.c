/* SPDX-License-Identifier: ISC */
/* The filter of shingles: never a wrong "no", and how many a wrong "yes". */
#include "../test.h"
#include "sitrep/story/shingle_filter.h"

/* As different as hashes of 45 bits are, and ending in zeroes as those of long texts do. */
static uint64_t shingle(uint64_t number)
{
	uint64_t x = (number + 1) * UINT64_C(0xD1342543DE82EF95);

	x = (x ^ x >> 32) * UINT64_C(0xDABA0B6EB09322E3);
	return (x ^ x >> 29) >> 19 << 3;
}

/* Of a million that were not added, how many it takes to be there. */
static size_t wrong_yes(const struct shingle_filter *f)
{
	size_t wrong = 0;

	for (uint64_t i = 0; i < 1000000; i++)
		wrong += shingle_filter_may_hold(f, shingle(UINT64_C(1) << 40 | i));
	return wrong;
}

static void fill(struct shingle_filter *f, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		shingle_filter_add(f, shingle(i));
	for (uint64_t i = 0; i < count; i++)
		if (!shingle_filter_may_hold(f, shingle(i)))
			fail_msg("%llu was added", (unsigned long long)i);
}

TEST(small_and_large_serve_for_what_they_promise)
{
	struct shingle_filter f = {0};

	assert_int_equal(wrong_yes(&f), 0);
	fill(&f, SHINGLE_FILTER_SMALL_MAX);
	assert_in_range(wrong_yes(&f), 1000, 1000000 / 6);
	shingle_filter_begin(&f, true);
	assert_int_equal(wrong_yes(&f), 0);
	fill(&f, SHINGLE_FILTER_SMALL_MAX);
	assert_in_range(wrong_yes(&f), 100, 10000);
	shingle_filter_begin(&f, false);
	assert_int_equal(wrong_yes(&f), 0);
	shingle_filter_release(&f);
}

TEST(an_open_one_says_yes)
{
	struct shingle_filter f = {0};

	shingle_filter_add(&f, 42);
	shingle_filter_open(&f);
	assert_int_equal(wrong_yes(&f), 1000000);
	shingle_filter_add(&f, 43);
	assert_true(shingle_filter_may_hold(&f, 44));
	shingle_filter_begin(&f, false);
	assert_false(shingle_filter_may_hold(&f, 42));
	shingle_filter_release(&f);
}
