/* SPDX-License-Identifier: ISC */
/* counters.h: the row of counters of the whole database.
 *
 * Loaded once, kept in memory by the writer, and saved with each transaction that changed it.  The code that begins
 * a transaction keeps the old values, and restores them after a rollback. */
#ifndef SITREP_STORE_COUNTERS_H
#define SITREP_STORE_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/error.h"

struct sql_db;

struct counters {
	int64_t item_id; /* last given out */
	int64_t cursor;  /* last given out */
	int64_t generation;
	int64_t changed_ms;
	int64_t items;
	int64_t stories;
	int64_t alert_id; /* last given out; never above cursor, since each alert begins with an event */
};

int counters_load(struct sql_db *db, struct counters *t, struct error *err);
int counters_save(struct sql_db *db, const struct counters *t, struct error *err);
bool counters_equal(const struct counters *a, const struct counters *b);

#endif
