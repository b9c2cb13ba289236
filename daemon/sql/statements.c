/* SPDX-License-Identifier: ISC */
#include "sitrep/sql/statements.h"

#include <errno.h>

#include "sitrep/sql/row.h"
#include "sql_internal.h"

enum { TEXT_MAX = 8 * 1024 };

/* The linker's names for a section's beginning and end; NULL in a program without that section. */
extern const struct sql_texts __start_sitrep_sql_texts[], __stop_sitrep_sql_texts[];
extern const struct row_table *const __start_sitrep_sql_rows[] __attribute__((weak));
extern const struct row_table *const __stop_sitrep_sql_rows[] __attribute__((weak));

static int check_text(struct sql_db *db, const char *text, struct error *err)
{
	sqlite3_stmt *s = NULL;
	int result = 0;

	if (sqlite3_prepare_v2(db->handle, text, -1, &s, NULL) != SQLITE_OK)
		result = error_set(err, -EUCLEAN, "the database lacks a table or column that this program needs (%s)",
			sqlite3_errmsg(db->handle));
	sqlite3_finalize(s);
	return result;
}

static int check_rows(struct sql_db *db, const struct row_table *t, struct error *err)
{
	struct buf select = BUF_INIT(TEXT_MAX), save = BUF_INIT(TEXT_MAX);
	int result = row_write_select(t, &select);

	if (result == 0)
		result = row_write_save(t, &save);
	if (result != 0)
		error_sys(err, result, "cannot check the database's statements");
	if (result == 0)
		result = check_text(db, select.data, err);
	if (result == 0)
		result = check_text(db, save.data, err);
	buf_release(&select);
	buf_release(&save);
	return result;
}

int statements_check(struct sql_db *db, struct error *err)
{
	int result = 0;

	for (const struct sql_texts *m = __start_sitrep_sql_texts; m < __stop_sitrep_sql_texts; m++)
		for (size_t i = 0; i < m->count && result == 0; i++)
			result = check_text(db, m->texts[i], err);
	for (const struct row_table *const *r = __start_sitrep_sql_rows; r < __stop_sitrep_sql_rows && result == 0; r++)
		result = check_rows(db, *r, err);
	return result;
}
