/* SPDX-License-Identifier: ISC */
/* sql.h: prepared statements: bind, step, read.
 *
 * Only the room sql uses SQLite: other rooms see a connection and a statement, whose members are hidden.  A
 * connection is opened by database.h.
 *
 * A module's statements stand in one table of texts, indexed by its enum; they are prepared once and live as long as
 * the connection's owner.  Text and blobs are bound without a copy: they must live until the statement is reset, which
 * sql_reset(), sql_done() and all functions that run a statement to its end do. */
#ifndef SITREP_SQL_SQL_H
#define SITREP_SQL_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/base/str.h"

struct sql_db;   /* a connection */
struct sql_stmt; /* a prepared statement */

/* Keys are the first 16 bytes of a SHA-256.  To find a second text with the key of a given one still takes 2^128
 * attempts, and the indexes are half as large. */
enum { STORE_KEY_LEN = 16 };

/* The functions that take err and what fail with -ENOSPC for a full disk, -EUCLEAN for damage, -EBADMSG for a row that
 * breaks its table's rules, -ENOMEM, -EBUSY for another program's lock, -EACCES for a file that may not be used, and
 * -EIO for the rest.  The sentence in err begins with what ("cannot read stories"). */

/* Prepares count texts into out; on failure all of out is NULL. */
int sql_prepare(struct sql_db *db, const char *const *texts, size_t count, struct sql_stmt **out, struct error *err);
void sql_finalize(struct sql_stmt **statements, size_t count);
/* A statement that is stepped once or a few times; sql_finalize(&s, 1) ends it.  NULL on failure. */
int sql_prepare_once(struct sql_db *db, const char *text, struct sql_stmt **out, struct error *err, const char *what);

/* The value of a parameter: as_int(7), as_text(title) ... */
struct sql_arg {
	enum { SQL_ARG_INT, SQL_ARG_REAL, SQL_ARG_TEXT, SQL_ARG_BLOB, SQL_ARG_NULL } type;
	union {
		int64_t number;
		double real;
		struct str bytes; /* absent text and blob are NULL */
	};
};

static inline struct sql_arg as_int(int64_t number)
{
	return (struct sql_arg){.type = SQL_ARG_INT, .number = number};
}

static inline struct sql_arg as_real(double real)
{
	return (struct sql_arg){.type = SQL_ARG_REAL, .real = real};
}

static inline struct sql_arg as_text(struct str text)
{
	return (struct sql_arg){.type = SQL_ARG_TEXT, .bytes = text};
}

static inline struct sql_arg as_cstr(const char *text)
{
	return as_text(str_from(text));
}

static inline struct sql_arg as_blob(const void *data, size_t len)
{
	return (struct sql_arg){.type = SQL_ARG_BLOB, .bytes = str_make(data, len)};
}

/* key has STORE_KEY_LEN bytes; NULL is NULL. */
static inline struct sql_arg as_key(const uint8_t *key)
{
	return as_blob(key, STORE_KEY_LEN);
}

/* TIME_NONE is NULL. */
struct sql_arg as_time(int64_t time_ms);

#define SQL_ARGS(...)                                                                                                  \
	(const struct sql_arg[]){__VA_ARGS__}, sizeof((struct sql_arg[]){__VA_ARGS__}) / sizeof(struct sql_arg)

/* Binds the parameters ?1, ?2 and so on: sql_bind(s, as_int(feed_id), as_key(identity)).  Values beyond the statement's
 * last parameter are not used. */
#define sql_bind(s, ...) sql_bind_args(s, SQL_ARGS(__VA_ARGS__))
/* Prepares text, which gives no rows, binds, and runs it. */
#define sql_run_once(db, text, err, what, ...) sql_run_once_args(db, text, err, what, SQL_ARGS(__VA_ARGS__))
/* sql_bind(), then sql_done(), sql_step() or sql_get_int(). */
#define sql_run(s, err, what, ...) sql_run_args(s, err, what, SQL_ARGS(__VA_ARGS__))
#define sql_find(s, err, what, ...) sql_find_args(s, err, what, SQL_ARGS(__VA_ARGS__))
#define sql_find_int(s, value, err, what, ...) sql_find_int_args(s, value, err, what, SQL_ARGS(__VA_ARGS__))
void sql_bind_one(struct sql_stmt *s, int index, struct sql_arg value);
void sql_bind_args(struct sql_stmt *s, const struct sql_arg *values, size_t count);
int sql_run_once_args(struct sql_db *db, const char *text, struct error *err, const char *what,
	const struct sql_arg *values, size_t count);
int sql_run_args(struct sql_stmt *s, struct error *err, const char *what, const struct sql_arg *values, size_t count);
int sql_find_args(struct sql_stmt *s, struct error *err, const char *what, const struct sql_arg *values, size_t count);
int sql_find_int_args(struct sql_stmt *s, int64_t *value, struct error *err, const char *what,
	const struct sql_arg *values, size_t count);

/* Columns count from 0.  NULL and any value that is no number are read as 0. */
int64_t sql_int(struct sql_stmt *s, int column);
bool sql_bool(struct sql_stmt *s, int column);
bool sql_is_null(struct sql_stmt *s, int column);
int sql_columns(struct sql_stmt *s);
const char *sql_column_name(struct sql_stmt *s, int column);

/* Values out of range are replaced, since the file may be damaged.  A time outside the years 0 to 9999 is read as
 * TIME_NONE. */
int64_t sql_time(struct sql_stmt *s, int column);
/* The same where a time is required: an absent or invalid one is read as otherwise. */
int64_t sql_time_or(struct sql_stmt *s, int column, int64_t otherwise);
/* A number from low to high; any other value is read as otherwise. */
int64_t sql_number(struct sql_stmt *s, int column, int64_t low, int64_t high, int64_t otherwise);
/* A count from 0 to INT_MAX; any other value is read as 0. */
int sql_count(struct sql_stmt *s, int column);
/* A share from 0 to 1; any other value is read as 0. */
double sql_share(struct sql_stmt *s, int column);
/* Texts and blobs live until the next step or reset.  A text is cut before the first NUL or byte that is not UTF-8. */
struct str sql_text(struct sql_stmt *s, int column);
struct str sql_blob(struct sql_stmt *s, int column);
/* The text as it is stored, for names of tables and columns; NULL stays NULL. */
const char *sql_cstr(struct sql_stmt *s, int column);
/* A copy of the text, the caller's to free; NULL stays NULL.  *failed is set when there is no memory for it. */
char *sql_text_copy(struct sql_stmt *s, int column, bool *failed);

/* A copy of a column's value of any type, to be bound to another statement; NULL without memory. */
struct sql_value *sql_value_copy(struct sql_stmt *s, int column);
void sql_value_free(struct sql_value *value);
void sql_bind_value(struct sql_stmt *s, int index, const struct sql_value *value);

/* Steps to the next row: 1; 0 when no row is left; negative errno with err.  The caller resets. */
int sql_step(struct sql_stmt *s, struct error *err, const char *what);
void sql_reset(struct sql_stmt *s);
/* Resets s, and returns result. */
int sql_end(struct sql_stmt *s, int result);
/* Runs a statement that gives no rows and resets it. */
int sql_done(struct sql_stmt *s, struct error *err, const char *what);
/* The number of rows that the last complete run of a writing statement inserted, changed or deleted, without those of
 * foreign keys' actions.  A reset keeps it. */
int64_t sql_changed(const struct sql_stmt *s);
/* Reads the first row's first column into *value (0 when it is NULL) and resets.  1; 0 when there is no row. */
int sql_get_int(struct sql_stmt *s, int64_t *value, struct error *err, const char *what);
/* Runs "INSERT ... RETURNING id" of one row, and resets. */
int sql_insert(struct sql_stmt *s, int64_t *id, struct error *err, const char *what);
/* Runs a text without parameters once and reads the same.  0; *value is 0 when there is no row. */
int sql_ask_int(struct sql_db *db, const char *text, int64_t *value, struct error *err, const char *what);
/* Runs text: one or several statements without parameters. */
int sql_exec(struct sql_db *db, const char *text, struct error *err, const char *what);

#endif
