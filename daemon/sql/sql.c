/* SPDX-License-Identifier: ISC */
/* Results of sqlite3_bind_*() are not checked: a failed bind leaves the parameter NULL, and since each column that must
 * have a value is NOT NULL in the schema, the step fails instead. */
#include "sitrep/sql/sql.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/utf8.h"
#include "sql_internal.h"

/* The system's errno.  After a failed commit only the file handle has it, not the connection. */
static int last_errno(sqlite3 *db)
{
	static const int files[] = {SQLITE_FCNTL_JOURNAL_POINTER, SQLITE_FCNTL_FILE_POINTER};
	int os = sqlite3_system_errno(db);

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]) && os == 0; i++) {
		sqlite3_file *file = NULL;

		if (sqlite3_file_control(db, "main", files[i], &file) == SQLITE_OK && file != NULL &&
			file->pMethods != NULL)
			(void)file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &os);
	}
	return os;
}

int sql_error(sqlite3 *handle, struct error *err, const char *what)
{
	int code = handle == NULL ? SQLITE_NOMEM : sqlite3_errcode(handle);
	int os = handle == NULL ? 0 : code == SQLITE_IOERR ? last_errno(handle) : sqlite3_system_errno(handle);
	const char *text = handle == NULL ? "out of memory" : sqlite3_errmsg(handle);

	switch (code) {
	case SQLITE_FULL:
		return error_set(err, -ENOSPC, "%s: no space left for the database", what);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return error_set(err, -EUCLEAN, "%s: the database is damaged (%s)", what, text);
	case SQLITE_CONSTRAINT:
		/* No statement of the program breaks a constraint: a damaged value in the database does (mend.h). */
		return error_set(err, -EBADMSG, "%s: %s", what, text);
	case SQLITE_NOMEM:
		return error_set(err, -ENOMEM, "%s: out of memory", what);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return error_set(err, -EBUSY, "%s: another program holds the database", what);
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_CANTOPEN:
	case SQLITE_AUTH:
		return error_set(err, -EACCES, "%s: %s", what, os != 0 ? strerror(os) : text);
	default:
		if (os == ENOSPC || os == EDQUOT || os == EFBIG)
			return error_set(err, -ENOSPC, "%s: no space left for the database", what);
		if (os != 0)
			return error_set(err, -EIO, "%s: %s: %s", what, text, strerror(os));
		return error_set(err, -EIO, "%s: %s", what, text);
	}
}

/* flags: SQLITE_PREPARE_PERSISTENT for a statement that lives long, else 0. */
static int prepare(
	struct sql_db *db, const char *text, unsigned flags, struct sql_stmt **out, struct error *err, const char *what)
{
	struct sql_stmt *s = calloc(1, sizeof(*s));

	*out = NULL;
	if (s == NULL)
		return error_sys(err, -ENOMEM, "%s", what);
	s->db = db;
	if (sqlite3_prepare_v3(db->handle, text, -1, flags, &s->handle, NULL) != SQLITE_OK) {
		int result = sql_error(db->handle, err, what);

		free(s);
		return result;
	}
	*out = s;
	return 0;
}

int sql_prepare(struct sql_db *db, const char *const *texts, size_t count, struct sql_stmt **out, struct error *err)
{
	for (size_t i = 0; i < count; i++)
		out[i] = NULL;
	for (size_t i = 0; i < count; i++) {
		int result = prepare(db, texts[i], SQLITE_PREPARE_PERSISTENT, &out[i], err,
			"cannot prepare the database's statements");

		if (result != 0) {
			sql_finalize(out, count);
			return result;
		}
	}
	return 0;
}

int sql_prepare_once(struct sql_db *db, const char *text, struct sql_stmt **out, struct error *err, const char *what)
{
	return prepare(db, text, 0, out, err, what);
}

void sql_finalize(struct sql_stmt **statements, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (statements[i] != NULL)
			sqlite3_finalize(statements[i]->handle);
		free(statements[i]);
		statements[i] = NULL;
	}
}

struct sql_arg as_time(int64_t time_ms)
{
	return time_ms == TIME_NONE ? (struct sql_arg){.type = SQL_ARG_NULL} : as_int(time_ms);
}

void sql_bind_one(struct sql_stmt *s, int index, struct sql_arg value)
{
	switch (value.type) {
	case SQL_ARG_INT:
		sqlite3_bind_int64(s->handle, index, value.number);
		break;
	case SQL_ARG_REAL:
		sqlite3_bind_double(s->handle, index, value.real);
		break;
	case SQL_ARG_TEXT:
		sqlite3_bind_text64(s->handle, index, value.bytes.data, value.bytes.len, SQLITE_STATIC, SQLITE_UTF8);
		break;
	case SQL_ARG_BLOB:
		sqlite3_bind_blob64(s->handle, index, value.bytes.data, value.bytes.len, SQLITE_STATIC);
		break;
	case SQL_ARG_NULL:
		sqlite3_bind_null(s->handle, index);
		break;
	}
}

void sql_bind_args(struct sql_stmt *s, const struct sql_arg *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		sql_bind_one(s, (int)i + 1, values[i]);
}

int64_t sql_int(struct sql_stmt *s, int column)
{
	return sqlite3_column_int64(s->handle, column);
}

bool sql_bool(struct sql_stmt *s, int column)
{
	return sqlite3_column_int(s->handle, column) != 0;
}

bool sql_is_null(struct sql_stmt *s, int column)
{
	return sqlite3_column_type(s->handle, column) == SQLITE_NULL;
}

int sql_columns(struct sql_stmt *s)
{
	return sqlite3_column_count(s->handle);
}

const char *sql_column_name(struct sql_stmt *s, int column)
{
	return sqlite3_column_name(s->handle, column);
}

int64_t sql_number(struct sql_stmt *s, int column, int64_t low, int64_t high, int64_t otherwise)
{
	int64_t value;

	if (sqlite3_column_type(s->handle, column) != SQLITE_INTEGER)
		return otherwise;
	value = sqlite3_column_int64(s->handle, column);
	return value >= low && value <= high ? value : otherwise;
}

int64_t sql_time_or(struct sql_stmt *s, int column, int64_t otherwise)
{
	/* 0000-01-01 to 9999-12-31: sums with a time outside could overflow, and no format can write it. */
	return sql_number(s, column, INT64_C(-62167219200000), INT64_C(253402300799999), otherwise);
}

int64_t sql_time(struct sql_stmt *s, int column)
{
	return sql_time_or(s, column, TIME_NONE);
}

int sql_count(struct sql_stmt *s, int column)
{
	return (int)sql_number(s, column, 0, INT_MAX, 0);
}

double sql_share(struct sql_stmt *s, int column)
{
	double value = sqlite3_column_double(s->handle, column);

	return value >= 0 && value <= 1 ? value : 0;
}

struct str sql_text(struct sql_stmt *s, int column)
{
	const char *text = (const char *)sqlite3_column_text(s->handle, column);
	struct str all;
	size_t nul;

	if (text == NULL)
		return STR_NONE;
	all = str_make(text, (size_t)sqlite3_column_bytes(s->handle, column));
	nul = str_find_char(all, '\0', 0);
	if (nul != STR_NPOS)
		all.len = nul;
	all.len = utf8_valid_prefix(all);
	return all;
}

struct str sql_blob(struct sql_stmt *s, int column)
{
	const char *bytes = sqlite3_column_blob(s->handle, column);

	return bytes == NULL ? STR_NONE : str_make(bytes, (size_t)sqlite3_column_bytes(s->handle, column));
}

const char *sql_cstr(struct sql_stmt *s, int column)
{
	return (const char *)sqlite3_column_text(s->handle, column);
}

char *sql_text_copy(struct sql_stmt *s, int column, bool *failed)
{
	struct str text = sql_text(s, column);
	char *copy = text.data == NULL ? NULL : strndup(text.data, text.len);

	*failed = *failed || (text.data != NULL && copy == NULL);
	return copy;
}

/* A struct sql_value is SQLite's value under our name. */
struct sql_value *sql_value_copy(struct sql_stmt *s, int column)
{
	return (struct sql_value *)sqlite3_value_dup(sqlite3_column_value(s->handle, column));
}

void sql_value_free(struct sql_value *value)
{
	sqlite3_value_free((sqlite3_value *)value);
}

void sql_bind_value(struct sql_stmt *s, int index, const struct sql_value *value)
{
	sqlite3_bind_value(s->handle, index, (const sqlite3_value *)value);
}

int sql_step(struct sql_stmt *s, struct error *err, const char *what)
{
	switch (sqlite3_step(s->handle)) {
	case SQLITE_ROW:
		return 1;
	case SQLITE_DONE:
		s->changed = sqlite3_changes(s->db->handle);
		return 0;
	default:
		return sql_error(s->db->handle, err, what);
	}
}

void sql_reset(struct sql_stmt *s)
{
	sqlite3_reset(s->handle);
	sqlite3_clear_bindings(s->handle);
}

int sql_end(struct sql_stmt *s, int result)
{
	sql_reset(s);
	return result;
}

int sql_done(struct sql_stmt *s, struct error *err, const char *what)
{
	int result = sql_step(s, err, what);

	return sql_end(s, result < 0 ? result : 0);
}

int sql_run_args(struct sql_stmt *s, struct error *err, const char *what, const struct sql_arg *values, size_t count)
{
	sql_bind_args(s, values, count);
	return sql_done(s, err, what);
}

int sql_run_once_args(struct sql_db *db, const char *text, struct error *err, const char *what,
	const struct sql_arg *values, size_t count)
{
	struct sql_stmt *s;
	int result = sql_prepare_once(db, text, &s, err, what);

	if (result == 0)
		result = sql_run_args(s, err, what, values, count);
	sql_finalize(&s, 1);
	return result;
}

int sql_find_args(struct sql_stmt *s, struct error *err, const char *what, const struct sql_arg *values, size_t count)
{
	sql_bind_args(s, values, count);
	return sql_step(s, err, what);
}

int64_t sql_changed(const struct sql_stmt *s)
{
	return s->changed;
}

int sql_get_int(struct sql_stmt *s, int64_t *value, struct error *err, const char *what)
{
	int result = sql_step(s, err, what);

	if (result == 1)
		*value = sqlite3_column_int64(s->handle, 0);
	return sql_end(s, result);
}

int sql_find_int_args(struct sql_stmt *s, int64_t *value, struct error *err, const char *what,
	const struct sql_arg *values, size_t count)
{
	sql_bind_args(s, values, count);
	return sql_get_int(s, value, err, what);
}

int sql_insert(struct sql_stmt *s, int64_t *id, struct error *err, const char *what)
{
	int result = sql_step(s, err, what);

	/* after the row that the insertion returns, a second step ends it */
	while (result == 1) {
		*id = sqlite3_column_int64(s->handle, 0);
		result = sql_step(s, err, what);
	}
	return sql_end(s, result);
}

int sql_ask_int(struct sql_db *db, const char *text, int64_t *value, struct error *err, const char *what)
{
	struct sql_stmt *s;
	int result;

	*value = 0;
	result = sql_prepare_once(db, text, &s, err, what);
	if (result == 0)
		result = sql_get_int(s, value, err, what);
	sql_finalize(&s, 1);
	return result < 0 ? result : 0;
}

int sql_exec(struct sql_db *db, const char *text, struct error *err, const char *what)
{
	if (sqlite3_exec(db->handle, text, NULL, NULL, NULL) != SQLITE_OK)
		return sql_error(db->handle, err, what);
	return 0;
}
