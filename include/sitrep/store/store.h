/* SPDX-License-Identifier: ISC */
/* store.h: the database file: opened, checked, migrated, or refused.
 *
 * SQLite in WAL mode, strict tables, foreign keys.  One connection writes (writer.h), any number read
 * (reader.h).  The file is sitrepd.db in the state folder; PRAGMA application_id says it is ours and
 * PRAGMA user_version which schema it has.  A file that is damaged, not ours, or newer than this program is refused
 * with a sentence and never written to. */
#ifndef SITREP_STORE_STORE_H
#define SITREP_STORE_STORE_H

#include <stdint.h>

#include "sitrep/base/error.h"

struct sql_db;

enum { STORE_SCHEMA_VERSION = 18, STORE_APPLICATION_ID = 0x53495452 /* "SITR" */ };

enum store_access { STORE_WRITE, STORE_READ };

/* An open database.  The writer locks a file beside it while it is open. */
struct store {
	struct sql_db *db; /* NULL: not open */
	int lock_fd;       /* -1 for readers */
};

/* Opens state_dir/sitrepd.db.  STORE_WRITE makes the folder (mode 0700) and the file (0600) if they do not exist,
 * migrates the file in one transaction (after a copy, sitrepd.db.vN), and takes a lock: a second daemon on the same
 * folder gets -EBUSY with a sentence.  STORE_READ only reads, and fails with -ENOENT before the first writer.  Safety
 * settings: no double-quoted strings, DEFENSIVE, no trusted schema, no extensions.  -EUCLEAN: damaged; -EPROTO: not
 * ours; -ENOTSUP: newer than this program.  On failure s is closed. */
int store_open(struct store *s, const char *state_dir, enum store_access access, struct error *err);
/* May be called on a closed one. */
void store_close(struct store *s);

#endif
