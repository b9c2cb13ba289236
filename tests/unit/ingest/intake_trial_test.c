/* SPDX-License-Identifier: ISC */
/* The trial decides as the writer of a daemon does, whose feeds show one item at each poll. */
#include "sitrep/ingest/intake_trial.h"
#include "story_fixture.h"

struct arrival {
	size_t feed;
	const char *guid, *link, *title, *body;
	int64_t later_ms; /* after the arrival before */
	enum story_relation relation;
};

static const struct arrival arrivals[] = {
	{ALPHA, "a1", "https://alpha.example/1", RADAR_TITLE, RADAR("40"), 0, RELATION_NEW},
	{BRAVO, "b1", "https://bravo.example/1", FERRY_TITLE, FERRY, 0, RELATION_NEW},
	{BRAVO, "b2", "https://bravo.example/2", RADAR_TITLE, RADAR("40"), 0, RELATION_COPY},
	{CHARLIE, "c1", "https://charlie.example/1", RADAR_OTHER_TITLE, RADAR_REPRINT("40"), 0, RELATION_REPRINT},
	{ALPHA, "a1", "https://alpha.example/1", RADAR_TITLE, RADAR("40"), 0, RELATION_UNCHANGED},
	{ALPHA, "a1", "https://alpha.example/1", RADAR_TITLE, RADAR("17"), 0, RELATION_UPDATE},
	/* another guid and link */
	{BRAVO, "b3", "https://bravo.example/3", FERRY_TITLE, FERRY, 0, RELATION_UNCHANGED},
	/* the same link and another text, in the same feed and in another one */
	{BRAVO, "b4", "https://bravo.example/1", FERRY_TITLE, FERRY " Four more are planned.", 0, RELATION_UPDATE},
	{CHARLIE, "c2", "https://bravo.example/1", "A quiet day", "Nothing else has happened there, people say.", 0,
		RELATION_NEW},
	{CHARLIE, "c3", "https://charlie.example/3", QUARRY_TITLE, QUARRY, 0, RELATION_NEW},
	{CHARLIE, "c4", "https://charlie.example/4", QUARRY_TITLE, QUARRY " More follows.", 0, RELATION_UPDATE},
	{ALPHA, "a2", "https://alpha.example/2", QUARRY_TITLE, QUARRY, 15 * DAY_MS, RELATION_RELATED},
};
enum { ARRIVALS = sizeof(arrivals) / sizeof(arrivals[0]) };

static void draft_arrival(struct draft *d, const struct arrival *a)
{
	draft_init(d, "Feed");
	draft_add_text(d, a->guid, a->link, a->title, a->body);
}

/* Whether the report of the arrival's poll is what the trial answered. */
static void assert_agrees(struct poll_report r, const struct intake_trial_answer *a, int64_t id)
{
	bool is_known = a->of_item != 0 && (a->relation == RELATION_UPDATE || a->relation == RELATION_UNCHANGED);

	/* another item of the outlet may be a new one's earlier version */
	is_known = is_known && r.copies == 0;
	assert_counts(r, !is_known && a->story_id == id, !is_known && a->story_id != id,
		is_known && a->relation == RELATION_UPDATE, a->relation == RELATION_UNCHANGED);
}

TEST_ON(the_trial_and_the_writer_decide_alike, fixture, f)
{
	struct error err = {0};
	struct intake_trial *trial = intake_trial_new(&story_params_default, &err);
	int64_t id = 1;

	assert_ok(trial != NULL, err);
	for (size_t i = 0; i < ARRIVALS; i++) {
		const struct arrival *a = &arrivals[i];
		struct intake_trial_answer answer;
		struct draft d;
		struct poll_report r;
		char host[64], query[100];

		f->now_ms += a->later_ms;
		draft_arrival(&d, a);
		snprintf(host, sizeof(host), "%s.example", fixture_feeds[a->feed].name);
		assert_ok(intake_trial_take(trial, str_from(host), id, &d.d.items.items[0], f->now_ms, &answer, &err) ==
				  0,
			err);
		if (answer.relation != a->relation)
			fail_msg("arrival %zu: %s instead of %s", i, story_relation_name(answer.relation),
				story_relation_name(a->relation));
		r = fixture_poll(f, a->feed, &d);
		assert_agrees(r, &answer, id);
		if (r.fresh + r.copies == 0)
			continue;
		snprintf(query, sizeof(query), "SELECT story_id FROM item WHERE id = %lld", (long long)id);
		assert_int_equal(ask_database(f->dir, query), answer.story_id);
		id++;
	}
	intake_trial_free(trial);
}

TEST(a_number_is_given_once)
{
	struct error err = {0};
	struct intake_trial *trial = intake_trial_new(&story_params_default, &err);
	struct intake_trial_answer answer;
	struct draft d;

	assert_ok(trial != NULL, err);
	draft_arrival(&d, &arrivals[0]);
	assert_ok(intake_trial_take(trial, STR("alpha.example"), 7, &d.d.items.items[0], NOW_MS, &answer, &err) == 0,
		err);
	assert_int_equal(answer.story_id, 7);
	assert_int_equal(answer.of_item, 0);
	draft_release(&d);
	draft_arrival(&d, &arrivals[1]);
	assert_true(intake_trial_take(trial, STR("bravo.example"), 7, &d.d.items.items[0], NOW_MS, &answer, &err) < 0);
	assert_non_null(strstr(err.text, "cannot store an item"));
	draft_release(&d);
	intake_trial_free(trial);
}
