/* sql.h: prepared statements, bound and read with few words.
 *
 * A module's statements stand in one table of texts, indexed by its enum; they are prepared once and live
 * as long as the connection's owner.  Text and blobs are bound without a copy: they must live until the
 * statement is reset, which sql_done() and sql_reset() do. */
#ifndef SITREP_SQL_SQL_H
#define SITREP_SQL_SQL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/base/str.h"

/* Keys made of SHA-256 are kept as their first 16 bytes: finding a second text for a given one is still
 * 2^128 work, and the trees on them are half as large. */
enum { STORE_KEY_LEN = 16 };

/* err from the connection's last failure: -ENOSPC for a full disk, -EUCLEAN for damage, -ENOMEM, -EBUSY,
 * -EIO for the rest.  Returns err->code; what says what was tried ("cannot read stories"). */
int sql_error(sqlite3 *db, struct error *err, const char *what);

/* Prepares count texts into out; on failure none is left. */
int sql_prepare(sqlite3 *db, const char *const *texts, size_t count, sqlite3_stmt **out, struct error *err);
void sql_finalize(sqlite3_stmt **statements, size_t count);

void sql_bind_int(sqlite3_stmt *s, int index, int64_t value);
/* TIME_NONE is NULL. */
void sql_bind_time(sqlite3_stmt *s, int index, int64_t time_ms);
/* Absent text is NULL. */
void sql_bind_text(sqlite3_stmt *s, int index, struct str text);
void sql_bind_cstr(sqlite3_stmt *s, int index, const char *text);
void sql_bind_blob(sqlite3_stmt *s, int index, const void *data, size_t len);
void sql_bind_key(sqlite3_stmt *s, int index, const uint8_t key[STORE_KEY_LEN]);

/* What a column holds is believed no further than it makes sense: the file may be damaged.  A time outside the years
 * 0 to 9999 is TIME_NONE. */
int64_t sql_time(sqlite3_stmt *s, int column);
/* A time that is never absent: otherwise in place of one that makes no sense. */
int64_t sql_time_or(sqlite3_stmt *s, int column, int64_t otherwise);
/* A number from low to high; otherwise in place of any other, or of what is no number. */
int64_t sql_number(sqlite3_stmt *s, int column, int64_t low, int64_t high, int64_t otherwise);
/* A count: 0 to INT_MAX, 0 in place of any other. */
int sql_count(sqlite3_stmt *s, int column);
/* A share: 0 to 1, 0 in place of any other. */
double sql_share(sqlite3_stmt *s, int column);
/* Both live until the next step or reset.  Text ends before the first byte that is NUL or no UTF-8. */
struct str sql_text(sqlite3_stmt *s, int column);
struct str sql_blob(sqlite3_stmt *s, int column);
/* A copy of the text, the caller's to free; NULL stays NULL.  *failed is set when there is no memory for it. */
char *sql_text_copy(sqlite3_stmt *s, int column, bool *failed);

/* Steps: 1 a row stands, 0 none is left, negative errno with err.  The caller resets. */
int sql_step(sqlite3_stmt *s, struct error *err, const char *what);
void sql_reset(sqlite3_stmt *s);
/* Runs a statement that gives no rows and resets it. */
int sql_done(sqlite3_stmt *s, struct error *err, const char *what);
/* The first row's first column into *value (0 when it is NULL), and resets; 1 when there was a row, 0 when there was
 * none. */
int sql_get_int(sqlite3_stmt *s, int64_t *value, struct error *err, const char *what);
/* The same of text, which takes no parameters and is asked once: 0, and *value is 0 when there is no row. */
int sql_ask_int(sqlite3 *db, const char *text, int64_t *value, struct error *err, const char *what);
/* Runs text, which takes no parameters. */
int sql_exec(sqlite3 *db, const char *text, struct error *err, const char *what);

#endif
