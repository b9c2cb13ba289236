/* SPDX-License-Identifier: ISC */
/* A struct that is kept as one row. */
#include "../ask.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/log.h"
#include "sitrep/sql/damage.h"
#include "sitrep/sql/database.h"
#include "sitrep/sql/row.h"

static const char what[] = "cannot test";

struct ship {
	int64_t id;
	bool afloat;
	int guns;
	int64_t tons, launched_ms;
	char *name, *port;
	uint8_t mark;
};

static int encode_mark(const void *row, struct buf *out)
{
	const struct ship *s = row;

	return s->mark != 0 ? buf_append(out, &s->mark, 1) : 0;
}

static int decode_mark(void *row, struct str bytes)
{
	((struct ship *)row)->mark = bytes.len == 1 ? (uint8_t)bytes.data[0] : 0;
	return 0;
}

#define SHIP(member) offsetof(struct ship, member)

static const struct row_column columns[] = {
	{.name = "id", .type = ROW_INT64, .offset = SHIP(id), .high = INT64_MAX},
	{.name = "afloat", .type = ROW_BOOL, .offset = SHIP(afloat)},
	{.name = "guns", .type = ROW_INT, .offset = SHIP(guns), .low = 1, .high = 100, .otherwise = 7},
	{.name = "tons", .type = ROW_INT64, .offset = SHIP(tons), .high = INT64_C(1) << 40},
	{.name = "launched", .type = ROW_TIME, .offset = SHIP(launched_ms)},
	{.name = "name", .type = ROW_NAME, .offset = SHIP(name), .is_read_only = true},
	{.name = "port", .type = ROW_TEXT, .offset = SHIP(port)},
	{.name = "mark", .type = ROW_SEALED, .encode = encode_mark, .decode = decode_mark},
};

static const struct row_table updated = {
	.name = "ship",
	.columns = columns,
	.count = sizeof(columns) / sizeof(columns[0]),
	.selected = " WHERE id = ?1",
};
static const struct row_table replaced = {
	.name = "ship",
	.columns = columns,
	.count = sizeof(columns) / sizeof(columns[0]),
	.selected = "",
	.is_replaced = true,
};

struct fixture {
	struct sql_db *db;
	struct sql_stmt *load, *save;
	struct ship ship;
};

static void empty(struct ship *s)
{
	free(s->name);
	free(s->port);
	*s = (struct ship){0};
}

static void set_up(struct fixture *f)
{
	log_set_level(LOG_LEVEL_ERROR);
	assert_int_equal(sql_open(&f->db, NULL, SQL_MEMORY, NULL, what), 0);
	run_statements(f->db, "CREATE TABLE ship(id INTEGER PRIMARY KEY, afloat INTEGER, guns INTEGER, tons INTEGER, "
			      "launched INTEGER,"
			      " name TEXT DEFAULT 'Fram', port TEXT, mark BLOB); INSERT INTO ship(id) VALUES(3), (4)");
	assert_int_equal(row_prepare(&updated, f->db, &f->load, &f->save, NULL), 0);
}

static void tear_down(struct fixture *f)
{
	empty(&f->ship);
	sql_finalize(&f->load, 1);
	sql_finalize(&f->save, 1);
	assert_int_equal(sql_close(f->db), 0);
}

FIXTURE(fixture, set_up, tear_down)

static void load(struct fixture *f, int64_t id)
{
	empty(&f->ship);
	assert_int_equal(sql_find(f->load, NULL, what, as_int(id)), 1);
	assert_int_equal(row_read(&updated, f->load, &f->ship), 0);
	sql_reset(f->load);
}

static void assert_text(
	const struct row_table *t, int (*write)(const struct row_table *, struct buf *), const char *expected)
{
	struct buf *out = scratch(1000);

	assert_int_equal(write(t, out), 0);
	assert_string_equal(out->data, expected);
}

TEST(texts_follow_from_the_columns)
{
	assert_text(&updated, row_write_select,
		"SELECT id, afloat, guns, tons, launched, name, port, mark FROM ship WHERE id = ?1");
	assert_text(&updated, row_write_save,
		"UPDATE ship SET afloat = ?2, guns = ?3, tons = ?4, launched = ?5, port = ?6, mark = ?7 WHERE id = ?1");
	assert_text(&replaced, row_write_save,
		"INSERT OR REPLACE INTO ship(id, afloat, guns, tons, launched, port, mark)"
		" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)");
}

TEST_ON(a_saved_row_is_read_again, fixture, f)
{
	char port[] = "Horten";
	struct ship ship = {.id = 4,
		.afloat = true,
		.guns = 12,
		.tons = INT64_C(1) << 35,
		.launched_ms = 1000,
		.port = port,
		.mark = 9};

	assert_int_equal(row_save(&updated, f->save, &ship, NULL, what), 0);
	load(f, 4);
	assert_int_equal(f->ship.id, 4);
	assert_true(f->ship.afloat);
	assert_int_equal(f->ship.guns, 12);
	assert_int_equal(f->ship.tons, INT64_C(1) << 35);
	assert_int_equal(f->ship.launched_ms, 1000);
	assert_string_equal(f->ship.name, "Fram"); /* read only */
	assert_string_equal(f->ship.port, "Horten");
	assert_int_equal(f->ship.mark, 9);
	ship.launched_ms = TIME_NONE;
	ship.port = NULL;
	ship.mark = 0;
	assert_int_equal(row_save(&updated, f->save, &ship, NULL, what), 0);
	assert_int_equal(
		ask_number(f->db, "SELECT launched IS NULL AND port IS NULL AND mark IS NULL FROM ship WHERE id = 4"),
		1);
	assert_int_equal(ask_number(f->db, "SELECT count(*) FROM ship WHERE guns IS NULL"), 1); /* the other one */
}

TEST_ON(a_value_that_makes_no_sense_is_replaced, fixture, f)
{
	struct damage before, after;

	run_statements(f->db,
		"UPDATE ship SET guns = 101, tons = -1, launched = 9223372036854775807, name = NULL, port = x'ff41',"
		" mark = x'09'");
	damage_get(&before);
	load(f, 3);
	damage_get(&after);
	assert_int_equal(f->ship.guns, 7);
	assert_int_equal(f->ship.tons, 0);
	assert_int_equal(f->ship.launched_ms, TIME_NONE);
	assert_string_equal(f->ship.name, "");
	assert_string_equal(f->ship.port, "");
	assert_int_equal(f->ship.mark, 9); /* blobs of before have no seal */
	assert_int_equal(after.rows - before.rows, 1);
}

TEST_ON(bytes_that_do_not_fit_their_seal_are_forgotten, fixture, f)
{
	struct ship ship = {.id = 3, .guns = 1, .mark = 9};

	assert_int_equal(row_save(&updated, f->save, &ship, NULL, what), 0);
	assert_int_equal(ask_number(f->db, "SELECT length(mark) FROM ship WHERE id = 3"), 11);
	run_statements(f->db, "UPDATE ship SET mark = CAST(x'08' || substr(mark, 2) AS BLOB) WHERE id = 3");
	load(f, 3);
	assert_int_equal(f->ship.mark, 0);
}
