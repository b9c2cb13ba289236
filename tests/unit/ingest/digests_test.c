/* SPDX-License-Identifier: ISC */
/* Groups of held alerts and silences in their tables. */
#include "sitrep/store/digests.h"

#include "../ask.h"
#include "folder_fixture.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/limits.h"
#include "sitrep/store/silences.h"
#include "sitrep/store/store.h"

static const int64_t now = INT64_C(1795428000000);

struct desk {
	struct folder folder;
	struct store store;
	struct digests digests;
	struct silences silences;
};

static void desk_open(struct desk *k)
{
	struct error err = {0};

	assert_ok(store_open(&k->store, k->folder.dir, STORE_WRITE, &err) == 0, err);
	assert_ok(digests_init(&k->digests, k->store.db, &err) == 0, err);
	assert_ok(silences_init(&k->silences, k->store.db, &err) == 0, err);
	digests_use(&k->digests);
	assert_int_equal(digests_look_again(&k->digests, now, &err), 0);
}

static void desk_close(struct desk *k)
{
	silences_release(&k->silences);
	digests_release(&k->digests);
	store_close(&k->store);
}

static void desk_make(struct desk *k)
{
	folder_make(&k->folder);
	desk_open(k);
}

static void desk_remove(struct desk *k)
{
	desk_close(k);
	folder_remove(&k->folder);
}

FIXTURE(desk, desk_make, desk_remove)

static void hold_for(struct desk *k, const char *group, enum hold_reason reason, int64_t alert_id, int64_t at_ms)
{
	/* the longest title, all of it escaped */
	char title[DIGEST_TITLE_MAX + 1];
	const struct held_alert a = {.alert_id = alert_id,
		.cursor = alert_id + 100,
		.rule = STR("x"),
		.priority = STR("low"),
		.title = str_make(title, DIGEST_TITLE_MAX),
		.detail = STR("{}")};
	struct error err = {0};

	memset(title, 1, sizeof(title));
	assert_ok(digests_hold(&k->digests, str_from(group), reason, at_ms + 1000, at_ms, &a, &err) == 0, err);
}

static void hold(struct desk *k, const char *group, int64_t alert_id, int64_t at_ms)
{
	hold_for(k, group, HOLD_RATE, alert_id, at_ms);
}

static int64_t next(struct desk *k)
{
	int64_t next_ms;

	assert_int_equal(digests_next_ms(&k->digests, &next_ms, NULL), 0);
	return next_ms;
}

TEST_ON(a_group_is_due_once_and_counts_all, desk, k)
{
	struct buf *json = scratch(LIMIT_STREAM_LINE / 2);
	struct digest_group g;
	struct jsonw w = JSONW_INIT(json);

	assert_int_equal(next(k), TIME_NONE);
	for (int i = 0; i < 70; i++)
		hold(k, "rate/x", i % 65 + 1, now + i);
	hold(k, "rate/y", 100, now + 10);
	desk_close(k);
	desk_open(k);
	assert_int_equal(next(k), now + 1000);
	assert_int_equal(digests_due(&k->digests, now + 999, &g, NULL), 0);
	assert_int_equal(digests_due(&k->digests, now + 1000, &g, NULL), 1);
	assert_string_equal(g.name, "rate/x");
	assert_int_equal(g.reason, HOLD_RATE);
	/* the 65th is not listed, so it is not known when it comes again */
	assert_int_equal(g.events, 70);
	assert_int_equal(g.alerts, 65);
	assert_int_equal(g.first_ms, now);
	assert_int_equal(g.last_ms, now + 69);
	assert_int_equal(digests_write_alerts(&k->digests, &g, &w, NULL), 0);
	assert_non_null(strstr(json->data, "\"id\":\"64\""));
	assert_null(strstr(json->data, "\"id\":\"65\""));
	assert_non_null(strstr(json->data, "\"events\":2"));
	assert_int_equal(digests_sent(&k->digests, &g, now + 1000, NULL), 0);
	assert_int_equal(next(k), now + 1010);
	/* it begins anew */
	hold(k, "rate/x", 7, now + 5000);
	assert_int_equal(digests_due(&k->digests, now + 6000, &g, NULL), 1);
	assert_string_equal(g.name, "rate/y");
	assert_int_equal(digests_sent(&k->digests, &g, now + 6000, NULL), 0);
	assert_int_equal(digests_due(&k->digests, now + 6000, &g, NULL), 1);
	assert_int_equal(g.alerts, 1);
	assert_int_equal(g.first_ms, now + 5000);
}

/* The writer did nothing else until the group was due. */
TEST_ON(a_group_that_is_not_due_is_waited_for, desk, k)
{
	digests_use(&k->digests);
	hold(k, "rate/x", 1, now);
	assert_int_equal(next(k), 0);
	assert_int_equal(digests_look_again(&k->digests, now, NULL), 0);
	assert_int_equal(next(k), now + 1000);
}

/* Told twice, the older state would come after the newer one. */
TEST_ON(an_alert_waits_in_one_group, desk, k)
{
	struct digest_group g;
	bool holds;

	hold(k, "rate/x", 1, now);
	hold(k, "rate/x", 2, now);
	hold(k, "quiet", 1, now + 500);
	hold(k, "quiet", 1, now + 600);
	assert_int_equal(digests_holds(&k->digests, STR("rate/x"), 1, &holds, NULL), 0);
	assert_false(holds);
	assert_int_equal(digests_holds(&k->digests, STR("quiet"), 1, &holds, NULL), 0);
	assert_true(holds);
	assert_int_equal(digests_due(&k->digests, now + 1000, &g, NULL), 1);
	assert_string_equal(g.name, "rate/x");
	assert_int_equal(g.alerts, 1);
	assert_int_equal(g.events, 1);
	/* 2 is told: its group has no alert, and is not due */
	assert_int_equal(digests_drop(&k->digests, 2, NULL), 0);
	assert_int_equal(next(k), now + 1500);
	assert_int_equal(digests_due(&k->digests, now + 9000, &g, NULL), 1);
	assert_string_equal(g.name, "quiet");
	assert_int_equal(g.alerts, 1);
	assert_int_equal(g.events, 2);
	hold(k, "rate/x", 3, now + 5000);
	assert_int_equal(digests_due(&k->digests, now + 9000, &g, NULL), 1);
	assert_int_equal(digests_sent(&k->digests, &g, now + 9000, NULL), 0);
	assert_int_equal(digests_due(&k->digests, now + 9000, &g, NULL), 1);
	assert_string_equal(g.name, "rate/x");
	assert_int_equal(g.first_ms, now + 5000);
	assert_int_equal(digests_drop(&k->digests, 3, NULL), 0);
	/* groups without alerts do not stay for ever */
	hold(k, "rate/y", 4, now + 48 * 3600000);
	assert_int_equal(digests_due(&k->digests, now + 49 * 3600000, &g, NULL), 1);
	assert_int_equal(digests_sent(&k->digests, &g, now + 49 * 3600000, NULL), 0);
	assert_int_equal(ask_number(k->store.db, "SELECT count(*) FROM alert_group"), 1);
}

/* A group that is joined by a less patient alert is due earlier, never later. */
TEST_ON(the_least_patient_alert_counts, desk, k)
{
	hold(k, "category/naval", 1, now + 60000);
	hold(k, "category/naval", 2, now);
	hold(k, "category/naval", 3, now + 90000);
	assert_int_equal(next(k), now + 1000);
}

TEST_ON(the_clock_moves_what_is_held, desk, k)
{
	hold(k, "rate/x", 1, now);
	assert_int_equal(digests_follow_clock(&k->digests, -5000, NULL), 0);
	/* quiet hours are looked at anew, a rate waits as long as before */
	assert_int_equal(next(k), 0);
	assert_int_equal(digests_look_again(&k->digests, now - 5000, NULL), 0);
	assert_int_equal(next(k), now - 4000);
}

/* 07:00 on a clock that was an hour slow is 08:00: the quiet hours until 08:00 are over now, not in an hour. */
TEST_ON(quiet_hours_go_by_the_clock_as_it_is, desk, k)
{
	struct digest_group g;

	hold_for(k, "quiet", HOLD_QUIET, 1, now);
	assert_int_equal(digests_due(&k->digests, now, &g, NULL), 0);
	assert_int_equal(digests_follow_clock(&k->digests, 3600000, NULL), 0);
	assert_int_equal(next(k), 0);
	assert_int_equal(digests_look_again(&k->digests, now + 3600000, NULL), 0);
	assert_int_equal(digests_due(&k->digests, now + 3600000, &g, NULL), 1);
	/* group and rate that were put off for quiet hours, too */
	hold(k, "rate/x", 2, now + 3600000);
	assert_int_equal(digests_sent(&k->digests, &g, now + 3600000, NULL), 0);
	assert_int_equal(digests_due(&k->digests, now + 3700000, &g, NULL), 1);
	assert_int_equal(digests_put_off(&k->digests, &g, now + 9000000, NULL), 0);
	assert_int_equal(digests_follow_clock(&k->digests, 7200000, NULL), 0);
	assert_int_equal(digests_look_again(&k->digests, now + 10900000, NULL), 0);
	assert_int_equal(digests_due(&k->digests, now + 10900000, &g, NULL), 1);
}

/* What is held of a flood is bounded, and all of it is counted. */
TEST_ON(a_flood_is_bounded, desk, k)
{
	enum { FLOOD = 100000 };
	struct buf *json = scratch(LIMIT_STREAM_LINE / 2);
	struct digest_group g;
	struct jsonw w = JSONW_INIT(json);

	assert_int_equal(sql_exec(k->store.db, "BEGIN", NULL, ""), 0);
	for (int i = 1; i <= FLOOD; i++)
		hold(k, "quiet", i, now + i);
	assert_int_equal(sql_exec(k->store.db, "COMMIT", NULL, ""), 0);
	assert_int_equal(ask_number(k->store.db, "SELECT count(*) FROM alert_held"), DIGEST_LISTED_MAX);
	assert_int_equal(digests_due(&k->digests, now + FLOOD + 1000, &g, NULL), 1);
	assert_int_equal(g.alerts, FLOOD);
	assert_int_equal(g.events, FLOOD);
	assert_int_equal(digests_write_alerts(&k->digests, &g, &w, NULL), 0);
	assert_int_equal(json->failed, 0);
}

TEST_ON(rates_count_what_was_told, desk, k)
{
	int64_t count;

	for (int i = 0; i < 5; i++)
		assert_int_equal(digests_note_sent(&k->digests, STR("x"), i + 1, now + i * 1000, 10000, NULL), 0);
	assert_int_equal(digests_count_sent(&k->digests, STR("x"), now + 4000, 3000, &count, NULL), 0);
	assert_int_equal(count, 3);
	assert_int_equal(digests_count_sent(&k->digests, STR("y"), now + 4000, 3000, &count, NULL), 0);
	assert_int_equal(count, 0);
}

static int64_t silence(struct desk *k, const char *matcher, int64_t for_ms, int expected)
{
	const struct silence_wish wish = {.matcher = str_from(matcher), .for_ms = for_ms, .by = "uid 7"};
	struct error err = {0};
	int64_t id = 0;

	if (silences_add(&k->silences, &wish, now, &id, &err) != expected)
		fail_msg("%s: %s", matcher, err.text);
	return id;
}

/* The silence that mutes a low alert of that rule then; NULL: none. */
static const struct silence *silenced(struct desk *k, int64_t at_ms, struct str rule)
{
	const struct silence *found;

	assert_int_equal(silences_find(&k->silences, at_ms, rule, RULE_LOW, 1, &found, NULL), 0);
	return found;
}

TEST_ON(silences_have_numbers_and_ends, desk, k)
{
	const struct silence *found;
	int64_t first = silence(k, "alert:x", 60000, 0), second = silence(k, "alert:x", 30000, 0);

	assert_int_equal(second, first + 1);
	desk_close(k);
	desk_open(k);
	found = silenced(k, now + 59999, STR("x"));
	assert_non_null(found);
	assert_int_equal(found->id, first);
	assert_null(silenced(k, now + 60000, STR("x")));
	assert_null(silenced(k, now, STR("y")));
	assert_int_equal(silences_end(&k->silences, first, now + 1, NULL), 0);
	assert_int_equal(silences_end(&k->silences, first, now + 2, NULL), -ENOENT);
	found = silenced(k, now + 2, STR("x"));
	assert_non_null(found);
	assert_int_equal(found->id, second);
	/* put back by an hour, they last as long as before */
	assert_int_equal(silences_follow_clock(&k->silences, -3600000, now - 3600000, NULL), 0);
	assert_non_null(silenced(k, now - 3600000 + 29999, STR("x")));
	assert_null(silenced(k, now - 3600000 + 30000, STR("x")));
}

TEST_ON(silences_have_limits, desk, k)
{
	silence(k, "drills (", 60000, -EINVAL);
	silence(k, "", 60000, -EINVAL);
	silence(k, "drills", 0, -EINVAL);
	silence(k, "drills", SILENCE_LONGEST_MS + 1, -EINVAL);
	for (int i = 0; i < SILENCES_MAX; i++)
		silence(k, "drills NOT missile", 60000, 0);
	silence(k, "drills", 60000, -ENOSPC);
}

TEST_ON(a_silence_that_was_undone_is_forgotten, desk, k)
{
	assert_int_equal(sql_exec(k->store.db, "BEGIN", NULL, ""), 0);
	silence(k, "alert:x", 60000, 0);
	assert_int_equal(sql_exec(k->store.db, "ROLLBACK", NULL, ""), 0);
	assert_null(silenced(k, now, STR("x")));
}
