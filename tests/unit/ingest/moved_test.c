/* SPDX-License-Identifier: ISC */
/* The first document of a feed, and the first one from another address of it: what is news there, what is a backlog,
 * and where a backlog stands. */
#include "story_fixture.h"

#define BODY "was seen by the coast guard off the northern cape on the morning of the day"

enum date { NO_DATE, DATED };

/* Items from last down to first; number n is dated n hours after the first poll. */
static struct poll_report poll_items(
	struct fixture *f, size_t feed, const char *site, int first, int last, enum date date)
{
	static const char *const ships[] = {"Tanker", "Frigate", "Trawler", "Ferry", "Tug", "Yacht", "Barge", "Cutter"};
	struct draft d = draft_new("Feed");

	for (int n = last; n >= first; n--) {
		char guid[96], link[96], title[96];
		struct item *it;

		snprintf(guid, sizeof(guid), "tag:%s,2026:%d", site, n);
		snprintf(link, sizeof(link), "https://%s/%d", site, n);
		snprintf(title, sizeof(title), "%s number %d", ships[n & 7], n * 37);
		it = draft_add(&d, guid, link, title, BODY);
		if (date == DATED)
			it->published = NOW_MS + n * HOUR_MS;
		draft_match(&d, it, "alert/strait", "x");
	}
	return fixture_poll(f, feed, &d);
}

static void move(struct fixture *f)
{
	struct feed_spec moved[3];

	memcpy(moved, fixture_feeds, sizeof(moved));
	moved[ALPHA].url = "https://alpha.example/another";
	fixture_sync(f, moved, 3);
}

static void assert_last_events(struct fixture *f, int64_t after, int news, int backlog, int alerts)
{
	char text[128];

	snprintf(text, sizeof(text), "SELECT count(*) FROM event WHERE cursor > %d AND kind = 1 AND backlog = 0",
		(int)after);
	assert_int_equal(ask_database(f->dir, text), news);
	snprintf(text, sizeof(text), "SELECT count(*) FROM event WHERE cursor > %d AND kind = 1 AND backlog = 1",
		(int)after);
	assert_int_equal(ask_database(f->dir, text), backlog);
	snprintf(text, sizeof(text), "SELECT count(*) FROM event WHERE cursor > %d AND kind = 4", (int)after);
	assert_int_equal(ask_database(f->dir, text), alerts);
}

static void first_poll(struct fixture *f, enum date date)
{
	f->now_ms = NOW_MS + 100 * HOUR_MS;
	poll_items(f, ALPHA, "a.example", 1, 5, date);
	f->now_ms += HOUR_MS;
}

/* Number 101 is dated after the last good poll, 6 before it and long ago. */
TEST_ON(another_address_is_no_new_feed, fixture, f)
{
	int64_t cursor;

	first_poll(f, DATED);
	cursor = fixture_cursor(f);
	assert_last_events(f, 0, 0, 5, 0);
	move(f);
	f->now_ms += 2 * HOUR_MS;
	assert_counts(poll_items(f, ALPHA, "a.example", 2, 6, DATED), 1, 0, 0, 4);
	assert_last_events(f, cursor, 0, 1, 0);
	/* from the second document there on, all that is unknown is news */
	assert_counts(poll_items(f, ALPHA, "a.example", 2, 7, DATED), 1, 0, 0, 5);
	assert_last_events(f, cursor, 1, 1, 1);
}

TEST_ON(what_came_since_the_last_poll_is_news, fixture, f)
{
	struct draft d = draft_new("Feed");
	int64_t cursor;

	first_poll(f, DATED);
	cursor = fixture_cursor(f);
	move(f);
	f->now_ms += 3 * HOUR_MS;
	for (int n = 0; n < 2; n++) {
		struct item *it = draft_add(&d, n == 0 ? "new" : "tag:a.example,2026:5", NULL,
			n == 0 ? "Sub" : "Yacht number 185", n == 0 ? "surfaced" : BODY);

		it->published = n == 0 ? f->now_ms - HOUR_MS : NOW_MS + 5 * HOUR_MS;
		draft_match(&d, it, "alert/strait", "x");
	}
	assert_counts(fixture_poll(f, ALPHA, &d), 1, 0, 0, 1);
	assert_last_events(f, cursor, 1, 0, 1);
}

TEST_ON(undated_items_beside_known_ones_are_news, fixture, f)
{
	int64_t cursor;

	first_poll(f, NO_DATE);
	cursor = fixture_cursor(f);
	move(f);
	assert_counts(poll_items(f, ALPHA, "a.example", 3, 7, NO_DATE), 2, 0, 0, 3);
	assert_last_events(f, cursor, 2, 0, 2);
}

/* All guids and links are others: the texts say that it is the same feed. */
TEST_ON(a_moved_site_is_known_by_its_texts, fixture, f)
{
	int64_t cursor;

	first_poll(f, DATED);
	cursor = fixture_cursor(f);
	move(f);
	f->now_ms += 24 * HOUR_MS;
	assert_counts(poll_items(f, ALPHA, "new.example", 1, 5, DATED), 0, 0, 0, 5);
	move(f);
	first_poll(f, DATED);
	assert_int_equal(fixture_cursor(f), cursor);
}

TEST_ON(a_document_of_nothing_known_is_a_backlog, fixture, f)
{
	int64_t cursor;

	first_poll(f, NO_DATE);
	cursor = fixture_cursor(f);
	move(f);
	assert_counts(poll_items(f, ALPHA, "b.example", 20, 24, NO_DATE), 5, 0, 0, 0);
	assert_last_events(f, cursor, 0, 5, 0);
}

/* ---- where a backlog stands */

static int name_stories(void *arg, const struct story *s)
{
	return buf_printf(arg, "%.*s;", STR_ARG(s->reports[0].item.plain_title));
}

TEST_ON(undated_backlog_stands_below_what_is_dated, fixture, f)
{
	struct story_query q = {.before_sort_ms = INT64_MAX, .limit = 100};
	struct buf *out = scratch(4096);

	poll_items(f, BRAVO, "b.example", -50, -49, DATED);
	poll_items(f, ALPHA, "a.example", 1, 2, NO_DATE);
	/* what comes in later is of now */
	poll_items(f, ALPHA, "a.example", 1, 3, NO_DATE);
	assert_int_equal(read_stories(f->reader, &q, name_stories, out, NULL), 0);
	assert_string_equal(out->data, "Ferry number 111;Cutter number -1813;Barge number -1850;"
				       "Trawler number 74;Frigate number 37;");
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM item WHERE published IS NOT NULL AND feed_id ="
					      " (SELECT id FROM feed WHERE name = 'alpha')"),
		0);
}

TEST_ON(a_backlog_is_as_old_as_its_source_says, fixture, f)
{
	struct draft d = draft_new("Feed");

	draft_add(&d, "1", NULL, "Published", BODY)->published = NOW_MS - 3 * DAY_MS;
	draft_add(&d, "2", NULL, "Updated", BODY " again")->published = NOW_MS - 3 * DAY_MS;
	d.d.items.items[1].updated = NOW_MS - 2 * DAY_MS;
	draft_add(&d, "3", NULL, "Ahead", BODY " soon")->published = NOW_MS + DAY_MS;
	fixture_poll(f, ALPHA, &d);
	assert_int_equal(ask_database(f->dir, "SELECT updated FROM story WHERE id = 3"), NOW_MS - 3 * DAY_MS);
	assert_int_equal(ask_database(f->dir, "SELECT updated FROM story WHERE id = 2"), NOW_MS - 2 * DAY_MS);
	assert_int_equal(ask_database(f->dir, "SELECT updated FROM story WHERE id = 1"), NOW_MS);
	/* news has changed when it came */
	draft_init(&d, "Feed");
	draft_add(&d, "4", NULL, "Later", BODY " later")->published = NOW_MS - DAY_MS;
	fixture_poll(f, ALPHA, &d);
	assert_int_equal(ask_database(f->dir, "SELECT updated FROM story WHERE id = 4"), NOW_MS + MINUTE_MS);
}
