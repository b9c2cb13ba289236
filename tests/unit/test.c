/* SPDX-License-Identifier: ISC */
/* The main of each unit test program: runs the tests that constructors added before it. */
#include "test.h"

enum { TESTS_MAX = 100 };

/* a test, and what is called before and after it */
struct test {
	void (*run)(void), (*set_up)(void), (*tear_down)(void);
};

/* what is released after a test */
struct kept {
	struct kept *next;
	void *what;
	void (*release)(void *what);
};

static struct CMUnitTest list[TESTS_MAX];
static struct test tests[TESTS_MAX], group;
static int lines[TESTS_MAX];
static size_t tests_len;
static struct kept *kept;

static int call(void (*function)(void))
{
	if (function != NULL)
		function();
	return 0;
}

static void run(void **state)
{
	call(((struct test *)*state)->run);
}

static int set_up(void **state)
{
	return call(((struct test *)*state)->set_up);
}

static void release_kept(void)
{
	while (kept != NULL) {
		struct kept *k = kept;

		kept = k->next;
		k->release(k->what);
		free(k);
	}
}

static int tear_down(void **state)
{
	call(((struct test *)*state)->tear_down);
	release_kept();
	return 0;
}

static int set_up_group(__attribute__((unused)) void **state)
{
	return call(group.set_up);
}

static int tear_down_group(__attribute__((unused)) void **state)
{
	return call(group.tear_down);
}

void test_add(const char *name, void (*run_it)(void), void (*before)(void), void (*after)(void), int line)
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
		list[at].name = list[at - 1].name;
	}
	tests[at] = (struct test){run_it, before, after};
	lines[at] = line;
	list[at].name = name;
	tests_len++;
}

void test_keep(void *what, void (*release)(void *what))
{
	struct kept *k = malloc(sizeof(*k));

	assert_non_null(k);
	*k = (struct kept){kept, what, release};
	kept = k;
}

void test_group(void (*before)(void), void (*after)(void))
{
	group = (struct test){NULL, before, after};
}

int main(void)
{
	if (tests_len == 0) {
		fprintf(stderr, "no tests\n");
		return 1;
	}
	for (size_t i = 0; i < tests_len; i++)
		list[i] = (struct CMUnitTest){list[i].name, run, set_up, tear_down, &tests[i]};
	return _cmocka_run_group_tests("tests", list, tests_len, set_up_group, tear_down_group);
}
