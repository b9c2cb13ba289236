/* SPDX-License-Identifier: ISC */
/* test.h: a unit test program.
 *
 * A file of tests includes this and writes TEST(name) { ... } for each test; the program runs them in the order of the
 * file (tests/unit/test.c has its main).  `state` is the test's parameter.
 *
 *	TEST(maximum)
 *	{
 *		assert_int_equal(sum(1, 2), 3);
 *	}
 */
#ifndef SITREP_TEST_H
#define SITREP_TEST_H

/* the four headers that cmocka.h needs before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The function is called test_NAME, for a break point. */
#define TEST(name) TEST_WITH(name, NULL, NULL)

/* setup runs before the test and teardown after it, both `int f(void **state)`; either may be NULL */
#define TEST_WITH(name, setup, teardown)                                                                               \
	static void test_##name(void **state);                                                                         \
	__attribute__((constructor)) static void add_test_##name(void)                                                 \
	{                                                                                                              \
		test_add((struct CMUnitTest){#name, test_##name, setup, teardown, NULL}, __LINE__);                    \
	}                                                                                                              \
	static void test_##name(__attribute__((unused)) void **state)

/* once in a file, at its end: setup runs before the first test, teardown after the last; either may be NULL */
#define TEST_GROUP(setup, teardown)                                                                                    \
	__attribute__((constructor)) static void set_group(void)                                                       \
	{                                                                                                              \
		test_group(setup, teardown);                                                                           \
	}

/* the macros' part: line is the test's place among the tests */
void test_add(struct CMUnitTest test, int line);
void test_group(CMFixtureFunction setup, CMFixtureFunction teardown);

#endif
