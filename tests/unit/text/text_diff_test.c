/* SPDX-License-Identifier: ISC */
/* Two versions of a text, word by word. */
#include "sitrep/text/text_diff.h"

#include "../test.h"
#include "sitrep/base/buf.h"

enum { SHOWN_MAX = 4 * 1024 * 1024 };

static void show(void *arg, const struct text_diff_piece *p)
{
	static const char *const begins[] = {"", "-[", "+["}, *const ends[] = {"", "]", "]"};
	struct buf *out = arg;

	if (p->new_line)
		buf_puts(out, out->len > 0 ? "|" : "");
	else if (p->spaced)
		buf_putc(out, ' ');
	buf_puts(out, begins[p->kind]);
	buf_add(out, p->text);
	buf_puts(out, ends[p->kind]);
}

static void assert_diff(const char *before, const char *after, const char *expected)
{
	struct buf out = BUF_INIT(SHOWN_MAX);
	bool changed;

	assert_int_equal(text_diff(str_from(before), str_from(after), show, &out, &changed), 0);
	assert_string_equal(out.data != NULL ? out.data : "", expected);
	assert_true(changed || (strstr(expected, "-[") == NULL && strstr(expected, "+[") == NULL));
	buf_release(&out);
}

TEST(words_are_replaced)
{
	assert_diff("The operator lodges some 200 passengers at the house.",
		"The operator lodges 340 passengers at the house.",
		"The operator lodges -[some 200] +[340] passengers at the house.");
	assert_diff("No ship was damaged.", "No ship was damaged. Ferries stopped.",
		"No ship was damaged. +[Ferries stopped.]");
	assert_diff("Late: two are missing", "Two are missing", "-[Late: two]+[Two] are missing");
}

TEST(the_same_and_nothing)
{
	assert_diff("", "", "");
	assert_diff("a  b", "a b", "a b");
	assert_diff("", "new", "+[new]");
	assert_diff("old", "", "-[old]");
}

TEST(white_space_is_no_change)
{
	struct buf out = BUF_INIT(SHOWN_MAX);
	bool changed = true;

	assert_int_equal(text_diff(STR("a b\nc"), STR(" a  b \n c "), show, &out, &changed), 0);
	assert_false(changed);
	assert_int_equal(text_diff(STR("a b"), STR("a\nb"), show, &out, &changed), 0);
	assert_true(changed);
	buf_release(&out);
}

TEST(lines_stay_lines)
{
	assert_diff("one\ntwo", "one\ntwo\nthree", "one|two|+[three]");
	assert_diff("one\ntwo\nthree", "one\nthree", "one|-[two]|three");
	assert_diff("one two", "one\ntwo", "one|two");
	assert_diff("one\ntwo", "one two", "one|two");
}

TEST(scripts_without_spaces)
{
	assert_diff("ミサイル2発を発射", "ミサイル3発を発射", "ミサイル-[2]+[3]発を発射");
	assert_diff("미사일 2발 발사", "미사일 3발 발사", "미사일 -[2발] +[3발] 발사");
}

/* As the pieces are put together again, each version is whole. */
struct versions {
	struct buf before, after;
};

static void collect(void *arg, const struct text_diff_piece *p)
{
	struct versions *v = arg;

	for (size_t i = 0; i < p->text.len; i++) {
		if (char_is_space(p->text.data[i]))
			continue;
		if (p->kind != TEXT_DIFF_INSERTED)
			buf_putc(&v->before, p->text.data[i]);
		if (p->kind != TEXT_DIFF_DELETED)
			buf_putc(&v->after, p->text.data[i]);
	}
}

static void add_random(struct buf *out, uint32_t *seed, size_t words)
{
	for (size_t i = 0; i < words; i++) {
		*seed = *seed * 1664525 + 1013904223;
		buf_printf(out, "%c%s", 'a' + (char)(*seed >> 29), (*seed >> 20) % 9 == 0 ? "\n" : " ");
	}
}

static void drop_spaces(struct buf *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->len; i++)
		if (!char_is_space(b->data[i]))
			b->data[n++] = b->data[i];
	buf_truncate(b, n);
}

TEST(nothing_is_lost_of_random_texts)
{
	uint32_t seed = 7;

	for (int round = 0; round < 300; round++) {
		struct buf a = BUF_INIT(SHOWN_MAX), b = BUF_INIT(SHOWN_MAX);
		struct versions v = {BUF_INIT(SHOWN_MAX), BUF_INIT(SHOWN_MAX)};
		bool changed;

		add_random(&a, &seed, (size_t)round);
		add_random(&b, &seed, (size_t)(300 - round));
		assert_int_equal(text_diff(buf_str(&a), buf_str(&b), collect, &v, &changed), 0);
		drop_spaces(&a);
		drop_spaces(&b);
		assert_true(str_eq(buf_str(&a), buf_str(&v.before)));
		assert_true(str_eq(buf_str(&b), buf_str(&v.after)));
		buf_release(&a);
		buf_release(&b);
		buf_release(&v.before);
		buf_release(&v.after);
	}
}

/* Too many changes: what is between the common ends is replaced as a whole. */
TEST(large_texts_have_a_bound)
{
	struct buf a = BUF_INIT(SHOWN_MAX), b = BUF_INIT(SHOWN_MAX), out = BUF_INIT(SHOWN_MAX);
	bool changed;

	buf_puts(&a, "same ");
	buf_puts(&b, "same ");
	for (int i = 0; i < 5000; i++) {
		buf_printf(&a, "a%d ", i);
		buf_printf(&b, "b%d ", i);
	}
	buf_puts(&a, "end");
	buf_puts(&b, "end");
	assert_int_equal(text_diff(buf_str(&a), buf_str(&b), show, &out, &changed), 0);
	assert_true(str_starts(buf_str(&out), STR("same -[a0 a1 ")));
	assert_true(str_find(buf_str(&out), STR("a4999] +[b0 b1"), 0) != STR_NPOS);
	assert_true(str_ends(buf_str(&out), STR("b4999] end")));
	buf_release(&a);
	buf_release(&b);
	buf_release(&out);
}
