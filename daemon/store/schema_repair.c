/* Makes a database of any version before 15 what the steps 1 to 14 make of an empty one.
 *
 * A missing table or index is made.  A missing column is added where its values can be empty or 0.  A table of another
 * shape is replaced when its rows are derived (near_*) or can be carried over (story_link); the index of texts is then
 * marked to be built anew (near_rebuild.c).  Frozen like the text of a step, see schema_steps.h. */
#include "schema_repair.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "schema_steps.h"
#include "sitrep/sql/sql.h"

enum { REPAIRED_VERSION = 14 };

static const char cannot_repair[] = "cannot repair the database's tables";

/* Runs text that sqlite3_mprintf() made, and frees it. */
static int run_taken(sqlite3 *db, char *text, struct error *err)
{
	int result =
		text != NULL ? sql_exec(db, text, err, cannot_repair) : error_sys(err, -ENOMEM, "%s", cannot_repair);

	sqlite3_free(text);
	return result;
}

/* A statement with up to two names as its parameters; NULL on failure. */
static sqlite3_stmt *ask(sqlite3 *db, const char *text, const char *first, const char *second, struct error *err)
{
	sqlite3_stmt *s = NULL;

	if (sqlite3_prepare_v2(db, text, -1, &s, NULL) != SQLITE_OK ||
		(first != NULL && sqlite3_bind_text(s, 1, first, -1, SQLITE_TRANSIENT) != SQLITE_OK) ||
		(second != NULL && sqlite3_bind_text(s, 2, second, -1, SQLITE_TRANSIENT) != SQLITE_OK)) {
		(void)sql_error(db, err, cannot_repair);
		sqlite3_finalize(s);
		return NULL;
	}
	return s;
}

/* 1 the statement has a row, 0 none. */
static int has_row(sqlite3 *db, const char *text, const char *first, const char *second, struct error *err)
{
	sqlite3_stmt *s = ask(db, text, first, second, err);
	int result = s != NULL ? sql_step(s, err, cannot_repair) : err->code;

	sqlite3_finalize(s);
	return result;
}

static int has_table(sqlite3 *db, const char *table, struct error *err)
{
	return has_row(db, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1", table, NULL, err);
}

static int has_column(sqlite3 *db, const char *table, const char *column, struct error *err)
{
	return has_row(db, "SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2", table, column, err);
}

/* ---- columns ---- */

struct column {
	const char *name, *type, *value; /* value: its default as SQL, NULL without one */
	bool is_required, is_key;
};

static struct column column_of(sqlite3_stmt *s)
{
	return (struct column){
		.name = (const char *)sqlite3_column_text(s, 0),
		.type = (const char *)sqlite3_column_text(s, 1),
		.is_required = sqlite3_column_int(s, 2) != 0,
		.value = (const char *)sqlite3_column_text(s, 3),
		.is_key = sqlite3_column_int(s, 4) != 0,
	};
}

static const char column_text[] = "SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_info(?1)";

static bool is_derived(const char *table)
{
	return strncmp(table, "near_", strlen("near_")) == 0;
}

/* Counts may begin as 0 in derived rows; a text or a blob that must be there cannot be invented. */
static const char *value_to_begin_with(const char *table, const struct column *c)
{
	bool is_number = c->type != NULL && (strcmp(c->type, "INTEGER") == 0 || strcmp(c->type, "REAL") == 0);

	if (c->value != NULL)
		return c->value;
	return is_number && (is_derived(table) || strcmp(table, "story_link") == 0) ? "0" : NULL;
}

/* Adds the column if it is missing and can be added: 1 the table has it now, 0 it has not. */
static int add_column(sqlite3 *db, const char *table, const struct column *c, struct error *err)
{
	const char *value = value_to_begin_with(table, c);
	int result = has_column(db, table, c->name, err);

	if (result != 0)
		return result;
	if (c->is_key || (c->is_required && value == NULL))
		return 0;
	result = run_taken(db,
		sqlite3_mprintf("ALTER TABLE \"%w\" ADD COLUMN \"%w\" %s%s%s%s", table, c->name, c->type,
			c->is_required ? " NOT NULL" : "", value != NULL ? " DEFAULT " : "",
			value != NULL ? value : ""),
		err);
	return result == 0 ? 1 : result;
}

/* 1: the table can hold what the reference's can; 0: it has a key or a required column that the reference's lacks, or
 * lacks a column that cannot be added. */
static int fit_columns(sqlite3 *db, sqlite3 *reference, const char *table, struct error *err)
{
	static const char text[] = "SELECT name FROM pragma_table_info(?1)"
				   " WHERE pk > 0 OR (\"notnull\" != 0 AND dflt_value IS NULL)";
	sqlite3_stmt *s = ask(db, text, table, NULL, err);
	int result, fits = 1;

	if (s == NULL)
		return err->code;
	while ((result = sql_step(s, err, cannot_repair)) == 1 && fits == 1)
		fits = has_column(reference, table, (const char *)sqlite3_column_text(s, 0), err);
	sqlite3_finalize(s);
	if (result < 0 || fits != 1)
		return result < 0 ? result : fits;
	s = ask(reference, column_text, table, NULL, err);
	if (s == NULL)
		return err->code;
	while (fits == 1 && (result = sql_step(s, err, cannot_repair)) == 1) {
		struct column c = column_of(s);

		fits = add_column(db, table, &c, err);
	}
	sqlite3_finalize(s);
	return result < 0 ? result : fits;
}

/* ---- tables ---- */

/* story_link's rows, with 0 for what they lack. */
static int carry_links_over(sqlite3 *db, sqlite3 *reference, struct error *err)
{
	static const char table[] = "story_link", former[] = "story_link_former";
	sqlite3_stmt *s = ask(reference, column_text, table, NULL, err);
	char *names = NULL, *values = NULL;
	int result;

	if (s == NULL)
		return err->code;
	while ((result = sql_step(s, err, cannot_repair)) == 1) {
		struct column c = column_of(s);
		char *more_names = names, *more_values = values;
		int has = has_column(db, former, c.name, err);

		if (has < 0) {
			result = has;
			break;
		}
		names = sqlite3_mprintf(
			"%s%s\"%w\"", more_names != NULL ? more_names : "", more_names != NULL ? ", " : "", c.name);
		values = has == 1 ? sqlite3_mprintf("%s%s\"%w\"", more_values != NULL ? more_values : "",
					    more_values != NULL ? ", " : "", c.name)
				  : sqlite3_mprintf("%s%s0", more_values != NULL ? more_values : "",
					    more_values != NULL ? ", " : "");
		sqlite3_free(more_names);
		sqlite3_free(more_values);
		if (names == NULL || values == NULL) {
			result = error_sys(err, -ENOMEM, "%s", cannot_repair);
			break;
		}
	}
	sqlite3_finalize(s);
	if (result == 0)
		result = run_taken(db,
			sqlite3_mprintf("INSERT INTO story_link(%s) SELECT %s FROM story_link_former", names, values),
			err);
	sqlite3_free(names);
	sqlite3_free(values);
	return result;
}

static int replace_table(sqlite3 *db, sqlite3 *reference, const char *table, const char *text, struct error *err)
{
	bool carries = strcmp(table, "story_link") == 0;
	int result;

	if (!carries && !is_derived(table))
		return error_set(err, -EUCLEAN,
			"cannot repair the database's tables: %s has columns that no released version made", table);
	result = run_taken(db,
		carries ? sqlite3_mprintf("ALTER TABLE story_link RENAME TO story_link_former")
			: sqlite3_mprintf("DROP TABLE \"%w\"", table),
		err);
	if (result == 0)
		result = sql_exec(db, text, err, cannot_repair);
	if (result == 0 && carries)
		result = carry_links_over(db, reference, err);
	if (result == 0 && carries)
		result = sql_exec(db, "DROP TABLE story_link_former", err, cannot_repair);
	return result;
}

/* is_changed is set when the table was made or replaced. */
static int fit_table(
	sqlite3 *db, sqlite3 *reference, const char *table, const char *text, bool *is_changed, struct error *err)
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

static int fit_tables(sqlite3 *db, sqlite3 *reference, bool *index_is_lost, struct error *err)
{
	sqlite3_stmt *s = ask(reference,
		"SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
		NULL, NULL, err);
	int result;

	if (s == NULL)
		return err->code;
	while ((result = sql_step(s, err, cannot_repair)) == 1) {
		const char *table = (const char *)sqlite3_column_text(s, 0);
		bool is_changed = false;

		result = fit_table(db, reference, table, (const char *)sqlite3_column_text(s, 1), &is_changed, err);
		if (result != 0)
			break;
		if (is_changed && is_derived(table))
			*index_is_lost = true;
	}
	sqlite3_finalize(s);
	return result;
}

/* Indexes are compared by their text: one over other columns is made again. */
static int fit_indexes(sqlite3 *db, sqlite3 *reference, struct error *err)
{
	sqlite3_stmt *s = ask(reference, "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql NOT NULL",
		NULL, NULL, err);
	int result;

	if (s == NULL)
		return err->code;
	while ((result = sql_step(s, err, cannot_repair)) == 1) {
		const char *name = (const char *)sqlite3_column_text(s, 0);
		const char *text = (const char *)sqlite3_column_text(s, 1);

		result = has_row(db, "SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = ?1 AND sql = ?2",
			name, text, err);
		if (result == 1)
			continue;
		if (result == 0)
			result = run_taken(db, sqlite3_mprintf("DROP INDEX IF EXISTS \"%w\"", name), err);
		if (result == 0)
			result = sql_exec(db, text, err, cannot_repair);
		if (result != 0)
			break;
	}
	sqlite3_finalize(s);
	return result;
}

/* ---- what other versions called otherwise ---- */

/* 8b0d10c's names of story_link's columns. */
static int rename_columns(sqlite3 *db, struct error *err)
{
	static const char *const names[][2] = {
		{"smaller", "shared_of"}, {"shared_numbers", "numbers"}, {"smaller_numbers", "numbers_of"}};
	int result = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && result == 0; i++) {
		int has = has_column(db, "story_link", names[i][0], err);

		if (has < 0)
			return has;
		if (has == 1)
			result = run_taken(db,
				sqlite3_mprintf("ALTER TABLE story_link RENAME COLUMN \"%w\" TO \"%w\"", names[i][0],
					names[i][1]),
				err);
	}
	return result;
}

/* Table near_omitted of 3788023 became two columns of near_sketch; b815816's ident_trust was given up. */
static int take_former(sqlite3 *db, struct error *err)
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

static int open_reference(sqlite3 **reference, struct error *err)
{
	int result = 0;

	if (sqlite3_open(":memory:", reference) != SQLITE_OK)
		return sql_error(*reference, err, cannot_repair);
	for (int i = 0; i < REPAIRED_VERSION && result == 0; i++)
		result = sql_exec(*reference, schema_steps[i].text, err, cannot_repair);
	return result;
}

int schema_repair_15(sqlite3 *db, struct error *err)
{
	struct error own = {0};
	struct error *e = err != NULL ? err : &own;
	sqlite3 *reference = NULL;
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
	/* near_rebuild.c; the numbers kept by name describe tables that are empty now */
	if (result == 0 && index_is_lost)
		result =
			sql_exec(db, "DELETE FROM near_state; INSERT INTO near_state(name, value) VALUES('rebuild', 1)",
				e, cannot_repair);
	(void)sqlite3_close(reference);
	return result;
}
