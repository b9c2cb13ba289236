/* SPDX-License-Identifier: ISC */
/* The ring of answer times. */
#include "sitrep/schedule/answer_times.h"

#include "../test.h"

TEST(the_newest_stay)
{
	struct answer_times *t = NULL;

	for (int64_t i = 0; i < ANSWER_TIMES + 10; i++) {
		answer_times_note(&t, 1000 * i, 5 * i);
		assert_non_null(t);
		assert_int_equal(t->count, i < ANSWER_TIMES ? i + 1 : ANSWER_TIMES);
	}
	for (size_t n = 0; n < t->count; n++) {
		size_t at = answer_times_place(t, n);

		assert_int_equal(t->at_s[at], 10 + n);
		assert_int_equal(t->took_ms[at], 5 * (10 + n));
	}
	free(t);
}

TEST(a_clock_that_was_set_is_harmless)
{
	struct answer_times *t = NULL;

	answer_times_note(&t, -5000, -3);
	answer_times_note(&t, INT64_MAX, INT64_MAX);
	assert_int_equal(t->took_ms[answer_times_place(t, 0)], 0);
	assert_int_equal(t->took_ms[answer_times_place(t, 1)], UINT32_MAX);
	free(t);
}
