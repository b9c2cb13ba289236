/* SPDX-License-Identifier: ISC */
/* Feeds whose guids, or guids and links, change from poll to poll: when that is found out, what the items are known by
 * then, and that no change of this kind tells anything twice. */
#include "fixture.h"
#include "sitrep/identity/identity_trust.h"

#define TEXT "said the harbour master of the northern port on the morning of day"

enum { ITEMS = 4 };

/* ---- the window */

static bool is_lost(const struct identity_trust *t)
{
	struct trust_sum sum;

	return identity_trust_is_lost(t, &sum);
}

static void note(struct identity_trust *t, int times, size_t unknown, size_t seen)
{
	while (times-- > 0)
		identity_trust_note(t, unknown, seen);
}

TEST(more_than_half_of_enough)
{
	struct identity_trust t = {0};
	struct trust_sum sum;

	assert_false(is_lost(&t));
	note(&t, 7, 1, 1);
	assert_false(is_lost(&t));
	note(&t, 1, 1, 0);
	assert_true(identity_trust_is_lost(&t, &sum));
	assert_int_equal(sum.unknown, 8);
	assert_int_equal(sum.seen, 7);
	assert_int_equal(sum.polls, 7);
	/* exactly half is not more than half */
	note(&t, 1, 6, 0);
	assert_false(is_lost(&t));
	note(&t, 1, 1, 1);
	assert_true(is_lost(&t));
}

TEST(one_change_of_everything_says_nothing)
{
	struct identity_trust t = {0};

	note(&t, 2, 500, 500);
	assert_false(is_lost(&t));
	note(&t, 1, 1, 1);
	assert_true(is_lost(&t));
}

TEST(what_was_long_ago_is_forgotten)
{
	struct identity_trust t = {0};

	note(&t, 3, 4, 4);
	note(&t, TRUST_POLLS - 3, 0, 0);
	assert_true(is_lost(&t));
	note(&t, 1, 0, 0);
	assert_false(is_lost(&t));
	assert_int_equal(t.count, TRUST_POLLS);
}

TEST(survives_as_bytes)
{
	struct identity_trust t = {0}, back;
	uint8_t bytes[TRUST_BYTES];
	size_t len;

	identity_trust_decode(&back, STR_NONE);
	assert_int_equal(back.count, 0);
	for (size_t i = 0; i < TRUST_POLLS + 5; i++) {
		identity_trust_note(&t, 300 * i, i == 7 ? 1000000 : i);
		len = identity_trust_encode(&t, bytes);
		assert_int_equal(len, 4 * t.count);
		identity_trust_decode(&back, str_make((const char *)bytes, len));
		assert_int_equal(back.count, t.count);
		assert_memory_equal(back.polls, t.polls, t.count * sizeof(*t.polls));
	}
	assert_int_equal(t.polls[TRUST_POLLS - 1].unknown, 300 * (TRUST_POLLS + 4));
	assert_int_equal(t.polls[2].seen, UINT16_MAX);
	/* bytes of nobody's */
	identity_trust_decode(&back, str_make((const char *)bytes, 3));
	assert_int_equal(back.count, 0);
	identity_trust_decode(&back, str_make("0123456789012345678901234567890123456789"
					      "0123456789012345678901234567890123456789....",
					     TRUST_BYTES + 4));
	assert_int_equal(back.count, 0);
}

/* ---- feeds */

/* What a feed's items have that is another one at each poll. */
enum churn { CHURN_NONE, CHURN_GUID, CHURN_BOTH };

/* Number first and those before it; version tells the text of number edited, 0 for none. */
static struct poll_report poll_churned(
	struct fixture *f, enum churn churn, int poll, int first, int edited, int version)
{
	struct draft d = draft_new("Feed");

	for (int n = first; n > first - ITEMS; n--) {
		char guid[64], link[96], title[64];

		snprintf(guid, sizeof(guid), "%d-%d", n, churn == CHURN_NONE ? 0 : poll);
		snprintf(link, sizeof(link), "https://a.example/%d?session=%d", n, churn == CHURN_BOTH ? poll : 0);
		snprintf(title, sizeof(title), "Tide table %d.%d", n, n == edited ? version : 0);
		draft_add(&d, guid, link, title, TEXT);
	}
	return fixture_poll(f, ALPHA, &d);
}

static enum feed_identity identity_of(struct fixture *f)
{
	return f->feeds[ALPHA].identity;
}

/* Polls until the feed's items are known by something else; how often that took. */
static int poll_until_doubted(struct fixture *f, enum churn churn, int *poll, int first)
{
	enum feed_identity before = identity_of(f);
	struct poll_report r;
	int times = 0;

	do {
		r = poll_churned(f, churn, (*poll)++, first, 0, 0);
		assert_counts(r, 0, 0, 0, ITEMS);
		assert_true(++times <= TRUST_POLLS);
		assert_int_equal(r.distrusted > 0, identity_of(f) != before);
	} while (identity_of(f) == before);
	assert_true(r.distrusted >= r.distrusted_seen && r.distrusted_seen * 2 > r.distrusted);
	assert_int_equal(identity_of(f), before + 1);
	return times;
}

TEST_ON(changing_guids_give_way_to_links, fixture, f)
{
	int poll = 0;

	assert_counts(poll_churned(f, CHURN_GUID, poll++, 10, 0, 0), ITEMS, 0, 0, 0);
	assert_int_equal(identity_of(f), FEED_BY_GUID);
	assert_int_equal(poll_until_doubted(f, CHURN_GUID, &poll, 10), 3);
	/* Everything is known by its link: a changed text is an update, a new link is news, and nothing is told twice.
	 */
	for (int i = 0; i < 2 * TRUST_POLLS; i++)
		assert_counts(poll_churned(f, CHURN_GUID, poll++, 10, 0, 0), 0, 0, 0, ITEMS);
	assert_counts(poll_churned(f, CHURN_GUID, poll++, 10, 9, 1), 0, 0, 1, ITEMS - 1);
	assert_counts(poll_churned(f, CHURN_GUID, poll++, 11, 9, 1), 1, 0, 0, ITEMS - 1);
	assert_counts(poll_churned(f, CHURN_GUID, poll++, 10, 9, 1), 0, 0, 0, ITEMS);
	assert_int_equal(identity_of(f), FEED_BY_URL);
	assert_events(f, 4, "updated:Tide table 9.1,new:Tide table 11.0");
}

TEST_ON(changing_links_give_way_to_texts, fixture, f)
{
	int poll = 0;
	int64_t identities;

	poll_churned(f, CHURN_BOTH, poll++, 10, 0, 0);
	poll_until_doubted(f, CHURN_BOTH, &poll, 10);
	assert_int_equal(identity_of(f), FEED_BY_URL);
	poll_until_doubted(f, CHURN_BOTH, &poll, 10);
	assert_int_equal(identity_of(f), FEED_BY_DIGEST);
	identities = ask_database(f->dir, "SELECT count(*) FROM ident");
	for (int i = 0; i < 2 * TRUST_POLLS; i++) {
		struct poll_report r = poll_churned(f, CHURN_BOTH, poll++, 10, 0, 0);

		assert_counts(r, 0, 0, 0, ITEMS);
		assert_int_equal(r.distrusted, 0);
	}
	/* and the polls do not leave an alias each any more */
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM ident"), identities);
	assert_counts(poll_churned(f, CHURN_BOTH, poll++, 11, 0, 0), 1, 0, 0, ITEMS - 1);
	assert_int_equal(identity_of(f), FEED_BY_DIGEST);
}

/* Links alone stay: found by them, the items are updates all the time, and known by them from the first chance on. */
TEST_ON(changing_texts_are_found_by_links, fixture, f)
{
	struct poll_report r;
	int poll = 0;

	do {
		struct draft d = draft_new("Feed");

		for (int n = 0; n < ITEMS; n++) {
			char guid[64], link[96], title[64];

			snprintf(guid, sizeof(guid), "%d-%d", n, poll);
			snprintf(link, sizeof(link), "https://a.example/%d", n);
			snprintf(title, sizeof(title), "Tide table %d, read %d times", n, poll);
			draft_add(&d, guid, link, title, TEXT);
		}
		r = fixture_poll(f, ALPHA, &d);
		assert_counts(r, poll == 0 ? ITEMS : 0, 0, poll == 0 ? 0 : ITEMS, 0);
	} while (r.distrusted == 0 && ++poll < TRUST_POLLS);
	assert_int_equal(poll, 3);
	assert_int_equal(identity_of(f), FEED_BY_URL);
}

/* What has no other identity under the new rule keeps its first one, which lasts as long as the item. */
TEST_ON(first_identities_are_no_aliases, fixture, f)
{
	for (int poll = 0; poll < 4; poll++) {
		struct draft d = draft_new("Feed");

		for (int n = 0; n < ITEMS; n++) {
			char guid[64], title[64];

			snprintf(guid, sizeof(guid), "%d-%d", n, poll);
			snprintf(title, sizeof(title), "Tide table %d", n);
			draft_add(&d, guid, NULL, title, TEXT);
		}
		draft_add(&d, "short", NULL, "Daily update", "");
		draft_add(&d, "known by its link", "https://a.example/x", "Tide table x", TEXT)->identity_kind =
			IDENTITY_LINK;
		fixture_poll(f, ALPHA, &d);
	}
	assert_int_equal(identity_of(f), FEED_BY_URL);
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM ident WHERE NOT alias"), ITEMS + 2);
}

TEST_ON(links_that_stay_find_what_was_edited, fixture, f)
{
	int poll = 0;

	poll_churned(f, CHURN_BOTH, poll++, 10, 0, 0);
	poll_until_doubted(f, CHURN_BOTH, &poll, 10);
	poll_until_doubted(f, CHURN_BOTH, &poll, 10);
	poll_churned(f, CHURN_GUID, poll++, 10, 0, 0);
	/* an item that is known by its text is found by its link when it has another text */
	assert_counts(poll_churned(f, CHURN_GUID, poll++, 11, 0, 0), 1, 0, 0, ITEMS - 1);
	assert_counts(poll_churned(f, CHURN_GUID, poll++, 11, 11, 1), 0, 0, 1, ITEMS - 1);
	assert_counts(poll_churned(f, CHURN_GUID, poll++, 11, 11, 1), 0, 0, 0, ITEMS);
}

TEST_ON(honest_feeds_stay_as_they_are, fixture, f)
{
	/* one more item at each poll, a lot of news at once, and edits */
	for (int poll = 0; poll < 2 * TRUST_POLLS; poll++)
		assert_int_equal(
			poll_churned(f, CHURN_NONE, poll, 10 + poll + (poll > 20 ? 50 : 0), 10 + poll, 1).distrusted,
			0);
	assert_int_equal(identity_of(f), FEED_BY_GUID);
}

TEST_ON(a_site_that_moves_is_no_reason, fixture, f)
{
	int64_t cursor;

	poll_churned(f, CHURN_BOTH, 0, 10, 0, 0);
	poll_churned(f, CHURN_BOTH, 0, 12, 0, 0);
	cursor = fixture_cursor(f);
	/* new guids and links for all, the texts are the same: nobody hears of it */
	for (int i = 0; i < 5; i++)
		assert_counts(poll_churned(f, CHURN_BOTH, 1, 12, 0, 0), 0, 0, 0, ITEMS);
	assert_int_equal(fixture_cursor(f), cursor);
	assert_int_equal(identity_of(f), FEED_BY_GUID);
	/* and what is new there is */
	assert_counts(poll_churned(f, CHURN_BOTH, 1, 13, 0, 0), 1, 0, 0, ITEMS - 1);
}

TEST_ON(short_texts_keep_their_own_identities, fixture, f)
{
	int poll = 0;

	poll_churned(f, CHURN_BOTH, poll++, 10, 0, 0);
	poll_until_doubted(f, CHURN_BOTH, &poll, 10);
	poll_until_doubted(f, CHURN_BOTH, &poll, 10);
	for (int i = 0; i < 3; i++) {
		struct draft d = draft_new("Feed");

		/* two bulletins with one short text are two, as long as they have guids to be told apart by */
		draft_add(&d, "short 1", "https://a.example/s1", "Daily update", "");
		draft_add(&d, "short 2", "https://a.example/s2", "Daily update", "");
		assert_counts(fixture_poll(f, ALPHA, &d), i == 0 ? 2 : 0, 0, 0, i == 0 ? 0 : 2);
	}
}

TEST_ON(the_front_page_is_no_identity, fixture, f)
{
	struct draft d;
	int poll = 0;

	poll_churned(f, CHURN_GUID, poll++, 10, 0, 0);
	poll_until_doubted(f, CHURN_GUID, &poll, 10);
	for (int i = 0; i < 3; i++) {
		char title[64], guid[64];

		snprintf(title, sizeof(title), "Notice %d", i);
		snprintf(guid, sizeof(guid), "notice %d", i);
		draft_init(&d, "Feed");
		draft_add(&d, guid, "https://a.example/", title, TEXT);
		assert_counts(fixture_poll(f, ALPHA, &d), 1, 0, 0, 0);
	}
	/* nor is a link that stands twice */
	draft_init(&d, "Feed");
	draft_add(&d, "x", "https://a.example/page", "Notice x", TEXT);
	draft_add(&d, "y", "https://a.example/page", "Notice y", TEXT);
	assert_counts(fixture_poll(f, ALPHA, &d), 2, 0, 0, 0);
	draft_init(&d, "Feed");
	draft_add(&d, "x'", "https://a.example/page", "Notice x", TEXT);
	draft_add(&d, "y'", "https://a.example/page", "Notice y", TEXT);
	assert_counts(fixture_poll(f, ALPHA, &d), 0, 0, 0, 2);
}

/* What an item is called stays, whatever it is known by. */
TEST_ON(names_stay, fixture, f)
{
	char *before, *after;
	int poll = 0;

	poll_churned(f, CHURN_BOTH, poll++, 10, 0, 0);
	before = fixture_events(f, 0);
	poll_until_doubted(f, CHURN_BOTH, &poll, 10);
	poll_until_doubted(f, CHURN_BOTH, &poll, 10);
	after = fixture_events(f, 0);
	assert_string_equal(before, after);
}

TEST_ON(outlives_a_restart, fixture, f)
{
	int poll = 0;

	poll_churned(f, CHURN_GUID, poll++, 10, 0, 0);
	poll_churned(f, CHURN_GUID, poll++, 10, 0, 0);
	poll_churned(f, CHURN_GUID, poll++, 10, 0, 0);
	for (int i = 0; i < 2; i++) {
		fixture_restart(f);
		assert_int_equal(identity_of(f), i == 0 ? FEED_BY_GUID : FEED_BY_URL);
		/* the window did, and then what it led to */
		poll_churned(f, CHURN_GUID, poll++, 10, 0, 0);
		assert_int_equal(identity_of(f), FEED_BY_URL);
	}
	assert_counts(poll_churned(f, CHURN_GUID, poll++, 10, 10, 1), 0, 0, 1, ITEMS - 1);
}

TEST_ON(another_url_begins_anew, fixture, f)
{
	struct feed_spec moved[3];
	int poll = 0;

	poll_churned(f, CHURN_GUID, poll++, 10, 0, 0);
	poll_until_doubted(f, CHURN_GUID, &poll, 10);
	memcpy(moved, fixture_feeds, sizeof(moved));
	moved[ALPHA].url = "https://alpha.example/better-feed";
	fixture_sync(f, moved, 3);
	assert_int_equal(identity_of(f), FEED_BY_GUID);
	/* all are found again, and the first document there is not held against it */
	assert_counts(poll_churned(f, CHURN_NONE, 0, 10, 0, 0), 0, 0, 0, ITEMS);
	for (int i = 0; i < 2; i++)
		assert_int_equal(poll_churned(f, CHURN_GUID, poll++, 10, 0, 0).distrusted, 0);
	assert_int_equal(poll_churned(f, CHURN_GUID, poll++, 10, 0, 0).distrusted, 3 * ITEMS);
}
