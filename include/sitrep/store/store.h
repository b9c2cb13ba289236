/* SPDX-License-Identifier: ISC */
/* store.h: opens, checks and migrates the database file.
 *
 * SQLite in WAL mode, strict tables, foreign keys.  One connection writes (writer.h), any number read (reader.h).
 * The file is sitrepd.db in the state folder.  PRAGMA application_id marks it as sitrepd's, PRAGMA user_version is
 * its schema version.  A file that is damaged, another program's, or newer than this program is refused with a
 * sentence and never written to. */
#ifndef SITREP_STORE_STORE_H
#define SITREP_STORE_STORE_H

#include "sitrep/base/error.h"

struct sql_db;

enum { STORE_SCHEMA_VERSION = 26, STORE_APPLICATION_ID = 0x53495452 /* "SITR" */ };

enum store_access { STORE_WRITE, STORE_READ };

/* An open database.  The writer locks a file beside it while it is open. */
struct store {
	struct sql_db *db; /* NULL: not open */
	int lock_fd;       /* -1 for readers */
};

/* Opens state_dir/sitrepd.db.  STORE_WRITE makes the folder (mode 0700) and the file (0600) if they do not exist,
 * migrates the file in one transaction (after a copy, sitrepd.db.vN), and takes a lock: a second daemon on the same
 * folder gets -EBUSY with a sentence.  STORE_READ only reads, and fails with -ENOENT before the first writer.
 * Safety settings: no double-quoted strings, DEFENSIVE, no trusted schema, no extensions.  -EUCLEAN: damaged;
 * -EPROTO: another program's; -ENOTSUP: newer than this program.  On failure s is closed. */
int store_open(struct store *s, const char *state_dir, enum store_access access, struct error *err);
/* Makes an empty database in memory, which ends with the connection.  Foreign keys are not enforced. */
int store_open_memory(struct store *s, struct error *err);
/* A closed store may be closed again. */
void store_close(struct store *s);

#endif
