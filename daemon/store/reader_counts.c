/* SPDX-License-Identifier: ISC */
/* Numbers of the database: cursors of the event log, generation, counts, size. */
#include <stdio.h>

#include "reader_internal.h"
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
	return sql_end(s, result < 0 ? result : 0);
}

int reader_instance(struct reader *r, char instance[INSTANCE_TEXT_MAX], struct error *err)
{
	struct sql_stmt *s = r->s[READ_INSTANCE];
	int result = sql_step(s, err, "cannot read the database's instance id");
	struct str text = result == 1 ? sql_text(s, 0) : STR("");

	instance[0] = '\0';
	if (text.len < INSTANCE_TEXT_MAX)
		snprintf(instance, INSTANCE_TEXT_MAX, "%.*s", STR_ARG(text));
	return sql_end(s, result < 0 ? result : 0);
}

int reader_cursor_before(struct reader *r, int64_t time_ms, int64_t *cursor, struct error *err)
{
	struct sql_stmt *s = r->s[READ_EVENT_TIME];
	int64_t low = 1, high = 0;
	int result = reader_begin(r, err);

	if (result != 0)
		return result;
	result = reader_cursors(r, &low, &high, err);
	/* The first event of that time or later is at low..high, or none is (low is high + 1). */
	while (result == 0 && low <= high) {
		int64_t middle = low + (high - low) / 2;
		bool is_later;

		result = sql_find(s, err, "cannot read the event log", as_int(middle));
		is_later = result != 1 || sql_time_or(s, 1, 0) >= time_ms;
		if (result == 1 && !is_later)
			middle = sql_int(s, 0);
		sql_reset(s);
		if (is_later)
			high = middle - 1;
		else
			low = middle + 1;
		result = result < 0 ? result : 0;
	}
	*cursor = low - 1;
	reader_end(r);
	return result;
}

int reader_feed_names(struct reader *r, feed_name_fn *fn, void *arg, struct error *err)
{
	struct sql_stmt *s = r->s[READ_FEED_NAMES];
	int result;

	while ((result = sql_step(s, err, "cannot read the names of the feeds")) == 1) {
		result = fn(arg, sql_text(s, 0), sql_text(s, 1));
		if (result != 0)
			break;
	}
	return sql_end(s, result);
}

int reader_generation(struct reader *r, int64_t *generation, int64_t *changed_ms, struct error *err)
{
	struct sql_stmt *s = r->s[READ_COUNTERS];
	int result = sql_step(s, err, "cannot read the database's generation");

	if (result == 1) {
		*generation = sql_number(s, 0, 0, INT64_MAX, 0);
		*changed_ms = sql_time_or(s, 1, 0);
	}
	return sql_end(s, result < 0 ? result : 0);
}

int reader_counts(struct reader *r, struct store_counts *counts, struct error *err)
{
	static const char cannot_count[] = "cannot read the database's counts";
	struct sql_stmt *s = r->s[READ_COUNTERS];
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
