/* SPDX-License-Identifier: ISC */
/* sql.h: prepared statements, bound and read with few words.
 *
 * Only the room sql knows SQLite: all other rooms see a connection and a statement, whose insides are hidden.  A
 * connection is opened by database.h.
 *
 * A module's statements stand in one table of texts, indexed by its enum; they are prepared once and live
 * as long as the connection's owner.  Text and blobs are bound without a copy: they must live until the
 * statement is reset, which sql_done() and sql_reset() do. */
#ifndef SITREP_SQL_SQL_H
#define SITREP_SQL_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/base/str.h"

struct sql_db;   /* a connection */
struct sql_stmt; /* a prepared statement */

/* Keys made of SHA-256 are kept as their first 16 bytes: finding a second text for a given one is still
 * 2^128 work, and the trees on them are half as large. */
enum { STORE_KEY_LEN = 16 };

/* All functions here that take err and what fail with -ENOSPC for a full disk, -EUCLEAN for damage, -EBADMSG for a
 * row that breaks its table's rules, -ENOMEM, -EBUSY, -EACCES, and -EIO for the rest.  The sentence in err begins with
 * what ("cannot read stories"). */

/* Prepares count texts into out; on failure none is left. */
int sql_prepare(struct sql_db *db, const char *const *texts, size_t count, struct sql_stmt **out, struct error *err);
void sql_finalize(struct sql_stmt **statements, size_t count);
/* A statement that is stepped once or a few times; sql_finalize(&s, 1) ends it.  NULL on failure. */
int sql_prepare_once(struct sql_db *db, const char *text, struct sql_stmt **out, struct error *err, const char *what);

void sql_bind_int(struct sql_stmt *s, int index, int64_t value);
void sql_bind_real(struct sql_stmt *s, int index, double value);
/* TIME_NONE is NULL. */
void sql_bind_time(struct sql_stmt *s, int index, int64_t time_ms);
/* Absent text is NULL. */
void sql_bind_text(struct sql_stmt *s, int index, struct str text);
void sql_bind_cstr(struct sql_stmt *s, int index, const char *text);
/* So is an absent blob. */
void sql_bind_blob(struct sql_stmt *s, int index, const void *data, size_t len);
void sql_bind_key(struct sql_stmt *s, int index, const uint8_t key[STORE_KEY_LEN]);

/* Columns count from 0.  NULL and any value that is no number read as 0. */
int64_t sql_int(struct sql_stmt *s, int column);
bool sql_bool(struct sql_stmt *s, int column);
bool sql_is_null(struct sql_stmt *s, int column);
int sql_columns(struct sql_stmt *s);
const char *sql_column_name(struct sql_stmt *s, int column);

/* Values that make no sense are replaced, since the file may be damaged.  A time outside the years 0 to 9999 is
 * TIME_NONE. */
int64_t sql_time(struct sql_stmt *s, int column);
/* A time that is never absent: otherwise in place of one that makes no sense. */
int64_t sql_time_or(struct sql_stmt *s, int column, int64_t otherwise);
/* A number from low to high; otherwise in place of any other value. */
int64_t sql_number(struct sql_stmt *s, int column, int64_t low, int64_t high, int64_t otherwise);
/* A count: 0 to INT_MAX, 0 in place of any other. */
int sql_count(struct sql_stmt *s, int column);
/* A share: 0 to 1, 0 in place of any other. */
double sql_share(struct sql_stmt *s, int column);
/* Blob and texts live until the next step or reset.  Text ends before the first byte that is NUL or no UTF-8. */
struct str sql_text(struct sql_stmt *s, int column);
struct str sql_blob(struct sql_stmt *s, int column);
/* The text as it stands, for names of tables and columns; NULL stays NULL. */
const char *sql_cstr(struct sql_stmt *s, int column);
/* A copy of the text, the caller's to free; NULL stays NULL.  *failed is set when there is no memory for it. */
char *sql_text_copy(struct sql_stmt *s, int column, bool *failed);

/* A column's value of whatever type, kept beyond the step and bound to another statement; NULL without memory. */
struct sql_value *sql_value_copy(struct sql_stmt *s, int column);
void sql_value_free(struct sql_value *value);
void sql_bind_value(struct sql_stmt *s, int index, const struct sql_value *value);

/* Steps: 1 there is a row, 0 no row is left, negative errno with err.  The caller resets. */
int sql_step(struct sql_stmt *s, struct error *err, const char *what);
void sql_reset(struct sql_stmt *s);
/* Runs a statement that gives no rows and resets it. */
int sql_done(struct sql_stmt *s, struct error *err, const char *what);
/* Rows that the last whole run of a writing statement inserted, changed or deleted, without those of foreign keys'
 * actions.  A reset keeps the number. */
int64_t sql_changed(const struct sql_stmt *s);
/* The first row's first column into *value (0 when it is NULL), and resets; 1 when there was a row, else 0. */
int sql_get_int(struct sql_stmt *s, int64_t *value, struct error *err, const char *what);
/* Runs "INSERT ... RETURNING id" of one row, and resets. */
int sql_insert(struct sql_stmt *s, int64_t *id, struct error *err, const char *what);
/* As sql_get_int(), for a text without parameters that runs once: 0, and *value is 0 when there is no row. */
int sql_ask_int(struct sql_db *db, const char *text, int64_t *value, struct error *err, const char *what);
/* Runs text: one or several statements without parameters. */
int sql_exec(struct sql_db *db, const char *text, struct error *err, const char *what);

#endif
