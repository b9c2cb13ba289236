/* SPDX-License-Identifier: ISC */
/* The section [dedup]: what it sets of the rule of stories, and that without it nothing is changed. */
#include "../../../daemon/engine/story_config.h"
#include "../test.h"
#include "sitrep/config/config.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)

/* The rule of a configuration whose whole text this is. */
static struct story_params rule_of(const char *text)
{
	char path[] = "/tmp/sitrep-story-config-XXXXXX";
	int fd = mkstemp(path);
	FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
	struct config_mistakes mistakes;
	struct error err = {0};
	struct config *c;
	struct story_params p;

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
	config_mistakes_init(&mistakes);
	c = config_load(path, &mistakes, &err);
	unlink(path);
	assert_ok(c != NULL, err);
	if (mistakes.count > 0)
		fail_msg("%s", mistakes.items[0].text);
	p = story_config(c);
	config_free(c);
	config_mistakes_release(&mistakes);
	return p;
}

static void assert_same(const struct story_params *a, const struct story_params *b)
{
	assert_int_equal(a->near, b->near);
	assert_int_equal(a->boilerplate, b->boilerplate);
	assert_int_equal(a->guard, b->guard);
	assert_int_equal(a->frequent, b->frequent);
	/* exactly: a score that equals a threshold must fall on the same side */
	assert_true(a->join == b->join && a->rewrite == b->rewrite && a->relate == b->relate && a->repeat == b->repeat);
	assert_true(a->title == b->title && a->same_title == b->same_title && a->numbers == b->numbers);
	assert_true(a->all_numbers == b->all_numbers && a->roundup == b->roundup);
	assert_int_equal(a->title_words, b->title_words);
	assert_int_equal(a->numbers_short, b->numbers_short);
	assert_int_equal(a->numbers_long, b->numbers_long);
	assert_int_equal(a->least_words, b->least_words);
	assert_int_equal(a->long_words, b->long_words);
	assert_int_equal(a->shared_short, b->shared_short);
	assert_int_equal(a->shared_long, b->shared_long);
	assert_int_equal(a->window_ms, b->window_ms);
	assert_int_equal(a->own_window_ms, b->own_window_ms);
}

TEST(defaults_are_the_measured_ones)
{
	struct story_params p = rule_of("title = x\n");

	assert_same(&p, &story_params_default);
}

TEST(every_option_arrives)
{
	struct story_params p =
		rule_of("[dedup]\nnear = off\nwindow = 3d\nown-window = 1d\njoin = 0.61\nrewrite = 0.32\n"
			"relate = 0.43\nrepeat = 0.94\ntitle = 0.55\nnumbers = 0.66\nboilerplate = 17\n"
			"least-words = 28\n");
	struct story_params expected = story_params_default;

	expected.near = false;
	expected.window_ms = 3 * DAY_MS;
	expected.own_window_ms = DAY_MS;
	expected.join = 0.61;
	expected.rewrite = 0.32;
	expected.relate = 0.43;
	expected.repeat = 0.94;
	expected.title = 0.55;
	expected.numbers = 0.66;
	expected.frequent = 17;
	expected.least_words = 28;
	assert_same(&p, &expected);
}

TEST(nothing_turns_a_part_off)
{
	struct story_params p = rule_of("[dedup]\nnumbers = 0\nboilerplate = 0\n");

	assert_false(p.guard);
	assert_false(p.boilerplate);
	assert_true(p.near);
}

TEST(no_outlet_is_remembered_longer_than_all)
{
	struct story_params p = rule_of("[dedup]\nwindow = 2d\n");

	assert_int_equal(p.own_window_ms, 2 * DAY_MS);
}
