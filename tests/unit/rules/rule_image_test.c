/* SPDX-License-Identifier: ISC */
/* The image of a rule set: a set over it finds, tells and explains as the set that made it, wherever the image lies,
 * and bytes that are no image are refused. */
#include <malloc.h>

#include "sets.h"

static const char *const rules[] = {
	"frigate* AND \"carrier strike group\"",
	"list(frigate = 10, \"strike group\" = 20, exercise = -5) >= 30",
	"/F-?35[ABC]/ OR title:/strait/i",
	"destroyer NEAR/3 (port OR harbour)",
	"feed:usni category:naval lang:en NOT exercise",
	"submarine (age<2h OR sources>=3) words>2",
	"author:smith summary:\"left port\"",
};

enum { RULES = sizeof(rules) / sizeof(rules[0]) };

static void note(void *arg, const struct rule_hit *hit)
{
	struct buf *told = arg;

	buf_add(told, hit->rule);
	for (size_t i = 0; i < hit->term_count; i++) {
		buf_putc(told, '|');
		buf_add(told, hit->terms[i]);
	}
	assert_int_equal(buf_printf(told, " %llx\n", (unsigned long long)hit->truth), 0);
}

static struct rule_set *make(void)
{
	struct rule_set *set = rule_set_new();
	struct error err = {0};
	char name[16];

	assert_non_null(set);
	rule_set_keep_places(set);
	for (int i = 0; i < RULES; i++) {
		snprintf(name, sizeof(name), "r%d", i);
		assert_ok(rule_set_add(set, str_from(name), str_from(rules[i]), &err) == 0, err);
	}
	assert_ok(rule_set_finish(set, &err) == 0, err);
	return set;
}

/* What the set tells of an item, the marked body, and how many reasons there are for each rule. */
static struct buf tell(struct rule_set *set)
{
	static const char title[] = "Carrier strike group and frigates pass the STRAIT";
	static const char body[] = "An F-35B and a submarine; the destroyer left the old harbour.";
	struct buf *title_words = scratch(4096), *body_words = scratch(4096);
	struct buf told = BUF_INIT(65536);
	struct person author = {.name = STR("Jane Smith")};
	struct item item = {.plain_summary = STR("The frigate left port."), .authors = {&author, 1, 1}};
	struct rule_subject subject = {.title = str_from(title),
		.body = str_from(body),
		.feed = STR("usni"),
		.categories = STR("us\nnaval"),
		.language = STR("en-GB"),
		.item = &item};
	struct arena arena;
	size_t count = 0;

	assert_int_equal(rule_words(title_words, subject.title, &count), 0);
	assert_int_equal(rule_words(body_words, subject.body, &count), 0);
	subject.title_tokens = buf_str(title_words);
	subject.body_tokens = buf_str(body_words);
	assert_int_equal(rule_set_match(set, &subject, note, &told), 0);
	arena_init(&arena, 1024 * 1024);
	for (size_t i = 0; i < RULES; i++) {
		struct rule_reason *reasons;

		assert_int_equal(rule_set_mark(set, i, RULE_IN_BODY, &told), 0);
		assert_int_equal(rule_set_reasons(set, i, &arena, &reasons, &count), 0);
		for (size_t r = 0; r < count; r++) {
			buf_putc(&told, '\n');
			buf_add(&told, reasons[r].term);
		}
		buf_putc(&told, '\n');
	}
	arena_release(&arena);
	return told;
}

TEST(a_moved_image_tells_the_same)
{
	struct rule_set *set = make(), *moved;
	struct str image = rule_set_image(set);
	struct buf told = tell(set), again;
	struct error err = {0};

	moved = rule_set_open(scratch_copy(image), &err);
	assert_ok(moved != NULL, err);
	rule_set_free(set);
	again = tell(moved);
	assert_true(told.failed == 0 && told.len > 200);
	assert_string_equal(told.data, again.data);
	assert_non_null(strstr(told.data, "r0|frigate*|carrier strike group"));
	assert_non_null(strstr(told.data, "r2|"));
	assert_int_equal(rule_set_count(moved), RULES);
	rule_set_free(moved);
	buf_release(&told);
	buf_release(&again);
}

/* Leaves bytes where the next functions have their structs. */
static void soil_stack(void)
{
	char bytes[16384];

	memset(bytes, 0xA5, sizeof(bytes));
	assert_int_equal((unsigned char)bytes[getpid() % 16384], 0xA5);
}

/* Two processes have other bytes behind their structs; the image of equal rules has none of them. */
TEST(images_of_equal_rules_are_equal)
{
	struct rule_set *set = make(), *other;
	struct str image = scratch_copy(rule_set_image(set));

	rule_set_free(set);
	soil_stack();
	other = make();
	assert_true(str_eq(rule_set_image(other), image));
	rule_set_free(other);
}

/* Each subscription with a filter of its own has a set. */
TEST(a_small_set_is_small)
{
	struct rule_set *set = set_of("missile AND (frigate OR \"carrier group\")");

	assert_true(malloc_usable_size((void *)rule_set_image(set).data) <= 4096);
}

TEST(an_empty_set_has_an_image)
{
	struct rule_set *set = new_set(), *opened;
	struct error err = {0};

	assert_ok(rule_set_finish(set, &err) == 0, err);
	opened = rule_set_open(rule_set_image(set), &err);
	assert_ok(opened != NULL, err);
	assert_int_equal(rule_set_count(opened), 0);
	rule_set_free(opened);
}

TEST(other_bytes_are_refused)
{
	struct str image = rule_set_image(keep_set(make()));
	char *copy = scratch_take(malloc(image.len + 1));
	struct error err = {0};

	memcpy(copy, image.data, image.len);
	assert_null(rule_set_open(STR_NONE, &err));
	assert_string_equal(err.text, "the compiled rules are not of this version");
	for (size_t len = 0; len < image.len; len += 1 + len / 8) {
		err = (struct error){0};
		assert_null(rule_set_open(str_make(copy, len), &err));
		assert_int_equal(err.code, -EINVAL);
	}
	assert_null(rule_set_open(str_make(copy, image.len + 1), &err));
	assert_string_equal(err.text, "the compiled rules are cut off");
	/* an array that begins behind the end */
	copy[32 + 8 + 6] = 1;
	assert_null(rule_set_open(str_make(copy, image.len), &err));
	assert_string_equal(err.text, "the compiled rules are damaged");
	copy[0] = 'S';
	assert_null(rule_set_open(str_make(copy, image.len), &err));
	assert_string_equal(err.text, "the compiled rules are not of this version");
}
