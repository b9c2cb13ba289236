/* SPDX-License-Identifier: ISC */
/* A disk that is full: what fits is kept, what does not leaves nothing behind, and life goes on. */
#include "../../../daemon/ingest/ingest.h"
#include "../ask.h"
#include "fixture.h"
#include "sitrep/sql/sql.h"

static void set_page_limit(struct ingest *k, int64_t pages)
{
	char text[64];

	snprintf(text, sizeof(text), "PRAGMA max_page_count = %lld", (long long)pages);
	assert_int_equal(sql_exec(k->store.db, text, NULL, ""), 0);
}

static int64_t count(struct ingest *k, const char *text)
{
	return ask_number(k->store.db, text);
}

static struct poll_outcome *make_outcome(int64_t feed_id, const char *name, int items)
{
	struct poll_outcome *o = calloc(1, sizeof(*o));
	struct draft d = draft_new("Feed");

	assert_non_null(o);
	o->feed_id = feed_id;
	o->at_ms = NOW_MS;
	o->kind = OUTCOME_DOCUMENT;
	o->http_status = 200;
	o->url = strdup("https://a.example/");
	o->etag = strdup("\"new\"");
	for (int i = 0; i < items; i++) {
		char guid[64], title[64];

		snprintf(guid, sizeof(guid), "%s %d", name, i);
		snprintf(title, sizeof(title), "News of %s, number %d", name, i);
		draft_add(&d, guid, NULL, title, "the new class of corvettes is to be built in three yards at once");
	}
	o->document = draft_encode(&d);
	draft_release(&d);
	return o;
}

static void sync_one(struct ingest *k, struct feed_state *state)
{
	static const struct feed_spec spec = {.name = "a", .url = "https://a.example/", .first_due_ms = NOW_MS};
	bool changed;

	assert_int_equal(ingest_begin(k, NULL), 0);
	assert_int_equal(feed_store_sync(&k->feeds, &spec, 1, state, &changed, NULL), 0);
	assert_int_equal(ingest_commit(k, NOW_MS, NULL), 0);
}

TEST(full)
{
	struct writer_options options;
	struct poll_report report = {0};
	struct feed_state feed = {0};
	struct poll_outcome *o;
	struct error err = {0};
	struct ingest k;
	char dir[256];
	int result;

	state_dir_make(dir);
	options = fixture_options(dir);
	assert_int_equal(ingest_open(&k, &options, &err), 0);
	sync_one(&k, &feed);
	set_page_limit(&k, count(&k, "PRAGMA page_count") + 20);

	/* one that fits */
	o = make_outcome(feed.id, "small", 2);
	assert_int_equal(ingest_begin(&k, &err), 0);
	assert_int_equal(ingest_take(&k, o, &report, &err), 0);
	assert_int_equal(report.fresh, 2);
	assert_int_equal(ingest_commit(&k, NOW_MS, &err), 0);
	poll_outcome_free(o);

	/* one that does not: either it fails alone, or it takes the transaction with it */
	o = make_outcome(feed.id, "large", 2000);
	assert_int_equal(ingest_begin(&k, &err), 0);
	result = ingest_take(&k, o, &report, &err);
	if (result == 0) {
		assert_int_equal(ingest_commit(&k, NOW_MS, &err), 0);
	} else {
		assert_int_equal(result, -ENOSPC);
		ingest_rollback(&k);
		ingest_refuse(&k, o, &report, &err);
	}
	assert_int_equal(report.error.code, -ENOSPC);
	assert_non_null(strstr(report.error.text, "no space left"));
	assert_int_equal(report.fresh, 0);
	assert_int_equal(report.state.health, FEED_FAILING);
	assert_int_equal(report.state.failure, FAILURE_INTERNAL);
	assert_true(report.state.due_ms > NOW_MS);
	poll_outcome_free(o);
	assert_int_equal(count(&k, "SELECT count(*) FROM item"), 2);
	assert_int_equal(count(&k, "SELECT items FROM counter"), 2);
	assert_int_equal(k.counters.items, 2);
	assert_int_equal(count(&k, "SELECT count(*) FROM event WHERE kind = 1"), 2);

	/* and with space again */
	set_page_limit(&k, 100000);
	o = make_outcome(feed.id, "large", 2000);
	assert_int_equal(ingest_begin(&k, &err), 0);
	assert_int_equal(ingest_take(&k, o, &report, &err), 0);
	assert_int_equal(report.error.code, 0);
	assert_int_equal(report.fresh, 2000);
	assert_int_equal(ingest_commit(&k, NOW_MS, &err), 0);
	poll_outcome_free(o);
	assert_int_equal(count(&k, "SELECT count(*) FROM item"), 2002);
	/* cursors have no hole where the failure was */
	assert_int_equal(count(&k, "SELECT max(cursor) - min(cursor) + 1 - count(*) FROM event"), 0);
	assert_int_equal(k.counters.cursor, count(&k, "SELECT max(cursor) FROM event"));

	feed_state_release(&report.state);
	feed_state_release(&feed);
	ingest_close(&k);
	state_dir_remove(dir);
}

/* An item that the worker had no memory for is brought by the next answer, which must not be a 304. */
TEST(left_out)
{
	static const struct {
		uint32_t left_out;
		int fresh;
	} polls[] = {{3, 0}, {2, 1}, {1, 1}, {0, 1}, {3, 0}};
	struct writer_options options;
	struct poll_report report = {0};
	struct feed_state feed = {0};
	struct error err = {0};
	struct ingest k;
	char dir[256];

	state_dir_make(dir);
	options = fixture_options(dir);
	assert_int_equal(ingest_open(&k, &options, &err), 0);
	sync_one(&k, &feed);
	for (size_t poll = 0; poll < sizeof(polls) / sizeof(polls[0]); poll++) {
		uint32_t left_out = polls[poll].left_out;
		struct poll_outcome *o = calloc(1, sizeof(*o));
		struct draft d = draft_new("Feed");

		assert_non_null(o);
		o->feed_id = feed.id;
		o->at_ms = NOW_MS + (int64_t)poll * HOUR_MS;
		o->kind = OUTCOME_DOCUMENT;
		o->http_status = 200;
		o->url = strdup("https://a.example/");
		o->etag = strdup("\"same\"");
		o->last_modified = strdup("Thu, 26 Nov 2026 10:00:00 GMT");
		d.d.left_out = left_out;
		for (uint32_t i = left_out; i < 3; i++) {
			char guid[16];

			snprintf(guid, sizeof(guid), "guid %u", i);
			draft_add(&d, guid, NULL, guid, "a report of its own");
		}
		o->document = draft_encode(&d);
		draft_release(&d);
		assert_int_equal(ingest_begin(&k, &err), 0);
		assert_int_equal(ingest_take(&k, o, &report, &err), 0);
		assert_int_equal(ingest_commit(&k, NOW_MS, &err), 0);
		/* the last shows nothing, but has not lost its items */
		assert_int_equal(report.state.health, FEED_OK);
		assert_int_equal(report.fresh, polls[poll].fresh);
		assert_int_equal(report.state.etag == NULL, left_out > 0);
		assert_int_equal(report.state.last_modified == NULL, left_out > 0);
		poll_outcome_free(o);
	}
	feed_state_release(&report.state);
	feed_state_release(&feed);
	ingest_close(&k);
	state_dir_remove(dir);
}
