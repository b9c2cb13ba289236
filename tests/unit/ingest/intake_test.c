/* SPDX-License-Identifier: ISC */
/* The decision table, row by row, through the writer and seen by the reader. */
#include "fixture.h"

#define LONG "two frigates sailed through the strait early on Monday the navy said"
/* a time of day, before the polls */
#define DATE_MS (NOW_MS - 25 * HOUR_MS - 1234)
#define LONG2 "the ministry has ordered eight more patrol aircraft for the northern command"

static struct poll_report poll_dated(struct fixture *f, size_t feed, const char *guid, const char *link,
	const char *title, const char *body, int64_t published_ms)
{
	struct draft d = draft_new("Feed");

	draft_add(&d, guid, link, title, body)->published = published_ms;
	return fixture_poll(f, feed, &d);
}

static struct poll_report poll_one(
	struct fixture *f, size_t feed, const char *guid, const char *link, const char *title, const char *body)
{
	return poll_dated(f, feed, guid, link, title, body, TIME_NONE);
}

TEST_ON(new_then_unchanged, fixture, f)
{
	int64_t generation, changed;

	assert_counts(poll_one(f, ALPHA, "1", "https://a.example/1", "Frigates", LONG), 1, 0, 0, 0);
	assert_int_equal(reader_generation(f->reader, &generation, &changed, NULL), 0);
	assert_int_equal(changed, NOW_MS);
	for (int i = 0; i < 3; i++) {
		assert_counts(poll_one(f, ALPHA, "1", "https://a.example/1", "Frigates", LONG), 0, 0, 0, 1);
		assert_int_equal(fixture_generation(f), generation);
	}
	assert_events(f, 0, "new:Frigates");
	assert_int_equal(f->feeds[ALPHA].items, 1);
	assert_int_equal(f->feeds[ALPHA].polls, 4);
}

TEST_ON(update, fixture, f)
{
	poll_one(f, ALPHA, "1", "https://a.example/1", "Frigates", LONG);
	assert_counts(poll_one(f, ALPHA, "1", "https://a.example/1", "Frigates turn back", LONG), 0, 0, 1, 0);
	assert_counts(poll_one(f, ALPHA, "1", "https://a.example/1", "Frigates turn back", LONG), 0, 0, 0, 1);
	/* the record is the new one, for the first event too */
	assert_events(f, 0, "new:Frigates turn back,updated:Frigates turn back");
}

TEST_ON(other_canon_version_is_quiet, fixture, f)
{
	poll_one(f, ALPHA, "1", "https://a.example/1", "Frigates", LONG);
	for (int i = 0; i < 2; i++) {
		struct draft d = draft_new("Feed");
		struct item *it = draft_add(&d, "1", "https://a.example/1", "Frigates", LONG);

		it->canon_version = 2;
		it->digest = digest_of(&d.arena, STR("the same words by other rules"));
		assert_counts(fixture_poll(f, ALPHA, &d), 0, 0, 0, 1);
	}
	assert_events(f, 0, "new:Frigates");
	/* ... and from then on the new digest is the one that copies are found by */
	{
		struct draft d = draft_new("Feed");
		struct item *it = draft_add(&d, "x", "https://b.example/x", "Frigates", LONG);

		it->canon_version = 2;
		it->digest = digest_of(&d.arena, STR("the same words by other rules"));
		assert_counts(fixture_poll(f, BRAVO, &d), 0, 1, 0, 0);
	}
}

TEST_ON(guid_and_link_that_always_change, fixture, f)
{
	assert_counts(poll_dated(f, ALPHA, "g0", "https://a.example/?s=0", "Frigates", LONG, DATE_MS), 1, 0, 0, 0);
	for (int i = 1; i < 20; i++) {
		char guid[32], link[64];

		snprintf(guid, sizeof(guid), "g%d", i);
		snprintf(link, sizeof(link), "https://a.example/?s=%d", i);
		assert_counts(poll_dated(f, ALPHA, guid, link, "Frigates", LONG, DATE_MS), 0, 0, 0, 1);
	}
	assert_events(f, 0, "new:Frigates");
}

TEST_ON(short_texts_with_changing_guids, fixture, f)
{
	/* two items with one short text and their dates, both under new guids each time: two stories, never a third
	 */
	for (int i = 0; i < 5; i++) {
		char guid[2][32], link[2][64];
		struct draft d = draft_new("Feed");

		for (int n = 0; n < 2; n++) {
			snprintf(guid[n], sizeof(guid[n]), "g%d-%d", n, i);
			snprintf(link[n], sizeof(link[n]), "https://a.example/%d?s=%d", n, i);
			draft_add(&d, guid[n], link[n], "Daily update", "")->published = DATE_MS + n * HOUR_MS;
		}
		assert_counts(fixture_poll(f, ALPHA, &d), i == 0 ? 2 : 0, 0, 0, i == 0 ? 0 : 2);
	}
	assert_events(f, 0, "new:Daily update,new:Daily update");
}

TEST_ON(short_text_is_new_beside_the_old_one, fixture, f)
{
	struct draft d = draft_new("Feed");

	poll_one(f, ALPHA, "1", "https://a.example/1", "Daily update", "");
	draft_add(&d, "2", "https://a.example/2", "Daily update", "");
	draft_add(&d, "1", "https://a.example/1", "Daily update", "");
	assert_counts(fixture_poll(f, ALPHA, &d), 1, 0, 0, 1);
	/* long after the old ones went, too */
	f->now_ms += 7 * DAY_MS;
	assert_counts(poll_one(f, ALPHA, "9", "https://a.example/9", "Daily update", ""), 1, 0, 0, 0);
}

TEST_ON(short_text_is_no_copy, fixture, f)
{
	poll_one(f, ALPHA, "1", "https://a.example/1", "Daily update", "");
	assert_counts(poll_one(f, BRAVO, "1", "https://b.example/1", "Daily update", ""), 1, 0, 0, 0);
}

/* A title of so many tokens. */
static struct poll_report poll_tokens(
	struct fixture *f, size_t feed, const char *guid, const char *title, uint32_t tokens)
{
	struct draft d = draft_new("Feed");
	struct item *it = draft_add(&d, guid, NULL, title, "");

	it->token_count = tokens;
	it->published = DATE_MS;
	return fixture_poll(f, feed, &d);
}

/* Eight tokens, of title and text together, are enough between feeds; the same feed needs none. */
TEST_ON(tokens_that_are_enough, fixture, f)
{
	for (uint32_t tokens = 7; tokens <= 8; tokens++) {
		const char *title = tokens == 7 ? "Seven" : "Eight";

		assert_counts(poll_tokens(f, ALPHA, title, title, tokens), 1, 0, 0, 0);
		assert_counts(poll_tokens(f, BRAVO, title, title, tokens), tokens < 8, tokens == 8, 0, 0);
		assert_counts(
			poll_tokens(f, ALPHA, tokens == 7 ? "another 7" : "another 8", title, tokens), 0, 0, 0, 1);
	}
}

static int count_reports(void *arg, const struct story *s)
{
	struct buf *out = arg;

	buf_printf(out, "[%d/%d", s->source_count, s->total_reports);
	for (size_t i = 0; i < s->report_count; i++)
		buf_printf(out, " %.*s", STR_ARG(s->reports[i].source.feed));
	return buf_putc(out, ']');
}

static void assert_stories_of(struct fixture *f, const char *rule, const char *expected)
{
	struct story_query q = {.rule_name = rule, .before_sort_ms = INT64_MAX, .limit = 100};
	struct buf *out = scratch(64 * 1024);

	assert_int_equal(read_stories(f->reader, &q, count_reports, out, NULL), 0);
	assert_string_equal(out->data != NULL ? out->data : "", expected);
}

static void assert_stories(struct fixture *f, const char *expected)
{
	assert_stories_of(f, NULL, expected);
}

TEST_ON(copy_by_digest, fixture, f)
{
	poll_one(f, ALPHA, "1", "https://a.example/1", "Frigates", LONG);
	assert_counts(poll_dated(f, BRAVO, "b1", "https://b.example/1", "Frigates", LONG, DATE_MS), 0, 1, 0, 0);
	assert_counts(poll_one(f, CHARLIE, "c1", NULL, "Frigates", LONG), 0, 1, 0, 0);
	assert_counts(poll_dated(f, BRAVO, "b1", "https://b.example/1", "Frigates", LONG, DATE_MS), 0, 0, 0, 1);
	/* its guid changes: an alias of bravo's own item, not one copy more */
	assert_counts(poll_dated(f, BRAVO, "b2", "https://b.example/2", "Frigates", LONG, DATE_MS), 0, 0, 0, 1);
	assert_events(f, 0, "new:Frigates,copy:Frigates,copy:Frigates");
	assert_stories(f, "[3/3 alpha bravo charlie]");
}

TEST_ON(same_link_other_text, fixture, f)
{
	poll_one(f, ALPHA, "1", "https://a.example/1", "Frigates", LONG);
	assert_counts(poll_one(f, ALPHA, "other guid", "https://a.example/1", "Frigates, corrected", LONG), 0, 0, 1, 0);
	assert_counts(poll_one(f, ALPHA, "other guid", "https://a.example/1", "Frigates, corrected", LONG), 0, 0, 0, 1);
	assert_counts(poll_one(f, BRAVO, "b", "https://a.example/1", "Ships: " LONG, LONG2), 0, 1, 0, 0);
	assert_stories(f, "[2/2 alpha bravo]");
	/* nothing in common but the link */
	assert_counts(poll_one(f, CHARLIE, "c", "https://a.example/1", "Aircraft", LONG2), 1, 0, 0, 0);
}

TEST_ON(links_that_tell_nothing, fixture, f)
{
	struct draft d = draft_new("Feed");

	/* one link for all items of a document */
	draft_add(&d, "1", "https://a.example/all", "Frigates", LONG);
	draft_add(&d, "2", "https://a.example/all", "Aircraft", LONG2);
	assert_counts(fixture_poll(f, ALPHA, &d), 2, 0, 0, 0);
	assert_counts(poll_one(f, ALPHA, "3", "https://a.example/all", "Third", LONG LONG2), 1, 0, 0, 0);
	/* the front page */
	poll_one(f, BRAVO, "1", "https://b.example/", "Fourth", LONG " four");
	assert_counts(poll_one(f, BRAVO, "2", "https://b.example/", "Fifth", LONG " five"), 1, 0, 0, 0);
	/* the link of an item that is still there */
	poll_one(f, CHARLIE, "1", "https://c.example/x", "Sixth", LONG " six");
	draft_init(&d, "Feed");
	draft_add(&d, "2", "https://c.example/x", "Seventh", LONG " seven");
	draft_add(&d, "1", "https://c.example/y", "Sixth", LONG " six");
	assert_counts(fixture_poll(f, CHARLIE, &d), 1, 0, 0, 1);
}

static void add_three_of_one_guid(struct draft *d)
{
	draft_init(d, "Feed");
	draft_add(d, "same", "https://a.example/1", "Frigates", LONG);
	draft_add(d, "same", "https://a.example/2", "Aircraft", LONG2);
	draft_add(d, "same", "https://a.example/2", "Aircraft and more", LONG2);
	draft_add(d, "same", "https://a.example/1", "Frigates", LONG);
}

TEST_ON(repeated_guid, fixture, f)
{
	struct draft d;

	add_three_of_one_guid(&d);
	assert_counts(fixture_poll(f, ALPHA, &d), 3, 0, 0, 1);
	add_three_of_one_guid(&d);
	assert_counts(fixture_poll(f, ALPHA, &d), 0, 0, 0, 4);
	/* a fourth on top moves no identity */
	add_three_of_one_guid(&d);
	draft_add(&d, "same", "https://a.example/4", "Fourth", LONG LONG2);
	assert_counts(fixture_poll(f, ALPHA, &d), 1, 0, 0, 4);
	/* and one alone is known by its text */
	assert_counts(poll_one(f, ALPHA, "same", "https://a.example/2", "Aircraft", LONG2), 0, 0, 0, 1);
	assert_int_equal(f->feeds[ALPHA].items, 4);
}

TEST_ON(order_within_a_document, fixture, f)
{
	struct draft d = draft_new("Feed");

	draft_add(&d, "3", "https://a.example/3", "Newest", LONG " 3");
	draft_add(&d, "2", "https://a.example/2", "Middle", LONG " 2");
	draft_add(&d, "1", "https://a.example/1", "Oldest", LONG " 1");
	fixture_poll(f, ALPHA, &d);
	assert_events(f, 0, "new:Oldest,new:Middle,new:Newest");
}

/* ---- alerts ---- */

static struct poll_report poll_match(
	struct fixture *f, size_t feed, const char *guid, const char *title, int64_t published, const char *rule)
{
	struct draft d = draft_new("Feed");
	struct item *it = draft_add(&d, guid, NULL, title, LONG);

	it->published = published;
	draft_match(&d, it, rule, "strait\nfrigate*");
	return fixture_poll(f, feed, &d);
}

TEST_ON(alert_once_a_story, fixture, f)
{
	char *lines;

	poll_one(f, ALPHA, "0", NULL, "First", LONG2);
	poll_one(f, BRAVO, "0", NULL, "Second", LONG2 " x");
	poll_match(f, ALPHA, "1", "Frigates", TIME_NONE, "alert/strait");
	assert_counts(poll_match(f, BRAVO, "b", "Frigates", TIME_NONE, "alert/strait"), 0, 1, 0, 0);
	assert_events(f, 2, "new:Frigates,alert:Frigates,copy:Frigates");
	/* an update that begins to match another rule */
	poll_match(f, ALPHA, "1", "Frigates near the coast", TIME_NONE, "alert/dprk");
	assert_events(f, 5, "updated:Frigates near the coast,alert:Frigates near the coast");
	lines = fixture_events(f, 6);
	assert_non_null(strstr(lines, "\"event\":\"alert\",\"cursor\":\"7\""));
	assert_non_null(strstr(
		lines, "\"alert\":{\"name\":\"dprk\",\"priority\":\"urgent\",\"terms\":[\"strait\",\"frigate*\"],"));
}

TEST_ON(alert_needs_a_rule, fixture, f)
{
	poll_one(f, ALPHA, "0", NULL, "First", LONG2);
	poll_match(f, ALPHA, "1", "Frigates", TIME_NONE, "alert/unheard-of");
	poll_match(f, ALPHA, "2", "Destroyers", TIME_NONE, "output/naval");
	assert_events(f, 1, "new:Frigates,new:Destroyers");
}

TEST_ON(backlog_alerts_only_what_is_recent, fixture, f)
{
	poll_match(f, ALPHA, "1", "No date", TIME_NONE, "alert/strait");
	poll_match(f, BRAVO, "1", "Old", NOW_MS - 2 * DAY_MS, "alert/strait");
	poll_match(f, CHARLIE, "1", "Recent", NOW_MS - HOUR_MS, "alert/strait");
	assert_events(f, 0, "new:No date,new:Old,new:Recent,alert:Recent");
}

static int check_dates(void *arg, const struct event_record *e)
{
	(void)arg;
	assert_false(e->report->published_known);
	assert_int_equal(e->report->item.published, TIME_NONE);
	assert_int_equal(e->report->item.expired, TIME_NONE);
	return 0;
}

TEST_ON(dates_beyond_all_reason, fixture, f)
{
	static const int64_t dates[] = {INT64_MIN + 1, INT64_MAX, INT64_MAX / 2, -INT64_MAX / 2};
	int64_t last;

	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		char title[64];
		struct draft d = draft_new("Feed");
		struct item *it;

		snprintf(title, sizeof(title), "Number %zu", i);
		it = draft_add(&d, title, NULL, title, LONG);
		it->published = it->updated = it->expired = dates[i];
		draft_match(&d, it, "alert/strait", "x");
		assert_counts(fixture_poll(f, ALPHA, &d), 1, 0, 0, 0);
	}
	assert_int_equal(reader_events(f->reader, 0, 100, &last, check_dates, NULL, NULL), 0);
	assert_true(last > 4);
}

TEST_ON(matches_of_rules, fixture, f)
{
	poll_match(f, ALPHA, "1", "Frigates", TIME_NONE, "output/naval");
	poll_match(f, ALPHA, "2", "Others", TIME_NONE, "output/others");
	poll_match(f, BRAVO, "3", "Frigates", TIME_NONE, "output/naval");
	assert_stories_of(f, "output/naval", "[2/2 alpha bravo]");
}
