/* SPDX-License-Identifier: ISC */
/* Damaged rows are counted once each, also when the checks meet them again every day. */
#include "../test.h"
#include "sitrep/base/log.h"
#include "sitrep/sql/damage.h"

enum { ROWS = 4 * DAMAGE_ROWS_MAX };

static uint64_t counted(void)
{
	struct damage d;

	damage_get(&d);
	return d.rows;
}

static void note_rows(void)
{
	for (int64_t id = 1; id <= ROWS; id++) {
		damage_note_row("item", id, "record");
		damage_note_row("event", id, "detail");
	}
}

TEST(rows_are_counted_once)
{
	log_set_level(LOG_LEVEL_ERROR);
	assert_int_equal(counted(), 0);
	note_rows();
	assert_int_equal(counted(), 2 * ROWS);
	note_rows();
	assert_int_equal(counted(), 2 * ROWS);
}

/* The number stays below a bound, however many rows there are. */
TEST(more_rows_than_can_be_told_apart)
{
	for (int pass = 0; pass < 2; pass++)
		for (int64_t id = 1; id <= 2 * DAMAGE_COUNTED_MAX; id++)
			damage_note_row("story", id, "uid");
	assert_int_equal(counted(), DAMAGE_COUNTED_MAX);
}

TEST(tables_are_counted_once)
{
	struct damage d;

	for (int pass = 0; pass < 2; pass++) {
		damage_note_table("item", "row 1 missing from index item_uid");
		damage_note_table("event", "malformed");
	}
	damage_get(&d);
	assert_int_equal(d.tables, 2);
	assert_string_equal(d.text, "table item is damaged: row 1 missing from index item_uid");
}
