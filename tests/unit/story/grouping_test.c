/* SPDX-License-Identifier: ISC */
/* Grouping: which story a report joins, in whatever order reports come, and what is kept of them. */
#include "grouping_fixture.h"
#include "grouping_texts.h"

/* ---- one report after the other */

TEST_ON(a_reprint_joins_and_says_why, fixture, f)
{
	assert_int_equal(take(f, "alpha.example", vessel_title, vessel), 1);
	assert_int_equal(f->answer.relation, RELATION_NEW);
	assert_int_equal(f->answer.of_item, 0);
	assert_int_equal(take(f, "bravo.example", talks_title, talks), 2);
	assert_int_equal(take(f, "charlie.example", "New patrol ship is early", vessel_reprint), 1);
	assert_int_equal(f->answer.relation, RELATION_REPRINT);
	assert_int_equal(f->answer.of_item, 1);
	assert_true(f->answer.reasons.score > 0.6);
	assert_int_equal(f->answer.link_count, 1);
	assert_int_equal(count(f, "SELECT count(*) FROM story_link WHERE item_id = 3 AND other_id = 1 AND relation = 2"
				  " AND score > 0.6 AND shared > 20 AND shared_of > shared AND numbers = numbers_of"),
		1);
	assert_int_equal(count(f, "SELECT count(*) FROM story_link"), 1);
}

TEST_ON(one_outlet_updates_its_own, fixture, f)
{
	char longer[1000];

	snprintf(longer, sizeof(longer), "%s More follows.", vessel);
	assert_int_equal(take(f, "alpha.example", vessel_title, vessel), 1);
	assert_int_equal(take(f, "alpha.example", vessel_title, longer), 1);
	assert_int_equal(f->answer.relation, RELATION_UPDATE);
	/* not so alike: another outlet's reprint, but this one's own second report */
	assert_int_equal(take(f, "alpha.example", "New patrol ship is early", vessel_reprint), 3);
}

TEST_ON(windows_close, fixture, f)
{
	assert_int_equal(take(f, "alpha.example", vessel_title, vessel), 1);
	f->now_ms = NOW_MS + 14 * DAY_MS;
	assert_int_equal(take(f, "bravo.example", "New patrol ship is early", vessel_reprint), 1);
	f->now_ms = NOW_MS + 29 * DAY_MS;
	assert_int_equal(take(f, "charlie.example", "New patrol ship is early", vessel_reprint), 3);
}

TEST_ON(damaged_sketches_resemble_nothing, fixture, f)
{
	static const char *const damaged[] = {
		"", "\x01", "\x02\x00\x00\x00", "no sketch at all, but long enough for one"};
	struct error err = {0};

	assert_int_equal(take(f, "alpha.example", vessel_title, vessel), 1);
	for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
		struct grouping_item r = {.item_id = 10 + (int64_t)i,
			.source = STR("bravo.example"),
			.at_ms = f->now_ms,
			.sketch = str_from(damaged[i])};

		assert_int_equal(grouping_decide(f->g, &r, &f->answer, &err), 0);
		assert_int_equal(f->answer.relation, RELATION_NEW);
		record(f, &r, r.item_id, RELATION_NEW, &f->answer);
	}
	assert_int_equal(count(f, "SELECT count(*) FROM near_sketch"), 1);
	/* nor does one that went bad in the database do any harm */
	run_statements(f->db, "UPDATE near_sketch SET sketch = x'0102'");
	assert_int_equal(take(f, "charlie.example", "New patrol ship is early", vessel_reprint), 2);
}

TEST_ON(switched_off_nothing_is_compared, fixture, f)
{
	struct story_params p = story_params_default;

	p.near = false;
	grouping_set_params(f->g, &p);
	assert_int_equal(take(f, "alpha.example", vessel_title, vessel), 1);
	assert_int_equal(take(f, "bravo.example", vessel_title, vessel), 2);
	assert_int_equal(grouping_postings(f->g), 0);
}

/* ---- any order */

struct order {
	const struct text_of *texts;
	size_t count;
	int64_t stories[8]; /* of each text, whichever order it came in */
};

static void take_in_order(struct fixture *f, struct order *o, const size_t *order)
{
	run_statements(f->db, "DELETE FROM near_pending; DELETE FROM near_sketch; DELETE FROM story_link;"
			      "DELETE FROM near_phrase");
	open_grouping(f, &story_params_default);
	for (size_t i = 0; i < o->count; i++) {
		const struct text_of *t = &o->texts[order[i]];

		o->stories[order[i]] = take(f, t->source, t->title, t->body);
	}
}

/* Calls check for every order of the texts. */
static void for_all_orders(struct fixture *f, struct order *o, void (*check)(const struct order *o))
{
	size_t order[8], turn[8] = {0}, i = 0;

	for (size_t k = 0; k < o->count; k++)
		order[k] = k;
	take_in_order(f, o, order);
	check(o);
	/* Heap's algorithm */
	while (i < o->count) {
		if (turn[i] < i) {
			size_t other = i % 2 == 0 ? 0 : turn[i], kept = order[other];

			order[other] = order[i];
			order[i] = kept;
			take_in_order(f, o, order);
			check(o);
			turn[i]++;
			i = 0;
		} else {
			turn[i++] = 0;
		}
	}
}

#define BULLETIN(vessels, sunday, before, papers, held, miles, hours)                                                  \
	"The coast guard counted " vessels " vessels in the strait in the week to " sunday ", after " before           \
	" in the week before. It checked the papers of " papers " ships and held " held                                \
	" of them in port for want of repairs. Patrols covered " miles " nautical miles and lasted " hours             \
	" hours in all. The figures are published every week and may be revised later as reports from the stations "   \
	"along the coast come in. The coast guard has kept the statistics for many years to plan its patrols, and "    \
	"calls on skippers to announce their passage to the nearest station in good time before they enter."

static void first_two_are_apart(const struct order *o)
{
	assert_int_not_equal(o->stories[0], o->stories[1]);
}

/* The third is an excerpt without any figure, which fits both bulletins; the fourth is a copy of the second. */
TEST_ON(no_order_joins_what_the_rule_holds_apart, fixture, f)
{
	static const struct text_of texts[] = {
		{"alpha.example", "Traffic in the strait",
			BULLETIN("312", "Sunday 4 January", "298", "41", "3", "1150", "96")},
		{"bravo.example", "Traffic in the strait",
			BULLETIN("287", "Sunday 11 January", "305", "38", "5", "1240", "101")},
		{"charlie.example", "About the figures",
			"The figures are published every week and may be revised later as reports from the stations "
			"along the coast come in. The coast guard has kept the statistics for many years to plan its "
			"patrols, and calls on skippers to announce their passage to the nearest station in good time "
			"before they enter."},
		{"delta.example", "More ships held in the strait",
			"AGENCY - " BULLETIN("287", "Sunday 11 January", "305", "38", "5", "1240", "101")},
	};
	struct order o = {.texts = texts, .count = 4};

	for_all_orders(f, &o, first_two_are_apart);
}

static void order_does_not_matter_to_plain_reprints(const struct order *o)
{
	assert_int_equal(o->stories[0], o->stories[1]);
	assert_int_equal(o->stories[0], o->stories[2]);
	assert_int_not_equal(o->stories[0], o->stories[3]);
}

TEST_ON(any_order_joins_reprints, fixture, f)
{
	static const struct text_of texts[] = {
		{"alpha.example", vessel_title, vessel},
		{"bravo.example", "New patrol ship is early", vessel_reprint},
		{"charlie.example", "Coast guard gets ship", vessel},
		{"delta.example", talks_title, talks},
	};
	struct order o = {.texts = texts, .count = 4};

	for_all_orders(f, &o, order_does_not_matter_to_plain_reprints);
}

/* ---- roundups */

/* A third text that makes a page of both stories more than twice as long as either. */
static char *page_of_all(void)
{
	static char page[4000];

	snprintf(page, sizeof(page),
		"%s %s The museum of seafaring has reopened after two years of work on its roof. Visitors can see the "
		"lamp of the old lighthouse, charts drawn by hand and the boat in which the first pilots went out to "
		"meet sailing ships. A café looks over the harbour, and on the first day of each month admission is "
		"free for all who come by ferry. Its director expects a good summer and has hired more guides who "
		"speak the languages of the cruise ships.",
		vessel, talks);
	return page;
}

TEST_ON(a_roundup_joins_none_of_its_stories, fixture, f)
{
	assert_int_equal(take(f, "alpha.example", vessel_title, vessel), 1);
	assert_int_equal(take(f, "bravo.example", talks_title, talks), 2);
	assert_int_equal(take(f, "charlie.example", "The coast this morning", page_of_all()), 3);
	assert_int_equal(f->answer.relation, RELATION_RELATED);
	assert_true(f->answer.roundup);
	assert_int_equal(count(f, "SELECT count(*) FROM story_link WHERE item_id = 3 AND relation = 6"), 2);
	/* a later copy joins its own story, not the roundup */
	assert_int_equal(take(f, "delta.example", "Border talks", talks), 2);
	assert_int_equal(take(f, "echo.example", "New patrol ship is early", vessel_reprint), 1);
}

TEST_ON(a_page_titled_by_one_story_is_of_that, fixture, f)
{
	assert_int_equal(take(f, "alpha.example", vessel_title, vessel), 1);
	assert_int_equal(take(f, "bravo.example", talks_title, talks), 2);
	assert_int_equal(
		take(f, "charlie.example", "Talks on border posts go into third week, and more", page_of_all()), 2);
	assert_int_equal(f->answer.relation, RELATION_REPRINT);
	assert_int_equal(
		count(f, "SELECT count(*) FROM story_link WHERE item_id = 3 AND other_id = 1 AND relation = 6"), 1);
}

TEST_ON(no_order_joins_the_stories_of_a_roundup, fixture, f)
{
	const struct text_of texts[] = {
		{"alpha.example", vessel_title, vessel},
		{"bravo.example", talks_title, talks},
		{"charlie.example", "The coast this morning", page_of_all()},
	};
	struct order o = {.texts = texts, .count = 3};

	for_all_orders(f, &o, first_two_are_apart);
}

/* ---- one event in many words */

TEST_ON(headlines_of_two_events_never_meet, fixture, f)
{
	static const struct text_of texts[] = {
		{"a.example", "Dock workers walk out at naval base",
			"Hundreds of dock workers at the naval base stopped work on Wednesday in a dispute over pay."},
		{"b.example", "Strike halts repairs at navy yard",
			"Repairs of two destroyers came to a halt as unions called out their members."},
		{"c.example", "Navy yard strike: what we know",
			"Pay talks broke down overnight. Here is what is behind the walkout at the country's largest "
			"naval base."},
		{"d.example", "Unions down tools in row over navy pay",
			"Union leaders said more than 800 members had joined the strike by noon."},
		{"e.example", "Destroyers stuck in dock as workers strike",
			"The defence ministry said it was looking at other yards for urgent work."},
		{"f.example", "Pay dispute shuts naval base",
			"The base commander said ships at sea were not affected by the strike."},
		{"g.example", "Fire at naval base injures three dock workers",
			"Three dock workers at the naval base were hurt on Wednesday when a fire broke out in a paint "
			"store."},
		{"h.example", "Blaze halts repairs at navy yard",
			"Repairs of a frigate came to a halt as firefighters fought flames in a paint store."},
	};
	int64_t stories[8];

	for (size_t i = 0; i < 8; i++)
		stories[i] = take(f, texts[i].source, texts[i].title, texts[i].body);
	for (size_t i = 0; i < 6; i++)
		for (size_t k = 6; k < 8; k++)
			assert_int_not_equal(stories[i], stories[k]);
}

/* ---- boilerplate */

#define COMPANY                                                                                                        \
	" About the company: the group builds ships, engines and cranes at nine sites and has customers in more than " \
	"forty countries. Its shares are traded at the exchange of the capital. This release may contain statements "  \
	"about the future, which are subject to risks that the group cannot control and does not undertake to "        \
	"update. "                                                                                                     \
	"Contact the press office for pictures, interviews and accreditation to events."

static const char *const news[] = {
	"Orders rose in the quarter because ferries are in demand again.",
	"A crane was sold to a harbour in the far south.",
	"Its new engine passed the trial at the first attempt.",
	"The board proposes a dividend as high as last year.",
	"Apprentices from all sites met for a week of sports.",
	"An old slipway will be turned into a storage hall.",
	"The chief designer retires and hands over to his deputy.",
	"Steel for the next hull has arrived by barge.",
	"A court has ruled in favour of the group over a patent.",
	"Customers gave the service department its best marks so far.",
};
enum { NEWS = sizeof(news) / sizeof(news[0]) };

/* Ten releases of one outlet, then another outlet's notice under the same boilerplate. */
static int64_t release_of_another(struct fixture *f)
{
	char body[1200];

	for (size_t i = 0; i < NEWS; i++) {
		snprintf(body, sizeof(body), "%s" COMPANY, news[i]);
		take(f, "yard.example", news[i], body);
	}
	return take(f, "paper.example", "Shipbuilder closes its canteen for repairs",
		"The canteen of the shipbuilder stays closed until the kitchen has a new floor." COMPANY);
}

TEST_ON(phrases_of_many_texts_join_none, fixture, f)
{
	assert_int_equal(release_of_another(f), NEWS + 1);
}

TEST_ON(without_the_filter_they_would, fixture, f)
{
	struct story_params p = story_params_default;

	p.boilerplate = false;
	grouping_set_params(f->g, &p);
	assert_int_not_equal(release_of_another(f), NEWS + 1);
}

/* An outlet's own phrases are in nothing but its reprints. */
TEST_ON(what_reprints_add_is_learned, fixture, f)
{
	static const char *const originals[] = {"one two three four five six seven",
		"red orange yellow green blue indigo violet", "north east south west up down centre",
		"spring summer autumn winter dawn noon dusk", "iron copper silver gold lead tin zinc",
		"oak ash birch elm pine fir yew", "do re mi fa sol la si", "ant bee cat dog eel fox gnu",
		"ruby opal pearl jade onyx topaz agate"};
	char body[1500];

	for (size_t i = 0; i < sizeof(originals) / sizeof(originals[0]); i++) {
		char text[400];
		int64_t story;

		snprintf(text, sizeof(text), "%s told %s while %s slept and %s sang to %s", originals[i], originals[i],
			originals[i], originals[i], originals[i]);
		story = take(f, "agency.example", originals[i], text);
		snprintf(body, sizeof(body), "%s" COMPANY, text);
		assert_int_equal(take(f, "paper.example", originals[i], body), story);
	}
	take(f, "paper.example", "The mayor opens a bridge", "The mayor has opened a bridge." COMPANY);
	assert_int_equal(f->answer.relation, RELATION_NEW);
	take(f, "weekly.example", "A school gets a garden", "Pupils have planted a garden." COMPANY);
	assert_int_equal(f->answer.relation, RELATION_NEW);
}

TEST_ON(counts_outlive_the_process, fixture, f)
{
	struct error err = {0};
	int calls = 0, result;

	release_of_another(f);
	do {
		result = grouping_save(f->g, 16, &err);
		calls++;
	} while (result == 1 && calls < 100);
	assert_int_equal(result, 0);
	assert_in_range(calls, 2, 20);
	assert_int_equal(grouping_save(f->g, 16, &err), 0);
	open_grouping(f, &story_params_default);
	take(f, "other.example", "Theatre shows a play about a harbour",
		"The theatre shows a play about life in a harbour." COMPANY);
	assert_int_equal(f->answer.relation, RELATION_NEW);
	assert_int_equal(f->answer.link_count, 0);
}

static struct story_change changes_to(struct fixture *f, int64_t item_id, const char *title, const char *body)
{
	struct text_of t = {"paper.example", title, body};
	struct grouping_item r = report_of(f, item_id, &t);
	struct story_change change;
	struct error err = {0};

	assert_int_equal(grouping_changes(f->g, &r, &change, &err), 1);
	return change;
}

/* A process that is killed loses the counts since they were saved last, and once a month they are halved. */
TEST_ON(phrases_that_count_again_are_no_change, fixture, f)
{
	static const char title[] = "Shipbuilder closes its canteen for repairs";
	static const char first[] = "The canteen of the shipbuilder stays closed until the kitchen has a new floor.";
	char body[1200];

	release_of_another(f);
	open_grouping(f, &story_params_default);
	snprintf(body, sizeof(body), "%s Indeed." COMPANY, first);
	assert_false(changes_to(f, f->last_id, title, body).text);
	snprintf(body, sizeof(body),
		"%s The union fears for the cooks, whom the yard has promised work in the stores until the floor is "
		"laid, and asks the owners to say so in writing before the summer holidays begin; the owners have "
		"answered that a promise of theirs needs no paper, and that the canteen was never better than its "
		"soup." COMPANY,
		first);
	assert_true(changes_to(f, f->last_id, title, body).text);
}

/* ---- what is kept */

TEST_ON(taking_in_twice_changes_nothing, fixture, f)
{
	struct text_of t = {"alpha.example", vessel_title, vessel};
	struct grouping_item r;
	int64_t rows;

	for (int i = 0; i < 20; i++) {
		r = report_of(f, 1, &t);
		record(f, &r, 1, i == 0 ? RELATION_NEW : RELATION_UPDATE, NULL);
		if (i == 0)
			rows = grouping_postings(f->g);
	}
	assert_int_equal(count(f, "SELECT count(*) FROM near_sketch"), 1);
	assert_int_equal(grouping_postings(f->g), rows);
	/* counted once: twenty times would have made boilerplate of it */
	f->last_id = 1;
	assert_int_equal(take(f, "bravo.example", "New patrol ship is early", vessel_reprint), 1);
}

TEST_ON(a_revised_item_is_found_by_its_new_text, fixture, f)
{
	struct text_of revised = {"alpha.example", talks_title, talks};
	struct grouping_item r;

	assert_int_equal(take(f, "alpha.example", vessel_title, vessel), 1);
	r = report_of(f, 1, &revised);
	record(f, &r, 1, RELATION_UPDATE, NULL);
	assert_int_equal(take(f, "bravo.example", "Border talks", talks), 1);
	assert_int_equal(count(f, "SELECT count(*) FROM near_sketch"), 2);
}

TEST_ON(items_settled_otherwise_are_found_too, fixture, f)
{
	struct text_of t = {"bravo.example", vessel_title, vessel};
	struct grouping_item r = report_of(f, 7, &t);

	record(f, &r, 5, RELATION_COPY, NULL);
	f->last_id = 7;
	assert_int_equal(take(f, "charlie.example", "New patrol ship is early", vessel_reprint), 5);
	assert_int_equal(f->answer.of_item, 7);
}

TEST_ON(a_forgotten_item_is_joined_no_more, fixture, f)
{
	struct error err = {0};

	assert_int_equal(take(f, "alpha.example", vessel_title, vessel), 1);
	assert_int_equal(take(f, "bravo.example", "New patrol ship is early", vessel_reprint), 1);
	assert_int_equal(grouping_forget(f->g, 2, &err), 0);
	assert_int_equal(count(f, "SELECT count(*) FROM story_link"), 0);
	assert_int_equal(grouping_forget(f->g, 1, &err), 0);
	assert_int_equal(take(f, "charlie.example", "New patrol ship is early", vessel_reprint), 3);
}

/* Weeks of different texts, fifty each, and of one text that everybody runs. */
TEST_ON(what_is_kept_is_bounded_by_the_window, fixture, f)
{
	int64_t most = 0;

	for (int week = 0; week < 9; week++) {
		f->now_ms = NOW_MS + week * WEEK_MS;
		for (int i = 0; i < 50; i++) {
			char body[400];

			snprintf(body, sizeof(body),
				"x%d%d a%d%d b%d%d c%d%d d%d%d e%d%d f%d%d g%d%d h%d%d i%d%d k%d%d l%d%d", week, i,
				week, i, week, i, week, i, week, i, week, i, week, i, week, i, week, i, week, i, week,
				i, week, i);
			take(f, "alpha.example", "Report", body);
		}
		most = grouping_postings(f->g) > most ? grouping_postings(f->g) : most;
		assert_true(count(f, "SELECT count(*) FROM near_sketch") <= 50 * 4);
	}
	assert_in_range(most, 50 * 10 * 3, 50 * 10 * 4);
	assert_in_range(count(f, "SELECT count(DISTINCT value) FROM near_state WHERE name LIKE 'week%'"), 4, 4);
}

TEST_ON(a_flood_of_copies_is_bounded, fixture, f)
{
	char source[32];

	for (int i = 0; i < 100; i++) {
		snprintf(source, sizeof(source), "s%d.example", i);
		assert_int_equal(take(f, source, vessel_title, vessel), 1);
	}
	assert_int_equal(count(f, "SELECT count(*) FROM near_sketch"), 16);
	assert_in_range(grouping_postings(f->g), 16 * 5, 16 * 32);
}
