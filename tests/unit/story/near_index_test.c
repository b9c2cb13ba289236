/* SPDX-License-Identifier: ISC */
/* The index of shingles: what is found in it, in which order, for how long, and what is left of it after a failure. */
#include "../../../daemon/story/near_schema.h"
#include "../ask.h"
#include "sitrep/sql/damage.h"
#include "sitrep/sql/database.h"
#include "sitrep/sql/sql.h"
#include "sitrep/story/near_compact.h"
#include "sitrep/story/near_index.h"

#define WEEK_MS (INT64_C(7) * 24 * 3600 * 1000)
/* The first instant of a week whose table is the first one. */
#define NOW_MS (2968 * WEEK_MS)

struct fixture {
	struct sql_db *db;
	struct near_store store;
	struct near_index n;
	int64_t ids[NEAR_CANDIDATES_MAX];
	int64_t last_id;
};

static void open_index(struct fixture *f)
{
	struct error err = {0};

	assert_ok(near_store_init(&f->store, f->db, &err) == 0 && near_index_init(&f->n, f->db, &f->store, &err) == 0,
		err);
}

static void close_index(struct fixture *f)
{
	near_index_release(&f->n);
	near_store_release(&f->store);
	memset(&f->n, 0, sizeof(f->n));
}

static void set_up(struct fixture *f)
{
	struct error err = {0};

	assert_int_equal(sql_open(&f->db, NULL, SQL_MEMORY, &err, "test"), 0);
	assert_int_equal(sql_exec(f->db, NEAR_SCHEMA, &err, "cannot make tables"), 0);
	open_index(f);
}

static void tear_down(struct fixture *f)
{
	close_index(f);
	assert_int_equal(sql_close(f->db), 0);
}

FIXTURE(fixture, set_up, tear_down)

/* Spread over the buckets, as hashes are; ascending. */
static uint64_t shingle_of(uint64_t number)
{
	return (number << 34 | number) & ((UINT64_C(1) << SKETCH_SHINGLE_BITS) - 1);
}

/* Keeps the item by count shingles from first on. */
static void index_item(struct fixture *f, int64_t id, uint64_t first, size_t count, int64_t at_ms)
{
	uint64_t shingles[NEAR_SHINGLES_MAX];
	struct error err = {0};

	for (size_t i = 0; i < count; i++)
		shingles[i] = shingle_of(first + i);
	assert_ok(near_index_add(&f->n, id, id <= f->last_id, shingles, count, at_ms, &err) == 0, err);
	f->last_id = id > f->last_id ? id : f->last_id;
}

/* How many have some of count shingles from first on; ids has them. */
static size_t find(struct fixture *f, uint64_t first, size_t count, int64_t at_ms)
{
	uint64_t shingles[NEAR_SHINGLES_MAX];
	struct error err = {0};
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		shingles[i] = shingle_of(first + i);
	assert_ok(near_index_find(&f->n, shingles, count, at_ms, f->ids, &found, &err) == 0, err);
	return found;
}

TEST_ON(most_shared_come_first, fixture, f)
{
	index_item(f, 1, 100, 32, NOW_MS);
	index_item(f, 2, 120, 32, NOW_MS);
	index_item(f, 3, 100, 32, NOW_MS);
	index_item(f, 4, 500, 32, NOW_MS);
	assert_int_equal(find(f, 100, 32, NOW_MS), 3);
	/* of equals the later one */
	assert_int_equal(f->ids[0], 3);
	assert_int_equal(f->ids[1], 1);
	assert_int_equal(f->ids[2], 2);
	assert_int_equal(find(f, 500, 1, NOW_MS), 1);
	assert_int_equal(f->ids[0], 4);
	assert_int_equal(find(f, 9000, 32, NOW_MS), 0);
	assert_int_equal(find(f, 100, 0, NOW_MS), 0);
}

TEST_ON(at_most_sixteen_are_found, fixture, f)
{
	for (int64_t id = 1; id <= 40; id++)
		index_item(f, id, 100, id == 7 ? 20 : 10, NOW_MS);
	assert_int_equal(find(f, 100, 20, NOW_MS), NEAR_CANDIDATES_MAX);
	assert_int_equal(f->ids[0], 7);
	assert_int_equal(f->ids[1], 40);
}

/* Found in its week and the two after; then its table is another week's. */
TEST_ON(weeks_turn, fixture, f)
{
	int64_t last_ms = NOW_MS + WEEK_MS - 1;

	index_item(f, 1, 100, 8, NOW_MS);
	index_item(f, 2, 100, 8, last_ms);
	for (int64_t week = 0; week < 4; week++) {
		assert_int_equal(find(f, 100, 8, NOW_MS + week * WEEK_MS), week < 3 ? 2 : 0);
		assert_int_equal(find(f, 100, 8, last_ms + week * WEEK_MS), week < 3 ? 2 : 0);
	}
	index_item(f, 3, 100, 8, NOW_MS + 4 * WEEK_MS);
	assert_int_equal(find(f, 100, 8, NOW_MS + 4 * WEEK_MS), 1);
	assert_int_equal(f->ids[0], 3);
}

/* No report for a year: the table that comes next is as old as that, and is emptied none the less. */
TEST_ON(long_silence_leaves_nothing_behind, fixture, f)
{
	index_item(f, 1, 100, 8, NOW_MS);
	index_item(f, 2, 200, 8, NOW_MS + 52 * WEEK_MS);
	assert_int_equal(find(f, 100, 8, NOW_MS + 52 * WEEK_MS), 0);
	/* and a clock that was set back does not stop it */
	index_item(f, 3, 300, 8, NOW_MS);
	assert_int_equal(find(f, 300, 8, NOW_MS), 1);
	assert_int_equal(find(f, 300, 8, -WEEK_MS), 1);
}

static void run_sql(struct fixture *f, const char *sql)
{
	run_statements(f->db, sql);
}

static int64_t count(struct fixture *f, const char *query)
{
	return ask_number(f->db, query);
}

/* Items 1 to count, of 32 shingles each that no other has but its neighbours. */
enum { MANY = 2 * POSTING_BUFFER_MAX / NEAR_SHINGLES_MAX + 100 };

static void index_many(struct fixture *f, int64_t from, int64_t to)
{
	for (int64_t id = from; id <= to; id++)
		index_item(f, id, (uint64_t)id * 16, 32, NOW_MS + id);
}

static void find_many(struct fixture *f)
{
	for (int64_t id = 2; id < MANY; id += 7) {
		assert_int_equal(find(f, (uint64_t)id * 16, 32, NOW_MS + WEEK_MS), 3);
		assert_int_equal(f->ids[0], id);
		assert_int_equal(f->ids[1], id + 1);
		assert_int_equal(f->ids[2], id - 1);
	}
}

/* Some of them lie in the tables, some still wait; another process finds the same. */
TEST_ON(what_waits_is_found_like_the_rest, fixture, f)
{
	index_many(f, 1, MANY);
	assert_int_not_equal(count(f, "SELECT count(*) FROM near_pending"), 0);
	assert_in_range(count(f, "SELECT count(*) FROM near_pending"), 1, 200);
	assert_in_range(count(f, "SELECT count(*) FROM near_bucket_0"), 1, 2 * 8192);
	assert_int_equal(near_index_postings(&f->n), (int64_t)MANY * 32);
	find_many(f);
	close_index(f);
	open_index(f);
	assert_int_equal(near_index_postings(&f->n), (int64_t)MANY * 32);
	find_many(f);
}

/* Undone with what had just been written into the tables, and taken in again. */
TEST_ON(what_is_undone_is_forgotten, fixture, f)
{
	int64_t half = MANY / 2 - 100;

	run_sql(f, "BEGIN");
	index_many(f, 1, half);
	run_sql(f, "COMMIT; BEGIN; SAVEPOINT outcome");
	index_many(f, half + 1, MANY);
	run_sql(f, "ROLLBACK TO outcome; RELEASE outcome");
	f->last_id = half;
	near_index_rolled_back(&f->n);
	assert_int_equal(find(f, (uint64_t)MANY * 16, 32, NOW_MS), 0);
	assert_int_equal(near_index_postings(&f->n), half * 32);
	index_many(f, half + 1, MANY);
	run_sql(f, "COMMIT");
	find_many(f);
	assert_int_equal(near_index_postings(&f->n), (int64_t)MANY * 32);
}

/* The table of a week that has left the window is emptied when its turn comes, and its filter with it. */
TEST_ON(an_emptied_table_is_empty, fixture, f)
{
	index_many(f, 1, MANY);
	index_item(f, MANY + 1, 16, 32, NOW_MS + 4 * WEEK_MS);
	index_item(f, MANY + 2, 16, 32, NOW_MS + 5 * WEEK_MS);
	assert_int_equal(count(f, "SELECT count(*) FROM near_bucket_0"), 16);
	assert_int_equal(find(f, 16, 32, NOW_MS + 4 * WEEK_MS), 2);
	assert_int_equal(near_index_postings(&f->n), 64);
}

TEST_ON(a_revision_counts_once, fixture, f)
{
	index_item(f, 1, 100, 20, NOW_MS);
	for (int i = 0; i < 10; i++) {
		index_item(f, 1, 100, 20, NOW_MS);
		index_item(f, 1, 110, 11, NOW_MS + WEEK_MS);
	}
	assert_int_equal(near_index_postings(&f->n), 21);
	index_item(f, 2, 100, 21, NOW_MS);
	index_item(f, 2, 100, 22, NOW_MS);
	assert_int_equal(find(f, 100, 32, NOW_MS), 2);
	assert_int_equal(f->ids[0], 2);
}

static void damage(struct fixture *f, const char *text)
{
	struct error err = {0};

	close_index(f);
	assert_ok(sql_exec(f->db, text, &err, "cannot damage the index") == 0, err);
	open_index(f);
}

/* A turned byte costs what one flush wrote into one bucket. */
TEST_ON(damaged_postings_are_left_out, fixture, f)
{
	struct damage before, after;
	int64_t id = 1;

	/* what is written when the buffer is full lies in the table */
	for (; id <= POSTING_BUFFER_MAX / 32 + 1; id++)
		index_item(f, id, (uint64_t)id * 32, 32, NOW_MS);
	assert_int_equal(find(f, 100 * 32, 32, NOW_MS), 1);
	assert_int_equal(f->ids[0], 100);
	damage_get(&before);
	damage(f, "UPDATE near_bucket_0 SET postings = CAST(x'ffffffff' || substr(postings, 5) AS BLOB)");
	assert_int_equal(find(f, 100 * 32, 32, NOW_MS), 0);
	damage_get(&after);
	assert_true(after.rows > before.rows);
	/* what comes after is found */
	index_item(f, ++id, 10000000, 32, NOW_MS);
	assert_int_equal(find(f, 10000000, 32, NOW_MS), 1);
}

static void compact(struct fixture *f)
{
	struct near_compact c;
	struct error err = {0};
	int result = near_compact_init(&c, f->db, &err);

	while (result == 0 && (result = near_compact_step(&c, &f->n, &err)) == 1)
		result = 0;
	near_compact_release(&c);
	if (result != 0)
		fail_msg("%s", err.text);
}

TEST_ON(damaged_postings_are_removed, fixture, f)
{
	for (int64_t id = 1; id <= POSTING_BUFFER_MAX / 32 + 1; id++)
		index_item(f, id, (uint64_t)id * 32, 32, NOW_MS);
	damage(f, "UPDATE near_bucket_0 SET postings = CAST(x'ffffffff' || substr(postings, 5) AS BLOB)");
	assert_true(count(f, "SELECT count(*) FROM near_bucket_0") > 0);
	compact(f);
	assert_int_equal(count(f, "SELECT count(*) FROM near_bucket_0"), 0);
}

/* Postings of programs that wrote no sums are found, and so are those that are added behind them. */
TEST_ON(postings_without_sums_are_found, fixture, f)
{
	int64_t id = 1;

	damage(f, "INSERT OR REPLACE INTO near_state VALUES('week_0', 2968), ('postings_0', 1);"
		  /* bucket, tag and item of shingle_of(7), the item being 77 */
		  "INSERT INTO near_bucket_0 VALUES((7 << 34 | 7) >> 35 << 32, CAST(x'00000080' || x'4d0000000000' AS "
		  "BLOB))");
	assert_int_equal(find(f, 7, 1, NOW_MS), 1);
	assert_int_equal(f->ids[0], 77);
	for (; id <= POSTING_BUFFER_MAX / 32 + 1; id++)
		index_item(f, id, (uint64_t)id * 32, 32, NOW_MS);
	assert_int_equal(find(f, 7, 1, NOW_MS), 1);
	assert_int_equal(f->ids[0], 77);
	find(f, 100 * 32, 32, NOW_MS);
	assert_int_equal(f->ids[0], 100);
}

TEST_ON(a_week_out_of_place_is_none, fixture, f)
{
	static const char *const weeks[] = {"-1", "-9223372036854775808", "9223372036854775807", "2969", "1"};

	for (size_t i = 0; i < sizeof(weeks) / sizeof(weeks[0]); i++) {
		char text[200];

		snprintf(text, sizeof(text), "UPDATE near_state SET value = %s; UPDATE near_pending SET week = %s",
			weeks[i], weeks[i]);
		index_item(f, (int64_t)i + 1, 100 * (i + 1), 20, NOW_MS);
		damage(f, text);
		index_item(f, (int64_t)i + 50, 5000 * (i + 1), 20, NOW_MS);
		assert_int_equal(find(f, 5000 * (i + 1), 20, NOW_MS), 1);
	}
}
