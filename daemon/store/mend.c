/* SPDX-License-Identifier: ISC */
#include "sitrep/store/mend.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "sitrep/base/buf.h"
#include "sitrep/sql/damage.h"
#include "sitrep/sql/sql.h"

enum { TEXT_MAX = 16 * 1024 };

static const char cannot_mend[] = "cannot repair a table";

static const struct {
	const char *type, *storage, *nothing;
} types[] = {
	{"INTEGER", "integer", "0"},
	{"TEXT", "text", "''"},
	{"BLOB", "blob", "x''"},
	{"REAL", "real", "0.0"},
};

struct mending {
	struct buf sets, where; /* of columns outside of the key */
	struct buf keys;        /* the condition for keys of a wrong type */
};

/* Adds "typeof(name) NOT IN ('integer', 'null')" to a condition. */
static void add_condition(struct buf *where, const char *name, const char *storage, bool not_null)
{
	buf_printf(where, "%stypeof(%s) NOT IN ('%s'%s)", where->len > 0 ? " OR " : "", name, storage,
		not_null ? "" : ", 'null'");
}

/* Adds a column of PRAGMA table_info. */
static void add_column(struct mending *m, struct sql_stmt *s)
{
	const char *name = sql_cstr(s, 1);
	const char *type = sql_cstr(s, 2);
	bool not_null = sql_bool(s, 3), is_key = sql_bool(s, 5);

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(type, types[i].type) != 0)
			continue;
		add_condition(is_key ? &m->keys : &m->where, name, types[i].storage, not_null || is_key);
		if (is_key)
			continue;
		buf_printf(&m->sets, "%s%s = CASE WHEN typeof(%s) IN ('%s'%s) THEN %s ELSE %s END",
			m->sets.len > 0 ? ", " : "SET ", name, name, types[i].storage, not_null ? "" : ", 'null'", name,
			not_null ? types[i].nothing : "NULL");
	}
}

/* Runs a statement of up to three parts; returns the number of rows that it has changed. */
static int change_rows(struct sql_db *db, const char *verb, const char *table, const struct buf *sets,
	const struct buf *where, struct error *err)
{
	struct buf text = BUF_INIT(3 * TEXT_MAX);
	struct sql_stmt *s = NULL;
	int result;

	if (where->len == 0)
		return 0;
	buf_printf(&text, "%s %s %.*s WHERE %.*s", verb, table, STR_ARG(buf_str(sets)), STR_ARG(buf_str(where)));
	result = buf_failed(sets) || buf_failed(where) || buf_failed(&text)
			 ? error_sys(err, -ENOMEM, cannot_mend)
			 : sql_prepare_once(db, text.data, &s, err, cannot_mend);
	if (result == 0)
		result = sql_done(s, err, cannot_mend);
	if (result == 0)
		result = (int)sql_changed(s);
	sql_finalize(&s, 1);
	buf_release(&text);
	return result;
}

int mend_table(struct sql_db *db, const char *table, struct error *err)
{
	struct mending m = {BUF_INIT(TEXT_MAX), BUF_INIT(TEXT_MAX), BUF_INIT(TEXT_MAX)};
	const struct buf none = BUF_INIT(0);
	struct sql_stmt *s;
	int result = sql_prepare_once(db, "SELECT * FROM pragma_table_info(?1)", &s, err, cannot_mend), removed = 0;

	if (result != 0)
		return result;
	sql_bind(s, as_cstr(table));
	while ((result = sql_step(s, err, cannot_mend)) == 1)
		add_column(&m, s);
	sql_finalize(&s, 1);
	if (result == 0)
		result = removed = change_rows(db, "DELETE FROM", table, &none, &m.keys, err);
	if (result >= 0)
		result = change_rows(db, "UPDATE", table, &m.sets, &m.where, err);
	buf_release(&m.sets);
	buf_release(&m.where);
	buf_release(&m.keys);
	if (result >= 0)
		result += removed;
	if (result > 0)
		damage_note_mended(table, result);
	return result;
}

/* SQLite's error ends in "column TABLE.COLUMN" or "failed: TABLE.COLUMN". */
int mend_after(struct sql_db *db, const struct error *why, struct error *err)
{
	static const char *const tables[] = {"feed", "item", "story", "counter", "rule", "websub", "ident", "digest",
		"near_sketch", "near_state", "story_link", "revision", "churn", "alert", "alert_day", "alert_rule"};
	const char *dot = strrchr(why->text, '.');

	for (size_t i = 0; dot != NULL && i < sizeof(tables) / sizeof(tables[0]); i++) {
		size_t length = strlen(tables[i]);

		if ((size_t)(dot - why->text) > length && memcmp(dot - length, tables[i], length) == 0 &&
			dot[-(ptrdiff_t)length - 1] == ' ')
			return mend_table(db, tables[i], err);
	}
	return 0;
}
