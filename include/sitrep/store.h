/* store.h: the database file: opened, checked, migrated, or refused.
 *
 * SQLite in WAL mode, strict tables, foreign keys.  One connection writes (writer.h), any number read
 * (reader.h).  The file is sitrepd.db in the state folder; PRAGMA application_id says it is ours and
 * PRAGMA user_version which schema it has.  A file that is damaged, not ours, or newer than this program
 * is refused with a sentence that says so and is never written to. */
#ifndef SITREP_STORE_H
#define SITREP_STORE_H

#include <stdint.h>

#include "sitrep/error.h"

struct sqlite3;

enum { STORE_SCHEMA_VERSION = 1, STORE_APPLICATION_ID = 0x53495452 /* "SITR" */ };

/* How to open. */
enum store_access { STORE_WRITE, STORE_READ };

/* Opens state_dir/sitrepd.db.  STORE_WRITE creates it where there is none and migrates it forward, each step
 * one transaction, and takes a lock that a second daemon on the same folder finds (-EBUSY with a sentence).  Applies the safety settings
 * of LIBRARIES: no double-quoted strings, DEFENSIVE, no trusted schema, no extensions. */
int store_open(const char *state_dir, enum store_access access, struct sqlite3 **db, struct error *err);
void store_close(struct sqlite3 *db);

/* err from the connection's last failure: -ENOSPC for a full disk, -EIO, -EUCLEAN for damage, -ENOMEM ... */
int store_error(struct sqlite3 *db, struct error *err, const char *what);

#endif
