/* SPDX-License-Identifier: ISC */
/* Items are numbered in the order of arrival, so the first one of the period is found from the newest backwards. */
#include "sitrep/store/history.h"

#include "sitrep/base/arena.h"
#include "sitrep/rules/rule.h"
#include "sitrep/sql/sql.h"
#include "sitrep/sql/statements.h"
#include "sitrep/store/record.h"
#include "sitrep/store/store.h"

enum { DECODED_MAX = 16 * 1024 * 1024 };
enum { HISTORY_BEGIN, HISTORY_TIMES, HISTORY_ITEMS, HISTORY_END, HISTORY_STATEMENTS };

static const char *const texts[HISTORY_STATEMENTS] = {
	[HISTORY_BEGIN] = "BEGIN",
	[HISTORY_TIMES] = "SELECT id, first_seen FROM item ORDER BY id DESC",
	[HISTORY_ITEMS] = "SELECT " HISTORY_COLUMNS
			  " FROM item i JOIN feed f ON f.id = i.feed_id JOIN story s ON s.id = i.story_id"
			  " WHERE i.id >= ?1 ORDER BY i.id",
	[HISTORY_END] = "COMMIT",
};
SQL_TEXTS(texts, HISTORY_STATEMENTS);

static const char cannot_read[] = "cannot read the stored items";

/* *first: the oldest item of the period; INT64_MAX: there is none. */
static int find_first(struct sql_stmt *s, int64_t since_ms, int64_t *first, struct error *err)
{
	int result;

	*first = INT64_MAX;
	while ((result = sql_step(s, err, cannot_read)) == 1 && sql_time_or(s, 1, 0) >= since_ms)
		*first = sql_int(s, 0);
	return sql_end(s, result < 0 ? result : 0);
}

int history_take(struct sql_stmt *s, struct arena *a, history_fn *fn, void *arg)
{
	struct item item;
	struct history_item it = {
		.item_id = sql_int(s, 0),
		.story_id = sql_int(s, 1),
		.feed_id = sql_int(s, 11),
		.seen_ms = sql_time_or(s, 2, 0),
		.feed = sql_text(s, 3),
		.categories = sql_text(s, 4),
		.source = sql_text(s, 5),
		.publisher = sql_text(s, 6),
		.story_sort_ms = sql_time_or(s, 7, 0),
		.story_sources = sql_int(s, 8),
		.story_priority = (int)sql_number(s, 9, RULE_LOW, RULE_URGENT, RULE_NO_PRIORITY),
		.item = &item,
	};

	arena_clear(a);
	return record_decode(sql_blob(s, 10), it.item_id, a, &item) == 0 ? fn(arg, &it) : 0;
}

int history_read(const char *state_dir, int64_t since_ms, history_fn *fn, void *arg, struct error *err)
{
	struct sql_stmt *s[HISTORY_STATEMENTS] = {NULL};
	struct store store;
	struct arena a;
	int64_t first = INT64_MAX;
	int result = store_open(&store, state_dir, STORE_READ, err);

	if (result != 0)
		return result;
	arena_init(&a, DECODED_MAX);
	result = sql_prepare(store.db, texts, HISTORY_STATEMENTS, s, err);
	if (result == 0)
		result = sql_done(s[HISTORY_BEGIN], err, cannot_read);
	if (result == 0)
		result = find_first(s[HISTORY_TIMES], since_ms, &first, err);
	if (result == 0)
		sql_bind(s[HISTORY_ITEMS], as_int(first));
	while (result == 0 && (result = sql_step(s[HISTORY_ITEMS], err, cannot_read)) == 1)
		result = history_take(s[HISTORY_ITEMS], &a, fn, arg);
	sql_finalize(s, HISTORY_STATEMENTS);
	store_close(&store);
	arena_release(&a);
	return result;
}
