/* SPDX-License-Identifier: ISC */
/* Grouping under the operator's corrections (story_constraint.h), and the comparison that `sitrep why` shows. */
#include "grouping_fixture.h"
#include "grouping_texts.h"

static void run_sql(struct fixture *f, const char *text)
{
	run_statements(f->db, text);
}

/* Bravo's next text has more of alpha's than of bravo's own first one. */
static int64_t take_next_of_a_split(struct fixture *f, const char *title, const char *said)
{
	char next[2000];

	assert_int_equal(take(f, "alpha.example", vessel_title, vessel), 1);
	assert_int_equal(take(f, "bravo.example", "New patrol ship is early", vessel_reprint), 1);
	run_sql(f, "UPDATE near_sketch SET story_id = 2 WHERE item_id = 2");
	run_sql(f, said);
	snprintf(next, sizeof(next), "%s%s", vessel, strstr(vessel_reprint, " Critics"));
	return take(f, "bravo.example", title, next);
}

TEST_ON(the_next_text_of_what_was_split_off_stays_apart, fixture, f)
{
	assert_int_equal(
		take_next_of_a_split(f, "New patrol ship is early", "INSERT INTO story_constraint VALUES(2, 1, 0, 0)"),
		2);
	assert_int_equal(f->answer.relation, RELATION_UPDATE);
	assert_int_equal(f->answer.of_item, 2);
}

/* Under another title it is no update of the outlet's first text, but it may not go back for that. */
TEST_ON(nor_does_it_go_back_under_another_title, fixture, f)
{
	assert_int_equal(take_next_of_a_split(f, "Coast guard gets its second vessel ahead of schedule",
				 "INSERT INTO story_constraint VALUES(2, 1, 0, 0)"),
		3);
	assert_int_equal(f->answer.relation, RELATION_RELATED);
}

TEST_ON(without_the_word_it_would_go_back, fixture, f)
{
	assert_int_equal(
		take_next_of_a_split(f, "New patrol ship is early", "INSERT INTO story_constraint VALUES(1, 2, 0, 0)"),
		1);
}

static const char third_vessel[] =
	"The shipyard in the northern port handed over the third of six patrol vessels to the coast guard on Friday, "
	"three weeks ahead of schedule. The vessel is 91 metres long, carries a crew of 60 and can stay at sea for 30 "
	"days. It will be based in the strait, where traffic has grown by 19 percent since last year, the head of the "
	"coast guard told reporters at the ceremony. The programme has a budget of 700 million, of which 310 million "
	"have been spent.";

/* A copy of the first of two that differ in their numbers, where both are in one story. */
static int64_t take_copy_of_a_join(struct fixture *f, const char *said)
{
	assert_int_equal(take(f, "alpha.example", vessel_title, vessel), 1);
	assert_int_equal(take(f, "bravo.example", vessel_title, third_vessel), 2);
	run_sql(f, "UPDATE near_sketch SET story_id = 1");
	run_sql(f, said);
	return take(f, "charlie.example", "New patrol ship is early", vessel_reprint);
}

TEST_ON(copies_of_what_was_joined_follow, fixture, f)
{
	assert_int_equal(take_copy_of_a_join(f, "INSERT INTO story_constraint VALUES(2, 1, 1, 0)"), 1);
}

TEST_ON(without_the_word_numbers_would_bar_them, fixture, f)
{
	assert_int_equal(take_copy_of_a_join(f, "INSERT INTO story_constraint VALUES(2, 3, 1, 0)"), 3);
}

TEST_ON(two_known_items_are_compared_as_the_rule_would, fixture, f)
{
	struct grouping_comparison c;
	struct error err = {0};
	struct story_params narrow = story_params_default;

	assert_int_equal(take(f, "alpha.example", vessel_title, vessel), 1);
	assert_int_equal(take(f, "bravo.example", "New patrol ship is early", vessel_reprint), 1);
	assert_int_equal(grouping_compare(f->g, 1, 2, &c, &err), 1);
	assert_int_equal(c.reasons.verdict, STORY_REPRINT);
	assert_true(c.reasons.score == f->answer.reasons.score);
	assert_int_equal(c.reasons.shared, f->answer.reasons.shared);
	assert_int_equal(c.reasons.numbers_of, f->answer.reasons.numbers_of);
	assert_false(c.same_source);
	assert_int_equal(c.apart_ms, 60000);
	assert_true(c.earlier.kept && c.later.kept && c.earlier.words > c.later.words);
	assert_int_equal(c.earlier.omitted + c.earlier.omitted_since, 0);
	/* with other settings another answer */
	narrow.join = narrow.rewrite = narrow.relate = 0.99;
	grouping_set_params(f->g, &narrow);
	assert_int_equal(grouping_compare(f->g, 1, 2, &c, &err), 1);
	assert_int_equal(c.reasons.verdict, STORY_APART);
	assert_int_equal(grouping_forget(f->g, 2, &err), 0);
	assert_int_equal(grouping_compare(f->g, 1, 2, &c, &err), 0);
	assert_true(c.earlier.kept);
	assert_false(c.later.kept);
}

TEST_ON(what_was_left_out_is_remembered, fixture, f)
{
	static const char *const notes[] = {"Orders rose", "A crane was sold", "Its engine passed", "Steel arrives"};
	struct story_params few = story_params_default;
	struct grouping_comparison c;
	struct error err = {0};
	char text[2000];

	few.frequent = 3;
	grouping_set_params(f->g, &few);
	for (int i = 0; i < 4; i++) {
		snprintf(text, sizeof(text), "%s at the yard in the north this week. %s", notes[i], talks);
		assert_int_equal(take(f, "yard.example", notes[i], text), i + 1);
	}
	assert_int_equal(grouping_compare(f->g, 1, 4, &c, &err), 1);
	/* what the first one has of it became boilerplate later */
	assert_int_equal(c.earlier.omitted, 0);
	assert_true(c.earlier.omitted_since > 50);
	assert_true(c.later.omitted > 50);
	assert_int_equal(c.later.omitted_of, c.later.omitted + c.later.shingles);
	assert_int_equal(c.later.omitted_since, 0);
}
