/* Which successes end an error of reading. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "../../../daemon/publish/read_trouble.h"

static void test_what_ends_it(void **state)
{
	struct read_trouble t = {0};
	struct error err;

	(void)state;
	(void)error_set(&err, -EIO, "disk I/O error");
	assert_null(read_trouble_reason(&t));
	read_trouble_note(&t, STR("/feed.atom"), NULL);
	assert_null(read_trouble_reason(&t));
	read_trouble_note(&t, STR("/feed.atom"), &err);
	assert_string_equal(read_trouble_reason(&t), "disk I/O error");
	/* another document may lie elsewhere */
	read_trouble_note(&t, STR("/feed.rss"), NULL);
	assert_string_equal(read_trouble_reason(&t), "disk I/O error");
	read_trouble_note(&t, STR("/feed.atom"), NULL);
	assert_null(read_trouble_reason(&t));
	/* the last one counts */
	read_trouble_note(&t, STR("/feed.atom"), &err);
	(void)error_set(&err, -EUCLEAN, "damaged");
	read_trouble_note(&t, STR("/feed.rss"), &err);
	read_trouble_note(&t, STR("/feed.atom"), NULL);
	assert_string_equal(read_trouble_reason(&t), "damaged");
	read_trouble_release(&t);
	assert_null(read_trouble_reason(&t));
}

static void test_an_hour_ends_it(void **state)
{
	struct read_trouble t = {0};
	struct error err;

	(void)state;
	(void)error_set(&err, -EIO, "disk I/O error");
	read_trouble_note(&t, STR("/feed.atom"), &err);
	t.at_us -= INT64_C(3599) * 1000 * 1000;
	assert_non_null(read_trouble_reason(&t));
	t.at_us -= INT64_C(2) * 1000 * 1000;
	assert_null(read_trouble_reason(&t));
	read_trouble_release(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_ends_it),
		cmocka_unit_test(test_an_hour_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
