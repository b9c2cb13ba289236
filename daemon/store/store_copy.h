/* store_copy.h: the database as it was before a migration, beside itself.
 *
 * A migration cannot be undone by the program, and the program from before refuses the result.  So the database is
 * copied first, to a file that is named after the version it holds: sitrepd.db.v7.  sitrepd(8), FILES, says when it may
 * go. */
#ifndef SITREP_STORE_STORE_COPY_H
#define SITREP_STORE_STORE_COPY_H


#include "sitrep/base/error.h"

struct sql_db;

/* Copies db, the file at path, outside a transaction, with what stands in its WAL.  The copy appears under its name
 * when it is complete and synced.  A copy that holds the same already is kept; one that holds something else is kept
 * too, and this one gets the next free name (sitrepd.db.v7-2).  -ENOSPC with a sentence where the disk has no room for
 * it.  keep_alive is called between pieces. */
int store_copy(struct sql_db *db, const char *path, int version, void (*keep_alive)(void), struct error *err);

#endif
