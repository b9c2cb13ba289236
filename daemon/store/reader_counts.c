/* SPDX-License-Identifier: ISC */
/* Numbers of the database: cursors of the event log, generation, counts, size. */
#include "reader_internal.h"
#include "sitrep/base/clock.h"
#include "sitrep/sql/database.h"
#include "sitrep/sql/sql.h"

int reader_cursors(struct reader *r, int64_t *oldest, int64_t *newest, struct error *err)
{
	struct sql_stmt *s = r->s[READ_CURSORS];
	int result = sql_step(s, err, "cannot read the event log");

	if (result == 1) {
		*oldest = sql_int(s, 0);
		*newest = sql_int(s, 1);
	}
	sql_reset(s);
	return result < 0 ? result : 0;
}

int reader_generation(struct reader *r, int64_t *generation, int64_t *changed_ms, struct error *err)
{
	struct sql_stmt *s = r->s[READ_TOTAL];
	int result = sql_step(s, err, "cannot read the database's generation");

	if (result == 1) {
		*generation = sql_number(s, 0, 0, INT64_MAX, 0);
		*changed_ms = sql_time_or(s, 1, 0);
	}
	sql_reset(s);
	return result < 0 ? result : 0;
}

int reader_counts(struct reader *r, struct store_counts *counts, struct error *err)
{
	static const char cannot_count[] = "cannot read the database's counts";
	struct sql_stmt *s = r->s[READ_TOTAL];
	int64_t oldest = 0, newest = 0;
	int result = reader_begin(r, err);

	*counts = (struct store_counts){0};
	if (result != 0)
		return result;
	result = sql_step(s, err, cannot_count);
	if (result == 1) {
		counts->items = sql_number(s, 2, 0, INT64_MAX, 0);
		counts->stories = sql_number(s, 3, 0, INT64_MAX, 0);
	}
	sql_reset(s);
	if (result >= 0)
		result = reader_cursors(r, &oldest, &newest, err);
	/* An estimate: the log has gaps, since events go with items that [keep] size removes. */
	counts->events = newest < oldest ? 0 : newest - oldest + 1;
	if (result >= 0)
		result = sql_get_int(r->s[READ_FEED_COUNT], &counts->feeds, err, cannot_count);
	if (result >= 0)
		result = sql_get_int(r->s[READ_SIZE], &counts->database_bytes, err, cannot_count);
	counts->database_bytes += sql_wal_bytes(r->store.db);
	reader_end(r);
	return result < 0 ? result : 0;
}
