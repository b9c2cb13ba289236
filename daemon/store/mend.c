/* SPDX-License-Identifier: ISC */
/* Rows whose columns hold values of a type that their table forbids. */
#include "sitrep/store/mend.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "sitrep/base/buf.h"
#include "sitrep/sql/damage.h"
#include "sitrep/sql/sql.h"

enum { TEXT_MAX = 16 * 1024 };

static const char cannot_mend[] = "cannot mend a table";

static const struct {
	const char *type, *storage, *nothing;
} types[] = {
	{"INTEGER", "integer", "0"},
	{"TEXT", "text", "''"},
	{"BLOB", "blob", "x''"},
	{"REAL", "real", "0.0"},
};

/* Adds a column of PRAGMA table_info to the UPDATE's assignments and condition. */
static void add_column(struct buf *sets, struct buf *where, struct sql_stmt *s)
{
	const char *name = sql_cstr(s, 1);
	const char *type = sql_cstr(s, 2);
	bool not_null = sql_bool(s, 3), is_key = sql_bool(s, 5);

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]) && !is_key; i++) {
		if (strcmp(type, types[i].type) != 0)
			continue;
		(void)buf_printf(sets, "%s%s = CASE WHEN typeof(%s) IN ('%s'%s) THEN %s ELSE %s END",
			sets->len > 0 ? ", " : "", name, name, types[i].storage, not_null ? "" : ", 'null'", name,
			not_null ? types[i].nothing : "NULL");
		(void)buf_printf(where, "%stypeof(%s) NOT IN ('%s'%s)", where->len > 0 ? " OR " : "", name,
			types[i].storage, not_null ? "" : ", 'null'");
	}
}

int mend_table(struct sql_db *db, const char *table, struct error *err)
{
	static const char *const info[] = {"SELECT * FROM pragma_table_info(?1)"};
	struct buf sets = BUF_INIT(TEXT_MAX), where = BUF_INIT(TEXT_MAX), text = BUF_INIT(3 * TEXT_MAX);
	struct sql_stmt *s[1];
	int result = sql_prepare(db, info, 1, s, err), rows = 0;

	if (result != 0)
		return result;
	sql_bind_cstr(s[0], 1, table);
	while ((result = sql_step(s[0], err, cannot_mend)) == 1)
		add_column(&sets, &where, s[0]);
	sql_finalize(s, 1);
	if (result == 0 && sets.len > 0) {
		(void)buf_printf(&text, "UPDATE %s SET %.*s WHERE %.*s", table, STR_ARG(buf_str(&sets)),
			STR_ARG(buf_str(&where)));
		result = buf_failed(&sets) || buf_failed(&where) || buf_failed(&text)
				 ? error_sys(err, -ENOMEM, cannot_mend)
				 : sql_prepare_once(db, text.data, s, err, cannot_mend);
		if (result == 0)
			result = sql_done(s[0], err, cannot_mend);
		if (result == 0)
			rows = (int)sql_changed(s[0]);
		sql_finalize(s, 1);
	}
	buf_release(&sets);
	buf_release(&where);
	buf_release(&text);
	if (rows > 0)
		damage_note_mended(table, rows);
	return result < 0 ? result : rows;
}

/* SQLite's error ends in "column TABLE.COLUMN" or "failed: TABLE.COLUMN". */
int mend_after(struct sql_db *db, const struct error *why, struct error *err)
{
	static const char *const tables[] = {"feed", "item", "story", "total", "websub", "ident", "digest",
		"near_sketch", "near_state", "story_link", "revision", "churn"};
	const char *dot = strrchr(why->text, '.');

	for (size_t i = 0; dot != NULL && i < sizeof(tables) / sizeof(tables[0]); i++) {
		size_t length = strlen(tables[i]);

		if ((size_t)(dot - why->text) > length && memcmp(dot - length, tables[i], length) == 0 &&
			dot[-(ptrdiff_t)length - 1] == ' ')
			return mend_table(db, tables[i], err);
	}
	return 0;
}
