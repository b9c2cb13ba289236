/* SPDX-License-Identifier: ISC */
#include "sitrep/store/check.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/clock.h"
#include "sitrep/identity/sketch.h"
#include "sitrep/model/wire.h"
#include "sitrep/sql/database.h"
#include "sitrep/sql/seal.h"
#include "sitrep/sql/sql.h"
#include "sitrep/store/store.h"

enum {
	TABLES_MAX = 64,
	NAME_MAX_LEN = 64,
	KEYS_MAX = 4,
	TEXT_MAX = 2048,
	/* A step ends after so many rows, or after so many bytes. */
	STEP_ROWS = 200,
	STEP_BYTES = 1024 * 1024,
	/* Findings after which SQLite's check of a table is stopped. */
	FINDINGS_MAX = 10,
	PROGRESS_STEPS = 10000,
	ARENA_MAX = 96 * 1024 * 1024,
	ARENA_KEPT = 1024 * 1024,
};

struct check {
	struct store store;
	bool quick;
	check_fn *fn;
	void *arg;
	atomic_bool is_interrupted;
	int64_t deadline_us; /* of SQLite's check */
	struct arena arena;
	char tables[TABLES_MAX][NAME_MAX_LEN];
	size_t table_count, table;
	bool has_list, is_walking;
	/* the walk over a table: the columns of its key, and the key of the last row read */
	char keys[KEYS_MAX][NAME_MAX_LEN];
	struct sql_value *last[KEYS_MAX];
	size_t key_count;
	struct error failure; /* of the pass's first table that could not be read for another reason than damage */
};

static const char cannot_check[] = "cannot check the database";

/* ---- sealed columns ---- */

static bool is_record(struct check *c, struct str content)
{
	struct item it;
	bool good = content.len > 0 && wire_decode_item(content, &c->arena, &it, NULL) != -EPROTO;

	if (c->arena.used > ARENA_KEPT)
		arena_release(&c->arena);
	else
		arena_clear(&c->arena);
	return good;
}

static bool is_sketch(struct check *c UNUSED, struct str content)
{
	struct sketch sketch;

	return sketch_decode(content, &sketch) == 0;
}

static bool is_anything(struct check *c UNUSED, struct str content UNUSED)
{
	return true;
}

static const struct {
	const char *table, *column;
	bool (*is_good)(struct check *c, struct str content);
} sealed[] = {
	{"item", "record", is_record},
	{"revision", "record", is_record},
	{"near_sketch", "sketch", is_sketch},
	{"near_pending", "shingles", is_anything},
	{"near_phrase", "counts", is_anything},
	{"feed", "history", is_anything},
	{"feed", "identity_trust", is_anything},
};

static void check_column(struct check *c, const char *table, int64_t row, struct sql_stmt *s, int column)
{
	const char *name = sql_column_name(s, column);

	for (size_t i = 0; i < sizeof(sealed) / sizeof(sealed[0]); i++) {
		struct str content;

		if (strcmp(sealed[i].table, table) != 0 || strcmp(sealed[i].column, name) != 0 ||
			sql_is_null(s, column))
			continue;
		if (seal_open(sql_blob(s, column), &content) < 0 || !sealed[i].is_good(c, content))
			c->fn(c->arg, table, row, name, NULL);
	}
}

/* ---- the list of tables ---- */

static int list_tables(struct check *c, struct error *err)
{
	struct sql_stmt *s;
	int result = sql_prepare_once(c->store.db,
		"SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name", &s,
		err, cannot_check);

	c->table_count = c->table = 0;
	while (result == 0 && c->table_count < TABLES_MAX && (result = sql_step(s, err, cannot_check)) == 1) {
		snprintf(c->tables[c->table_count++], NAME_MAX_LEN, "%.*s", STR_ARG(sql_text(s, 0)));
		result = 0;
	}
	sql_finalize(&s, 1);
	c->has_list = result == 0;
	return result;
}

/* ---- SQLite's check ---- */

static int on_progress(void *arg)
{
	struct check *c = arg;

	return atomic_load(&c->is_interrupted) || (c->deadline_us != 0 && clock_mono_us() > c->deadline_us);
}

/* A page that the disk did not give is not damaged: it may be read the next time.  SQLite's finding for it is "Page 7:
 * unable to get the page. error code=8458"; the low byte of the code is that of SQLITE_IOERR. */
static bool is_read_error(struct str finding)
{
	static const char before[] = "unable to get the page. error code=";
	enum { IO_ERROR = 10 };
	size_t at = str_find(finding, str_from(before), 0), end;
	long long code;

	if (at == STR_NPOS)
		return false;
	at += sizeof(before) - 1;
	for (end = at; end < finding.len && char_is_digit(finding.data[end]);)
		end++;
	return str_to_int(str_slice(finding, at, end), &code) && (code & 0xff) == IO_ERROR;
}

/* After CHECK_QUICK_MS it is given up; all rows are read in any case. */
static void run_quick_check(struct check *c, const char *table)
{
	char text[TEXT_MAX];
	struct error err = {0};
	struct sql_stmt *s;
	int result;

	snprintf(text, sizeof(text), "PRAGMA quick_check('%s')", table);
	c->deadline_us = clock_mono_us() + CHECK_QUICK_MS * INT64_C(1000);
	result = sql_prepare_once(c->store.db, text, &s, &err, cannot_check);
	for (int i = 0; result == 0 && i < FINDINGS_MAX && sql_step(s, &err, cannot_check) == 1; i++) {
		struct str finding = str_slice(sql_text(s, 0), 0, TEXT_MAX / 2);
		char copy[TEXT_MAX];

		if (str_eq(finding, STR("ok")))
			break;
		/* the walk over the rows returns it as an error */
		if (is_read_error(finding))
			continue;
		snprintf(copy, sizeof(copy), "%.*s", STR_ARG(finding));
		c->fn(c->arg, table, 0, NULL, copy);
	}
	if (err.code == -EUCLEAN)
		c->fn(c->arg, table, 0, NULL, err.text);
	sql_finalize(&s, 1);
	c->deadline_us = 0;
}

/* ---- the walk ---- */

static void forget_place(struct check *c)
{
	for (size_t i = 0; i < KEYS_MAX; i++) {
		sql_value_free(c->last[i]);
		c->last[i] = NULL;
	}
}

static int begin_walk(struct check *c, const char *table, struct error *err)
{
	struct sql_stmt *s;
	int result = sql_prepare_once(
		c->store.db, "SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk", &s, err, cannot_check);

	forget_place(c);
	c->key_count = 0;
	if (result != 0)
		return result;
	sql_bind(s, as_cstr(table));
	while (c->key_count < KEYS_MAX && (result = sql_step(s, err, cannot_check)) == 1)
		snprintf(c->keys[c->key_count++], NAME_MAX_LEN, "%.*s", STR_ARG(sql_text(s, 0)));
	sql_finalize(&s, 1);
	c->is_walking = result >= 0 && c->key_count > 0;
	return result < 0 ? result : 0;
}

/* "SELECT key, ..., * FROM table WHERE (key, ...) > (?1, ...) ORDER BY key, ... LIMIT n" */
static void write_query(const struct check *c, const char *table, char text[TEXT_MAX])
{
	char keys[KEYS_MAX * (NAME_MAX_LEN + 2)] = "", places[KEYS_MAX * 8] = "";
	size_t keys_len = 0, places_len = 0;

	for (size_t i = 0; i < c->key_count; i++) {
		keys_len += (size_t)snprintf(
			keys + keys_len, sizeof(keys) - keys_len, "%s%s", i > 0 ? ", " : "", c->keys[i]);
		places_len += (size_t)snprintf(
			places + places_len, sizeof(places) - places_len, "%s?%zu", i > 0 ? ", " : "", i + 1);
	}
	if (c->last[0] != NULL)
		snprintf(text, TEXT_MAX, "SELECT %s, * FROM %s WHERE (%s) > (%s) ORDER BY %s LIMIT %d", keys, table,
			keys, places, keys, STEP_ROWS);
	else
		snprintf(text, TEXT_MAX, "SELECT %s, * FROM %s ORDER BY %s LIMIT %d", keys, table, keys, STEP_ROWS);
}

/* Reads the whole row, so that SQLite reads its overflow pages too; returns its size. */
static size_t read_row(struct check *c, const char *table, struct sql_stmt *s)
{
	int64_t row = sql_int(s, 0);
	size_t bytes = 0;

	for (int i = (int)c->key_count; i < sql_columns(s); i++) {
		bytes += sql_blob(s, i).len + 1;
		check_column(c, table, row, s, i);
	}
	return bytes;
}

/* 1: there may be more rows; 0: the table is done. */
static int walk_table(struct check *c, const char *table, struct error *err)
{
	char text[TEXT_MAX];
	struct sql_stmt *s;
	size_t bytes = 0;
	int rows = 0, result;

	write_query(c, table, text);
	result = sql_prepare_once(c->store.db, text, &s, err, cannot_check);
	if (result != 0)
		return result;
	for (size_t i = 0; c->last[0] != NULL && i < c->key_count; i++)
		sql_bind_value(s, (int)i + 1, c->last[i]);
	while (bytes < STEP_BYTES && (result = sql_step(s, err, cannot_check)) == 1) {
		rows++;
		bytes += read_row(c, table, s);
		forget_place(c);
		for (size_t i = 0; i < c->key_count; i++)
			c->last[i] = sql_value_copy(s, (int)i);
		if (c->last[0] == NULL || c->last[c->key_count - 1] == NULL) {
			result = error_sys(err, -ENOMEM, cannot_check);
			break;
		}
	}
	sql_finalize(&s, 1);
	if (result < 0)
		return result;
	return result == 1 || rows == STEP_ROWS;
}

/* ---- steps ---- */

int check_step(struct check *c, struct error *err)
{
	const char *table;
	int result = 0;

	if (!c->has_list) {
		result = list_tables(c, err);
		return result == 0 ? c->table_count > 0 : result;
	}
	table = c->tables[c->table];
	if (!c->is_walking) {
		if (c->quick)
			run_quick_check(c, table);
		result = begin_walk(c, table, err);
	}
	if (result == 0 && c->is_walking)
		result = walk_table(c, table, err);
	if (result == 1)
		return 1;
	if (result == -EUCLEAN)
		c->fn(c->arg, table, 0, NULL, err->text);
	else if (result < 0 && c->failure.code == 0)
		c->failure = *err;
	/* After an error the rest of this table is skipped; the other tables are still checked. */
	c->is_walking = false;
	forget_place(c);
	if (++c->table < c->table_count)
		return 1;
	c->has_list = false;
	result = c->failure.code;
	if (result != 0)
		*err = c->failure;
	c->failure = (struct error){0};
	return result;
}

void check_interrupt(struct check *c)
{
	atomic_store(&c->is_interrupted, true);
}

struct check *check_new(const char *state_dir, bool quick, check_fn *fn, void *arg, struct error *err)
{
	struct check *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return error_sys_null(err, -ENOMEM, cannot_check);
	c->quick = quick;
	c->fn = fn;
	c->arg = arg;
	arena_init(&c->arena, ARENA_MAX);
	if (store_open(&c->store, state_dir, STORE_READ, err) != 0) {
		free(c);
		return NULL;
	}
	sql_on_progress(c->store.db, PROGRESS_STEPS, on_progress, c);
	return c;
}

void check_free(struct check *c)
{
	if (c == NULL)
		return;
	forget_place(c);
	store_close(&c->store);
	arena_release(&c->arena);
	free(c);
}
