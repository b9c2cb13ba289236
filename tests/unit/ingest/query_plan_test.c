/* SPDX-License-Identifier: ISC */
/* Whatever is asked for each item is found by an index, however many items there are. */
#include "../../../daemon/sql/sql_internal.h"
#include "fixture.h"
#include "sitrep/sql/sql.h"
#include "sitrep/store/feed_store.h"
#include "sitrep/store/item_store.h"
#include "sitrep/store/store.h"
#include "sitrep/story/near_index.h"
#include "sitrep/story/near_store.h"

struct plans {
	struct store store;
	char dir[256];
};

static void set_up(struct plans *p)
{
	struct error err = {0};

	state_dir_make(p->dir);
	assert_ok(store_open(&p->store, p->dir, STORE_WRITE, &err) == 0, err);
}

static void tear_down(struct plans *p)
{
	store_close(&p->store);
	state_dir_remove(p->dir);
}

FIXTURE(plans, set_up, tear_down)

/* The statement reads none of the tables that grow from end to end. */
static void assert_seeks(struct plans *p, struct sql_stmt *asked)
{
	static const char *const growing[] = {"item", "ident", "digest", "story", "story_link", "revision",
		"near_sketch", "near_bucket_0", "near_bucket_1", "near_bucket_2", "near_bucket_3", "event",
		"rule_match", "rule_pending"};
	const char *text = sqlite3_sql(asked->handle);
	struct sql_stmt *s;
	char plan[4096];

	assert_true(snprintf(plan, sizeof(plan), "EXPLAIN QUERY PLAN %s", text) < (int)sizeof(plan));
	assert_int_equal(sql_prepare_once(p->store.db, plan, &s, NULL, "test"), 0);
	while (sql_step(s, NULL, "test") == 1) {
		const char *step = sql_cstr(s, 3);
		char scan[100];

		for (size_t i = 0; i < sizeof(growing) / sizeof(growing[0]); i++) {
			snprintf(scan, sizeof(scan), "SCAN %s", growing[i]);
			if (strcmp(step, scan) == 0)
				fail_msg("%s: %s", text, step);
		}
	}
	sql_finalize(&s, 1);
}

TEST_ON(an_item_is_looked_up_by_indexes, plans, p)
{
	struct item_store items;
	struct counters counters;
	struct error err = {0};

	assert_int_equal(counters_load(p->store.db, &counters, &err), 0);
	assert_int_equal(item_store_init(&items, p->store.db, &counters, &err), 0);
	for (int i = 0; i < ITEM_STATEMENTS; i++)
		assert_seeks(p, items.s[i]);
	item_store_release(&items);
}

/* All but what empties a table, loads all of it at a start, or takes the first few of it (NEAR_EXPIRE). */
TEST_ON(a_story_is_found_by_indexes, plans, p)
{
	struct near_store near;
	struct near_index *index = calloc(1, sizeof(*index));
	struct error err = {0};

	assert_non_null(index);
	assert_int_equal(near_store_init(&near, p->store.db, &err), 0);
	assert_int_equal(near_index_init(index, p->store.db, &near, &err), 0);
	for (int i = 0; i < NEAR_STATEMENTS; i++)
		if (i != NEAR_EXPIRE)
			assert_seeks(p, near.s[i]);
	for (int i = INDEX_FIND_0; i < INDEX_EMPTY_0; i++)
		assert_seeks(p, index->s[i]);
	near_index_release(index);
	near_store_release(&near);
	free(index);
}

TEST_ON(a_scan_would_be_noticed, plans, p)
{
	struct sql_stmt *s, *plan;

	assert_int_equal(sql_prepare_once(p->store.db, "EXPLAIN QUERY PLAN SELECT id FROM item WHERE rev = 1", &plan,
				 NULL, "test"),
		0);
	assert_int_equal(sql_step(plan, NULL, "test"), 1);
	assert_string_equal(sql_cstr(plan, 3), "SCAN item");
	sql_finalize(&plan, 1);
	assert_int_equal(sql_prepare_once(p->store.db, "SELECT id FROM item WHERE id = 1", &s, NULL, "test"), 0);
	assert_seeks(p, s);
	sql_finalize(&s, 1);
}
