/* SPDX-License-Identifier: ISC */
/* store_copy.h: copies the database before a migration, to a file beside it.
 *
 * A migration cannot be undone, and the older program refuses the migrated file.  So the database is copied first, to a
 * file that is named after its version: sitrepd.db.v7.  sitrepd(8), FILES, says when it may go. */
#ifndef SITREP_STORE_STORE_COPY_H
#define SITREP_STORE_STORE_COPY_H

#include "sitrep/base/error.h"

struct sql_db;

/* Copies db, the file at path, with the content of its WAL; not to be called in a transaction.  The copy appears under
 * its name when it is complete and synced.  If a copy has the same content already, no other is made.  A copy with
 * other content is kept, and the new one gets the next free name (sitrepd.db.v7-2).  -ENOSPC with a sentence where the
 * disk has no room for it.  keep_alive is called between pieces. */
int store_copy(struct sql_db *db, const char *path, int version, void (*keep_alive)(void), struct error *err);

#endif
