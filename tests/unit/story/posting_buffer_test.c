/* SPDX-License-Identifier: ISC */
/* Postings that wait: found by shingle, in any number, up to the most there may be. */
#include "../test.h"
#include "sitrep/story/posting_buffer.h"

/* Shingle n has n % 5 + 1 items: n, n + 1, ... */
enum { SHINGLES = 3000 };

static uint64_t shingle(int64_t n)
{
	return (uint64_t)n << 20;
}

static void add_all(struct posting_buffer *b)
{
	for (int64_t item = 0; item < 5; item++)
		for (int64_t n = 0; n < SHINGLES; n++)
			if (item <= n % 5)
				assert_int_equal(posting_buffer_add(b, shingle(n), n + item), 0);
}

static void check_all(const struct posting_buffer *b)
{
	for (int64_t n = 0; n < SHINGLES; n++) {
		uint32_t at = 0;
		int64_t found, sum = 0, count = 0;

		while (posting_buffer_next(b, shingle(n), &at, &found)) {
			sum += found - n;
			count++;
		}
		assert_int_equal(count, n % 5 + 1);
		assert_int_equal(sum, (n % 5) * (n % 5 + 1) / 2);
	}
}

TEST(every_item_of_a_shingle_is_found)
{
	struct posting_buffer b = {0};
	uint32_t at = 0;
	int64_t found;

	assert_false(posting_buffer_next(&b, shingle(1), &at, &found));
	posting_buffer_clear(&b);
	for (int round = 0; round < 3; round++) {
		add_all(&b);
		check_all(&b);
		at = 0;
		assert_false(posting_buffer_next(&b, shingle(SHINGLES), &at, &found));
		posting_buffer_clear(&b);
		at = 0;
		assert_false(posting_buffer_next(&b, shingle(1), &at, &found));
	}
	posting_buffer_release(&b);
}

TEST(sorted_they_ascend)
{
	struct posting_buffer b = {0};

	posting_buffer_sort(&b);
	add_all(&b);
	posting_buffer_sort(&b);
	for (size_t i = 1; i < b.count; i++)
		assert_true(
			b.items[i - 1].shingle < b.items[i].shingle ||
			(b.items[i - 1].shingle == b.items[i].shingle && b.items[i - 1].item_id < b.items[i].item_id));
	posting_buffer_release(&b);
}

TEST(a_full_one_takes_no_more)
{
	struct posting_buffer b = {0};
	uint32_t at = 0;
	int64_t found;

	for (int64_t n = 0; n < POSTING_BUFFER_MAX; n++)
		assert_int_equal(posting_buffer_add(&b, shingle(n), n), 0);
	assert_int_equal(posting_buffer_add(&b, shingle(1), 1), -ENOSPC);
	assert_true(posting_buffer_next(&b, shingle(POSTING_BUFFER_MAX - 1), &at, &found));
	assert_int_equal(found, POSTING_BUFFER_MAX - 1);
	posting_buffer_release(&b);
}
