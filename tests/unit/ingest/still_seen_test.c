/* SPDX-License-Identifier: ISC */
/* What was seen stays seen: whatever happens to the daemon, its configuration, its rules, or the site, an item that was
 * told is not told again.  (That pruned items do not come back is retention_test.c's.) */
#include "sitrep/sql/database.h"
#include "sitrep/sql/sql.h"
#include "story_fixture.h"

#define BODY "the coast guard has bought two aircraft to look for oil on the water"

enum { ITEMS = 12 };

/* How a document's items are called and what they were hashed with. */
struct look {
	const char *site;
	const char *rules; /* other ones make other digests of the same words; NULL: the first ones */
	uint32_t canon_version;
	bool old_sketch;
};

static const struct look plain = {.site = "a.example", .canon_version = 1};

static void give_digest(struct draft *d, struct item *it, const char *rules)
{
	char text[512];

	snprintf(text, sizeof(text), "%s %.*s", rules, STR_ARG(it->plain_title));
	it->digest = digest_of(&d->arena, str_from(text));
	if (it->url_key.data != NULL) {
		snprintf(text, sizeof(text), "%s %.*s", rules, STR_ARG(it->link));
		it->url_key = digest_of(&d->arena, str_from(text));
	}
}

/* Items from to before to; edited has another text. */
static struct poll_report poll_items(
	struct fixture *f, size_t feed, const struct look *look, int from, int to, int edited)
{
	struct draft d = draft_new("Feed");

	for (int n = from; n < to; n++) {
		char guid[96], link[96], title[96];
		struct item *it;

		snprintf(guid, sizeof(guid), "tag:%s,2026:%d", look->site, n);
		snprintf(link, sizeof(link), "https://%s/%d", look->site, n);
		snprintf(title, sizeof(title), "Report %d%s", n, n == edited ? ", corrected" : "");
		it = draft_add_text(&d, guid, link, title, BODY);
		draft_match(&d, it, "alert/strait", "oil");
		it->canon_version = look->canon_version;
		if (look->rules != NULL)
			give_digest(&d, it, look->rules);
		if (look->old_sketch)
			((char *)it->sketch.data)[0] = 0;
	}
	return fixture_poll(f, feed, &d);
}

static void assert_all_known(struct fixture *f, size_t feed, const struct look *look)
{
	int64_t cursor = fixture_cursor(f);

	assert_counts(poll_items(f, feed, look, 0, ITEMS, -1), 0, 0, 0, ITEMS);
	assert_int_equal(fixture_cursor(f), cursor);
	/* which is no deafness */
	assert_counts(poll_items(f, feed, look, ITEMS, ITEMS + 1, -1), 1, 0, 0, 0);
}

TEST_ON(after_a_restart, fixture, f)
{
	poll_items(f, ALPHA, &plain, 0, ITEMS, -1);
	fixture_restart(f);
	assert_all_known(f, ALPHA, &plain);
}

TEST_ON(when_the_feed_gets_another_address, fixture, f)
{
	struct feed_spec specs[3];

	poll_items(f, ALPHA, &plain, 0, ITEMS, -1);
	memcpy(specs, fixture_feeds, sizeof(specs));
	specs[ALPHA].url = "https://alpha.example/another";
	fixture_sync(f, specs, 3);
	assert_all_known(f, ALPHA, &plain);
}

TEST_ON(when_the_feed_comes_back, fixture, f)
{
	poll_items(f, ALPHA, &plain, 0, ITEMS, -1);
	fixture_sync(f, fixture_feeds + 1, 2);
	f->now_ms += 80 * DAY_MS;
	fixture_sync(f, fixture_feeds, 3);
	assert_all_known(f, ALPHA, &plain);
}

TEST_ON(when_the_site_moves, fixture, f)
{
	static const struct look moved = {.site = "new.example", .canon_version = 1};

	poll_items(f, ALPHA, &plain, 0, ITEMS, -1);
	assert_all_known(f, ALPHA, &moved);
	/* its guids are known by now: a correction is one */
	assert_counts(poll_items(f, ALPHA, &moved, 0, ITEMS, 3), 0, 0, 1, ITEMS - 1);
}

/* Under another name it is the same feed, as long as no other change comes with it: nothing is told. */
TEST_ON(when_the_feed_is_renamed, fixture, f)
{
	struct feed_spec specs[3];
	int64_t cursor;

	poll_items(f, ALPHA, &plain, 0, 1, -1);
	f->now_ms += HOUR_MS;
	poll_items(f, ALPHA, &plain, 0, ITEMS, -1);
	cursor = fixture_cursor(f);
	memcpy(specs, fixture_feeds, sizeof(specs));
	specs[ALPHA].name = "alpha-wire";
	fixture_sync(f, specs, 3);
	assert_counts(poll_items(f, ALPHA, &plain, 0, ITEMS, -1), 0, 0, 0, ITEMS);
	assert_int_equal(fixture_cursor(f), cursor);
}

/* ---- other rules */

TEST_ON(other_rules_hash_again_quietly, fixture, f)
{
	static const struct look newer = {.site = "a.example", .rules = "second", .canon_version = 2};

	poll_items(f, ALPHA, &plain, 0, ITEMS, -1);
	assert_counts(poll_items(f, ALPHA, &newer, 0, 5, -1), 0, 0, 0, 5);
	/* only what was seen since: the rest when it is */
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM item WHERE canon_version = 2"), 5);
	assert_all_known(f, ALPHA, &newer);
	/* what is new in another feed is found by the new digests, and by the new keys of links */
	assert_counts(poll_items(f, BRAVO, &newer, 0, 1, -1), 0, 1, 0, 0);
	assert_counts(poll_items(f, CHARLIE, &newer, 1, 2, 1), 0, 1, 0, 0);
	assert_int_equal(
		ask_database(f->dir, "SELECT count(DISTINCT i.url_key) FROM item i JOIN feed f ON f.id = i.feed_id"
				     " WHERE f.name = 'alpha'"),
		ITEMS + 1);
	assert_int_equal(ask_database(f->dir,
				 "SELECT count(*) FROM item a JOIN item b ON a.url_key = b.url_key AND a.id < b.id"),
		2);
	/* and a correction is one again */
	assert_counts(poll_items(f, ALPHA, &newer, 0, ITEMS, 3), 0, 0, 1, ITEMS - 1);
}

/* One item, read by the rules of a version, that matches a rule. */
static struct poll_report poll_read(
	struct fixture *f, uint32_t version, const char *guid, const char *title, const char *body, int64_t updated_ms)
{
	struct draft d = draft_new("Feed");
	struct item *it = draft_add_text(&d, guid, NULL, title, body);

	draft_match(&d, it, "alert/strait", "oil");
	it->canon_version = version;
	it->updated = updated_ms;
	it->identity_kind = guid != NULL ? IDENTITY_GUID : IDENTITY_DIGEST;
	if (guid == NULL)
		it->identity = it->digest;
	return fixture_poll(f, ALPHA, &d);
}

/* The same document has other texts by other rules: they are kept, and nothing is told. */
TEST_ON(other_rules_that_read_another_text, fixture, f)
{
	int64_t cursor;

	poll_read(f, 1, "1", "Two aircraft bought", BODY, TIME_NONE);
	cursor = fixture_cursor(f);
	assert_counts(
		poll_read(f, 2, "1", "Two aircraft <b> bought", BODY ", 12 in all, its " BODY, TIME_NONE), 0, 0, 0, 1);
	assert_int_equal(fixture_cursor(f), cursor);
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM revision"), 0);
	assert_events(f, 0, "new:Two aircraft <b> bought");
	/* and a correction is one again */
	assert_counts(poll_read(f, 2, "1", "Two aircraft <b> bought", BODY, TIME_NONE), 0, 0, 1, 0);
}

/* What its outlet changed at the same time is told. */
TEST_ON(an_edit_beside_other_rules, fixture, f)
{
	poll_read(f, 1, "1", "Three aircraft lost", BODY, TIME_NONE);
	f->now_ms += HOUR_MS;
	assert_counts(poll_read(f, 2, "1", "Five aircraft lost", BODY, TIME_NONE), 0, 0, 1, 0);
	poll_read(f, 1, "3", "Nurses sail in 3 ships", BODY, TIME_NONE);
	assert_counts(poll_read(f, 2, "3", "Nurses sail in 13 ships", BODY, TIME_NONE), 0, 0, 1, 0);
	/* a reading that loses what looks like markup */
	poll_read(f, 1, "4", "Convoys ad leave port", BODY, TIME_NONE);
	assert_counts(poll_read(f, 2, "4", "Convoys a<b and c>d leave port", BODY, TIME_NONE), 0, 0, 0, 1);
	poll_read(f, 1, "2", "Strait closed", BODY, TIME_NONE);
	f->now_ms += HOUR_MS;
	assert_counts(
		poll_read(f, 2, "2", "Strait closed", "the strait is open again, says " BODY, f->now_ms), 0, 0, 1, 0);
}

/* Without guid and link an item is known by its text, which other rules read otherwise. */
TEST_ON(other_rules_where_the_text_is_all_there_is, fixture, f)
{
	int64_t cursor;

	poll_read(f, 1, NULL, "Two aircraft bought", BODY, TIME_NONE);
	cursor = fixture_cursor(f);
	for (int i = 0; i < 3; i++) {
		assert_counts(poll_read(f, 2, NULL, "Two aircraft bought", BODY ", 12 in all", TIME_NONE), 0, 0, 0, 1);
		assert_int_equal(fixture_cursor(f), cursor);
	}
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM item WHERE canon_version = 2"), 1);
	/* which is no deafness */
	assert_counts(poll_read(f, 2, NULL, "A third one bought",
			      "the navy of the island wants one more for its nurses", TIME_NONE),
		1, 0, 0, 0);
}

/* Rules that differ for links alone are noted too: an item whose digest stays the same. */
TEST_ON(other_rules_for_links_alone, fixture, f)
{
	struct draft d = draft_new("Feed");
	struct item *it;

	draft_add(&d, "1", "https://a.example/1?from=feed", "Report", BODY);
	fixture_poll(f, ALPHA, &d);
	draft_init(&d, "Feed");
	it = draft_add(&d, "1", "https://a.example/1?from=feed", "Report", BODY);
	it->url_key = digest_of(&d.arena, STR("https://a.example/1"));
	it->canon_version = 2;
	assert_counts(fixture_poll(f, ALPHA, &d), 0, 0, 0, 1);
	draft_init(&d, "Feed");
	draft_add(&d, "b", "https://a.example/1", "Their report", "they say that " BODY);
	assert_counts(fixture_poll(f, BRAVO, &d), 0, 1, 0, 0);
}

/* A sketch of another version is no sketch: nothing is compared with it, and nothing is reported because of it. */
TEST_ON(sketches_of_another_version, fixture, f)
{
	static const struct look old = {.site = "a.example", .canon_version = 1, .old_sketch = true};

	assert_counts(poll_items(f, ALPHA, &old, 0, 1, -1), 1, 0, 0, 0);
	assert_counts(poll_items(f, ALPHA, &plain, 0, 1, -1), 0, 0, 0, 1);
	assert_counts(poll_items(f, ALPHA, &old, 0, 1, -1), 0, 0, 0, 1);
	/* a changed text, of which it cannot be said how much it changed, is told */
	assert_counts(poll_items(f, ALPHA, &plain, 0, 1, 0), 0, 0, 1, 0);
	assert_events(f, 0, "new:Report 0, corrected,updated:Report 0, corrected");
}

TEST_ON(a_stored_sketch_of_another_version, fixture, f)
{
	struct store s;
	int64_t changed;

	poll_items(f, ALPHA, &plain, 0, ITEMS, -1);
	fixture_close(f);
	assert_int_equal(store_open(&s, f->dir, STORE_WRITE, NULL), 0);
	changed = sql_changed_ever(s.db);
	run_statements(s.db, "UPDATE near_sketch SET sketch = CAST(x'00' || substr(sketch, 2) AS BLOB)");
	assert_true(sql_changed_ever(s.db) > changed);
	store_close(&s);
	fixture_open(f);
	fixture_sync(f, fixture_feeds, 3);
	assert_all_known(f, ALPHA, &plain);
	assert_counts(poll_items(f, ALPHA, &plain, 0, ITEMS, 3), 0, 0, 1, ITEMS - 1);
}
