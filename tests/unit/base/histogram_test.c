/* SPDX-License-Identifier: ISC */
/* histogram_test.c: durations fall into the bucket of their length, and a peak is forgotten after two minutes. */
#include "../test.h"

#include "sitrep/base/histogram.h"

TEST(buckets)
{
	struct histogram h = {0}, sum = {0};

	assert_true(histogram_bound(HISTOGRAM_OF_WORK, 3) == 0.01);
	histogram_note(&h, HISTOGRAM_OF_WORK, 10000, 1);
	histogram_note(&h, HISTOGRAM_OF_WORK, 10001, 2);
	histogram_note(&h, HISTOGRAM_OF_WORK, -5, 1);
	histogram_note(&h, HISTOGRAM_OF_WORK, INT64_C(3600000000), 1);
	assert_int_equal(h.counts[3], 1);
	assert_int_equal(h.counts[4], 2);
	assert_int_equal(h.counts[0], 1);
	assert_int_equal(h.counts[HISTOGRAM_BOUNDS], 1);
	assert_int_equal(h.sum_us, 10000 + 2 * 10001 + UINT64_C(3600000000));
	histogram_add(&sum, &h);
	histogram_add(&sum, &h);
	assert_int_equal(sum.counts[4], 4);
	assert_int_equal(sum.sum_us, 2 * h.sum_us);
}

TEST(peaks_of_late)
{
	struct recent_max m = {0};

	assert_int_equal(recent_max_get(&m, 600000), 0);
	recent_max_note(&m, 7, 600000);
	recent_max_note(&m, 3, 600001);
	assert_int_equal(recent_max_get(&m, 659999), 7);
	recent_max_note(&m, 2, 660000);
	assert_int_equal(recent_max_get(&m, 719999), 7);
	assert_int_equal(recent_max_get(&m, 720000), 2);
	assert_int_equal(recent_max_get(&m, 780000), 0);
	recent_max_note(&m, 1, 900000);
	assert_int_equal(recent_max_get(&m, 900000), 1);
}
