/* SPDX-License-Identifier: ISC */
/* Arrays that grow. */
#include "../test.h"
#include "sitrep/base/array.h"

TEST(doubles_when_it_is_full)
{
	static const size_t rooms[] = {1, 2, 4, 4, 8, 8, 8, 8, 16};
	int64_t *numbers = NULL;
	size_t cap = 0;

	for (size_t i = 0; i < sizeof(rooms) / sizeof(*rooms); i++) {
		assert_int_equal(array_reserve(&numbers, &cap, i + 1, sizeof(*numbers)), 0);
		assert_int_equal(cap, rooms[i]);
		numbers[i] = (int64_t)i;
	}
	for (size_t i = 0; i < sizeof(rooms) / sizeof(*rooms); i++)
		assert_int_equal(numbers[i], i);
	assert_int_equal(array_reserve(&numbers, &cap, 100, sizeof(*numbers)), 0);
	assert_int_equal(cap, 100);
	free(numbers);
}

#ifndef __SANITIZE_ADDRESS__ /* it ends the program at such a size */
TEST(stays_when_there_is_no_memory)
{
	int64_t *numbers = NULL;
	size_t cap = 0;

	assert_int_equal(array_reserve(&numbers, &cap, 1, sizeof(*numbers)), 0);
	numbers[0] = 7;
	assert_int_equal(array_reserve(&numbers, &cap, SIZE_MAX / 2, sizeof(*numbers)), -ENOMEM);
	assert_int_equal(cap, 1);
	assert_int_equal(numbers[0], 7);
	free(numbers);
}
#endif
