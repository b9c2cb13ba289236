/* SPDX-License-Identifier: ISC */
/* Rules with conditions on the story: they come true when the story changes or grows old, once, over restarts too, and
 * whatever a worker claims. */
#include "rules_fixture.h"
#include "story_fixture.h"

#include "../../../daemon/ingest/ingest.h"
#include "sitrep/store/uid.h"

#define LONG "two frigates sailed through the strait early on Monday the navy said"
#define LONG2 "the ministry has ordered eight more patrol aircraft for the northern command"

struct desk {
	struct fixture f;
	struct stored_rules *known; /* the rules in force; the writer has a copy of its own */
	int64_t generation;
};

static void set_up(struct desk *k)
{
	fixture_setup(&k->f);
}

static void tear_down(struct desk *k)
{
	fixture_teardown(&k->f);
	stored_rules_free(k->known);
}

FIXTURE(desk, set_up, tear_down)

static void use_rules(struct desk *k, const struct stored_rule *rules, size_t count)
{
	struct writer_change c = {.generation = ++k->generation};

	c.rules = compile_rules(rules, count);
	stored_rules_free(k->known);
	k->known = compile_rules(rules, count);
	assert_true(c.rules != NULL && k->known != NULL);
	fixture_change(&k->f, &c, fixture_feeds, 3);
	writer_change_release(&c);
}

static void use_rule(struct desk *k, const char *name, const char *expression)
{
	const struct stored_rule rule = {.name = name, .expression = expression};

	use_rules(k, &rule, 1);
}

struct found {
	struct draft *draft;
	struct item *item;
};

static void put_match(void *arg, const struct rule_hit *hit)
{
	struct found *to = arg;

	draft_match_if(to->draft, to->item, arena_str(&to->draft->arena, hit->rule).data, "strait", hit->truth);
}

/* Takes in a document with matches of the rules in force. */
static struct poll_report take_matched(struct desk *k, size_t feed, struct draft *d)
{
	struct poll_outcome *o = outcome_now(&k->f, feed, d);

	o->rules = k->generation;
	return fixture_take(&k->f, o);
}

/* A report whose text the rules find as a worker does; rules NULL: none does. */
static void poll_text_with(struct desk *k, const struct stored_rules *rules, size_t feed, const char *guid,
	const char *title, const char *body)
{
	struct buf *title_words = scratch(4096), *body_words = scratch(4096);
	struct rule_subject subject = {.title = str_from(title), .body = str_from(body)};
	struct draft d = draft_new("Feed");
	struct found to = {.draft = &d};
	size_t count = 0;

	to.item = draft_add(&d, guid, NULL, title, body);
	to.item->published = k->f.now_ms;
	assert_int_equal(rule_words(title_words, subject.title, &count), 0);
	assert_int_equal(rule_words(body_words, subject.body, &count), 0);
	subject.title_tokens = buf_str(title_words);
	subject.body_tokens = buf_str(body_words);
	if (rules != NULL)
		assert_int_equal(rule_set_match(rules->set, &subject, put_match, &to), 0);
	take_matched(k, feed, &d);
}

static void poll_text(struct desk *k, size_t feed, const char *guid, const char *title, const char *body)
{
	poll_text_with(k, k->known, feed, guid, title, body);
}

static int64_t alerts(struct desk *k)
{
	char *lines = fixture_events(&k->f, 0);
	int64_t count = 0;

	for (const char *at = lines; (at = strstr(at, "\"event\":\"alert\"")) != NULL; at++)
		count++;
	return count;
}

static int64_t listed(struct desk *k, const char *rule)
{
	char text[200];

	snprintf(text, sizeof(text), "SELECT count(*) FROM rule_match WHERE rule_key LIKE '%s#%%'", rule);
	return ask_database(k->f.dir, text);
}

static int64_t waiting(struct desk *k)
{
	return ask_database(k->f.dir, "SELECT count(*) FROM rule_pending");
}

static void reopen(struct desk *k, const char *name, const char *expression)
{
	fixture_close(&k->f);
	fixture_open(&k->f);
	k->generation = 0;
	use_rule(k, name, expression);
}

/* The third publisher makes the rule true, after a restart as well; the fourth does not make it true again. */
TEST_ON(a_third_source, desk, k)
{
	static const char rule[] = "strait sources>=3";

	use_rule(k, "alert/strait", rule);
	poll_text(k, ALPHA, "1", "Frigates", LONG);
	poll_text(k, BRAVO, "1", "Frigates", LONG);
	assert_int_equal(alerts(k), 0);
	assert_int_equal(listed(k, "alert/strait"), 0);
	assert_int_equal(waiting(k), 2);
	reopen(k, "alert/strait", rule);
	poll_text(k, CHARLIE, "1", "Frigates", LONG);
	assert_int_equal(alerts(k), 1);
	assert_int_equal(listed(k, "alert/strait"), 1);
	poll_text(k, CHARLIE, "2", "Frigates", LONG);
	assert_int_equal(alerts(k), 1);
}

/* The report whose words matched is told, though another one made the rule true. */
TEST_ON(the_report_with_the_words_is_told, desk, k)
{
	char *lines;

	use_rule(k, "alert/strait", "strait sources>=2");
	poll_text(k, ALPHA, "1", "Frigates", LONG);
	poll_text_with(k, NULL, BRAVO, "1", "Frigates", LONG);
	lines = fixture_events(&k->f, 0);
	assert_non_null(strstr(lines, "\"event\":\"alert\""));
	assert_non_null(strstr(strstr(lines, "\"event\":\"alert\""), "\"feed\":\"alpha\""));
	assert_non_null(strstr(strstr(lines, "\"event\":\"alert\""), "\"terms\":[\"strait\"]"));
}

/* A text that has lost the words waits for nothing. */
TEST_ON(a_changed_text, desk, k)
{

	use_rule(k, "alert/strait", "strait sources>=2");
	poll_text(k, ALPHA, "1", "Frigates", LONG);
	assert_int_equal(waiting(k), 1);
	poll_text(k, ALPHA, "1", "Aircraft", LONG2);
	assert_int_equal(waiting(k), 0);
	poll_text(k, BRAVO, "1", "Aircraft", LONG2);
	assert_int_equal(alerts(k), 0);
	poll_text(k, ALPHA, "1", "Frigates", LONG);
	assert_int_equal(alerts(k), 1);
}

/* An alert of one rule raises the priority that another one asks for. */
TEST_ON(a_priority, desk, k)
{
	const struct stored_rule rules[] = {
		{.name = "alert/strait", .expression = "strait sources>=2"},
		{.name = "output/high", .expression = "frigates priority>=high"},
		{.name = "output/urgent", .expression = "frigates priority>=urgent"},
	};

	use_rules(k, rules, 3);
	poll_text(k, ALPHA, "1", "Frigates", LONG);
	assert_int_equal(listed(k, "output/high"), 0);
	poll_text(k, BRAVO, "1", "Frigates", LONG);
	assert_int_equal(listed(k, "output/high"), 1);
	assert_int_equal(listed(k, "output/urgent"), 0);
}

/* ---- age */

struct step {
	struct error end;
	int64_t now_ms;
	bool changed;
	int more;
};

static int settle_ages(void *arg, struct ingest *k, struct error *err)
{
	struct step *s = arg;

	s->more = rule_pending_step(&k->pending, s->now_ms, &s->changed, err);
	return s->more < 0 ? s->more : 0;
}

static struct step ages_at(struct desk *k, int64_t now_ms)
{
	struct step s = {.now_ms = now_ms};

	assert_int_equal(writer_run(k->f.writer, settle_ages, fixture_note_end, &s), 0);
	fixture_await(&k->f, &s.end);
	assert_int_equal(s.end.code, 1);
	return s;
}

/* The writer looks by itself, and at once when it has the rules: the wall clock is days behind the reports. */
TEST_ON(an_age_that_came_while_the_daemon_was_down, desk, k)
{
	static const char rule[] = "strait age>2h";
	int64_t until_ms = clock_mono_ms() + WAIT_MS;

	use_rule(k, "alert/strait", rule);
	poll_text(k, ALPHA, "1", "Frigates", LONG);
	assert_int_equal(alerts(k), 0);
	reopen(k, "alert/strait", rule);
	while (alerts(k) == 0)
		assert_true(clock_mono_ms() < until_ms);
	assert_int_equal(listed(k, "alert/strait"), 1);
}

TEST_ON(an_age, desk, k)
{

	use_rule(k, "alert/strait", "strait age>2h sources<2");
	poll_text(k, ALPHA, "1", "Frigates", LONG);
	poll_text(k, BRAVO, "1", "Aircraft", LONG2 " strait");
	poll_text(k, CHARLIE, "1", "Aircraft", LONG2 " strait");
	assert_false(ages_at(k, NOW_MS + 2 * HOUR_MS).changed);
	assert_int_equal(alerts(k), 0);
	ages_at(k, NOW_MS + 2 * HOUR_MS + 2 * MINUTE_MS);
	assert_int_equal(alerts(k), 1);
	assert_int_equal(listed(k, "alert/strait"), 1);
	/* nothing is looked at again */
	assert_int_equal(ask_database(k->f.dir, "SELECT count(*) FROM rule_pending WHERE due IS NOT NULL"), 0);
	assert_false(ages_at(k, NOW_MS + 90 * DAY_MS).changed);
	assert_int_equal(alerts(k), 1);
}

/* Many stories become old at once: a step takes some of them. */
TEST_ON(steps_of_ages_are_short, desk, k)
{
	struct step s;
	struct draft d = draft_new("Feed");

	use_rule(k, "output/old", "strait age>2h");
	for (int i = 0; i < 2 * RULE_PENDING_STEP + 10; i++) {
		char guid[32], body[128];
		struct item *it;

		snprintf(guid, sizeof(guid), "%d", i);
		snprintf(body, sizeof(body), "ship%d passed the strait%d on day%d of its voyage%d to port%d", i, i, i,
			i, i);
		it = draft_add(&d, guid, NULL, guid, body);
		it->published = k->f.now_ms;
		draft_match_if(&d, it, k->known->items[0].key, "strait", 2);
	}
	take_matched(k, ALPHA, &d);
	s = ages_at(k, NOW_MS + 3 * HOUR_MS);
	assert_int_equal(s.more, 1);
	assert_int_equal(listed(k, "output/old"), RULE_PENDING_STEP);
	ages_at(k, NOW_MS + 3 * HOUR_MS);
	s = ages_at(k, NOW_MS + 3 * HOUR_MS);
	assert_int_equal(s.more, 0);
	assert_int_equal(listed(k, "output/old"), 2 * RULE_PENDING_STEP + 10);
}

/* ---- rules that come and go */

/* Stored items wait for a new rule too; what is true already is listed and raises no alert. */
TEST_ON(a_rule_comes, desk, k)
{
	int64_t until_ms = clock_mono_ms() + WAIT_MS;

	poll_text(k, ALPHA, "1", "Frigates", LONG);
	poll_text(k, BRAVO, "1", "Frigates", LONG);
	poll_text(k, ALPHA, "2", "Aircraft", LONG2);
	use_rule(k, "alert/strait", "(strait OR aircraft) sources>=2");
	while (listed(k, "alert/strait") < 1 || waiting(k) < 3)
		assert_true(clock_mono_ms() < until_ms);
	assert_int_equal(alerts(k), 0);
	poll_text(k, CHARLIE, "2", "Aircraft", LONG2);
	assert_int_equal(alerts(k), 1);
	use_rules(k, NULL, 0);
	while (listed(k, "alert/strait") > 0 || waiting(k) > 0)
		assert_true(clock_mono_ms() < until_ms);
}

/* A worker may claim any truth for a rule that it was sent. */
TEST_ON(a_claimed_truth, desk, k)
{
	static const uint64_t truths[] = {2, 4, UINT64_MAX - 3, UINT64_C(1) << 63};

	use_rule(k, "alert/strait", "strait sources>=3");
	for (size_t i = 0; i < sizeof(truths) / sizeof(truths[0]); i++) {
		char guid[8];
		struct draft d = draft_new("Feed");

		snprintf(guid, sizeof(guid), "%zu", i);
		draft_match_if(&d, draft_add(&d, guid, NULL, guid, LONG), k->known->items[0].key, "strait", truths[i]);
		take_matched(k, ALPHA, &d);
	}
	assert_int_equal(alerts(k), 0);
	assert_int_equal(waiting(k), 1);
}

/* ---- the operator's edits */

static void edit(struct desk *k, const char *op, int64_t item, int64_t other)
{
	char uids[2][UID_TEXT_MAX];
	const int64_t ids[] = {item, other};
	struct store store;

	assert_int_equal(store_open(&store, k->f.dir, STORE_READ, NULL), 0);
	for (size_t i = 0; i < 2; i++) {
		struct sql_stmt *s;

		assert_int_equal(sql_prepare_once(store.db, "SELECT uid FROM item WHERE id = ?1", &s, NULL, "test"), 0);
		sql_bind(s, as_int(ids[i]));
		if (sql_step(s, NULL, "test") == 1)
			uid_write(uids[i], sql_blob(s, 0));
		sql_finalize(&s, 1);
	}
	store_close(&store);
	fixture_edit(&k->f, op, uids[0], other != 0 ? uids[1] : NULL, true);
}

TEST_ON(stories_are_joined_and_split, desk, k)
{

	use_rule(k, "alert/strait", "frigates sources>=2");
	poll_text(k, ALPHA, "1", "Frigates", LONG);
	poll_text(k, BRAVO, "1", "Aircraft", LONG2);
	assert_int_equal(alerts(k), 0);
	edit(k, "join", 1, 2);
	assert_int_equal(alerts(k), 1);
}

/* What a report waits for goes with it. */
TEST_ON(a_split_report_waits_alone, desk, k)
{

	use_rule(k, "output/few", "frigates sources>=3");
	poll_text(k, ALPHA, "1", "Frigates", LONG);
	poll_text(k, BRAVO, "1", "Frigates", LONG);
	edit(k, "split", 2, 0);
	assert_int_equal(ask_database(k->f.dir, "SELECT count(DISTINCT story_id) FROM rule_pending"), 2);
	assert_int_equal(ask_database(k->f.dir, "SELECT count(*) FROM rule_pending p JOIN item i ON i.id = p.item_id"
						" WHERE i.story_id = p.story_id"),
		2);
}
