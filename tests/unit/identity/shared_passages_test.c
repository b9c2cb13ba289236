/* SPDX-License-Identifier: ISC */
/* Passages that two texts share. */
#include "sitrep/identity/shared_passages.h"

#include "../test.h"
#include "sitrep/base/buf.h"

enum { SHOWN_MAX = 1024 * 1024 };

static void show(struct buf *out, struct str text, const struct passage_list *list)
{
	size_t at = 0;

	for (size_t i = 0; i < list->count; i++) {
		assert_true(list->items[i].from >= at && list->items[i].to > list->items[i].from);
		buf_add(out, str_slice(text, at, list->items[i].from));
		buf_putc(out, '[');
		buf_add(out, str_slice(text, list->items[i].from, list->items[i].to));
		buf_putc(out, ']');
		at = list->items[i].to;
	}
	buf_add(out, str_slice(text, at, text.len));
	buf_puts(out, " / ");
}

static void assert_shared(const char *a, const char *b, const char *expected)
{
	struct buf out = BUF_INIT(SHOWN_MAX);
	struct passage_list in_a, in_b;

	assert_int_equal(shared_passages(str_from(a), str_from(b), &in_a, &in_b), 0);
	show(&out, str_from(a), &in_a);
	show(&out, str_from(b), &in_b);
	buf_truncate(&out, out.len - 3);
	assert_string_equal(out.data, expected);
	buf_release(&out);
	free(in_a.items);
	free(in_b.items);
}

TEST(a_passage_is_found_in_both)
{
	assert_shared("One two. The ferries were stopped as a precaution today, he said.",
		"THE FERRIES - were stopped, as a precaution. Nobody knows why.",
		"One two. [The ferries were stopped as a precaution] today, he said. / "
		"[THE FERRIES - were stopped, as a precaution.] Nobody knows why.");
}

TEST(short_runs_are_chance)
{
	assert_shared("as soon as it is over they go", "as soon as it was over they stay",
		"as soon as it is over they go / as soon as it was over they stay");
	assert_shared("", "", " / ");
	assert_shared("a b c d e f", "", "a b c d e f / ");
}

TEST(passages_may_change_places)
{
	assert_shared("a b c d e f g - 1 2 3 4 5 6 7", "1 2 3 4 5 6 7 x a b c d e f g",
		"[a b c d e f g - 1 2 3 4 5 6 7] / [1 2 3 4 5 6 7] x [a b c d e f g]");
}

TEST(scripts_without_spaces)
{
	assert_shared("琥珀海峡に向けミサイル三発、船舶に被害なし", "防衛省は琥珀海峡に向けミサイル三発と発表",
		"[琥珀海峡に向けミサイル三発、]船舶に被害なし / 防衛省は[琥珀海峡に向けミサイル三発]と発表");
}

TEST(words_are_counted)
{
	struct passage_list a, b;

	assert_int_equal(shared_passages(STR("a b c d e f g h"), STR("x a b c d e f y"), &a, &b), 0);
	assert_int_equal(a.words, 8);
	assert_int_equal(a.shared, 6);
	assert_int_equal(b.words, 8);
	assert_int_equal(b.shared, 6);
	free(a.items);
	free(b.items);
}

/* A text that repeats itself, and one of many words, take bounded work. */
TEST(large_texts)
{
	struct buf a = BUF_INIT(SHOWN_MAX), b = BUF_INIT(SHOWN_MAX);
	struct passage_list in_a, in_b;

	for (int i = 0; i < 20000; i++) {
		buf_puts(&a, "the same ");
		buf_printf(&b, "%s ", i < 10 ? "same the" : "other");
	}
	assert_int_equal(shared_passages(buf_str(&a), buf_str(&b), &in_a, &in_b), 0);
	assert_int_equal(in_a.words, SHARED_PASSAGES_TEXT_MAX);
	assert_int_equal(in_b.count, 1);
	assert_in_range(in_b.shared, 16, 20);
	free(in_a.items);
	free(in_b.items);
	buf_release(&a);
	buf_release(&b);
}
