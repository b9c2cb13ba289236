/* SPDX-License-Identifier: ISC */
/* The thresholds of a story: each of them, and the events that must stay apart. */
#include "../identity/sketch_fixture.h"

#define HOUR_MS (INT64_C(3600) * 1000)
#define DAY_MS (24 * HOUR_MS)

static const char title[] = "Shipyard hands over second patrol vessel to coast guard";
static const char body[] =
	"The shipyard in the northern port handed over the second of six patrol vessels to the coast guard on Tuesday, "
	"three weeks ahead of schedule. The vessel is 82 metres long, carries a crew of 45 and can stay at sea for 21 "
	"days. It will be based in the strait, where traffic has grown by 14 percent since last year, the head of the "
	"coast guard told reporters at the ceremony. The programme has a budget of 640 million, of which 220 million "
	"have been spent.";

static struct story_reasons compare_with(
	const struct story_params *p, const char *title_b, const char *body_b, bool same_source, int64_t apart_ms)
{
	struct sketch a = sketch_of(title_b, body_b), b = sketch_of(title, body);

	return story_compare(p, &a, &b, same_source, apart_ms);
}

static void check(struct story_reasons r, enum story_verdict verdict, enum story_why why)
{
	if (r.verdict != verdict || r.why != why)
		fail_msg("verdict %d, %s; score %.2f, %u of %u, numbers %u of %u, title %.2f", (int)r.verdict,
			story_why_name(r.why), r.score, r.shared, r.of, r.numbers_shared, r.numbers_placed, r.title);
}

/* Another outlet's text, with a headline, an opening and an ending of its own. */
static const char reprint[] =
	"PORT CITY (Agency) - The shipyard in the northern port handed over the second of six patrol vessels to the "
	"coast guard on Tuesday, three weeks ahead of schedule. The vessel is 82 metres long, carries a crew of 45 and "
	"can stay at sea for 21 days, officials said. It will be based in the strait, where traffic has grown by 14 "
	"percent since last year. The programme has a budget of 640 million. Critics have called the vessels too small "
	"for the winter storms of the region.";

TEST(reprints_are_found)
{
	struct story_reasons r =
		compare_with(&story_params_default, "New patrol ship arrives early", reprint, false, 0);

	check(r, STORY_REPRINT, STORY_WHY_SCORE);
	assert_true(r.score > 0.6 && r.score <= 1);
	assert_true(r.resemblance > 0.3 && r.resemblance < r.score);
	assert_int_equal(r.numbers_shared, r.numbers_of);
	assert_false(r.is_short);
	assert_false(r.contains);
}

TEST(the_rule_is_symmetric)
{
	struct sketch a = sketch_of("New patrol ship arrives early", reprint), b = sketch_of(title, body);
	struct story_reasons ab = story_compare(&story_params_default, &a, &b, false, HOUR_MS);
	struct story_reasons ba = story_compare(&story_params_default, &b, &a, false, HOUR_MS);

	assert_int_equal(ab.verdict, ba.verdict);
	assert_int_equal(ab.shared, ba.shared);
	assert_int_equal(ab.numbers_placed, ba.numbers_placed);
	assert_true(ab.score == ba.score && ab.title == ba.title);
}

TEST(an_excerpt_is_found_in_the_whole)
{
	struct story_reasons r = compare_with(&story_params_default, "Coast guard",
		"The shipyard in the northern port handed over the second of six patrol vessels to the coast guard on "
		"Tuesday, three weeks ahead of schedule.",
		false, HOUR_MS);

	check(r, STORY_REPRINT, STORY_WHY_SCORE);
	assert_true(r.is_short);
	assert_true(r.contained);
}

/* ---- the guard of numbers */

static const char bulletin[] =
	"The coast guard counted %d vessels in the strait in the week to %s, after %d in the week before. It checked "
	"the papers of %d ships and held %d of them in port for want of repairs. Patrols covered %d nautical miles and "
	"lasted %d hours in all. The figures are published every Monday and may be revised later as reports from the "
	"stations along the coast come in.";

TEST(bulletins_of_two_weeks_are_apart)
{
	char first[600], second[600];
	struct story_params unguarded = story_params_default;
	struct sketch a, b;

	snprintf(first, sizeof(first), bulletin, 312, "Sunday 4 January", 298, 41, 3, 1150, 96);
	snprintf(second, sizeof(second), bulletin, 287, "Sunday 11 January", 312, 38, 5, 1240, 101);
	a = sketch_of("Traffic in the strait", first);
	b = sketch_of("Traffic in the strait", second);
	check(story_compare(&story_params_default, &a, &b, false, 7 * DAY_MS), STORY_APART, STORY_WHY_NUMBERS);
	check(story_compare(&story_params_default, &b, &a, false, 7 * DAY_MS), STORY_APART, STORY_WHY_NUMBERS);
	unguarded.guard = false;
	check(story_compare(&unguarded, &a, &b, false, 7 * DAY_MS), STORY_REPRINT, STORY_WHY_SCORE);
}

/* Figures in a paragraph that one outlet added contradict nothing. */
TEST(added_figures_are_no_contradiction)
{
	char longer[1200];
	struct sketch a, b;

	snprintf(longer, sizeof(longer),
		"%s Elsewhere, 19 trawlers, 7 ferries and 230 yachts were refitted in 2024, 2025 and 2026 at a cost of "
		"88 million.",
		reprint);
	a = sketch_of("New patrol ship arrives early", longer);
	snprintf(longer, sizeof(longer),
		"%s Shares of the yard closed at 12.40, up 3 percent; 5400 people work there, 310 more than at the end "
		"of 2023.",
		body);
	b = sketch_of(title, longer);
	check(story_compare(&story_params_default, &a, &b, false, HOUR_MS), STORY_REPRINT, STORY_WHY_SCORE);
}

/* ---- one outlet */

TEST(one_outlet_must_say_nearly_the_same)
{
	struct story_params p = story_params_default;
	char again[900];

	check(compare_with(&p, "New patrol ship arrives early", reprint, true, HOUR_MS), STORY_APART, STORY_WHY_SCORE);
	snprintf(again, sizeof(again), "%s More follows.", body);
	check(compare_with(&p, "Update: Shipyard hands over second patrol vessel to coast guard", again, true, HOUR_MS),
		STORY_UPDATE, STORY_WHY_SCORE);
	check(compare_with(&p, "Ceremony in the rain", again, true, HOUR_MS), STORY_APART, STORY_WHY_TITLE);
}

TEST(windows_close)
{
	const struct story_params *p = &story_params_default;

	check(compare_with(p, title, reprint, false, 14 * DAY_MS), STORY_REPRINT, STORY_WHY_SCORE);
	check(compare_with(p, title, reprint, false, 14 * DAY_MS + 1), STORY_APART, STORY_WHY_TOO_OLD);
	check(compare_with(p, title, body, true, 7 * DAY_MS), STORY_UPDATE, STORY_WHY_SCORE);
	check(compare_with(p, title, body, true, 7 * DAY_MS + 1), STORY_APART, STORY_WHY_TOO_OLD);
}

/* ---- too little to tell */

TEST(little_text_tells_nothing)
{
	struct story_params off = story_params_default;

	check(compare_texts("Daily update", "All the news", "Daily update", "All the news"), STORY_APART,
		STORY_WHY_TOO_SHORT);
	check(compare_texts("Morning briefing", "What you need to know today", "Morning briefing", "What we saw today"),
		STORY_APART, STORY_WHY_TOO_SHORT);
	check(compare_with(&story_params_default, "Weather",
		      "Rain and wind are expected in the north and on the coast on Wednesday", false, 0),
		STORY_APART, STORY_WHY_SHARED);
	off.near = false;
	check(compare_with(&off, title, body, false, 0), STORY_APART, STORY_WHY_TOO_SHORT);
}

/* What is in between, in short texts, is a link and no more; unless the headline is the same. */
TEST(short_texts_have_a_tier_between)
{
	struct story_reasons r = compare_texts("Minister to visit shipyard before vote on budget",
		"The minister of defence will visit the shipyard before the vote on the budget, her office said, and "
		"speak to workers about their future",
		"Before budget vote, minister goes to see shipyard",
		"The minister of defence will visit the shipyard before the vote on the budget as unions plan to "
		"protest against cuts at the gates");

	check(r, STORY_RELATED, STORY_WHY_SCORE);
	r = compare_texts("Minister to visit shipyard before vote on budget",
		"Her office gave no date for the trip, which unions plan to use for a protest at the gates",
		"Minister to visit shipyard before vote on budget", "It would be the first trip of the kind in years");
	check(r, STORY_REPRINT, STORY_WHY_SCORE);
	r = compare_texts("Minister to visit shipyard",
		"Her office gave no date for the trip, which unions plan to use for a protest at the gates",
		"Minister to visit shipyard", "It would be the first trip of the kind in years");
	check(r, STORY_APART, STORY_WHY_SHARED);
}

/* ---- one event, six headlines; and another event */

static const struct {
	const char *title, *summary;
} strike[] =
	{
		{"Dock workers walk out at naval base",
			"Hundreds of dock workers at the naval base stopped work on Wednesday in a dispute over pay."},
		{"Strike halts repairs at navy yard",
			"Repairs of two destroyers came to a halt as unions called out their members."},
		{"Navy yard strike: what we know", "Pay talks broke down overnight. Here is what is behind the walkout "
						   "at the country's largest naval base."},
		{"Unions down tools in row over navy pay",
			"Union leaders said more than 800 members had joined the strike by noon."},
		{"Destroyers stuck in dock as workers strike",
			"The defence ministry said it was looking at other yards for urgent work."},
		{"Pay dispute shuts naval base",
			"The base commander said ships at sea were not affected by the strike."},
},
  fire[] = {
	  {"Fire at naval base injures three", "Three dock workers were hurt on Wednesday when a fire broke out in a "
					       "paint store at the naval base."},
	  {"Blaze halts repairs at navy yard",
		  "Repairs of a frigate came to a halt as firefighters fought flames in a paint store."},
};

TEST(headlines_of_one_event_are_never_taken_for_another)
{
	for (size_t i = 0; i < sizeof(strike) / sizeof(strike[0]); i++) {
		for (size_t k = 0; k < i; k++) {
			struct story_reasons r =
				compare_texts(strike[i].title, strike[i].summary, strike[k].title, strike[k].summary);

			/* in other words: linked at most */
			assert_true(r.verdict == STORY_APART || r.verdict == STORY_RELATED);
		}
		for (size_t k = 0; k < sizeof(fire) / sizeof(fire[0]); k++) {
			struct story_reasons r =
				compare_texts(strike[i].title, strike[i].summary, fire[k].title, fire[k].summary);

			assert_int_equal(r.verdict, STORY_APART);
		}
	}
}
