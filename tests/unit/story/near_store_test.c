/* SPDX-License-Identifier: ISC */
/* What texts are compared by: how long it is kept, and what is kept with it. */
#include "../../../daemon/story/near_schema.h"
#include "../ask.h"
#include "sitrep/sql/database.h"
#include "sitrep/sql/sql.h"
#include "sitrep/story/near_store.h"

/* The first instant of a week. */
#define NOW_MS (2968 * INT64_C(7) * 24 * 3600 * 1000)

struct fixture {
	struct sql_db *db;
	struct near_store n;
};

static void set_up(struct fixture *f)
{
	struct error err = {0};

	assert_int_equal(sql_open(&f->db, NULL, SQL_MEMORY, &err, "test"), 0);
	assert_int_equal(sql_exec(f->db, NEAR_SCHEMA, &err, "cannot make tables"), 0);
	assert_ok(near_store_init(&f->n, f->db, &err) == 0, err);
}

static void tear_down(struct fixture *f)
{
	near_store_release(&f->n);
	assert_int_equal(sql_close(f->db), 0);
}

FIXTURE(fixture, set_up, tear_down)

static void put(struct fixture *f, int64_t id, int64_t story, int64_t seen_ms, struct str sketch)
{
	struct near_item item = {.item_id = id, .story_id = story, .source = 3, .seen_ms = seen_ms};
	struct error err = {0};

	assert_ok(near_store_put(&f->n, &item, sketch, &err) == 0, err);
}

TEST_ON(an_item_comes_back_and_keeps_its_day, fixture, f)
{
	static const char none[] = "\x01\x00\x00\x00\x09\x00\x00\x00\x00\x00\x00";
	struct str sketch = str_make(none, 12);
	struct near_item item;
	struct error err = {0};
	int64_t members[NEAR_MEMBERS_MAX];
	size_t found;

	assert_int_equal(near_store_get(&f->n, 5, &item, &err), 0);
	put(f, 5, 4, NOW_MS, sketch);
	put(f, 5, 4, NOW_MS + 1000, sketch);
	assert_int_equal(near_store_get(&f->n, 5, &item, &err), 1);
	assert_int_equal(item.item_id, 5);
	assert_int_equal(item.story_id, 4);
	assert_int_equal(item.source, 3);
	assert_int_equal(item.seen_ms, NOW_MS);
	assert_int_equal(item.sketch.words, 9);
	put(f, 6, 4, NOW_MS, STR("damaged"));
	assert_int_equal(near_store_get(&f->n, 6, &item, &err), 0);
	assert_int_equal(near_store_members(&f->n, 4, members, &found, &err), 0);
	assert_int_equal(found, 2);
	assert_int_equal(members[0], 5);
	assert_int_equal(near_store_forget(&f->n, 5, &err), 0);
	assert_int_equal(near_store_get(&f->n, 5, &item, &err), 0);
}

static int64_t count(struct fixture *f)
{
	return ask_number(f->db, "SELECT count(*) FROM near_sketch");
}

TEST_ON(what_is_old_expires_some_at_a_time, fixture, f)
{
	struct error err = {0};
	int64_t members[NEAR_MEMBERS_MAX];
	size_t found;

	for (int64_t id = 1; id <= 100; id++)
		put(f, id, id < 90 ? 2 : 1, NOW_MS + id, STR(""));
	assert_int_equal(near_store_expire(&f->n, NOW_MS + 1, &err), 0);
	assert_int_equal(count(f), 100);
	assert_int_equal(near_store_expire(&f->n, NOW_MS + 97, &err), 0);
	assert_int_equal(count(f), 36);
	assert_int_equal(near_store_expire(&f->n, NOW_MS + 97, &err), 0);
	assert_int_equal(count(f), 4);
	assert_int_equal(near_store_members(&f->n, 1, members, &found, &err), 0);
	assert_int_equal(found, 4);
	assert_int_equal(members[0], 97);
}

TEST_ON(numbers_are_kept, fixture, f)
{
	struct error err = {0};
	int64_t week = -1;

	assert_int_equal(near_store_get_number(&f->n, "halved", &week, &err), 0);
	assert_int_equal(near_store_set_number(&f->n, "halved", 2968, &err), 0);
	assert_int_equal(near_store_set_number(&f->n, "halved", 2972, &err), 0);
	assert_int_equal(near_store_get_number(&f->n, "halved", &week, &err), 1);
	assert_int_equal(week, 2972);
	assert_int_equal(near_week(NOW_MS), 2968);
	assert_int_equal(near_week(NOW_MS - 1), 2967);
	assert_int_equal(near_week(-1), 0);
}

/* A page of another version's size is left out, the others are taken. */
TEST_ON(foreign_pages_of_counts_are_left_out, fixture, f)
{
	static char page[BOILERPLATE_PAGE];
	struct error err = {0};
	struct boilerplate *b = boilerplate_new(&err);

	assert_non_null(b);
	memset(page, 0x99, sizeof(page));
	for (size_t i = 0; i < BOILERPLATE_PAGES; i++)
		assert_int_equal(near_store_save_page(&f->n, i, str_make(page, sizeof(page)), &err), 0);
	assert_int_equal(near_store_save_page(&f->n, 0, str_make(page, 100), &err), 0);
	assert_int_equal(near_store_save_page(&f->n, 70000, str_make(page, sizeof(page)), &err), 0);
	assert_int_equal(near_store_load_phrases(&f->n, b, &err), 0);
	assert_in_range(boilerplate_frequency(b, 12345), 0, 9);
	assert_int_equal(boilerplate_frequency(b, UINT64_C(0xfedcba987654)), 9);
	boilerplate_free(b);
}
