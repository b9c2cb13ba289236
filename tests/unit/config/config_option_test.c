/* SPDX-License-Identifier: ISC */
/* The values of single options, and the table of all. */
#include "../../../daemon/config/config_value.h"
#include "config_fixture.h"
#include "sitrep/config/option.h"

/* What is written of a fraction is what a person would write, and reads the same. */
TEST_ON(fractions, fixture, f)
{
	static const struct {
		const char *text, *written;
		double value;
	} good[] = {{"0", "0", 0}, {"1", "1", 1}, {"1.000", "1", 1}, {"0.5", "0.5", 0.5}, {"0.50", "0.5", 0.5},
		{"0.3", "0.3", 0.3}, {"0.05", "0.05", 0.05}, {"0.000001", "0.000001", 0.000001},
		{"0.999999", "0.999999", 0.999999}, {"0.123456", "0.123456", 0.123456}};
	static const char *const bad[] = {"1.1", "2", "-0.5", "+0.5", ".5", "0.", "0,5", "0.5 5", "0.1234567", "50%",
		"5e-1", "nan", "00.5", "0x1"};
	const char *nearest;
	const struct config_option *join = option_find(SECTION_DEDUP, STR("join"), &nearest);
	char text[256];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(text, sizeof(text), "[dedup]\njoin = %s\n", good[i].text);
		load(f, text);
		assert_string_equal(f->said.data, "");
		assert_true(f->config->dedup_join == good[i].value);
		buf_clear(&f->said);
		assert_int_equal(config_value_write(&f->said, f->config, join), 0);
		buf_putc(&f->said, '\0');
		assert_string_equal(f->said.data, good[i].written);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "[dedup]\njoin = %s\n", bad[i]);
		load(f, text);
		snprintf(text, sizeof(text), "main.conf:2: join = %s: expected a number from 0 to 1", bad[i]);
		assert_said(f, text);
		assert_true(f->config->dedup_join == 0.5);
	}
	load(f, "[dedup]\nwindow = 15d\nboilerplate = 1\n");
	assert_said(f, "main.conf:2: window = 15d: expected a value from 1h to 14d");
	assert_said(f, "[dedup] boilerplate = 1 makes every phrase boilerplate");
}

/* Takes the # from each line that is no remark. */
static void put_in_force(char *sample)
{
	for (char *c = sample; c != NULL && *c != '\0'; c = strchr(c, '\n') != NULL ? strchr(c, '\n') + 1 : NULL)
		if (c[0] == '#' && c[1] != ' ')
			memmove(c, c + 1, strlen(c));
}

/* What the messages, the manual and the sample file are made of holds together. */
TEST_ON(escalation, fixture, f)
{
	static const char *const wrong[] = {"5", "5 publishers", "5 publishers in", "5 outlets in 1h",
		"x publishers in 1h", "5 publishers in 1h or so", "5 publishers in soon", "5 publishers in 0s",
		"1 publishers in 1h", "10001 publishers in 1h"};
	char text[256];

	load(f, "[alert \"a\"]\nmatch = x\nescalate = 5  publishers in 90m\nrepeat = update\n");
	assert_string_equal(f->said.data, "");
	assert_int_equal(f->config->alerts.items[0].escalate.count, 5);
	assert_int_equal(f->config->alerts.items[0].escalate.within_ms, 90 * 60 * 1000);
	assert_int_equal(f->config->alerts.items[0].revise_after_ms, 5 * 60 * 1000);
	assert_int_equal(f->config->alerts.items[0].close_after_ms, 24 * 3600 * 1000);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(text, sizeof(text), "[alert \"a\"]\nmatch = x\nescalate = %s\n", wrong[i]);
		load(f, text);
		assert_int_equal(f->mistakes.count, 1);
		assert_said(f, "main.conf:3");
		assert_said(f, "publishers");
	}
}

TEST_ON(option_table, fixture, f)
{
	struct buf *sample = scratch(1 << 20);
	const char *nearest;

	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *o = &config_options[i];

		assert_ptr_equal(option_find(o->section, str_from(o->name), &nearest), o);
		assert_true(strlen(o->help) > 5 && o->help[strlen(o->help) - 1] == '.');
		assert_true(o->min <= o->max);
		assert_true((o->fallback == NULL) == (o->example != NULL));
	}
	assert_null(option_find(SECTION_FETCH, STR("timeuot"), &nearest));
	assert_string_equal(nearest, "timeout");
	assert_null(option_find(SECTION_FETCH, STR("zzzzzzzzzzzz"), &nearest));
	assert_null(nearest);
	/* the sample is a configuration without a mistake */
	assert_int_equal(option_write_sample(sample), 0);
	buf_putc(sample, '\0');
	load(f, sample->data);
	assert_string_equal(f->said.data, "");
	/* and it is still one when all its options are in force */
	put_in_force(sample->data);
	load(f, sample->data);
	assert_string_equal(f->said.data, "");
	assert_int_equal(f->config->feeds.count, 1);
	assert_int_equal(f->config->alerts.count, 1);
	assert_int_equal(f->config->outputs.count, 1);
}
