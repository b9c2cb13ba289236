/* SPDX-License-Identifier: ISC */
/* The row of table counter.  It is read once and written once a transaction, so its statements are not kept. */
#include "sitrep/store/counters.h"

#include "sitrep/sql/damage.h"
#include "sitrep/sql/sql.h"
#include "sitrep/store/store.h"

/* 2^47 - 1: a posting has 6 bytes for an item's number (posting_row.h). */
#define NUMBER_MAX_TEXT "140737488355327"
static const int64_t number_max = INT64_C(140737488355327);

static const char cannot_read[] = "cannot read the database";

enum { LOAD_COUNTERS, COUNT_ROWS, LOAD_STATEMENTS };

/* False when a number is out of range (it is set to -1), or when item_id, cursor or alert_id is less than a stored one.
 */
static bool read_counters(struct sql_stmt *s, struct counters *t)
{
	*t = (struct counters){
		.item_id = sql_number(s, 0, 0, number_max, -1),
		.cursor = sql_number(s, 1, 0, number_max, -1),
		.generation = sql_number(s, 2, 0, number_max, -1),
		.changed_ms = sql_time_or(s, 3, 0),
		.items = sql_number(s, 4, 0, number_max, -1),
		.stories = sql_number(s, 5, 0, number_max, -1),
		.alert_id = sql_number(s, 8, 0, number_max, -1),
	};
	return t->item_id >= sql_int(s, 6) && t->cursor >= sql_int(s, 7) && t->alert_id >= sql_int(s, 9) &&
	       t->generation >= 0 && t->items >= 0 && t->stories >= 0;
}

/* The row is damaged or missing: counts the rows and makes it again. */
static int mend_counters(struct sql_db *db, struct sql_stmt *count, struct counters *t, struct error *err)
{
	const struct counters before = *t;
	int result = sql_step(count, err, cannot_read);

	damage_note_row("counter", 1, "numbers");
	if (result == 1) {
		read_counters(count, t);
		if (before.item_id > t->item_id)
			t->item_id = before.item_id;
		if (before.cursor > t->cursor)
			t->cursor = before.cursor;
		/* Alerts that were removed had lower numbers than their events. */
		if (t->alert_id < t->cursor)
			t->alert_id = t->cursor;
		/* A new generation, so that outputs cached by readers are not taken for current ones. */
		t->generation = before.generation >= 0 ? before.generation + 1 : t->changed_ms;
	}
	sql_reset(count);
	if (result < 0)
		return result;
	result = sql_exec(db, "INSERT OR IGNORE INTO counter VALUES(1, 0, 0, 0, 0, 0, 0, 0)", err, cannot_read);
	return result == 0 ? counters_save(db, t, err) : result;
}

int counters_load(struct sql_db *db, struct counters *t, struct error *err)
{
	static const char *const texts[LOAD_STATEMENTS] = {
		[LOAD_COUNTERS] = "SELECT item_id, cursor, generation, changed, items, stories,"
				  " (SELECT coalesce(max(id), 0) FROM item WHERE id <= " NUMBER_MAX_TEXT
				  "), (SELECT coalesce(max(cursor), 0) FROM event WHERE cursor <= " NUMBER_MAX_TEXT
				  "), alert_id, (SELECT coalesce(max(id), 0) FROM alert WHERE id <= " NUMBER_MAX_TEXT
				  ") FROM counter",
		[COUNT_ROWS] = "SELECT max((SELECT coalesce(max(id), 0) FROM item WHERE id <= " NUMBER_MAX_TEXT
			       "), (SELECT coalesce(max(item_id), 0) FROM ident WHERE item_id <= " NUMBER_MAX_TEXT
			       "), (SELECT coalesce(max(item_id), 0) FROM event WHERE item_id <= " NUMBER_MAX_TEXT
			       ")), (SELECT coalesce(max(cursor), 0) FROM event WHERE cursor <= " NUMBER_MAX_TEXT
			       "), 0, (SELECT coalesce(max(last_seen), 0) FROM story), (SELECT count(*) FROM item),"
			       " (SELECT count(*) FROM story), 0, 0, (SELECT coalesce(max(id), 0) FROM alert WHERE"
			       " id <= " NUMBER_MAX_TEXT "), 0",
	};
	struct sql_stmt *s[LOAD_STATEMENTS];
	bool is_sound = false;
	int result = sql_prepare(db, texts, LOAD_STATEMENTS, s, err);

	if (result != 0)
		return result;
	*t = (struct counters){.item_id = -1, .cursor = -1, .generation = -1};
	result = sql_step(s[LOAD_COUNTERS], err, cannot_read);
	if (result == 1)
		is_sound = read_counters(s[LOAD_COUNTERS], t);
	sql_reset(s[LOAD_COUNTERS]);
	if (result >= 0 && !is_sound)
		result = mend_counters(db, s[COUNT_ROWS], t, err);
	sql_finalize(s, LOAD_STATEMENTS);
	return result < 0 ? result : 0;
}

int counters_save(struct sql_db *db, const struct counters *t, struct error *err)
{
	return sql_run_once(db,
		"UPDATE counter SET item_id = ?1, cursor = ?2, generation = ?3, changed = ?4,"
		" items = ?5, stories = ?6, alert_id = ?7",
		err, "cannot save to the database", as_int(t->item_id), as_int(t->cursor), as_int(t->generation),
		as_int(t->changed_ms), as_int(t->items), as_int(t->stories), as_int(t->alert_id));
}

bool counters_equal(const struct counters *a, const struct counters *b)
{
	return a->item_id == b->item_id && a->cursor == b->cursor && a->generation == b->generation &&
	       a->changed_ms == b->changed_ms && a->items == b->items && a->stories == b->stories &&
	       a->alert_id == b->alert_id;
}
