/* SPDX-License-Identifier: ISC */
#include "../test.h"

#include <stdlib.h>
#include <string.h>

#include "sitrep/base/pages.h"

TEST(taking_pages_keeps_the_content)
{
	static const size_t sizes[] = {1, 4096, 200 * 1024, 5 * 1024 * 1024 + 77};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *block = calloc(1, sizes[i]), *same = malloc(sizes[i]);

		assert_non_null(block);
		assert_non_null(same);
		block[sizes[i] / 2] = 'x';
		memcpy(same, block, sizes[i]);
		assert_ptr_equal(pages_take(block, sizes[i]), block);
		assert_memory_equal(block, same, sizes[i]);
		free(block);
		free(same);
	}
}

TEST(no_memory_is_no_block)
{
	assert_null(pages_take(NULL, 1024 * 1024));
}
