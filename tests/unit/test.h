/* SPDX-License-Identifier: ISC */
/* test.h: a unit test program.
 *
 * A file of tests includes this and writes TEST(name) { ... } for each test; the program runs them in the order of the
 * file (tests/unit/test.c has its main).
 *
 *	TEST(maximum)
 *	{
 *		assert_int_equal(sum(1, 2), 3);
 *	}
 */
#ifndef SITREP_TEST_H
#define SITREP_TEST_H

/* the headers that cmocka.h needs before it, and those that nearly each test needs */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* The function is called test_NAME, for a break point. */
#define TEST(name) TEST_WITH(name, NULL, NULL)

/* before is called before the test and after after it, also when it failed: `void f(void)`, or NULL */
#define TEST_WITH(name, before, after)                                                                                 \
	static void test_##name(void);                                                                                 \
	TEST_ADD(name, test_##name, before, after)                                                                     \
	static void test_##name(void)

/* A test works on a struct that is made for it alone: zeroed, then filled by set_up; after the test tear_down releases
 * what it holds.  Both are `void f(struct TAG *)`; tear_down is (void) where nothing is to be released.
 *
 *	FIXTURE(folder, folder_make, folder_remove)
 *
 *	TEST_ON(files_are_private, folder, f)
 *	{
 *		assert_int_equal(mode_of(f->path), 0600);
 *	}
 */
#define FIXTURE(tag, set_up, tear_down)                                                                                \
	static struct tag *fixture_##tag;                                                                              \
	static inline void fixture_make_##tag(void)                                                                    \
	{                                                                                                              \
		fixture_##tag = calloc(1, sizeof(*fixture_##tag));                                                     \
		assert_non_null(fixture_##tag);                                                                        \
		set_up(fixture_##tag);                                                                                 \
	}                                                                                                              \
	static inline void fixture_release_##tag(void)                                                                 \
	{                                                                                                              \
		tear_down(fixture_##tag);                                                                              \
		free(fixture_##tag);                                                                                   \
	}

#define TEST_ON(name, tag, parameter)                                                                                  \
	static void test_##name(struct tag *parameter);                                                                \
	static void call_test_##name(void)                                                                             \
	{                                                                                                              \
		test_##name(fixture_##tag);                                                                            \
	}                                                                                                              \
	TEST_ADD(name, call_test_##name, fixture_make_##tag, fixture_release_##tag)                                    \
	static void test_##name(__attribute__((unused)) struct tag *parameter)

/* The condition holds, or the test fails and the sentence of err, a struct error, is printed. */
#define assert_ok(condition, err)                                                                                      \
	do {                                                                                                           \
		bool holds_ = (condition);                                                                             \
		if (!holds_)                                                                                           \
			print_error("%s\n", (err).text);                                                               \
		_assert_true(holds_, #condition, __FILE__, __LINE__);                                                  \
	} while (0)

/* Has release(what) called when the test is over, also when it failed; what was kept last is released first. */
void test_keep(void *what, void (*release)(void *what));

/* once in a file, at its end: before is called before the first test, after after the last; either may be NULL */
#define TEST_GROUP(before, after)                                                                                      \
	__attribute__((constructor)) static void set_group(void)                                                       \
	{                                                                                                              \
		test_group(before, after);                                                                             \
	}

/* the macros' part: line is the test's place among the tests */
#define TEST_ADD(name, function, before, after)                                                                        \
	__attribute__((constructor)) static void add_test_##name(void)                                                 \
	{                                                                                                              \
		test_add(#name, function, before, after, __LINE__);                                                    \
	}

void test_add(const char *name, void (*run_it)(void), void (*before)(void), void (*after)(void), int line);
void test_group(void (*before)(void), void (*after)(void));

#endif
