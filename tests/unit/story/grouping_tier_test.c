/* SPDX-License-Identifier: ISC */
/* Grouping at its edges: scripts without spaces, and one event in many words.
 *
 * Six outlets told of one event in headlines that have no four words in common (Jaccard 0.55 links none of the fifteen
 * pairs), over summaries of their own, of which some quote the same sentence.  What is in both is worth a link, never
 * a merge. */
#include "grouping_fixture.h"
#include "script_texts.h"

/* ---- scripts */

TEST_ON(edited_copies_join_in_every_script, fixture, f)
{
	int64_t stories[LANGUAGES][2];

	for (size_t i = 0; i < LANGUAGES; i++) {
		const struct language *l = &languages[i];

		stories[i][0] = take(f, "alpha.example", l->title, l->body);
		assert_int_equal(f->answer.relation, RELATION_NEW);
		stories[i][1] = take(f, "bravo.example", l->other_title, l->other_body);
		assert_int_equal(f->answer.relation, RELATION_NEW);
	}
	for (size_t i = 0; i < LANGUAGES; i++) {
		const struct language *l = &languages[i];

		assert_int_equal(take(f, "charlie.example", l->copy_title, l->copy_body), stories[i][0]);
		assert_int_equal(f->answer.relation, RELATION_REPRINT);
		print_message("%s: %.2f\n", l->name, f->answer.reasons.score);
	}
}

/* The copy comes first, and the other report is no later version of the first one either. */
TEST_ON(other_reports_stay_apart_in_every_script, fixture, f)
{
	for (size_t i = 0; i < LANGUAGES; i++) {
		const struct language *l = &languages[i];
		int64_t story = take(f, "charlie.example", l->copy_title, l->copy_body);

		assert_int_equal(take(f, "alpha.example", l->title, l->body), story);
		assert_int_not_equal(take(f, "alpha.example", l->other_title, l->other_body), story);
		assert_int_equal(f->answer.relation, RELATION_NEW);
		assert_int_not_equal(take(f, "bravo.example", l->other_title, l->other_body), story);
	}
}

/* Ten reports under one imprint without a space in it: what they share says nothing. */
TEST_ON(boilerplate_is_learned_in_scripts_without_spaces, fixture, f)
{
	static const char *const news[] = {"新しい岸壁が完成した。", "隊員が植樹に参加した。",
		"音楽隊が演奏会を開いた。", "救難ヘリが患者を運んだ。", "古い倉庫を取り壊した。",
		"食堂の献立が変わった。", "記念館が休館する。", "地元の学校を訪問した。", "除雪車を更新した。",
		"広報誌を発行した。"};
	static const char imprint[] =
		"この発表に関する問い合わせは広報室で受け付けています。写真の使用を希望する場合は、事前に申請書"
		"を提出してください。発表の内容は予告なく変更されることがあります。";
	char body[800];

	for (size_t i = 0; i < sizeof(news) / sizeof(news[0]); i++) {
		snprintf(body, sizeof(body), "%s%s", news[i], imprint);
		take(f, "press.example", news[i], body);
	}
	snprintf(body, sizeof(body), "港の灯台を塗り直した。%s", imprint);
	take(f, "paper.example", "灯台を塗り直す", body);
	assert_int_equal(f->answer.relation, RELATION_NEW);
	assert_int_equal(f->answer.link_count, 0);
}

/* ---- one event, six headlines */

#define QUOTED "the pilot boat had warned the tanker twice before both ships lost way in the narrow channel by the mole"

static const struct text_of event[] = {
	{"a.example", "Tanker and corvette collide off Port Maren",
		"A tanker and a corvette have collided in thick fog; the harbour master said " QUOTED
		", and that nobody was hurt."},
	{"b.example", "Fog brings warship into contact with oil carrier",
		"Tugs freed a warship from an oil carrier at dawn. An officer wrote in the log that " QUOTED
		", a person who has seen it said."},
	{"c.example", "Navy opens inquiry after mishap in channel",
		"Investigators will hear both crews this week, the navy announced, and it will read the recordings of "
		"the traffic centre as well as the log."},
	{"d.example", "'We heard a long scraping sound', says lighthouse keeper",
		"The keeper of the lighthouse woke from a noise that lasted a minute and saw lights where no lights "
		"should have been."},
	{"e.example", "Harbour reopens as damaged vessels are towed away",
		"Ferries run again since noon. Two damaged vessels lie at the repair quay, where divers look at plates "
		"below the waterline."},
	{"f.example", "Opposition asks who ordered patrol into shipping lane",
		"Members of the defence committee want to know from the minister why a patrol went on through the lane "
		"when visibility had fallen below a cable."},
};
/* Another event in nearly the words of the first headline. */
static const struct text_of another = {"g.example", "Tanker and ferry collide off Port Maren",
	"A tanker has scratched a ferry while it was turning in the basin; passengers had left by then and the ferry "
	"sailed for the islands an hour late."};
enum { HEADLINES = sizeof(event) / sizeof(event[0]) };

TEST(titles_alone_would_link_none)
{
	for (size_t i = 0; i < HEADLINES; i++)
		for (size_t k = 0; k < i; k++) {
			struct sketch a = sketch_of(event[i].title, event[i].body);
			struct sketch b = sketch_of(event[k].title, event[k].body);
			struct overlap o = sketch_title_overlap(&a, &b);

			assert_true((double)o.shared < 0.55 * (double)(o.of_a + o.of_b - o.shared));
		}
}

TEST_ON(what_summaries_share_is_linked_and_never_joined, fixture, f)
{
	int64_t stories[HEADLINES];

	for (size_t i = 0; i < HEADLINES; i++) {
		stories[i] = take(f, event[i].source, event[i].title, event[i].body);
		print_message("%s: %s %.2f\n", event[i].title, story_relation_name(f->answer.relation),
			f->answer.reasons.score);
		assert_int_equal(f->answer.relation, i == 1 ? RELATION_RELATED : RELATION_NEW);
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(stories[i], stories[k]);
	}
	assert_int_equal(
		count(f, "SELECT count(*) FROM story_link WHERE relation = 4 AND item_id = 2 AND other_id = 1"), 1);
	assert_int_equal(count(f, "SELECT count(*) FROM story_link"), 1);
	assert_int_equal(take(f, another.source, another.title, another.body), HEADLINES + 1);
	assert_int_equal(f->answer.link_count, 0);
}

/* A copy of either is joined to its own; the other remains a link. */
TEST_ON(copies_join_their_own_of_two_related_stories, fixture, f)
{
	char copy[600];

	take(f, event[0].source, event[0].title, event[0].body);
	take(f, event[1].source, event[1].title, event[1].body);
	snprintf(copy, sizeof(copy), "PORT MAREN (Agency) - %s", event[1].body);
	assert_int_equal(take(f, "h.example", "Warship freed from oil carrier", copy), 2);
	assert_int_equal(f->answer.relation, RELATION_REPRINT);
	assert_int_equal(f->answer.of_item, 2);
	snprintf(copy, sizeof(copy), "PORT MAREN (Agency) - %s", event[0].body);
	assert_int_equal(take(f, "i.example", "Collision in the fog", copy), 1);
}
