/* totals.h: the one row of numbers that the whole database shares.
 *
 * Loaded once, kept in memory by the writer, saved with every transaction that changed it.  A transaction
 * that is rolled back must put the copy back too: whoever begins one keeps the value from before. */
#ifndef SITREP_STORE_TOTALS_H
#define SITREP_STORE_TOTALS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/error.h"

struct totals {
	int64_t item_id; /* last given out */
	int64_t cursor;  /* last given out */
	int64_t generation;
	int64_t changed_ms;
	int64_t items;
	int64_t stories;
};

int totals_load(sqlite3 *db, struct totals *t, struct error *err);
int totals_save(sqlite3 *db, const struct totals *t, struct error *err);
bool totals_equal(const struct totals *a, const struct totals *b);

#endif
