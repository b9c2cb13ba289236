/* SPDX-License-Identifier: ISC */
/* What goes and what stays, in virtual time; and that what went does not come back. */
#include "../../../daemon/sql/sql_internal.h"
#include "house.h"

#include <sys/stat.h>
#include <time.h>

enum { STEPS_MAX = 10000 };

#define BODY "the shipyard has delivered the fourth of seven offshore patrol vessels to the navy"

static void setup(struct house *h)
{
	house_make(h);
	h->options.keep_items_ms = 100 * DAY_MS;
	h->options.keep_events_ms = 30 * DAY_MS;
	house_open(h);
}

FIXTURE(house, setup, house_release)

/* Items from to before to of a feed, as guid and text by their numbers under name. */
static struct poll_report take(struct house *h, size_t feed, int64_t at_ms, const char *name, int from, int to)
{
	struct draft d = draft_new("Feed");

	for (int i = from; i < to; i++) {
		char guid[64], title[64];

		snprintf(guid, sizeof(guid), "%s %d", name, i);
		snprintf(title, sizeof(title), "Vessel number %d", i);
		draft_match(&d, draft_add(&d, guid, NULL, title, BODY), "output/ships", "ship");
	}
	return house_take(h, feed, at_ms, &d);
}

/* A whole round at that time; the number of its steps. */
static int clean(struct house *h, int64_t now_ms)
{
	struct error err = {0};
	int steps = 0;

	retention_restart(&h->retention);
	while (retention_due(&h->retention, now_ms)) {
		if (retention_step(&h->retention, &h->ingest, (struct clock_mark){now_ms, now_ms}, &err) != 0)
			fail_msg("%s", err.text);
		assert_true(++steps < STEPS_MAX);
	}
	return steps;
}

static void assert_consistent(struct house *h)
{
	assert_int_equal(ask(h, "SELECT items - (SELECT count(*) FROM item) FROM counter"), 0);
	assert_int_equal(ask(h, "SELECT stories - (SELECT count(*) FROM story) FROM counter"), 0);
	assert_int_equal(ask(h, "SELECT sum(items) - (SELECT count(*) FROM item) FROM feed"), 0);
	assert_int_equal(ask(h, "SELECT count(*) FROM story t WHERE reports <> (SELECT count(*) FROM item"
				" WHERE story_id = t.id) OR sources <> (SELECT count(DISTINCT feed_id) FROM item"
				" WHERE story_id = t.id)"),
		0);
	assert_int_equal(ask(h, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
}

TEST_ON(nothing_is_old, house, h)
{
	int64_t generation;

	take(h, 0, NOW_MS, "a", 0, 500);
	generation = h->ingest.counters.generation;
	clean(h, NOW_MS + DAY_MS);
	assert_int_equal(h->ingest.counters.items, 500);
	assert_int_equal(ask(h, "SELECT count(*) FROM event"), 500);
	assert_int_equal(h->ingest.counters.generation, generation);
	assert_false(retention_due(&h->retention, NOW_MS + DAY_MS));
	assert_true(retention_due(&h->retention, NOW_MS + 2 * DAY_MS));
}

TEST_ON(events_go_first, house, h)
{
	take(h, 0, NOW_MS, "a", 0, 500);
	take(h, 0, NOW_MS + 20 * DAY_MS, "a", 500, 510);
	clean(h, NOW_MS + 31 * DAY_MS);
	assert_int_equal(ask(h, "SELECT count(*) FROM event"), 10);
	assert_int_equal(ask(h, "SELECT min(cursor) FROM event"), 501);
	assert_int_equal(h->ingest.counters.items, 510);
	clean(h, NOW_MS + 60 * DAY_MS);
	assert_int_equal(ask(h, "SELECT count(*) FROM event"), 0);
	/* cursors go on where they were */
	take(h, 0, NOW_MS + 60 * DAY_MS, "a", 510, 511);
	assert_int_equal(ask(h, "SELECT max(cursor) FROM event"), 511);
}

TEST_ON(pruned_items_do_not_come_back, house, h)
{
	int64_t now_ms = NOW_MS + 101 * DAY_MS, cursor;
	struct poll_report r;

	take(h, 0, NOW_MS, "a", 0, 450);
	take(h, 0, NOW_MS + 50 * DAY_MS, "a", 450, 460);
	/* more than one step's worth */
	assert_true(clean(h, now_ms) > 3);
	assert_int_equal(h->ingest.counters.items, 10);
	assert_int_equal(ask(h, "SELECT count(*) FROM rule_match"), 10);
	assert_consistent(h);

	cursor = h->ingest.counters.cursor;
	r = take(h, 0, now_ms, "a", 0, 460);
	assert_counts(r, 0, 0, 0, 460);
	/* under other guids, and from another feed */
	r = take(h, 0, now_ms, "changed", 0, 460);
	assert_counts(r, 0, 0, 0, 460);
	/* of what is kept, another outlet's equal text so long after is a story of its own */
	r = take(h, 1, now_ms, "b", 0, 455);
	assert_counts(r, 5, 0, 0, 450);
	assert_int_equal(h->ingest.counters.cursor, cursor + 5);
	assert_consistent(h);
}

/* A feed that left the configuration: what it brought grows old and goes, and is no news when the feed is back. */
TEST_ON(pruned_items_of_a_feed_that_comes_back, house, h)
{
	struct feed_state states[FEEDS];
	bool changed;

	take(h, 0, NOW_MS, "a", 0, 30);
	/* without it, then with it again */
	for (size_t first = 2; first-- > 0;) {
		assert_int_equal(ingest_begin(&h->ingest, NULL), 0);
		assert_int_equal(
			feed_store_sync(&h->ingest.feeds, fixture_feeds + first, FEEDS - first, states, &changed, NULL),
			0);
		assert_true(changed);
		assert_int_equal(ingest_commit(&h->ingest, NOW_MS, NULL), 0);
		for (size_t i = 0; i < FEEDS - first; i++)
			feed_state_release(&states[i]);
		if (first == 1)
			clean(h, NOW_MS + 290 * DAY_MS);
	}
	assert_int_equal(h->ingest.counters.items, 0);
	assert_counts(take(h, 0, NOW_MS + 290 * DAY_MS, "a", 0, 31), 1, 0, 0, 30);
	assert_consistent(h);
}

TEST_ON(a_story_lives_as_long_as_a_report, house, h)
{
	take(h, 0, NOW_MS, "a", 0, 1);
	take(h, 1, NOW_MS + 10 * DAY_MS, "b", 0, 1);
	clean(h, NOW_MS + 105 * DAY_MS);
	assert_int_equal(h->ingest.counters.items, 1);
	assert_int_equal(h->ingest.counters.stories, 1);
	assert_consistent(h);
	clean(h, NOW_MS + 115 * DAY_MS);
	assert_int_equal(h->ingest.counters.stories, 0);
	assert_int_equal(ask(h, "SELECT count(*) FROM rule_match"), 0);
	assert_consistent(h);
}

TEST_ON(tombstones_last_while_they_are_shown, house, h)
{
	take(h, 0, NOW_MS, "a", 0, 300);
	clean(h, NOW_MS + 101 * DAY_MS);
	assert_int_equal(h->ingest.counters.items, 0);
	/* number 7 stays in its feed for a year */
	for (int day = 102; day < 365; day += 20)
		take(h, 0, NOW_MS + day * DAY_MS, "a", 7, 8);
	clean(h, NOW_MS + 299 * DAY_MS);
	assert_int_equal(ask(h, "SELECT count(*) FROM ident"), 300);
	clean(h, NOW_MS + 365 * DAY_MS);
	assert_int_equal(ask(h, "SELECT count(*) FROM ident"), 1);
	assert_int_equal(ask(h, "SELECT count(*) FROM digest"), 1);
	assert_counts(take(h, 0, NOW_MS + 366 * DAY_MS, "a", 7, 8), 0, 0, 0, 1);
}

TEST_ON(aliases_last_a_week, house, h)
{
	for (int i = 0; i < 50; i++) {
		char name[32];

		snprintf(name, sizeof(name), "poll %d", i);
		take(h, 0, NOW_MS + i * HOUR_MS, name, 0, 10);
	}
	assert_int_equal(ask(h, "SELECT count(*) FROM ident"), 500);
	clean(h, NOW_MS + 10 * DAY_MS);
	/* those that the items began under */
	assert_int_equal(ask(h, "SELECT count(*) FROM ident"), 10);
	assert_counts(take(h, 0, NOW_MS + 10 * DAY_MS, "poll 30", 0, 10), 0, 0, 0, 10);
}

TEST_ON(size, house, h)
{
	struct stat st;
	char path[300];

	for (int i = 0; i < 20; i++)
		take(h, 0, NOW_MS + i * HOUR_MS, "a", i * 500, (i + 1) * 500);
	h->ingest.options.keep_size = 3 * 1024 * 1024;
	clean(h, NOW_MS + DAY_MS);
	assert_true(ask(h, "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count(),"
			   " pragma_freelist_count(), pragma_page_size()") <= h->ingest.options.keep_size);
	assert_true(h->ingest.counters.items >= 200);
	assert_true(h->ingest.counters.items < 10000);
	/* the oldest went */
	assert_int_equal(ask(h, "SELECT max(id) - min(id) + 1 - count(*) FROM item"), 0);
	assert_int_equal(ask(h, "SELECT max(id) FROM item"), 10000);
	assert_consistent(h);
	/* and the file shrinks with the next checkpoint */
	assert_int_equal(
		sqlite3_wal_checkpoint_v2(h->ingest.store.db->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL),
		SQLITE_OK);
	snprintf(path, sizeof(path), "%s/sitrepd.db", h->dir);
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size < h->ingest.options.keep_size + 2 * 1024 * 1024);
}

/* The writer does all this by itself when nothing else is to be done. */
TEST_ON(in_the_writer, fixture, f)
{
	struct writer_options o = fixture_options(f->dir);
	struct store_counts counts;
	int64_t until_ms = clock_mono_ms() + WAIT_MS;
	struct draft d = draft_new("Feed");

	f->now_ms = clock_wall_ms() - 50 * DAY_MS;
	draft_add(&d, "1", NULL, "Vessel", BODY);
	fixture_poll(f, ALPHA, &d);
	o.keep_items_ms = 40 * DAY_MS;
	fixture_sync_with(f, fixture_feeds, 3, &o);
	do {
		struct timespec pause = {.tv_nsec = 1000 * 1000};

		nanosleep(&pause, NULL);
		assert_int_equal(reader_counts(f->reader, &counts, NULL), 0);
		assert_true(clock_mono_ms() < until_ms);
	} while (counts.items > 0);
	assert_int_equal(counts.stories, 0);
	/* its event is passed over */
	assert_events(f, 0, "");
}
