/* SPDX-License-Identifier: ISC */
/* The words that an alert's rule found. */
#include "../../../daemon/pages/matched_words.h"

#include "../test.h"

enum { OUT_MAX = 64 * 1024 };

static struct item item_of(const char *title, const char *body)
{
	struct item it;

	item_init(&it);
	it.title = (struct text){.kind = TEXT_PLAIN, .value = str_from(title)};
	it.plain_title = str_from(title);
	it.content = (struct text){.kind = TEXT_HTML, .value = str_from(body)};
	return it;
}

static void assert_headline(const char *title, const char *terms, const char *expected)
{
	struct item it = item_of(title, "");
	struct buf out = BUF_INIT(OUT_MAX);

	matched_headline(&out, &it, str_from(terms));
	assert_string_equal(out.data, expected);
	buf_release(&out);
}

static void assert_list(const char *title, const char *body, const char *terms, const char *expected)
{
	struct item it = item_of(title, body);
	struct buf out = BUF_INIT(OUT_MAX);

	matched_list(&out, &it, str_from(terms));
	assert_string_equal(out.data, expected);
	buf_release(&out);
}

TEST(words_of_the_headline_are_marked)
{
	assert_headline(
		"Three missiles launched", "missile*\nlaunch*", "Three <mark>missiles</mark> <mark>launched</mark>");
	assert_headline("Two carriers pass the Amber Strait", "amber strait",
		"Two carriers pass the <mark>Amber Strait</mark>");
	assert_headline("توقف الملاحة في مضيق العنبر", "مضيق العنبر", "توقف الملاحة في <mark>مضيق العنبر</mark>");
	assert_headline("Missiles & <us>", "title:missile*", "<mark>Missiles</mark> &amp; &lt;us&gt;");
	/* rules read no words in it */
	assert_headline("Missiles & <b>", "missile*", "Missiles &amp; &lt;b&gt;");
}

TEST(an_item_that_changed_since)
{
	assert_headline("Quiet <night>", "missile*", "Quiet &lt;night&gt;");
	assert_headline("Quiet night", "", "Quiet night");
	assert_list("Quiet night", "", "missile*\n<x>", "<code>missile*</code>, <code>&lt;x&gt;</code>");
	assert_list("Quiet night", "", "", "no word of its own");
}

TEST(words_are_listed_by_place)
{
	assert_list("Missiles fly, missiles land", "<p>A launch of MISSILES.</p>", "missile*\nlaunch*",
		"<mark>Missiles</mark> in the headline, <mark>launch</mark> and <mark>MISSILES</mark> in the text");
	assert_list("Night", "<p>One launch</p>", "launch*", "<mark>launch</mark> in the text");
}

/* Terms as no rule has them are looked for in vain. */
TEST(terms_that_are_no_rule)
{
	assert_headline("Night", "((((", "Night");
	assert_headline("Night", "\"", "Night");
	assert_list("Night", "", "NOT x", "<code>NOT x</code>");
}
