/* All SQL that the program prepares. */
#include "sitrep/sql/statements.h"

#include <errno.h>

#include "sql_internal.h"

/* The linker's names for the ends of a section. */
extern const struct sql_texts __start_sitrep_sql_texts[], __stop_sitrep_sql_texts[];

static int check(struct sql_db *db, const char *text, struct error *err)
{
	sqlite3_stmt *s = NULL;
	int result = 0;

	if (sqlite3_prepare_v2(db->handle, text, -1, &s, NULL) != SQLITE_OK)
		result = error_set(
			err, -EUCLEAN, "the database lacks what this program needs (%s)", sqlite3_errmsg(db->handle));
	sqlite3_finalize(s);
	return result;
}

int statements_check(struct sql_db *db, struct error *err)
{
	int result = 0;

	for (const struct sql_texts *m = __start_sitrep_sql_texts; m < __stop_sitrep_sql_texts; m++)
		for (size_t i = 0; i < m->count && result == 0; i++)
			result = check(db, m->texts[i], err);
	return result;
}
