/* SPDX-License-Identifier: ISC */
/* Which successes end an error of reading. */
#include "../../../daemon/publish/read_trouble.h"
#include "../test.h"

TEST(what_ends_it)
{
	struct read_trouble t = {0};
	struct error err;

	error_set(&err, -EIO, "disk I/O error");
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
	error_set(&err, -EUCLEAN, "damaged");
	read_trouble_note(&t, STR("/feed.rss"), &err);
	read_trouble_note(&t, STR("/feed.atom"), NULL);
	assert_string_equal(read_trouble_reason(&t), "damaged");
	read_trouble_release(&t);
	assert_null(read_trouble_reason(&t));
}

TEST(an_hour_ends_it)
{
	struct read_trouble t = {0};
	struct error err;

	error_set(&err, -EIO, "disk I/O error");
	read_trouble_note(&t, STR("/feed.atom"), &err);
	t.at_us -= INT64_C(3599) * 1000 * 1000;
	assert_non_null(read_trouble_reason(&t));
	t.at_us -= INT64_C(2) * 1000 * 1000;
	assert_null(read_trouble_reason(&t));
	read_trouble_release(&t);
}
