/* SPDX-License-Identifier: ISC */
/* Gives a database of any version before 15 the tables that the steps 1 to 14 make.
 *
 * A missing table or index is made.  A missing column is added where its values can be empty or 0.  A table of another
 * shape is replaced when its rows are derived (near_*) or can be carried over (story_link); the index of texts is then
 * marked to be built anew (near_rebuild.c).  Frozen like the text of a step, see schema_steps.c. */
#include "schema_repair.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "schema_steps.h"
#include "sitrep/base/buf.h"
#include "sitrep/sql/database.h"
#include "sitrep/sql/sql.h"

enum { TEXT_MAX = 8 * 1024 };

static const char cannot_repair[] = "cannot repair the database's tables";

/* Runs the formatted text.  Names in it come from the steps, so double quotes are enough. */
static int run_text(struct sql_db *db, struct error *err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static int run_text(struct sql_db *db, struct error *err, const char *format, ...)
{
	struct buf text = BUF_INIT(TEXT_MAX);
	va_list arguments;
	int result;

	va_start(arguments, format);
	result = buf_vprintf(&text, format, arguments);
	va_end(arguments);
	result =
		result == 0 ? sql_exec(db, text.data, err, cannot_repair) : error_sys(err, result, "%s", cannot_repair);
	buf_release(&text);
	return result;
}

/* Prepares a statement with up to two parameters, which must outlive it; NULL on failure. */
static struct sql_stmt *prepare_with(
	struct sql_db *db, const char *text, const char *first, const char *second, struct error *err)
{
	struct sql_stmt *s;

	if (sql_prepare_once(db, text, &s, err, cannot_repair) != 0)
		return NULL;
	sql_bind(s, as_cstr(first), as_cstr(second));
	return s;
}

/* 1: the statement has a row; 0: no row. */
static int has_row(struct sql_db *db, const char *text, const char *first, const char *second, struct error *err)
{
	struct sql_stmt *s = prepare_with(db, text, first, second, err);
	int result = s != NULL ? sql_step(s, err, cannot_repair) : err->code;

	sql_finalize(&s, 1);
	return result;
}

static int has_table(struct sql_db *db, const char *table, struct error *err)
{
	return has_row(db, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1", table, NULL, err);
}

static int has_column(struct sql_db *db, const char *table, const char *column, struct error *err)
{
	return has_row(db, "SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2", table, column, err);
}

/* ---- columns ---- */

struct column {
	const char *name, *type, *value; /* value: its default as SQL, NULL without one */
	bool is_required, is_key;
};

static struct column column_of(struct sql_stmt *s)
{
	return (struct column){
		.name = sql_cstr(s, 0),
		.type = sql_cstr(s, 1),
		.is_required = sql_bool(s, 2),
		.value = sql_cstr(s, 3),
		.is_key = sql_bool(s, 4),
	};
}

static const char column_text[] = "SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_info(?1)";

static bool is_derived(const char *table)
{
	return strncmp(table, "near_", strlen("near_")) == 0;
}

/* A number may begin as 0 in derived rows.  A required text or blob has no such value: NULL. */
static const char *value_to_begin_with(const char *table, const struct column *c)
{
	bool is_number = c->type != NULL && (strcmp(c->type, "INTEGER") == 0 || strcmp(c->type, "REAL") == 0);

	if (c->value != NULL)
		return c->value;
	return is_number && (is_derived(table) || strcmp(table, "story_link") == 0) ? "0" : NULL;
}

/* Adds the column if it is missing.  1: the table has it now; 0: it cannot be added. */
static int add_column(struct sql_db *db, const char *table, const struct column *c, struct error *err)
{
	const char *value = value_to_begin_with(table, c);
	int result = has_column(db, table, c->name, err);

	if (result != 0)
		return result;
	if (c->is_key || (c->is_required && value == NULL))
		return 0;
	result = run_text(db, err, "ALTER TABLE \"%s\" ADD COLUMN \"%s\" %s%s%s%s", table, c->name, c->type,
		c->is_required ? " NOT NULL" : "", value != NULL ? " DEFAULT " : "", value != NULL ? value : "");
	return result == 0 ? 1 : result;
}

/* 1: the table can hold the reference's rows.  0: it has a key or required column that the reference lacks, or it lacks
 * a column that cannot be added. */
static int fit_columns(struct sql_db *db, struct sql_db *reference, const char *table, struct error *err)
{
	static const char text[] = "SELECT name FROM pragma_table_info(?1)"
				   " WHERE pk > 0 OR (\"notnull\" != 0 AND dflt_value IS NULL)";
	struct sql_stmt *s = prepare_with(db, text, table, NULL, err);
	int result, fits = 1;

	if (s == NULL)
		return err->code;
	while ((result = sql_step(s, err, cannot_repair)) == 1 && fits == 1)
		fits = has_column(reference, table, sql_cstr(s, 0), err);
	sql_finalize(&s, 1);
	if (result < 0 || fits != 1)
		return result < 0 ? result : fits;
	s = prepare_with(reference, column_text, table, NULL, err);
	if (s == NULL)
		return err->code;
	while (fits == 1 && (result = sql_step(s, err, cannot_repair)) == 1) {
		struct column c = column_of(s);

		fits = add_column(db, table, &c, err);
	}
	sql_finalize(&s, 1);
	return result < 0 ? result : fits;
}

/* ---- tables ---- */

/* Copies story_link's rows, with 0 in columns that they lack. */
static int carry_links_over(struct sql_db *db, struct sql_db *reference, struct error *err)
{
	static const char table[] = "story_link", former[] = "story_link_former";
	struct sql_stmt *s = prepare_with(reference, column_text, table, NULL, err);
	struct buf names = BUF_INIT(TEXT_MAX), values = BUF_INIT(TEXT_MAX);
	int result;

	if (s == NULL)
		return err->code;
	while ((result = sql_step(s, err, cannot_repair)) == 1) {
		struct column c = column_of(s);
		int has = has_column(db, former, c.name, err);

		if (has < 0) {
			result = has;
			break;
		}
		buf_printf(&names, "%s\"%s\"", names.len > 0 ? ", " : "", c.name);
		if (has == 1)
			buf_printf(&values, "%s\"%s\"", values.len > 0 ? ", " : "", c.name);
		else
			buf_puts(&values, values.len > 0 ? ", 0" : "0");
	}
	sql_finalize(&s, 1);
	if (result == 0 && (buf_failed(&names) || buf_failed(&values)))
		result = error_sys(err, -ENOMEM, "%s", cannot_repair);
	if (result == 0)
		result = run_text(db, err, "INSERT INTO story_link(%s) SELECT %s FROM story_link_former", names.data,
			values.data);
	buf_release(&names);
	buf_release(&values);
	return result;
}

static int replace_table(
	struct sql_db *db, struct sql_db *reference, const char *table, const char *text, struct error *err)
{
	bool carries = strcmp(table, "story_link") == 0;
	int result;

	if (!carries && !is_derived(table))
		return error_set(err, -EUCLEAN,
			"cannot repair the database's tables: %s has columns that no released version made", table);
	result = carries ? run_text(db, err, "ALTER TABLE story_link RENAME TO story_link_former")
			 : run_text(db, err, "DROP TABLE \"%s\"", table);
	if (result == 0)
		result = sql_exec(db, text, err, cannot_repair);
	if (result == 0 && carries)
		result = carry_links_over(db, reference, err);
	if (result == 0 && carries)
		result = sql_exec(db, "DROP TABLE story_link_former", err, cannot_repair);
	return result;
}

/* is_changed is set when the table was made or replaced. */
static int fit_table(struct sql_db *db, struct sql_db *reference, const char *table, const char *text, bool *is_changed,
	struct error *err)
{
	int result = has_table(db, table, err);

	if (result == 0) {
		*is_changed = true;
		return sql_exec(db, text, err, cannot_repair);
	}
	if (result == 1)
		result = fit_columns(db, reference, table, err);
	if (result == 0) {
		*is_changed = true;
		return replace_table(db, reference, table, text, err);
	}
	return result < 0 ? result : 0;
}

static int fit_tables(struct sql_db *db, struct sql_db *reference, bool *index_is_lost, struct error *err)
{
	struct sql_stmt *s = prepare_with(reference,
		"SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
		NULL, NULL, err);
	int result;

	if (s == NULL)
		return err->code;
	while ((result = sql_step(s, err, cannot_repair)) == 1) {
		const char *table = sql_cstr(s, 0);
		bool is_changed = false;

		result = fit_table(db, reference, table, sql_cstr(s, 1), &is_changed, err);
		if (result != 0)
			break;
		if (is_changed && is_derived(table))
			*index_is_lost = true;
	}
	sql_finalize(&s, 1);
	return result;
}

/* Indexes are compared by their SQL; a different one is made again. */
static int fit_indexes(struct sql_db *db, struct sql_db *reference, struct error *err)
{
	struct sql_stmt *s = prepare_with(reference,
		"SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql NOT NULL", NULL, NULL, err);
	int result;

	if (s == NULL)
		return err->code;
	while ((result = sql_step(s, err, cannot_repair)) == 1) {
		const char *name = sql_cstr(s, 0);
		const char *text = sql_cstr(s, 1);

		result = has_row(db, "SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = ?1 AND sql = ?2",
			name, text, err);
		if (result == 1)
			continue;
		if (result == 0)
			result = run_text(db, err, "DROP INDEX IF EXISTS \"%s\"", name);
		if (result == 0)
			result = sql_exec(db, text, err, cannot_repair);
		if (result != 0)
			break;
	}
	sql_finalize(&s, 1);
	return result;
}

/* ---- names of other versions ---- */

/* 8b0d10c's names of story_link's columns. */
static int rename_columns(struct sql_db *db, struct error *err)
{
	static const char *const names[][2] = {
		{"smaller", "shared_of"}, {"shared_numbers", "numbers"}, {"smaller_numbers", "numbers_of"}};
	int result = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && result == 0; i++) {
		int has = has_column(db, "story_link", names[i][0], err);

		if (has < 0)
			return has;
		if (has == 1)
			result = run_text(db, err, "ALTER TABLE story_link RENAME COLUMN \"%s\" TO \"%s\"", names[i][0],
				names[i][1]);
	}
	return result;
}

/* Table near_omitted of 3788023 became two columns of near_sketch; column ident_trust of b815816 is not used any more.
 */
static int take_former(struct sql_db *db, struct error *err)
{
	int result = has_table(db, "near_omitted", err);

	if (result == 1)
		result = sql_exec(db,
			"UPDATE near_sketch SET omitted = o.shingles, omitted_of = o.shingles_of FROM near_omitted o"
			" WHERE o.item_id = near_sketch.item_id; DROP TABLE near_omitted",
			err, cannot_repair);
	if (result == 0)
		result = has_column(db, "feed", "ident_trust", err);
	if (result == 1)
		result = sql_exec(db, "ALTER TABLE feed DROP COLUMN ident_trust", err, cannot_repair);
	return result;
}

static int open_reference(struct sql_db **reference, struct error *err)
{
	int result = sql_open(reference, NULL, SQL_MEMORY, err, cannot_repair);

	for (int i = 0; i < SCHEMA_REPAIR_VERSION - 1 && result == 0; i++)
		result = sql_exec(*reference, schema_steps[i], err, cannot_repair);
	return result;
}

int schema_repair(struct sql_db *db, struct error *err)
{
	struct error own = {0};
	struct error *e = err != NULL ? err : &own;
	struct sql_db *reference = NULL;
	bool index_is_lost = false;
	int result = open_reference(&reference, e);

	if (result == 0)
		result = rename_columns(db, e);
	if (result == 0)
		result = fit_tables(db, reference, &index_is_lost, e);
	if (result == 0)
		result = fit_indexes(db, reference, e);
	if (result == 0)
		result = take_former(db, e);
	/* near_rebuild.c builds the index anew; the values in near_state describe tables that are empty now */
	if (result == 0 && index_is_lost)
		result =
			sql_exec(db, "DELETE FROM near_state; INSERT INTO near_state(name, value) VALUES('rebuild', 1)",
				e, cannot_repair);
	sql_close(reference);
	return result;
}
