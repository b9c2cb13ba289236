/* Prepared statements: the few lines that each use of SQLite's interface would repeat.
 *
 * A failing bind means no memory or a wrong index; SQLite then leaves the parameter NULL.  Every column
 * that must have a value is NOT NULL in the schema, so such a failure shows at the step and binding needs
 * no checks of its own. */
#include "sql.h"

#include <errno.h>

#include "sitrep/clock.h"
#include "sitrep/store.h"

int sql_prepare(sqlite3 *db, const char *const *texts, size_t count, sqlite3_stmt **out, struct error *err)
{
	for (size_t i = 0; i < count; i++)
		out[i] = NULL;
	for (size_t i = 0; i < count; i++) {
		if (sqlite3_prepare_v3(db, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &out[i], NULL) != SQLITE_OK) {
			int result = store_error(db, err, "cannot prepare the database's statements");

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

int64_t sql_time(sqlite3_stmt *s, int column)
{
	return sqlite3_column_type(s, column) == SQLITE_NULL ? TIME_NONE : sqlite3_column_int64(s, column);
}

struct str sql_text(sqlite3_stmt *s, int column)
{
	const char *text = (const char *)sqlite3_column_text(s, column);

	return text == NULL ? STR_NONE : str_make(text, (size_t)sqlite3_column_bytes(s, column));
}

struct str sql_blob(sqlite3_stmt *s, int column)
{
	const char *bytes = sqlite3_column_blob(s, column);

	return bytes == NULL ? STR_NONE : str_make(bytes, (size_t)sqlite3_column_bytes(s, column));
}

int sql_step(sqlite3_stmt *s, struct error *err, const char *what)
{
	switch (sqlite3_step(s)) {
	case SQLITE_ROW:
		return 1;
	case SQLITE_DONE:
		return 0;
	default:
		return store_error(sqlite3_db_handle(s), err, what);
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

int sql_exec(sqlite3 *db, const char *text, struct error *err, const char *what)
{
	return sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK ? 0 : store_error(db, err, what);
}
