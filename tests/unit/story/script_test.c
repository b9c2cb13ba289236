/* SPDX-License-Identifier: ISC */
/* Copies in scripts whose words are not set apart by spaces, or carry their grammar with them.
 *
 * Each language has a report, an outlet's edited copy of it, and another report of the same kind: the copy must be
 * found, the other one kept apart, however much stock phrasing they share. */
#include "../identity/sketch_fixture.h"
#include "script_texts.h"

TEST(edited_copies_are_found)
{
	for (size_t i = 0; i < LANGUAGES; i++) {
		const struct language *l = &languages[i];
		struct story_reasons r = compare_texts(l->copy_title, l->copy_body, l->title, l->body);

		print_message("%s: copy %.2f, %u of %u\n", l->name, r.score, r.shared, r.of);
		assert_int_equal(r.verdict, STORY_REPRINT);
	}
}

TEST(reports_of_one_kind_stay_apart)
{
	for (size_t i = 0; i < LANGUAGES; i++) {
		const struct language *l = &languages[i];
		struct story_reasons r = compare_texts(l->other_title, l->other_body, l->title, l->body);

		print_message("%s: other %.2f, %u of %u\n", l->name, r.score, r.shared, r.of);
		assert_int_equal(r.verdict, STORY_APART);
		assert_true(r.score < 0.25);
	}
}

/* Every Chinese text has these characters, in another order. */
TEST(characters_alone_are_no_evidence)
{
	struct story_reasons r =
		compare_texts("国防部发言人就演习答记者问", "国防部发言人表示，演习按计划进行，参演部队完成全部课目。",
			"记者就计划问国防部发言人", "部队演习课目全部完成，国防部发言人按计划答记者，进行表示。");

	assert_int_not_equal(r.verdict, STORY_REPRINT);
}
