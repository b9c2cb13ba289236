/* SPDX-License-Identifier: ISC */
/* The main of each unit test program: runs the tests that constructors added before it. */
#include <stdio.h>
#include <stdlib.h>

#include "test.h"

enum { TESTS_MAX = 100 };

static struct CMUnitTest tests[TESTS_MAX];
static int lines[TESTS_MAX];
static size_t tests_len;
static CMFixtureFunction group_setup, group_teardown;

void test_add(struct CMUnitTest test, int line)
{
	size_t at = tests_len;

	if (tests_len == TESTS_MAX) {
		fprintf(stderr, "more than %d tests in a program\n", TESTS_MAX);
		abort();
	}
	/* compilers call constructors in an order of their own */
	for (; at > 0 && lines[at - 1] > line; at--) {
		tests[at] = tests[at - 1];
		lines[at] = lines[at - 1];
	}
	tests[at] = test;
	lines[at] = line;
	tests_len++;
}

void test_group(CMFixtureFunction setup, CMFixtureFunction teardown)
{
	group_setup = setup;
	group_teardown = teardown;
}

int main(void)
{
	if (tests_len == 0) {
		fprintf(stderr, "no tests\n");
		return 1;
	}
	return _cmocka_run_group_tests("tests", tests, tests_len, group_setup, group_teardown);
}
