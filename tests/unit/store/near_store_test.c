/* The tables by which stories are found: what is found in them, in which order, and for how long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "../../../daemon/store/near_schema.h"
#include "../../../daemon/store/near_store.h"

#define WEEK_MS (INT64_C(7) * 24 * 3600 * 1000)
/* The first instant of a week whose table is the first one. */
#define NOW_MS (2968 * WEEK_MS)

struct fixture {
	sqlite3 *db;
	struct near_store n;
	int64_t ids[NEAR_CANDIDATES_MAX];
	size_t found;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct error err = {0};

	assert_non_null(f);
	assert_int_equal(sqlite3_open(":memory:", &f->db), SQLITE_OK);
	assert_int_equal(sql_exec(f->db, NEAR_SCHEMA, &err, "cannot make tables"), 0);
	if (near_store_init(&f->n, f->db, &err) != 0)
		fail_msg("%s", err.text);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	near_store_release(&f->n);
	assert_int_equal(sqlite3_close(f->db), SQLITE_OK);
	free(f);
	return 0;
}

/* Keeps the item by count shingles from first on. */
static void index_item(struct fixture *f, int64_t id, uint64_t first, size_t count, int64_t at_ms)
{
	uint64_t shingles[NEAR_SHINGLES_MAX];
	struct error err = {0};

	for (size_t i = 0; i < count; i++)
		shingles[i] = first + i;
	if (near_store_index(&f->n, id, shingles, count, at_ms, &err) != 0)
		fail_msg("%s", err.text);
}

static void find(struct fixture *f, uint64_t first, size_t count, int64_t at_ms)
{
	uint64_t shingles[NEAR_SHINGLES_MAX];
	struct error err = {0};

	for (size_t i = 0; i < count; i++)
		shingles[i] = first + i;
	if (near_store_find(&f->n, shingles, count, at_ms, f->ids, &f->found, &err) != 0)
		fail_msg("%s", err.text);
}

static void put(struct fixture *f, int64_t id, int64_t story, int64_t seen_ms, struct str sketch)
{
	struct near_item item = {.item_id = id, .story_id = story, .source = 3, .seen_ms = seen_ms};
	struct error err = {0};

	if (near_store_put(&f->n, &item, sketch, &err) != 0)
		fail_msg("%s", err.text);
}

static void most_shared_come_first(void **state)
{
	struct fixture *f = *state;

	index_item(f, 1, 100, 32, NOW_MS);
	index_item(f, 2, 120, 32, NOW_MS);
	index_item(f, 3, 100, 32, NOW_MS);
	index_item(f, 4, 500, 32, NOW_MS);
	find(f, 100, 32, NOW_MS);
	assert_int_equal(f->found, 3);
	/* of equals the later one */
	assert_int_equal(f->ids[0], 3);
	assert_int_equal(f->ids[1], 1);
	assert_int_equal(f->ids[2], 2);
	find(f, 500, 1, NOW_MS);
	assert_int_equal(f->found, 1);
	assert_int_equal(f->ids[0], 4);
	find(f, 9000, 32, NOW_MS);
	assert_int_equal(f->found, 0);
	find(f, 100, 0, NOW_MS);
	assert_int_equal(f->found, 0);
}

static void at_most_sixteen_are_found(void **state)
{
	struct fixture *f = *state;

	for (int64_t id = 1; id <= 40; id++)
		index_item(f, id, 100, id == 7 ? 20 : 10, NOW_MS);
	find(f, 100, 20, NOW_MS);
	assert_int_equal(f->found, NEAR_CANDIDATES_MAX);
	assert_int_equal(f->ids[0], 7);
	assert_int_equal(f->ids[1], 40);
}

/* Found in its week and the two after; then its table is another week's. */
static void weeks_turn(void **state)
{
	struct fixture *f = *state;
	int64_t last_ms = NOW_MS + WEEK_MS - 1;

	index_item(f, 1, 100, 8, NOW_MS);
	index_item(f, 2, 100, 8, last_ms);
	for (int64_t week = 0; week < 4; week++) {
		find(f, 100, 8, NOW_MS + week * WEEK_MS);
		assert_int_equal(f->found, week < 3 ? 2 : 0);
		find(f, 100, 8, last_ms + week * WEEK_MS);
		assert_int_equal(f->found, week < 3 ? 2 : 0);
	}
	index_item(f, 3, 100, 8, NOW_MS + 4 * WEEK_MS);
	find(f, 100, 8, NOW_MS + 4 * WEEK_MS);
	assert_int_equal(f->found, 1);
	assert_int_equal(f->ids[0], 3);
}

/* No report for a year: the table that comes next is as old as that, and is emptied none the less. */
static void long_silence_leaves_nothing_behind(void **state)
{
	struct fixture *f = *state;

	index_item(f, 1, 100, 8, NOW_MS);
	index_item(f, 2, 200, 8, NOW_MS + 52 * WEEK_MS);
	find(f, 100, 8, NOW_MS + 52 * WEEK_MS);
	assert_int_equal(f->found, 0);
	/* and a clock that was set back does not stop it */
	index_item(f, 3, 300, 8, NOW_MS);
	find(f, 300, 8, NOW_MS);
	assert_int_equal(f->found, 1);
	find(f, 300, 8, -WEEK_MS);
	assert_int_equal(f->found, 1);
}

static void an_item_comes_back_and_keeps_its_day(void **state)
{
	static const char none[] = "\x01\x00\x00\x00\x09\x00\x00\x00\x00\x00\x00";
	struct str sketch = str_make(none, 12);
	struct fixture *f = *state;
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

static void what_is_old_expires_a_few_at_a_time(void **state)
{
	struct fixture *f = *state;
	struct error err = {0};
	int64_t members[NEAR_MEMBERS_MAX];
	size_t found;

	for (int64_t id = 1; id <= 10; id++)
		put(f, id, 1, NOW_MS + id, STR(""));
	assert_int_equal(near_store_expire(&f->n, NOW_MS + 1, &err), 0);
	assert_int_equal(near_store_members(&f->n, 1, members, &found, &err), 0);
	assert_int_equal(found, 10);
	assert_int_equal(near_store_expire(&f->n, NOW_MS + 7, &err), 0);
	assert_int_equal(near_store_members(&f->n, 1, members, &found, &err), 0);
	assert_int_equal(found, 6);
	assert_int_equal(near_store_expire(&f->n, NOW_MS + 7, &err), 0);
	assert_int_equal(near_store_members(&f->n, 1, members, &found, &err), 0);
	assert_int_equal(found, 4);
	assert_int_equal(members[0], 7);
}

static void numbers_of_weeks_are_kept(void **state)
{
	struct fixture *f = *state;
	struct error err = {0};
	int64_t week = -1;

	assert_int_equal(near_store_get_week(&f->n, "halved", &week, &err), 0);
	assert_int_equal(near_store_set_week(&f->n, "halved", 2968, &err), 0);
	assert_int_equal(near_store_set_week(&f->n, "halved", 2972, &err), 0);
	assert_int_equal(near_store_get_week(&f->n, "halved", &week, &err), 1);
	assert_int_equal(week, 2972);
	assert_int_equal(near_week(NOW_MS), 2968);
	assert_int_equal(near_week(NOW_MS - 1), 2967);
	assert_int_equal(near_week(-1), 0);
}

/* A page of another version's size is left out, the others are taken. */
static void foreign_pages_of_counts_are_left_out(void **state)
{
	static char page[BOILERPLATE_PAGE];
	struct fixture *f = *state;
	struct error err = {0};
	struct boilerplate *b = boilerplate_new(&err);

	assert_non_null(b);
	memset(page, 9, sizeof(page));
	for (size_t i = 0; i < BOILERPLATE_PAGES; i++)
		assert_int_equal(near_store_save_page(&f->n, i, str_make(page, sizeof(page)), &err), 0);
	assert_int_equal(near_store_save_page(&f->n, 0, str_make(page, 100), &err), 0);
	assert_int_equal(near_store_save_page(&f->n, 70000, str_make(page, sizeof(page)), &err), 0);
	assert_int_equal(near_store_load_phrases(&f->n, b, &err), 0);
	assert_in_range(boilerplate_frequency(b, 12345), 0, 9);
	assert_int_equal(boilerplate_frequency(b, UINT64_C(0xfedcba987654)), 9);
	boilerplate_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(most_shared_come_first, set_up, tear_down),
		cmocka_unit_test_setup_teardown(at_most_sixteen_are_found, set_up, tear_down),
		cmocka_unit_test_setup_teardown(weeks_turn, set_up, tear_down),
		cmocka_unit_test_setup_teardown(long_silence_leaves_nothing_behind, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_item_comes_back_and_keeps_its_day, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_old_expires_a_few_at_a_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(numbers_of_weeks_are_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(foreign_pages_of_counts_are_left_out, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
