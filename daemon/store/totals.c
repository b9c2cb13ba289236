/* The one row of numbers that the whole database shares.  It is read once and written once a transaction,
 * so its statements are not kept. */
#include "totals.h"

#include <errno.h>

#include "sitrep/store.h"
#include "sql.h"

int totals_load(sqlite3 *db, struct totals *t, struct error *err)
{
	static const char *const text[] = {"SELECT max(item_id, (SELECT coalesce(max(id), 0) FROM item)),"
					   " max(cursor, (SELECT coalesce(max(cursor), 0) FROM event)), generation, "
					   "changed, items, stories FROM total"};
	sqlite3_stmt *s[1];
	int result = sql_prepare(db, text, 1, s, err);

	if (result != 0)
		return result;
	result = sql_step(s[0], err, "cannot read the database");
	if (result == 1)
		*t = (struct totals){
			.item_id = sqlite3_column_int64(s[0], 0),
			.cursor = sqlite3_column_int64(s[0], 1),
			.generation = sqlite3_column_int64(s[0], 2),
			.changed_ms = sqlite3_column_int64(s[0], 3),
			.items = sqlite3_column_int64(s[0], 4),
			.stories = sqlite3_column_int64(s[0], 5),
		};
	else if (result == 0)
		result = error_set(err, -EUCLEAN, "the database is damaged: its totals are missing");
	sql_finalize(s, 1);
	return result < 0 ? result : 0;
}

int totals_save(sqlite3 *db, const struct totals *t, struct error *err)
{
	static const char *const text[] = {"UPDATE total SET item_id = ?1, cursor = ?2, generation = ?3, changed = ?4,"
					   " items = ?5, stories = ?6"};
	sqlite3_stmt *s[1];
	int result = sql_prepare(db, text, 1, s, err);

	if (result != 0)
		return result;
	sql_bind_int(s[0], 1, t->item_id);
	sql_bind_int(s[0], 2, t->cursor);
	sql_bind_int(s[0], 3, t->generation);
	sql_bind_int(s[0], 4, t->changed_ms);
	sql_bind_int(s[0], 5, t->items);
	sql_bind_int(s[0], 6, t->stories);
	result = sql_done(s[0], err, "cannot save to the database");
	sql_finalize(s, 1);
	return result;
}

bool totals_equal(const struct totals *a, const struct totals *b)
{
	return a->item_id == b->item_id && a->cursor == b->cursor && a->generation == b->generation &&
	       a->changed_ms == b->changed_ms && a->items == b->items && a->stories == b->stories;
}
