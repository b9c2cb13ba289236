/* SPDX-License-Identifier: ISC */
/* database.h: connections to a database file, and the file's write-ahead log (WAL) and pages.
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
	SQL_FROZEN, /* read-only, for a file that no program changes: no lock, no file beside it */
	SQL_MEMORY, /* a new database in memory; path is not used */
};

/* *db is NULL on failure.  Errors as in sql.h. */
int sql_open(struct sql_db **db, const char *path, enum sql_access access, struct error *err, const char *what);
/* 0, or -EBUSY when statements are not finalized yet: the file is closed with the last one.  db may be NULL. */
int sql_close(struct sql_db *db);

/* For files that other programs may have written: the schema is not trusted, SQL cannot change SQLite's own tables, a
 * name in double quotes is never read as text, no extension is loaded. */
void sql_set_safe(struct sql_db *db);
/* How long a statement waits for another program's lock. */
void sql_set_wait(struct sql_db *db, int wait_ms);
/* Calls fn after each so many instructions of SQLite's virtual machine.  A result other than 0 interrupts the
 * statement.  fn NULL: no calls. */
void sql_on_progress(struct sql_db *db, int instructions, int (*fn)(void *arg), void *arg);

/* ---- transactions ---- */

bool sql_in_transaction(struct sql_db *db);
/* Rows inserted, changed and deleted since the connection was opened. */
int64_t sql_changed_ever(struct sql_db *db);

/* ---- the file ---- */

/* Reads the file's first len bytes and its size, without a lock and before SQLite reads the file.  A shorter file
 * leaves bytes as they are.  0 or -EIO. */
int sql_peek(struct sql_db *db, void *bytes, size_t len, int64_t *size);
/* Returns up to so many free pages to the file system. */
int sql_give_back(struct sql_db *db, int pages, struct error *err, const char *what);

/* From now on the owner of the connection calls sql_checkpoint(): SQLite makes no checkpoint after a commit. */
void sql_own_checkpoints(struct sql_db *db);
/* The number of pages in the WAL that are not in the file yet, as of the last commit or checkpoint.  Only after
 * sql_own_checkpoints(). */
int sql_wal_pages(const struct sql_db *db);
/* Copies pages from the WAL to the file, except those that a reader still uses.  After a failure they stay in the WAL
 * and nothing is lost. */
void sql_checkpoint(struct sql_db *db);
/* The size of the WAL's file. */
int64_t sql_wal_bytes(struct sql_db *db);

/* ---- a copy of all pages ---- */

struct sql_copy;

/* NULL with err.  Both connections live until sql_copy_end(). */
struct sql_copy *sql_copy_begin(struct sql_db *to, struct sql_db *from, struct error *err, const char *what);
/* Copies that number of pages, all with -1.  1: there are more.  0: all are copied.  -EBUSY: another program has locked
 * one of the files; the call can be repeated.  -EIO: the copy failed; sql_copy_end() has the reason. */
int sql_copy_step(struct sql_copy *c, int pages);
int sql_copy_total(const struct sql_copy *c);
int sql_copy_left(const struct sql_copy *c);
/* 0, or the failure of the last step. */
int sql_copy_end(struct sql_copy *c, struct error *err, const char *what);

#endif
