/* SPDX-License-Identifier: ISC */
/* The damage found in the database.  One list serves the whole process: the loop's reader, the writer and the checker
 * meet the same rows, and each row is logged once. */
#include "sitrep/sql/damage.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/log.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

/* Tables of which damage is noted; the database has fewer. */
enum { TABLES_MAX = 64 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct damage found = {.checked_ms = TIME_NONE};
static uint64_t rows[DAMAGE_ROWS_MAX], tables[TABLES_MAX];

#define WHAT_TO_DO "restore a backup (sitrepd(8), Restoring), or see sitrepd --verify"

/* Adds the key to the list: true when it is new.  A full list takes no more. */
static bool remember(uint64_t *list, size_t max, uint64_t key, bool *is_full)
{
	size_t at = 0;

	for (; at < max && list[at] != 0; at++)
		if (list[at] == key)
			return false;
	*is_full = at == max;
	if (!*is_full)
		list[at] = key;
	return true;
}

static uint64_t key_of(const char *table, int64_t id)
{
	return XXH3_64bits_withSeed(table, strlen(table), (uint64_t)id) | 1;
}

void damage_note_row(const char *table, int64_t id, const char *column)
{
	char number[24];
	bool is_new, is_full = false, is_last;

	(void)pthread_mutex_lock(&lock);
	is_new = remember(rows, DAMAGE_ROWS_MAX, key_of(table, id), &is_full);
	is_last = is_new && rows[DAMAGE_ROWS_MAX - 1] != 0 && !is_full;
	found.rows += is_new;
	if (is_new && found.text[0] == '\0')
		(void)snprintf(found.text, sizeof(found.text), "row %lld of table %s is damaged (%s)", (long long)id,
			table, column);
	(void)pthread_mutex_unlock(&lock);
	if (!is_new || is_full)
		return;
	(void)snprintf(number, sizeof(number), "%lld", (long long)id);
	log_emit(LOG_LEVEL_ERROR, "database row is damaged and left out", "table", table, "row", number, "column",
		column, "action", WHAT_TO_DO, NULL);
	if (is_last)
		log_emit(LOG_LEVEL_ERROR, "more damaged rows are counted and not logged", "action", WHAT_TO_DO, NULL);
}

void damage_note_mended(const char *table, int count)
{
	(void)pthread_mutex_lock(&lock);
	found.rows += (uint64_t)count;
	if (found.text[0] == '\0')
		(void)snprintf(found.text, sizeof(found.text), "%d rows of table %s were damaged and emptied in part",
			count, table);
	(void)pthread_mutex_unlock(&lock);
	log_emit(LOG_LEVEL_ERROR, "database rows were damaged and have been emptied in part", "table", table, "rows",
		LOG_NUM(count), "action", WHAT_TO_DO, NULL);
}

void damage_note_table(const char *table, const char *finding)
{
	bool is_new, is_full = false;

	(void)pthread_mutex_lock(&lock);
	is_new = remember(tables, TABLES_MAX, key_of(table, 0), &is_full) && !is_full;
	found.tables += is_new;
	/* A table's damage replaces the sentence about a row. */
	if (is_new && found.tables == 1)
		(void)snprintf(found.text, sizeof(found.text), "table %s is damaged: %s", table, finding);
	(void)pthread_mutex_unlock(&lock);
	if (is_new)
		log_emit(LOG_LEVEL_ERROR, "database is damaged", "table", table, "finding", finding, "action",
			WHAT_TO_DO, NULL);
}

void damage_note_pass(int64_t at_ms)
{
	(void)pthread_mutex_lock(&lock);
	found.checked_ms = at_ms;
	(void)pthread_mutex_unlock(&lock);
}

void damage_get(struct damage *d)
{
	(void)pthread_mutex_lock(&lock);
	*d = found;
	(void)pthread_mutex_unlock(&lock);
}
