/* SPDX-License-Identifier: ISC */
/* What joins reports that have little in common: a sentence that a house prints below everything, and a chain of
 * reports each of which resembles only the one before; and what must join all the same: an article and its lead. */
#include "grouping_fixture.h"

enum { TEXT_MAX = 64 * 1024 };

static const char stock[] = "Find more stories, photographs and interviews with crews of the coastal squadrons on our "
			    "pages for members and friends every week.";

/* Words of their own for each number, of letters alone. */
static void add_words(struct buf *out, unsigned number, unsigned first, unsigned count)
{
	for (unsigned i = first; i < first + count; i++) {
		unsigned code = number * 4096 + i;

		for (unsigned k = 0; k < 5; k++, code /= 16)
			assert_int_equal(buf_printf(out, "%c", 'a' + (int)(code % 16)), 0);
		assert_int_equal(buf_puts(out, " "), 0);
	}
}

static int64_t take_words(struct fixture *f, const char *source, unsigned number, unsigned own, const char *ending)
{
	struct buf *title = scratch(TEXT_MAX), *body = scratch(TEXT_MAX);
	int64_t story;

	add_words(title, number, 0, 7);
	add_words(body, number, 100, own);
	buf_puts(body, ending);
	story = take(f, source, title->data, body->data);
	return story;
}

/* A report above the stock sentence: does it join another one's story? */
static bool joins(struct fixture *f, const char *source, unsigned number, unsigned own)
{
	take_words(f, source, number, own, stock);
	return f->answer.story_id != 0;
}

static const char *outlet(char name[32], unsigned number)
{
	snprintf(name, 32, "unit%u.example", number);
	return name;
}

/* Each of forty reports of ten outlets says something else above one sentence. */
TEST_ON(a_stock_sentence_joins_nothing, fixture, f)
{
	char name[32];

	for (unsigned i = 0; i < 40; i++)
		assert_false(joins(f, outlet(name, i % 10), i, 8));
}

/* With nothing else below the title, so that nearly all of a report is the sentence: it joins until it is known. */
TEST_ON(weak_joins_make_a_phrase_known, fixture, f)
{
	unsigned joined = 0;
	char name[32];

	for (unsigned i = 0; i < 40; i++)
		joined += joins(f, outlet(name, i % 10), i, 0);
	assert_in_range(joined, 1, 7);
	assert_false(joins(f, "late.example", 99, 0));
}

/* One outlet has told its own phrase apart seven times; then two others have it too. */
TEST_ON(no_story_grows_at_one_a_day, fixture, f)
{
	unsigned joined = 0;
	char name[32];

	for (unsigned i = 0; i < 67; i++) {
		joined += joins(f, outlet(name, i < 7 ? 0 : 1 + i % 2), i, 0);
		f->now_ms += i < 7 ? HOUR_MS : DAY_MS / 2;
	}
	assert_in_range(joined, 0, 1);
}

/* The titles tell of one event: half of the text is enough. */
TEST_ON(under_like_titles_half_is_enough, fixture, f)
{
	int64_t story = take(f, "alpha.example", "Minister opens new dry dock in the northern port", stock);

	assert_int_equal(take(f, "bravo.example", "New dry dock opens in the northern port",
				 "Find more stories, photographs and interviews with crews of the coastal squadrons "
				 "above the quay, where hundreds had come to watch."),
		story);
}

/* Each report has two thirds of the one before it, and all but the first nothing of the first. */
TEST_ON(a_chain_does_not_go_on_for_ever, fixture, f)
{
	struct buf *body = scratch(TEXT_MAX);
	unsigned in_first = 0;
	char name[32];

	for (unsigned i = 0; i < 12; i++) {
		buf_clear(body);
		add_words(body, 1, 40 * i, 120);
		in_first += take(f, outlet(name, i), "Floods in the delta force thousands to leave", body->data) == 1;
		f->now_ms += HOUR_MS;
	}
	/* the first, what is like it, and as many more as may */
	assert_in_range(in_first, 3, 6);
	/* what is like the first report still joins it */
	buf_clear(body);
	add_words(body, 1, 0, 110);
	assert_int_equal(take(f, "late.example", "Floods in the delta", body->data), 1);
}

static unsigned joined_leads(struct fixture *f, unsigned words, bool full_first)
{
	struct buf *full = scratch(TEXT_MAX), *lead = scratch(TEXT_MAX);
	unsigned joined = 0;

	for (unsigned i = 0; i < 30; i++) {
		int64_t first, second;

		buf_clear(full);
		buf_clear(lead);
		add_words(full, i, 0, words);
		add_words(lead, i, 0, 30);
		first = take_words(f, full_first ? "full.example" : "lead.example", 100 + i, 0,
			full_first ? full->data : lead->data);
		second = take_words(f, full_first ? "lead.example" : "full.example", 150 + i, 0,
			full_first ? lead->data : full->data);
		joined += first == second;
	}
	return joined;
}

TEST_ON(the_lead_of_a_long_article_is_found, fixture, f)
{
	assert_int_equal(joined_leads(f, 2400, true), 30);
}

TEST_ON(a_long_article_is_found_by_its_lead, fixture, f)
{
	assert_int_equal(joined_leads(f, 2400, false), 30);
}

/* Other titles, no numbers, a third of the text: perhaps the same event. */
TEST_ON(a_third_under_another_title_is_related, fixture, f)
{
	struct buf *body = scratch(TEXT_MAX);

	take_words(f, "alpha.example", 1, 120, "");
	add_words(body, 1, 100, 46);
	add_words(body, 2, 0, 74);
	take(f, "bravo.example", "Another headline altogether on top", body->data);
	assert_int_equal(f->answer.relation, RELATION_RELATED);
	assert_true(f->answer.reasons.score > 0.3 && f->answer.reasons.score < 0.4);
}
