/* SPDX-License-Identifier: ISC */
/* mend.h: rows whose columns hold values of a type that their table forbids.
 *
 * Only damage makes such rows.  SQLite reads such a row, but refuses every UPDATE of it until all columns have their
 * types: one flipped bit in a feed's row would end its polling for ever. */
#ifndef SITREP_STORE_MEND_H
#define SITREP_STORE_MEND_H

#include "sitrep/base/error.h"

struct sql_db;

/* Gives such columns of the table a value of their type (NULL if allowed, else 0 or empty), and removes rows whose key
 * is of another type, which no query finds; logged.  Returns the number of rows, or negative errno. */
int mend_table(struct sql_db *db, const char *table, struct error *err);
/* To be called after a statement failed for such a row (-EBADMSG by sql_error()): mends the table that why names.
 * Returns the number of rows. */
int mend_after(struct sql_db *db, const struct error *why, struct error *err);

#endif
