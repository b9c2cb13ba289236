/* SPDX-License-Identifier: ISC */
/* view_test.c: queries are read and written alike, and hostile ones stay values. */
#include "../test.h"
#include "sitrep/pages/view.h"

enum { TEXTS_MAX = 64 * 1024 };

static void assert_query(const struct view *v, enum view_scope scope, const char *expected)
{
	struct buf out = BUF_INIT(TEXTS_MAX);

	buf_puts(&out, "");
	view_write(&out, v, scope);
	assert_string_equal(out.data, expected);
	buf_release(&out);
}

TEST(there_and_back)
{
	static const char *const queries[] = {"", "?min=2",
		"?category=naval&category=R%26D&lang=ko&feed=a&min=3&alert=high&q=a%20OR%20b",
		"?q=%22a%26b%3D%22%3Cscript%3E", "?view=lines",
		"?alert=any&view=lines&before=2026-11-25T17:59:31.250Z,4711", "?after=2026-11-25T17:59:31.000Z,0"};

	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
		struct arena a = ARENA_INIT(TEXTS_MAX);
		struct view v;

		assert_int_equal(view_read(&v, str_from(queries[i]), &a), 0);
		assert_query(&v, VIEW_PLACED, queries[i]);
		arena_release(&a);
	}
}

TEST(scopes)
{
	struct arena a = ARENA_INIT(TEXTS_MAX);
	struct view v;

	assert_int_equal(view_read(&v, STR("?min=2&view=lines&before=2026-11-25T17:59:31Z,4711"), &a), 0);
	assert_int_equal(v.place.sort_ms, INT64_C(1795629571000));
	assert_int_equal(v.place.story_id, 4711);
	assert_query(&v, VIEW_FILTERS, "?min=2");
	assert_query(&v, VIEW_SHOWN, "?min=2&view=lines");
	arena_release(&a);
}

TEST(mistakes)
{
	static const struct {
		const char *name, *value;
		int result;
	} cases[] = {{"colour", "red", 0}, {"", "", 0}, {"q", "", 1}, {"min", "0", -EINVAL}, {"min", "-1", -EINVAL},
		{"min", "2x", -EINVAL}, {"min", "1001", -EINVAL}, {"min", "1", 1}, {"view", "big", -EINVAL},
		{"before", "", 1}, {"before", "x", -EINVAL}, {"before", "2026-11-25T17:59:31Z", -EINVAL},
		{"before", "2026-11-25T17:59:31Z,", -EINVAL}, {"before", "2026-11-25T17:59:31.5Z,1", -EINVAL},
		{"before", "2026-11-25T17:59:31.-12Z,1", -EINVAL}, {"after", "2026-11-31T17:59:31Z,1", -EINVAL},
		{"after", "2026-11-25T17:59:31Z,99999999999999999999", -EINVAL}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct view v = {.least = 0};
		struct error err = {0};
		int result = view_take(&v, str_from(cases[i].name), str_from(cases[i].value), &err);

		if (result != cases[i].result || (result < 0) != (err.code != 0))
			fail_msg("%s=%s gives %d", cases[i].name, cases[i].value, result);
	}
}

TEST(bounds)
{
	struct view v = {.least = 0};
	char values[VIEW_VALUES_MAX + 1][8];

	for (size_t i = 0; i <= VIEW_VALUES_MAX; i++) {
		snprintf(values[i], sizeof(values[i]), "c%zu", i);
		assert_int_equal(
			view_take(&v, STR("category"), str_from(values[i]), NULL), i < VIEW_VALUES_MAX ? 1 : -EINVAL);
		/* the same one again is no other one */
		assert_int_equal(view_take(&v, STR("category"), str_from(values[0]), NULL), 1);
	}
}

TEST(words)
{
	struct arena a = ARENA_INIT(TEXTS_MAX);
	struct buf out = BUF_INIT(TEXTS_MAX);
	struct view v;

	assert_int_equal(view_read(&v, STR("?category=naval&category=asia&lang=ko&min=2&alert=any"), &a), 0);
	view_words(&out, &v);
	assert_string_equal(out.data, "naval or asia, Korean, 2 outlets or more, any alert");
	buf_release(&out);
	v = (struct view){.is_lines = true};
	view_words(&out, &v);
	assert_string_equal(out.data, "River");
	buf_release(&out);
	arena_release(&a);
}
