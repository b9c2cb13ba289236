/* SPDX-License-Identifier: ISC */
/* One list serves the whole process, since the loop's reader, the writer and the checker come upon the same rows and
 * each row is logged once. */
#include "sitrep/sql/damage.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/log.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

/* Tables whose damage is counted; the database has fewer. */
enum { TABLES_MAX = 64 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct damage found = {.checked_ms = TIME_NONE};
/* Sets of keys; 0 is a free place. */
static uint64_t rows[DAMAGE_COUNTED_MAX], tables[TABLES_MAX];
static size_t row_count; /* in rows */

#define WHAT_TO_DO "restore a backup (sitrepd(8), Restoring), or run sitrepd --verify"

/* Adds the key to the set: true when it is new.  A full set takes no more. */
static bool remember(uint64_t *set, size_t max, uint64_t key)
{
	size_t at = (size_t)(key % max);

	for (size_t i = 0; i < max; i++, at = (at + 1) % max) {
		if (set[at] == key)
			return false;
		if (set[at] == 0) {
			set[at] = key;
			return true;
		}
	}
	return false;
}

static uint64_t key_of(const char *table, int64_t id)
{
	return XXH3_64bits_withSeed(table, strlen(table), (uint64_t)id) | 1;
}

void damage_note_row(const char *table, int64_t id, const char *column)
{
	char number[24];
	bool is_new;
	size_t count;

	pthread_mutex_lock(&lock);
	is_new = remember(rows, DAMAGE_COUNTED_MAX, key_of(table, id));
	count = row_count += is_new;
	found.rows += is_new;
	if (is_new && found.text[0] == '\0')
		snprintf(found.text, sizeof(found.text), "row %lld of table %s is damaged (%s)", (long long)id, table,
			column);
	pthread_mutex_unlock(&lock);
	if (!is_new || count > DAMAGE_ROWS_MAX)
		return;
	snprintf(number, sizeof(number), "%lld", (long long)id);
	log_emit(LOG_LEVEL_ERROR, "database row is damaged and left out", "table", table, "row", number, "column",
		column, "action", WHAT_TO_DO, NULL);
	if (count == DAMAGE_ROWS_MAX)
		log_emit(LOG_LEVEL_ERROR, "more damaged rows are counted and not logged", "action", WHAT_TO_DO, NULL);
}

void damage_note_mended(const char *table, int count)
{
	pthread_mutex_lock(&lock);
	found.rows += (uint64_t)count;
	if (found.text[0] == '\0')
		snprintf(found.text, sizeof(found.text), "%d rows of table %s were damaged and emptied in part", count,
			table);
	pthread_mutex_unlock(&lock);
	log_emit(LOG_LEVEL_ERROR, "database rows were damaged and have been emptied in part", "table", table, "rows",
		LOG_NUM(count), "action", WHAT_TO_DO, NULL);
}

void damage_note_table(const char *table, const char *finding)
{
	bool is_new;

	pthread_mutex_lock(&lock);
	is_new = remember(tables, TABLES_MAX, key_of(table, 0));
	found.tables += is_new;
	/* The sentence about a table replaces that about a row. */
	if (is_new && found.tables == 1)
		snprintf(found.text, sizeof(found.text), "table %s is damaged: %s", table, finding);
	pthread_mutex_unlock(&lock);
	if (is_new)
		log_emit(LOG_LEVEL_ERROR, "database is damaged", "table", table, "finding", finding, "action",
			WHAT_TO_DO, NULL);
}

void damage_note_pass(int64_t at_ms)
{
	pthread_mutex_lock(&lock);
	found.checked_ms = at_ms;
	pthread_mutex_unlock(&lock);
}

void damage_get(struct damage *d)
{
	pthread_mutex_lock(&lock);
	*d = found;
	pthread_mutex_unlock(&lock);
}
