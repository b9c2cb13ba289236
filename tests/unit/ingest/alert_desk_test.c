/* SPDX-License-Identifier: ISC */
/* The life of an alert: which news raises, revises, escalates, closes and opens it again, and what becomes of it when
 * stories are split and joined and items removed. */
#include "../../../daemon/ingest/ingest.h"
#include <jansson.h>

#include "story_fixture.h"

/* A rule's spec with defaults for all that is not given. */
static struct alert_spec with_defaults(struct alert_spec spec)
{
	spec.name = spec.name != NULL ? spec.name : "strait";
	spec.priority = spec.priority != NULL ? spec.priority : "normal";
	spec.revise_after_ms = spec.revise_after_ms != 0 ? spec.revise_after_ms : 5 * MINUTE_MS;
	spec.close_after_ms = spec.close_after_ms != 0 ? spec.close_after_ms : DAY_MS;
	return spec;
}

#define PLAIN with_defaults((struct alert_spec){0})
#define SPEC(...) with_defaults((struct alert_spec){__VA_ARGS__})

/* Puts one rule in force; its times are the writer's at once. */
static void use_rule_on(struct fixture *f, struct alert_spec spec, const struct feed_spec *feeds, size_t count)
{
	struct writer_options options = fixture_options(f->dir);

	options.alerts.items = &spec;
	options.alerts.count = 1;
	fixture_sync_with(f, feeds, count, &options);
}

static void use_rule(struct fixture *f, struct alert_spec spec)
{
	use_rule_on(f, spec, fixture_feeds, 3);
}

/* First documents without items: nothing that follows is a backlog. */
static void pass_backlog(struct fixture *f)
{
	for (size_t i = 0; i < f->feed_count; i++) {
		struct draft d = draft_new("Feed");

		assert_counts(fixture_poll(f, i, &d), 0, 0, 0, 0);
	}
}

static void begin(struct fixture *f, struct alert_spec spec)
{
	use_rule(f, spec);
	pass_backlog(f);
}

static void report(struct fixture *f, size_t feed, const char *guid, const char *body)
{
	char link[64];
	struct draft d = draft_new("Feed");

	snprintf(link, sizeof(link), "https://%s.example/%s", f->feeds[feed].name, guid);
	draft_match(&d, draft_add_text(&d, guid, link, RADAR_TITLE, body), "alert/strait", "radar*");
	fixture_poll(f, feed, &d);
}

/* With alpha's report of the radar, which raises alert 1. */
static void begin_with_report(struct fixture *f, struct alert_spec spec)
{
	begin(f, spec);
	report(f, ALPHA, "a", RADAR("17"));
}

/* Eight feeds of eight publishers. */
static const struct feed_spec outlets[] = {
	{.name = "o1", .url = "https://o1.example/feed", .first_due_ms = NOW_MS},
	{.name = "o2", .url = "https://o2.example/feed", .first_due_ms = NOW_MS},
	{.name = "o3", .url = "https://o3.example/feed", .first_due_ms = NOW_MS},
	{.name = "o4", .url = "https://o4.example/feed", .first_due_ms = NOW_MS},
	{.name = "o5", .url = "https://o5.example/feed", .first_due_ms = NOW_MS},
	{.name = "o6", .url = "https://o6.example/feed", .first_due_ms = NOW_MS},
	{.name = "o7", .url = "https://o7.example/feed", .first_due_ms = NOW_MS},
	{.name = "o8", .url = "https://o8.example/feed", .first_due_ms = NOW_MS},
};
enum { OUTLETS = sizeof(outlets) / sizeof(outlets[0]) };

/* A round of the writer's work on alerts. */
struct round {
	struct error end;
	int64_t now_ms;
	int64_t ahead_ms; /* of now_ms over the trusted time */
};

/* Runs fn in the writer's thread, with the round. */
static void run_in_writer(struct fixture *f, writer_fn *fn, struct round *r)
{
	r->end = (struct error){0};
	assert_int_equal(writer_run(f->writer, fn, fixture_note_end, r), 0);
	fixture_await(f, &r->end);
}

static int run_round(void *arg, struct ingest *k, struct error *err)
{
	const struct round *r = arg;
	bool told;
	int result;

	while ((result = alert_desk_step(&k->alerts, r->now_ms, r->now_ms - r->ahead_ms, &told, err)) == 1)
		;
	return result;
}

static void await_round(struct fixture *f, struct round *r)
{
	run_in_writer(f, run_round, r);
	assert_string_equal(r->end.text, "");
}

static void pass(struct fixture *f, int64_t ms)
{
	struct round r = {.now_ms = f->now_ms += ms};

	await_round(f, &r);
}

/* "1.1 raised normal open; 1.2 source normal open": alerts' events after the cursor. */
static int add_alert(void *arg, const struct event_record *e)
{
	struct buf *out = arg;
	json_t *detail, *alert, *why;
	size_t i;

	if (e->kind != EVENT_ALERT)
		return 0;
	detail = json_loadb(e->detail.data, e->detail.len, 0, NULL);
	alert = json_object_get(detail, "alert");
	assert_non_null(alert);
	buf_printf(out, "%s%s.%lld", out->len > 0 ? "; " : "", json_string_value(json_object_get(alert, "id")),
		(long long)json_integer_value(json_object_get(alert, "revision")));
	json_array_foreach(json_object_get(alert, "why"), i, why)
		buf_printf(out, "%s%s", i == 0 ? " " : "+", json_string_value(why));
	buf_printf(out, " %s %s", json_string_value(json_object_get(alert, "priority")),
		json_string_value(json_object_get(alert, "state")));
	if (json_object_get(alert, "replaces") != NULL)
		buf_printf(out, " for %s", json_string_value(json_object_get(alert, "replaces")));
	json_decref(detail);
	return 0;
}

static void assert_alerts(struct fixture *f, const char *expected)
{
	struct buf *out = scratch(64 * 1024);
	struct error err = {0};
	int64_t last;

	assert_ok(reader_events(f->reader, 0, 1000, &last, add_alert, out, &err) == 0, err);
	assert_string_equal(out->data != NULL ? out->data : "", expected);
}

/* ---- repeat = story */

TEST_ON(a_story_raises_one_alert, fixture, f)
{
	begin_with_report(f, SPEC(.priority = "high"));
	report(f, BRAVO, "b", RADAR("17"));
	report(f, CHARLIE, "c", RADAR("17"));
	assert_alerts(f, "1.1 raised high open");
}

/* Three publishers are told of as one revision, once the time has passed. */
TEST_ON(sources_are_told_together, fixture, f)
{
	begin_with_report(f, PLAIN);
	report(f, BRAVO, "b", RADAR("17"));
	report(f, CHARLIE, "c", RADAR("17"));
	pass(f, 0);
	assert_alerts(f, "1.1 raised normal open");
	pass(f, 5 * MINUTE_MS);
	assert_alerts(f, "1.1 raised normal open; 1.2 source normal open");
	pass(f, HOUR_MS);
	assert_alerts(f, "1.1 raised normal open; 1.2 source normal open");
	assert_int_equal(ask_database(f->dir, "SELECT publishers FROM alert"), 3);
}

TEST_ON(a_number_that_changes_revises, fixture, f)
{
	begin_with_report(f, PLAIN);
	f->now_ms += HOUR_MS;
	report(f, ALPHA, "a", RADAR("23"));
	assert_alerts(f, "1.1 raised normal open; 1.2 numbers normal open");
	/* the wait has doubled: 10 minutes now */
	f->now_ms += 5 * MINUTE_MS;
	report(f, ALPHA, "a", RADAR("29"));
	assert_alerts(f, "1.1 raised normal open; 1.2 numbers normal open");
	pass(f, 5 * MINUTE_MS);
	assert_alerts(f, "1.1 raised normal open; 1.2 numbers normal open; 1.3 numbers normal open");
}

/* A report whose number changes every seven minutes for a day: the waits grow to an hour.  It is polled twice between
 * two changes, or the number would pass for a counter (churn.h). */
TEST_ON(a_day_of_numbers_has_a_bound, fixture, f)
{
	char body[2048];
	int64_t count;

	begin(f, PLAIN);
	for (int i = 0; i < 205; i++) {
		snprintf(body, sizeof(body), "%s Boat number %d was seen.", RADAR("17"), 1000 + 7 * i);
		report(f, ALPHA, "a", body);
		report(f, ALPHA, "a", body);
		pass(f, 5 * MINUTE_MS);
	}
	count = ask_database(f->dir, "SELECT revision FROM alert");
	assert_in_range(count, 20, 30);
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM alert"), 1);
}

/* ---- repeat = item, update */

TEST_ON(each_item_raises, fixture, f)
{
	begin_with_report(f, SPEC(.repeat = ALERT_REPEAT_ITEM));
	report(f, BRAVO, "b", RADAR("17"));
	f->now_ms += HOUR_MS;
	report(f, ALPHA, "a", RADAR("23"));
	assert_alerts(f, "1.1 raised normal open; 2.1 raised normal open; 1.2 numbers normal open");
}

TEST_ON(each_change_raises, fixture, f)
{
	begin_with_report(f, SPEC(.repeat = ALERT_REPEAT_UPDATE));
	report(f, ALPHA, "a", RADAR("23"));
	report(f, BRAVO, "b", RADAR("23"));
	assert_alerts(f, "1.1 raised normal open; 2.1 raised+updated normal open for 1");
	assert_int_equal(ask_database(f->dir, "SELECT state FROM alert WHERE id = 1"), ALERT_CLOSED);
}

/* ---- escalate */

TEST_ON(growth_escalates_once, fixture, f)
{
	use_rule_on(f, SPEC(.escalate_count = 4, .escalate_within_ms = HOUR_MS), outlets, OUTLETS);
	pass_backlog(f);
	for (size_t i = 0; i < 3; i++)
		report(f, i, "a", RADAR("17"));
	assert_alerts(f, "1.1 raised normal open");
	for (size_t i = 3; i < OUTLETS; i++)
		report(f, i, "a", RADAR("17"));
	assert_alerts(f, "1.1 raised normal open; 1.2 source+escalated high open");
}

TEST_ON(slow_growth_does_not_escalate, fixture, f)
{
	use_rule_on(f, SPEC(.escalate_count = 4, .escalate_within_ms = HOUR_MS, .revise_after_ms = DAY_MS), outlets,
		OUTLETS);
	pass_backlog(f);
	for (size_t i = 0; i < OUTLETS; i++) {
		report(f, i, "a", RADAR("17"));
		f->now_ms += 20 * MINUTE_MS;
	}
	assert_alerts(f, "1.1 raised normal open");
}

TEST_ON(urgent_is_the_top, fixture, f)
{
	begin_with_report(f, SPEC(.priority = "urgent", .escalate_count = 2, .escalate_within_ms = HOUR_MS));
	report(f, BRAVO, "b", RADAR("17"));
	assert_alerts(f, "1.1 raised urgent open; 1.2 source+escalated urgent open");
}

/* Two rules that match each report: one that becomes urgent, and a low one that it then mutes. */
static void begin_pair(struct fixture *f)
{
	struct alert_spec pair[] = {SPEC(.priority = "low", .revise_after_ms = 1),
		SPEC(.name = "zone", .priority = "high", .escalate_count = 3, .escalate_within_ms = HOUR_MS,
			.revise_after_ms = 1)};
	struct writer_options options = fixture_options(f->dir);

	pair[0].hold.inhibit_priority = pair[1].hold.inhibit_priority = alert_priority_rank("low");
	pair[1].priority_rank = alert_priority_rank("high");
	options.alerts.items = pair;
	options.alerts.count = 2;
	options.alerts.hold.through_priority = alert_priority_rank("urgent");
	fixture_sync_with(f, outlets, OUTLETS, &options);
	pass_backlog(f);
}

static void report_pair(struct fixture *f, size_t feed, const char *guid)
{
	char link[64];
	struct draft d = draft_new("Feed");
	struct item *it;

	snprintf(link, sizeof(link), "https://%s.example/%s", f->feeds[feed].name, guid);
	it = draft_add_text(&d, guid, link, RADAR_TITLE, RADAR("17"));
	draft_match(&d, it, "alert/strait", "radar*");
	draft_match(&d, it, "alert/zone", "navies");
	fixture_poll(f, feed, &d);
	f->now_ms += MINUTE_MS;
}

/* The low one was raised first: it must not be told of the report that makes the other one urgent. */
TEST_ON(what_becomes_urgent_mutes_the_low, fixture, f)
{
	begin_pair(f);
	for (size_t i = 0; i < 4; i++)
		report_pair(f, i, "a");
	assert_alerts(f, "1.1 raised high open; 2.1 raised low open; 1.2 source high open; 2.2 source low open;"
			 " 1.3 escalated urgent open");
	assert_int_equal(ask_database(f->dir, "SELECT revision FROM alert WHERE id = 2"), 3);
	/* who shows the low one learns that it is over */
	pass(f, 25 * HOUR_MS);
	assert_alerts(f, "1.1 raised high open; 2.1 raised low open; 1.2 source high open; 2.2 source low open;"
			 " 1.3 escalated urgent open; 1.4 closed urgent closed; 2.4 closed low closed");
	/* with the urgent one open again, it is muted again */
	report_pair(f, 4, "a");
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM event WHERE kind ="
					      " (SELECT max(kind) FROM event WHERE detail LIKE '%\"inhibited\"%')"),
		2);
}

/* ---- closing */

TEST_ON(it_closes_without_news_and_opens_again, fixture, f)
{
	begin_with_report(f, SPEC(.revise_after_ms = 2 * DAY_MS));
	f->now_ms += 20 * HOUR_MS;
	report(f, BRAVO, "b", RADAR("17"));
	pass(f, 23 * HOUR_MS);
	assert_alerts(f, "1.1 raised normal open");
	pass(f, HOUR_MS);
	assert_alerts(f, "1.1 raised normal open; 1.2 closed normal closed");
	report(f, CHARLIE, "c", RADAR("17"));
	assert_alerts(f, "1.1 raised normal open; 1.2 closed normal closed; 1.3 reopened normal open");
}

/* Another report comes before the round that closes. */
TEST_ON(it_closes_lazily, fixture, f)
{
	begin_with_report(f, PLAIN);
	f->now_ms += 25 * HOUR_MS;
	report(f, BRAVO, "b", RADAR("17"));
	assert_alerts(f, "1.1 raised normal open; 1.2 reopened normal open");
}

TEST_ON(a_removed_rule_closes, fixture, f)
{
	begin_with_report(f, PLAIN);
	use_rule(f, SPEC(.name = "renamed"));
	pass(f, MINUTE_MS);
	assert_alerts(f, "1.1 raised normal open; 1.2 closed normal closed");
	/* and its number is not used again */
	use_rule(f, PLAIN);
	report(f, BRAVO, "x", FERRY);
	assert_alerts(f, "1.1 raised normal open; 1.2 closed normal closed; 2.1 raised normal open");
}

/* ---- clocks */

TEST_ON(a_clock_set_back_stops_nothing, fixture, f)
{
	begin(f, PLAIN);
	f->now_ms += 365 * DAY_MS;
	report(f, ALPHA, "a", RADAR("17"));
	f->now_ms -= 365 * DAY_MS;
	report(f, ALPHA, "a", RADAR("23"));
	assert_alerts(f, "1.1 raised normal open; 1.2 numbers normal open");
	pass(f, MINUTE_MS);
	pass(f, 24 * HOUR_MS);
	assert_alerts(f, "1.1 raised normal open; 1.2 numbers normal open; 1.3 closed normal closed");
}

/* A jump ahead that nothing explains does not close what is open. */
TEST_ON(a_jump_ahead_closes_nothing, fixture, f)
{
	struct round r;

	begin_with_report(f, PLAIN);
	r = (struct round){.now_ms = f->now_ms + 365 * DAY_MS, .ahead_ms = 365 * DAY_MS};
	await_round(f, &r);
	assert_alerts(f, "1.1 raised normal open");
}

/* ---- edits and removal */

TEST_ON(an_alert_goes_with_the_item_that_raised_it, fixture, f)
{
	begin_with_report(f, PLAIN);
	report(f, BRAVO, "b", RADAR("17"));
	fixture_edit(f, "split", "https://alpha.example/a", "", true);
	assert_int_equal(
		ask_database(f->dir, "SELECT a.story_id = i.story_id FROM alert a JOIN item i ON i.id = raised_by"), 1);
	/* the story that is left keeps no claim to it: news there is none of the alert's */
	f->now_ms += HOUR_MS;
	report(f, ALPHA, "a", RADAR("23"));
	assert_alerts(f, "1.1 raised normal open; 1.2 source+numbers normal open");
}

TEST_ON(of_joined_stories_the_older_alert_goes_on, fixture, f)
{
	begin_with_report(f, PLAIN);
	report(f, BRAVO, "b", FERRY);
	assert_alerts(f, "1.1 raised normal open; 2.1 raised normal open");
	fixture_edit(f, "join", "https://bravo.example/b", "https://alpha.example/a", true);
	assert_alerts(f, "1.1 raised normal open; 2.1 raised normal open; 2.2 joined normal closed");
	f->now_ms += HOUR_MS;
	report(f, CHARLIE, "c", FERRY);
	assert_alerts(
		f, "1.1 raised normal open; 2.1 raised normal open; 2.2 joined normal closed; 1.2 source normal open");
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM alert WHERE story_id = 0"), 1);
}

/* Joined and split again: the story that has its old id back has no alert, and the numbers go on. */
TEST_ON(numbers_stay_through_edits, fixture, f)
{
	begin_with_report(f, PLAIN);
	report(f, BRAVO, "b", FERRY);
	fixture_edit(f, "join", "https://bravo.example/b", "https://alpha.example/a", true);
	fixture_edit(f, "split", "https://bravo.example/b", "", true);
	report(f, CHARLIE, "c", QUARRY);
	assert_alerts(
		f, "1.1 raised normal open; 2.1 raised normal open; 2.2 joined normal closed; 3.1 raised normal open");
}

static int drop_everything(void *arg, struct ingest *k, struct error *err)
{
	(void)arg;
	return sql_exec(k->store.db, "DELETE FROM item; DELETE FROM story", err, "test");
}

static int forget(void *arg, struct ingest *k, struct error *err)
{
	const struct round *r = arg;

	return alert_desk_forget(&k->alerts, r->now_ms, err);
}

/* Its story was removed: it is closed without an event, and its row goes with its last events. */
TEST_ON(an_alert_outlives_its_story, fixture, f)
{
	struct round r = {.now_ms = NOW_MS};

	begin_with_report(f, PLAIN);
	run_in_writer(f, drop_everything, &r);
	pass(f, 25 * HOUR_MS);
	assert_alerts(f, "");
	assert_int_equal(ask_database(f->dir, "SELECT state FROM alert"), ALERT_CLOSED);
	run_in_writer(f, forget, &r);
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM alert"), 1);
	r.now_ms = f->now_ms;
	run_in_writer(f, forget, &r);
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM alert"), 0);
	report(f, ALPHA, "b", FERRY);
	assert_alerts(f, "2.1 raised normal open");
}

/* ---- counts */

TEST_ON(days_are_counted, fixture, f)
{
	begin_with_report(f, PLAIN);
	report(f, BRAVO, "b", RADAR("17"));
	f->now_ms += HOUR_MS;
	report(f, ALPHA, "a", RADAR("23"));
	f->now_ms += DAY_MS;
	report(f, CHARLIE, "c", FERRY);
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM alert_day"), 2);
	assert_int_equal(
		ask_database(f->dir, "SELECT 100 * matches + 10 * raised + revised FROM alert_day ORDER BY day"), 211);
	assert_int_equal(
		ask_database(f->dir, "SELECT 100 * matches + 10 * raised + revised FROM alert_day ORDER BY day DESC"),
		110);
}
