/* SPDX-License-Identifier: ISC */
/* database.h: a connection to a database file: opened and closed, its transactions, its write-ahead log (WAL), its
 * pages.
 *
 * A connection and its statements belong to one thread at a time. */
#ifndef SITREP_SQL_DATABASE_H
#define SITREP_SQL_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/sql/sql.h"

enum sql_access {
	SQL_READ,
	SQL_WRITE,  /* an existing file */
	SQL_FROZEN, /* to read a file that no program changes: takes no lock, makes no file beside it */
	SQL_MEMORY, /* a new database in memory; path is not used */
};

/* *db is NULL on failure.  Errors as in sql.h. */
int sql_open(struct sql_db **db, const char *path, enum sql_access access, struct error *err, const char *what);
/* 0; -EBUSY when statements are left: then the file is closed with the last of them. db may be NULL. */
int sql_close(struct sql_db *db);

/* For files that other programs may have written: the schema is not trusted, SQL cannot damage its tables, a quoted
 * name is no text, no extension is loaded. */
void sql_set_safe(struct sql_db *db);
/* How long a statement waits for another program's lock. */
void sql_set_wait(struct sql_db *db, int wait_ms);
/* fn is called after each so many instructions of SQLite's machine; when it returns other than 0, the statement is
 * interrupted.  NULL: no calls. */
void sql_on_progress(struct sql_db *db, int instructions, int (*fn)(void *arg), void *arg);

/* ---- transactions ---- */

bool sql_in_transaction(struct sql_db *db);
/* Rows inserted, changed and deleted since the connection was opened. */
int64_t sql_changed_ever(struct sql_db *db);

/* ---- the file ---- */

/* The file's first len bytes and its size, without a lock and before SQLite reads any.  A shorter file leaves bytes as
 * they are.  0, -EIO. */
int sql_peek(struct sql_db *db, void *bytes, size_t len, int64_t *size);
/* Gives up to so many free pages back to the file system. */
int sql_give_back(struct sql_db *db, int pages, struct error *err, const char *what);

/* From now on the owner makes checkpoints: SQLite makes none after a commit. */
void sql_own_checkpoints(struct sql_db *db);
/* Pages in the WAL that are not in the file yet, as of the last commit or checkpoint; for the connection that owns its
 * checkpoints. */
int sql_wal_pages(const struct sql_db *db);
/* Copies pages from the WAL to the file, as many as no reader needs.  A failure leaves them in the WAL, where they are
 * as safe. */
void sql_checkpoint(struct sql_db *db);
/* The size of the WAL's file. */
int64_t sql_wal_bytes(struct sql_db *db);

/* ---- a copy of all pages ---- */

struct sql_copy;

/* NULL with err.  Both connections live until sql_copy_end(). */
struct sql_copy *sql_copy_begin(struct sql_db *to, struct sql_db *from, struct error *err, const char *what);
/* Copies so many pages, all with -1.  1 there are more; 0 that was all; -EBUSY another program holds one of the files,
 * and it can be tried again; sql_copy_end() reports any other failure. */
int sql_copy_step(struct sql_copy *c, int pages);
int sql_copy_total(const struct sql_copy *c);
int sql_copy_left(const struct sql_copy *c);
/* 0, or the failure of the last step. */
int sql_copy_end(struct sql_copy *c, struct error *err, const char *what);

#endif
