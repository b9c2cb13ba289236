/* SPDX-License-Identifier: ISC */
/* The stored troubles of a feed: when each begins and ends, and how many are kept. */
#include "sitrep/store/feed_troubles.h"

#include "../ask.h"
#include "sitrep/base/clock.h"
#include "sitrep/store/store.h"

struct desk {
	struct store store;
	struct feed_troubles troubles;
	enum feed_health health; /* after the last poll */
	enum poll_failure failure;
};

static void desk_make(struct desk *d)
{
	struct error err = {0};

	*d = (struct desk){.health = FEED_NEW};
	assert_ok(store_open_memory(&d->store, &err) == 0, err);
	assert_ok(feed_troubles_init(&d->troubles, d->store.db, &err) == 0, err);
	run_statements(d->store.db,
		"INSERT INTO feed(id, name, url, categories, rank, active, backlog, health, failure, http_status, "
		"errors, polls, not_modified, bytes, items, server_wait) VALUES(1, 'alpha', 'https://alpha.example/', "
		"'', 50, 1, 0, 1, 0, 200, 0, 7, 3, 1, 2, 0)");
}

static void desk_remove(struct desk *d)
{
	feed_troubles_release(&d->troubles);
	store_close(&d->store);
}

FIXTURE(desk, desk_make, desk_remove)

/* A poll at that second, which fails unless failure is FAILURE_NONE. */
static void poll_at(struct desk *d, int64_t second, enum poll_failure failure, int http_status)
{
	char reason[] = "it failed";
	struct feed_state after = {
		.id = 1,
		.health = failure == FAILURE_NONE ? FEED_OK
			  : http_status == 410    ? FEED_GONE
						  : FEED_FAILING,
		.failure = failure,
		.http_status = http_status,
		.reason = failure == FAILURE_NONE ? NULL : reason,
		.errors = failure == FAILURE_NONE ? 0 : 1,
		.failing_since_ms = TIME_NONE,
	};
	struct error err = {0};

	assert_ok(feed_troubles_note(&d->troubles, d->health, d->failure, &after, second * 1000, &err) == 0, err);
	d->health = after.health;
	d->failure = failure;
}

/* All troubles as "since-until polls failure status", oldest first. */
static void assert_stored(struct desk *d, const char *expected)
{
	struct error err = {0};
	struct sql_stmt *s;

	assert_int_equal(sql_prepare_once(d->store.db,
				 "SELECT coalesce(group_concat(t, '; '), '') FROM (SELECT (since / 1000) || '-' ||"
				 " coalesce(until / 1000, '') || ' ' || polls || ' ' || failure || ' ' || http_status"
				 " AS t FROM feed_trouble ORDER BY since)",
				 &s, &err, "all"),
		0);
	assert_int_equal(sql_step(s, &err, "all"), 1);
	assert_string_equal(sql_text(s, 0).data, expected);
	sql_finalize(&s, 1);
}

TEST_ON(a_trouble_lasts_until_a_poll_succeeds, desk, d)
{
	poll_at(d, 10, FAILURE_NONE, 200);
	assert_stored(d, "");
	poll_at(d, 20, FAILURE_HTTP, 503);
	assert_stored(d, "20- 1 10 503");
	poll_at(d, 30, FAILURE_HTTP, 502);
	poll_at(d, 40, FAILURE_HTTP, 503);
	assert_stored(d, "20- 3 10 503");
	poll_at(d, 50, FAILURE_NONE, 200);
	poll_at(d, 60, FAILURE_NONE, 200);
	assert_stored(d, "20-50 3 10 503");
}

TEST_ON(another_kind_of_failure_is_another_trouble, desk, d)
{
	poll_at(d, 10, FAILURE_DNS, 0);
	poll_at(d, 20, FAILURE_HTTP, 410);
	poll_at(d, 30, FAILURE_NONE, 200);
	assert_stored(d, "10-20 1 1 0; 20-30 1 10 410");
}

TEST_ON(a_trouble_from_before_the_table_is_stored, desk, d)
{
	d->health = FEED_FAILING;
	d->failure = FAILURE_DNS;
	poll_at(d, 30, FAILURE_DNS, 0);
	poll_at(d, 40, FAILURE_DNS, 0);
	assert_stored(d, "30- 2 1 0");
}

/* The feed's address was changed, so that its health is new. */
TEST_ON(a_new_address_ends_a_trouble, desk, d)
{
	poll_at(d, 10, FAILURE_DNS, 0);
	d->health = FEED_NEW;
	d->failure = FAILURE_NONE;
	poll_at(d, 30, FAILURE_NONE, 200);
	assert_stored(d, "10-30 1 1 0");
}

TEST_ON(the_newest_are_kept, desk, d)
{
	for (int i = 0; i < FEED_TROUBLES_KEPT + 5; i++) {
		poll_at(d, 100 + 2 * i, FAILURE_TIMEOUT, 0);
		poll_at(d, 101 + 2 * i, FAILURE_NONE, 200);
	}
	assert_int_equal(ask_number(d->store.db, "SELECT count(*) FROM feed_trouble"), FEED_TROUBLES_KEPT);
	assert_int_equal(ask_number(d->store.db, "SELECT min(since) FROM feed_trouble"), 110000);
}
