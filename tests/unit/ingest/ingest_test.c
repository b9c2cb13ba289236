/* SPDX-License-Identifier: ISC */
/* A disk that is full: what fits is kept, what does not leaves nothing behind, and life goes on. */
#include "../../../daemon/ingest/ingest.h"
#include "../ask.h"
#include "fixture.h"
#include "sitrep/sql/sql.h"

/* An ingest of one feed on a folder of its own. */
struct desk {
	char dir[256];
	struct ingest ingest;
	struct feed_state feed;
	struct poll_report report; /* of what was taken in last */
};

static void set_up(struct desk *k)
{
	static const struct feed_spec spec = {.name = "a", .url = "https://a.example/", .first_due_ms = NOW_MS};
	struct writer_options options;
	struct error err = {0};
	bool changed;

	state_dir_make(k->dir);
	options = fixture_options(k->dir);
	assert_ok(ingest_open(&k->ingest, &options, &err) == 0, err);
	assert_int_equal(ingest_begin(&k->ingest, NULL), 0);
	assert_int_equal(feed_store_sync(&k->ingest.feeds, &spec, 1, &k->feed, &changed, NULL), 0);
	assert_int_equal(ingest_commit(&k->ingest, NOW_MS, NULL), 0);
}

static void tear_down(struct desk *k)
{
	feed_state_release(&k->report.state);
	feed_state_release(&k->feed);
	ingest_close(&k->ingest);
	state_dir_remove(k->dir);
}

FIXTURE(desk, set_up, tear_down)

static void set_page_limit(struct desk *k, int64_t pages)
{
	char text[64];

	snprintf(text, sizeof(text), "PRAGMA max_page_count = %lld", (long long)pages);
	run_statements(k->ingest.store.db, text);
}

static int64_t count(struct desk *k, const char *text)
{
	return ask_number(k->ingest.store.db, text);
}

static struct poll_outcome *make_news(struct desk *k, const char *name, int items)
{
	struct draft d = draft_new("Feed");

	for (int i = 0; i < items; i++) {
		char guid[64], title[64];

		snprintf(guid, sizeof(guid), "%s %d", name, i);
		snprintf(title, sizeof(title), "News of %s, number %d", name, i);
		draft_add(&d, guid, NULL, title, "the new class of corvettes is to be built in three yards at once");
	}
	return outcome_of(&k->feed, NOW_MS, &d);
}

/* Keeps it, which must succeed. */
static void take(struct desk *k, struct poll_outcome *o)
{
	struct error err = {0};

	assert_ok(ingest_begin(&k->ingest, &err) == 0 && ingest_take(&k->ingest, o, &k->report, &err) == 0 &&
			  ingest_commit(&k->ingest, NOW_MS, &err) == 0,
		err);
	poll_outcome_free(o);
}

TEST_ON(full, desk, k)
{
	struct poll_outcome *large;
	struct error err = {0};
	int result;

	set_page_limit(k, count(k, "PRAGMA page_count") + 20);

	/* one that fits */
	take(k, make_news(k, "small", 2));
	assert_int_equal(k->report.fresh, 2);

	/* one that does not: either it fails alone, or it takes the transaction with it */
	large = make_news(k, "large", 2000);
	assert_int_equal(ingest_begin(&k->ingest, &err), 0);
	result = ingest_take(&k->ingest, large, &k->report, &err);
	if (result == 0) {
		assert_int_equal(ingest_commit(&k->ingest, NOW_MS, &err), 0);
	} else {
		assert_int_equal(result, -ENOSPC);
		ingest_rollback(&k->ingest);
		ingest_refuse(&k->ingest, large, &k->report, &err);
	}
	poll_outcome_free(large);
	assert_int_equal(k->report.error.code, -ENOSPC);
	assert_non_null(strstr(k->report.error.text, "no space left"));
	assert_int_equal(k->report.fresh, 0);
	assert_int_equal(k->report.state.health, FEED_FAILING);
	assert_int_equal(k->report.state.failure, FAILURE_INTERNAL);
	assert_true(k->report.state.due_ms > NOW_MS);
	assert_int_equal(count(k, "SELECT count(*) FROM item"), 2);
	assert_int_equal(count(k, "SELECT items FROM counter"), 2);
	assert_int_equal(k->ingest.counters.items, 2);
	assert_int_equal(count(k, "SELECT count(*) FROM event WHERE kind = 1"), 2);

	/* and with space again */
	set_page_limit(k, 100000);
	take(k, make_news(k, "large", 2000));
	assert_int_equal(k->report.error.code, 0);
	assert_int_equal(k->report.fresh, 2000);
	assert_int_equal(count(k, "SELECT count(*) FROM item"), 2002);
	/* cursors have no hole where the failure was */
	assert_int_equal(count(k, "SELECT max(cursor) - min(cursor) + 1 - count(*) FROM event"), 0);
	assert_int_equal(k->ingest.counters.cursor, count(k, "SELECT max(cursor) FROM event"));
}

/* An item that the worker had no memory for is brought by the next answer, which must not be a 304. */
TEST_ON(left_out, desk, k)
{
	static const struct {
		uint32_t left_out;
		int fresh;
	} polls[] = {{3, 0}, {2, 1}, {1, 1}, {0, 1}, {3, 0}};

	for (size_t poll = 0; poll < sizeof(polls) / sizeof(polls[0]); poll++) {
		uint32_t left_out = polls[poll].left_out;
		struct draft d = draft_new("Feed");
		struct poll_outcome *o;

		d.d.left_out = left_out;
		for (uint32_t i = left_out; i < 3; i++) {
			char guid[16];

			snprintf(guid, sizeof(guid), "guid %u", i);
			draft_add(&d, guid, NULL, guid, "a report of its own");
		}
		o = outcome_of(&k->feed, NOW_MS + (int64_t)poll * HOUR_MS, &d);
		o->etag = strdup("\"same\"");
		o->last_modified = strdup("Thu, 26 Nov 2026 10:00:00 GMT");
		take(k, o);
		/* the last shows nothing, but has not lost its items */
		assert_int_equal(k->report.state.health, FEED_OK);
		assert_int_equal(k->report.fresh, polls[poll].fresh);
		assert_int_equal(k->report.state.etag == NULL, left_out > 0);
		assert_int_equal(k->report.state.last_modified == NULL, left_out > 0);
	}
}
