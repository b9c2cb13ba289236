/* SPDX-License-Identifier: ISC */
/* Items in the same words, or at one link, that are news all the same, and those that are not: documents as workers
 * send them, seen by the reader. */
#include "story_fixture.h"

#define ALARM "Air raid alert: Kyiv region"
#define SHELTER "Go to the nearest shelter."
/* a time of day, before the polls */
#define FIRST_MS (NOW_MS - 25 * HOUR_MS - 1234)

static struct item *add_alarm(struct draft *d, int n, bool has_date)
{
	char guid[64], link[96];
	struct item *it;

	snprintf(guid, sizeof(guid), "alarm-%d", n);
	snprintf(link, sizeof(link), "https://alarm.example/%d", n);
	it = draft_add_text(d, guid, link, ALARM, SHELTER);
	if (has_date)
		it->published = FIRST_MS + n * HOUR_MS;
	draft_match(d, it, "alert/strait", "alert");
	return it;
}

/* Alarms from last down to first. */
static struct poll_report poll_alarms(struct fixture *f, size_t feed, int first, int last, bool has_date)
{
	struct draft d = draft_new("Alarms");

	for (int n = last; n >= first; n--)
		add_alarm(&d, n, has_date);
	return fixture_poll(f, feed, &d);
}

static void poll_something(struct fixture *f, size_t feed)
{
	struct draft d = draft_new("Feed");

	draft_add_text(&d, "something", "https://else.example/1", FERRY_TITLE, FERRY);
	fixture_poll(f, feed, &d);
}

static void assert_stories(struct fixture *f, int64_t count)
{
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM story"), count);
	/* each has a name of its own */
	assert_int_equal(ask_database(f->dir, "SELECT count(DISTINCT uid) FROM story"), count);
	assert_int_equal(ask_database(f->dir, "SELECT count(DISTINCT uid) FROM item"),
		ask_database(f->dir, "SELECT count(*) FROM item"));
}

/* ---- the same words */

TEST_ON(alarms_in_a_growing_document, fixture, f)
{
	char *lines;

	poll_something(f, ALPHA);
	for (int n = 1; n <= 3; n++)
		assert_counts(poll_alarms(f, ALPHA, 1, n, true), 1, 0, 0, n - 1);
	assert_events(f, 1, "new:" ALARM ",alert:" ALARM ",new:" ALARM ",alert:" ALARM ",new:" ALARM ",alert:" ALARM);
	assert_stories(f, 4);
	/* each refers to one before it */
	lines = fixture_events(f, 3);
	assert_non_null(strstr(lines, "\"related\":{\"of\":"));
}

TEST_ON(alarms_in_the_place_of_the_last_one, fixture, f)
{
	poll_something(f, ALPHA);
	for (int n = 1; n <= 3; n++)
		assert_counts(poll_alarms(f, ALPHA, n, n, true), 1, 0, 0, 0);
	assert_stories(f, 4);
}

TEST_ON(alarms_in_the_place_of_the_last_one_without_dates, fixture, f)
{
	poll_something(f, ALPHA);
	for (int n = 1; n <= 3; n++)
		assert_counts(poll_alarms(f, ALPHA, n, n, false), 1, 0, 0, 0);
	assert_stories(f, 4);
}

TEST_ON(alarms_beside_one_another_without_dates, fixture, f)
{
	poll_something(f, ALPHA);
	assert_counts(poll_alarms(f, ALPHA, 1, 3, false), 3, 0, 0, 0);
	assert_counts(poll_alarms(f, ALPHA, 1, 3, false), 0, 0, 0, 3);
	assert_counts(poll_alarms(f, ALPHA, 2, 4, false), 1, 0, 0, 2);
	assert_stories(f, 5);
}

/* Neither guid nor link: an alarm has nothing but its date of its own. */
TEST_ON(alarms_with_dates_alone, fixture, f)
{
	poll_something(f, ALPHA);
	for (int n = 1; n <= 3; n++) {
		struct draft d = draft_new("Alarms");

		for (int i = n; i > 0; i--) {
			struct item *it = draft_add_text(&d, "", NULL, ALARM, SHELTER);

			it->identity_kind = IDENTITY_DIGEST;
			it->identity = it->digest;
			it->published = FIRST_MS + i * HOUR_MS;
		}
		assert_counts(fixture_poll(f, ALPHA, &d), 1, 0, 0, n - 1);
	}
	assert_stories(f, 4);
}

TEST_ON(a_photo_series_of_one_caption, fixture, f)
{
	struct draft d = draft_new("Photos");

	for (int n = 3; n > 0; n--) {
		char link[96];

		snprintf(link, sizeof(link), "https://photos.example/image/%d", n);
		draft_add_text(&d, link, link, "Sailors conduct flight operations",
			"ARABIAN SEA - Sailors conduct flight operations aboard the carrier.")
			->published = FIRST_MS + n * DAY_MS;
	}
	assert_counts(fixture_poll(f, ALPHA, &d), 3, 0, 0, 0);
	assert_stories(f, 3);
}

/* "Morning briefing" without a text, for longer than equal texts are looked at. */
TEST_ON(a_briefing_every_day, fixture, f)
{
	enum { DAYS = 86, WINDOW = 5 };
	int fresh = 0;

	for (int day = WINDOW; day <= DAYS; day++) {
		struct draft d = draft_new("Ministry");
		struct poll_report r;

		for (int n = day; n > day - WINDOW; n--) {
			char guid[32], link[64];

			snprintf(guid, sizeof(guid), "brief-%d", n);
			snprintf(link, sizeof(link), "https://mod.example/briefings/%d", n);
			draft_add_text(&d, guid, link, "Morning briefing", "")->published =
				FIRST_MS + (n - DAYS) * DAY_MS;
		}
		r = fixture_poll(f, ALPHA, &d);
		fresh += r.fresh;
		assert_int_equal(r.distrusted, 0);
	}
	assert_int_equal(fresh, DAYS);
	assert_stories(f, DAYS);
	assert_int_equal(f->feeds[ALPHA].identity, FEED_BY_GUID);
}

/* ---- renamed items */

static struct poll_report poll_radar(
	struct fixture *f, size_t feed, const char *guid, const char *link, int64_t date_ms)
{
	struct draft d = draft_new("Feed");

	draft_add_text(&d, guid, link, RADAR_TITLE, RADAR("30"))->published = date_ms;
	return fixture_poll(f, feed, &d);
}

TEST_ON(renamed_items_keep_their_date, fixture, f)
{
	poll_radar(f, ALPHA, "http://a.example/?p=1", "http://a.example/radar", FIRST_MS);
	assert_counts(poll_radar(f, ALPHA, "https://a.example/?p=1", "https://a.example/radar", FIRST_MS), 0, 0, 0, 1);
	assert_counts(poll_radar(f, ALPHA, "https://new.example/?p=1", "https://new.example/r", FIRST_MS), 0, 0, 0, 1);
	/* dated anew by its generator; then as what is published again */
	assert_counts(poll_radar(f, ALPHA, "x", "https://new.example/x", FIRST_MS + 2000), 0, 0, 0, 1);
	assert_counts(poll_radar(f, ALPHA, "y", "https://new.example/y", FIRST_MS + DAY_MS), 1, 0, 0, 0);
}

/* A date ahead of our clock is the same date when it comes again, and another one is another. */
TEST_ON(dates_ahead_of_time, fixture, f)
{
	poll_radar(f, ALPHA, "a", "https://a.example/a", NOW_MS + 5 * HOUR_MS + 1);
	assert_counts(poll_radar(f, ALPHA, "b", "https://a.example/b", NOW_MS + 5 * HOUR_MS + 1), 0, 0, 0, 1);
	assert_counts(poll_radar(f, ALPHA, "c", "https://a.example/c", NOW_MS + 9 * HOUR_MS + 1), 1, 0, 0, 0);
}

/* ---- one link */

enum key { KEY_GUID, KEY_LINK, KEY_GUID_IS_LINK };

static void poll_notice(struct fixture *f, enum key key, int n, int fresh)
{
	static const char *const texts[] = {"Convoy of tankers passes the northern channel before dawn on Monday",
		"Live firing closes all of the western range until noon",
		"Wreck lies uncharted beside the harbour mole and carries no light",
		"Buoy has drifted from its place off the cape in heavy weather",
		"Cable ship works south of the strait with restricted movement",
		"Pilots of this district ask for two hours of notice because of fog",
		"Rocket debris may fall into the eastern waters this week"};
	char guid[64], title[128];
	struct draft d;
	struct item *it;

	snprintf(guid, sizeof(guid), "notice-%d", n);
	snprintf(title, sizeof(title), "%s %d", texts[n], n * 37);
	draft_init(&d, "Notices");
	it = draft_add_text(
		&d, key == KEY_GUID ? guid : "https://n.example/notices", "https://n.example/notices", title, "");
	if (key == KEY_LINK)
		it->identity_kind = IDENTITY_LINK;
	it->published = FIRST_MS + n * HOUR_MS;
	draft_match(&d, it, "alert/strait", "x");
	assert_counts(fixture_poll(f, ALPHA, &d), fresh, 0, 0, !fresh);
}

static void assert_notices_are_news(struct fixture *f, enum key key)
{
	for (int n = 0; n < 7; n++) {
		poll_notice(f, key, n, 1);
		poll_notice(f, key, n, 0);
	}
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM event WHERE kind = 4"), 6);
	assert_stories(f, 7);
}

TEST_ON(notices_with_guids_at_one_link, fixture, f)
{
	assert_notices_are_news(f, KEY_GUID);
}

TEST_ON(notices_without_guids_at_one_link, fixture, f)
{
	assert_notices_are_news(f, KEY_LINK);
}

TEST_ON(notices_whose_guid_is_the_one_link, fixture, f)
{
	assert_notices_are_news(f, KEY_GUID_IS_LINK);
}

TEST_ON(corrections_at_a_link_are_updates, fixture, f)
{
	for (int version = 0; version < 3; version++) {
		struct draft d = draft_new("Feed");
		struct item *it;

		it = draft_add_text(&d, "https://a.example/radar", "https://a.example/radar",
			version == 0 ? RADAR_TITLE : RADAR_OTHER_TITLE, version < 2 ? RADAR("30") : RADAR("35"));
		it->published = FIRST_MS + version * HOUR_MS;
		if (version == 1)
			it->identity_kind = IDENTITY_LINK;
		assert_counts(fixture_poll(f, ALPHA, &d), version == 0, 0, version > 0, 0);
	}
	assert_stories(f, 1);
}

/* ---- across outlets */

TEST_ON(an_old_text_of_another_outlet_is_news, fixture, f)
{
	struct draft d;
	char *lines;

	poll_something(f, BRAVO);
	poll_radar(f, ALPHA, "a", "https://a.example/1", FIRST_MS);
	for (int days = 10; days <= 30; days += 20) {
		struct item *it;

		f->now_ms = NOW_MS + days * DAY_MS;
		draft_init(&d, "Feed");
		it = draft_add_text(&d, days == 10 ? "b10" : "b30", NULL, RADAR_TITLE, RADAR("30"));
		it->published = f->now_ms - HOUR_MS;
		draft_match(&d, it, "alert/strait", "radars");
		assert_counts(fixture_poll(f, days == 10 ? BRAVO : CHARLIE, &d), days == 30, days == 10, 0, 0);
	}
	/* charlie's first poll; bravo's copy lies 20 days back */
	assert_stories(f, 3);
	lines = fixture_events(f, 3);
	assert_non_null(strstr(lines, "\"related\":{\"of\":"));
}

TEST_ON(two_outlets_with_the_same_alarms, fixture, f)
{
	poll_something(f, ALPHA);
	poll_something(f, BRAVO);
	assert_counts(poll_alarms(f, ALPHA, 1, 1, true), 1, 0, 0, 0);
	assert_counts(poll_alarms(f, BRAVO, 1, 1, true), 0, 1, 0, 0);
	/* bravo is first with the second one, and alpha has it too */
	assert_counts(poll_alarms(f, BRAVO, 1, 2, true), 1, 0, 0, 1);
	assert_counts(poll_alarms(f, ALPHA, 1, 2, true), 0, 1, 0, 1);
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM event WHERE kind = 4"), 2);
}
