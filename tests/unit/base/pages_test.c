/* SPDX-License-Identifier: ISC */
#include "../scratch.h"

#include <stdlib.h>
#include <string.h>

#include "sitrep/base/pages.h"

TEST(taking_pages_keeps_the_content)
{
	static const size_t sizes[] = {1, 4096, 200 * 1024, 5 * 1024 * 1024 + 77};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *block = calloc(1, sizes[i]);
		struct str same;

		assert_non_null(block);
		block[sizes[i] / 2] = 'x';
		same = scratch_copy(str_make(block, sizes[i]));
		assert_ptr_equal(pages_take(block, sizes[i]), block);
		assert_memory_equal(block, same.data, sizes[i]);
		free(block);
	}
}

TEST(no_memory_is_no_block)
{
	assert_null(pages_take(NULL, 1024 * 1024));
}
