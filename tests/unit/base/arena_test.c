/* SPDX-License-Identifier: ISC */
/* Arenas: aligned, zeroed, bounded; lists that grow inside. */
#include "../test.h"
#include "sitrep/base/arena.h"

TEST(memory)
{
	struct arena a;
	char *last = NULL;

	arena_init(&a, 1 << 20);
	for (size_t size = 1; size < 3000; size += 7) {
		char *p = arena_alloc(&a, size);

		if (p == NULL)
			break;
		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xaa, size);
		last = p;
	}
	assert_non_null(last);
	assert_in_range(a.used, 1, 1 << 20);
	/* what was used before comes back zeroed */
	arena_clear(&a);
	last = arena_alloc(&a, 5000);
	for (size_t i = 0; i < 5000; i++)
		assert_int_equal(last[i], 0);
	arena_release(&a);
}

TEST(maximum)
{
	struct arena a;

	arena_init(&a, 1000);
	assert_null(arena_alloc(&a, 1001));
	assert_null(arena_alloc(&a, SIZE_MAX));
	assert_null(arena_alloc_array(&a, SIZE_MAX / 2, 4));
	assert_non_null(arena_alloc(&a, 900));
	assert_null(arena_alloc(&a, 200));
	assert_null(arena_str(&a, str_make("x", SIZE_MAX - 1)).data);
	arena_release(&a);
	assert_non_null(arena_alloc(&a, 1000));
	arena_release(&a);
}

/* With no maximum to speak of, a size that only just fits a size_t is refused all the same. */
TEST(absurd_sizes)
{
	struct arena a;

	arena_init(&a, SIZE_MAX);
	for (size_t less = 0; less < 32; less++) {
		assert_null(arena_alloc(&a, SIZE_MAX - less));
		assert_null(arena_str(&a, str_make("x", SIZE_MAX - less)).data);
	}
	assert_null(arena_alloc_array(&a, SIZE_MAX, SIZE_MAX));
	assert_null(arena_alloc_array(&a, 2, SIZE_MAX / 2 + 1));
	assert_int_equal(a.used, 0);
	assert_non_null(arena_alloc_array(&a, 0, 8));
	assert_non_null(arena_alloc_array(&a, 8, 0));
	arena_release(&a);
}

/* Small and large in turns: none overlaps another, and the large ones do not cost the rest of a block. */
TEST(mixed_sizes)
{
	enum { COUNT = 400 };
	static const size_t sizes[] = {1, 15, 16, 17, 300, 4096, 16384, 131072, 131073, 300000};
	unsigned char *parts[COUNT];
	struct arena a;

	arena_init(&a, 64 << 20);
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < COUNT; i++) {
			size_t size = sizes[i % 10];

			parts[i] = arena_alloc(&a, size);
			assert_non_null(parts[i]);
			assert_int_equal((uintptr_t)parts[i] % _Alignof(max_align_t), 0);
			memset(parts[i], (int)(i % 251) + 1, size);
		}
		for (size_t i = 0; i < COUNT; i++)
			for (size_t k = 0; k < sizes[i % 10]; k++)
				if (parts[i][k] != i % 251 + 1)
					fail_msg("part %zu is overwritten at %zu", i, k);
		arena_clear(&a);
		assert_int_equal(a.used, 0);
	}
	arena_release(&a);
	arena_release(&a);
	arena_clear(&a);
}

TEST(strings)
{
	struct arena a;
	struct str copy;

	arena_init(&a, 1000);
	copy = arena_str(&a, STR("a\0b"));
	assert_int_equal(copy.len, 3);
	assert_memory_equal(copy.data, "a\0b", 4);
	assert_null(arena_str(&a, STR_NONE).data);
	assert_non_null(arena_str(&a, STR("")).data);
	assert_string_equal(arena_cstr(&a, STR("xyz")), "xyz");
	arena_release(&a);
}

TEST(lists)
{
	struct arena a;
	LIST(int) list = {0};

	arena_init(&a, 1 << 20);
	for (int i = 0; i < 1000; i++) {
		int *one = list_add(&a, &list);

		assert_non_null(one);
		assert_int_equal(*one, 0);
		*one = i;
		/* an element that was given back is zeroed when it is handed out again */
		if (i % 100 == 50) {
			list.count--;
			one = list_add(&a, &list);
			assert_int_equal(*one, 0);
			*one = i;
		}
	}
	for (int i = 0; i < 1000; i++)
		assert_int_equal(list.items[i], i);
	list_reserve(&a, &list, 5000);
	assert_int_equal(list.cap, 5000);
	assert_int_equal(list.items[999], 999);
	list_reserve(&a, &list, 10);
	assert_int_equal(list.cap, 5000);
	/* without memory it stays as it is */
	list_reserve(&a, &list, SIZE_MAX / 2);
	assert_int_equal(list.cap, 5000);
	list.count = list.cap;
	arena_release(&a);
	arena_init(&a, 64);
	assert_null(list_add(&a, &list));
	assert_int_equal(list.count, 5000);
	arena_release(&a);
}
