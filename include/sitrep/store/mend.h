/* mend.h: rows whose columns hold values of a type that their table forbids.
 *
 * Only damage makes such rows.  SQLite reads them, but refuses every UPDATE of the row until all its columns are of
 * their types again: one turned bit in a feed's row would end its polling for good. */
#ifndef SITREP_STORE_MEND_H
#define SITREP_STORE_MEND_H


#include "sitrep/base/error.h"

struct sql_db;

/* Gives such columns of the table a value of their type (NULL where that may be, else 0 or nothing), one scan of the
 * table; logged.  How many rows; negative errno. */
int mend_table(struct sql_db *db, const char *table, struct error *err);
/* The last call failed since a row is so (-EBADMSG by sql_error()): mends the table that err names.  How many rows.
 */
int mend_after(struct sql_db *db, const struct error *why, struct error *err);

#endif
