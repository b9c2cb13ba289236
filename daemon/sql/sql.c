/* Prepared statements: the few lines that each use of SQLite's interface would repeat.
 *
 * A failing bind means no memory or a wrong index; SQLite then leaves the parameter NULL.  Every column
 * that must have a value is NOT NULL in the schema, so such a failure shows at the step and binding needs
 * no checks of its own. */
#include "sitrep/sql/sql.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/utf8.h"

/* A commit's error reaches the connection without the system's reason; the file that was written knows it. */
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

int sql_error(sqlite3 *db, struct error *err, const char *what)
{
	int code = db == NULL ? SQLITE_NOMEM : sqlite3_errcode(db);
	int os = db == NULL ? 0 : code == SQLITE_IOERR ? last_errno(db) : sqlite3_system_errno(db);
	const char *text = db == NULL ? "out of memory" : sqlite3_errmsg(db);

	switch (code) {
	case SQLITE_FULL:
		return error_set(err, -ENOSPC, "%s: no space left for the database", what);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return error_set(err, -EUCLEAN, "%s: the database is damaged (%s)", what, text);
	case SQLITE_CONSTRAINT:
		/* Our statements keep the tables' rules, so what breaks them stood in the row before (mend.h). */
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

int sql_prepare(sqlite3 *db, const char *const *texts, size_t count, sqlite3_stmt **out, struct error *err)
{
	for (size_t i = 0; i < count; i++)
		out[i] = NULL;
	for (size_t i = 0; i < count; i++) {
		if (sqlite3_prepare_v3(db, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &out[i], NULL) != SQLITE_OK) {
			int result = sql_error(db, err, "cannot prepare the database's statements");

			sql_finalize(out, count);
			return result;
		}
	}
	return 0;
}

void sql_finalize(sqlite3_stmt **statements, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		(void)sqlite3_finalize(statements[i]);
		statements[i] = NULL;
	}
}

void sql_bind_int(sqlite3_stmt *s, int index, int64_t value)
{
	(void)sqlite3_bind_int64(s, index, value);
}

void sql_bind_time(sqlite3_stmt *s, int index, int64_t time_ms)
{
	if (time_ms == TIME_NONE)
		(void)sqlite3_bind_null(s, index);
	else
		(void)sqlite3_bind_int64(s, index, time_ms);
}

void sql_bind_text(sqlite3_stmt *s, int index, struct str text)
{
	(void)sqlite3_bind_text64(s, index, text.data, text.len, SQLITE_STATIC, SQLITE_UTF8);
}

void sql_bind_cstr(sqlite3_stmt *s, int index, const char *text)
{
	sql_bind_text(s, index, str_from(text));
}

void sql_bind_blob(sqlite3_stmt *s, int index, const void *data, size_t len)
{
	(void)sqlite3_bind_blob64(s, index, data, len, SQLITE_STATIC);
}

void sql_bind_key(sqlite3_stmt *s, int index, const uint8_t key[STORE_KEY_LEN])
{
	(void)sqlite3_bind_blob(s, index, key, STORE_KEY_LEN, SQLITE_STATIC);
}

int64_t sql_number(sqlite3_stmt *s, int column, int64_t low, int64_t high, int64_t otherwise)
{
	int64_t value;

	if (sqlite3_column_type(s, column) != SQLITE_INTEGER)
		return otherwise;
	value = sqlite3_column_int64(s, column);
	return value >= low && value <= high ? value : otherwise;
}

int64_t sql_time_or(sqlite3_stmt *s, int column, int64_t otherwise)
{
	/* 0000-01-01 to 9999-12-31: sums with what lies outside could overflow, and no format can write it. */
	return sql_number(s, column, INT64_C(-62167219200000), INT64_C(253402300799999), otherwise);
}

int64_t sql_time(sqlite3_stmt *s, int column)
{
	return sql_time_or(s, column, TIME_NONE);
}

int sql_count(sqlite3_stmt *s, int column)
{
	return (int)sql_number(s, column, 0, INT_MAX, 0);
}

double sql_share(sqlite3_stmt *s, int column)
{
	double value = sqlite3_column_double(s, column);

	return value >= 0 && value <= 1 ? value : 0;
}

struct str sql_text(sqlite3_stmt *s, int column)
{
	const char *text = (const char *)sqlite3_column_text(s, column);

	struct str all;
	size_t nul;

	if (text == NULL)
		return STR_NONE;
	all = str_make(text, (size_t)sqlite3_column_bytes(s, column));
	nul = str_find_char(all, '\0', 0);
	if (nul != STR_NPOS)
		all.len = nul;
	all.len = utf8_valid_prefix(all);
	return all;
}

struct str sql_blob(sqlite3_stmt *s, int column)
{
	const char *bytes = sqlite3_column_blob(s, column);

	return bytes == NULL ? STR_NONE : str_make(bytes, (size_t)sqlite3_column_bytes(s, column));
}

char *sql_text_copy(sqlite3_stmt *s, int column, bool *failed)
{
	struct str text = sql_text(s, column);
	char *copy = text.data == NULL ? NULL : strndup(text.data, text.len);

	*failed = *failed || (text.data != NULL && copy == NULL);
	return copy;
}

int sql_step(sqlite3_stmt *s, struct error *err, const char *what)
{
	switch (sqlite3_step(s)) {
	case SQLITE_ROW:
		return 1;
	case SQLITE_DONE:
		return 0;
	default:
		return sql_error(sqlite3_db_handle(s), err, what);
	}
}

void sql_reset(sqlite3_stmt *s)
{
	(void)sqlite3_reset(s);
	(void)sqlite3_clear_bindings(s);
}

int sql_done(sqlite3_stmt *s, struct error *err, const char *what)
{
	int result = sql_step(s, err, what);

	sql_reset(s);
	return result < 0 ? result : 0;
}

int sql_get_int(sqlite3_stmt *s, int64_t *value, struct error *err, const char *what)
{
	int result = sql_step(s, err, what);

	if (result == 1)
		*value = sqlite3_column_int64(s, 0);
	sql_reset(s);
	return result;
}

int sql_ask_int(sqlite3 *db, const char *text, int64_t *value, struct error *err, const char *what)
{
	sqlite3_stmt *s = NULL;
	int result;

	*value = 0;
	if (sqlite3_prepare_v2(db, text, -1, &s, NULL) != SQLITE_OK)
		return sql_error(db, err, what);
	result = sql_get_int(s, value, err, what);
	(void)sqlite3_finalize(s);
	return result < 0 ? result : 0;
}

int sql_exec(sqlite3 *db, const char *text, struct error *err, const char *what)
{
	return sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK ? 0 : sql_error(db, err, what);
}
