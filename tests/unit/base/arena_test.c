/* Arenas: aligned, zeroed, bounded; lists that grow inside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "sitrep/arena.h"

static void test_memory(void **state)
{
	struct arena a;
	char *last = NULL;

	(void)state;
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

static void test_maximum(void **state)
{
	struct arena a;

	(void)state;
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

static void test_strings(void **state)
{
	struct arena a;
	struct str copy;

	(void)state;
	arena_init(&a, 1000);
	copy = arena_str(&a, STR("a\0b"));
	assert_int_equal(copy.len, 3);
	assert_memory_equal(copy.data, "a\0b", 4);
	assert_null(arena_str(&a, STR_NONE).data);
	assert_non_null(arena_str(&a, STR("")).data);
	assert_string_equal(arena_cstr(&a, STR("xyz")), "xyz");
	arena_release(&a);
}

static void test_lists(void **state)
{
	struct arena a;
	struct {
		int *items;
		size_t count;
		size_t cap;
	} list = {0};

	(void)state;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_maximum),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_lists),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
