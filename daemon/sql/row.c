/* SPDX-License-Identifier: ISC */
#include "sitrep/sql/row.h"

#include <errno.h>
#include <string.h>

#include "sitrep/sql/damage.h"
#include "sitrep/sql/seal.h"

enum {
	TEXT_MAX = 8 * 1024, /* of a statement */
	BYTES_MAX = 1024 * 1024,
	ENCODED_MAX = 4, /* columns of a table that are encoded */
};

/* ---- texts ---- */

static bool is_saved(const struct row_column *c)
{
	return !c->is_read_only && c->expression == NULL;
}

int row_write_select(const struct row_table *t, struct buf *out)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct row_column *c = &t->columns[i];

		buf_printf(out, "%s%s", i == 0 ? "SELECT " : ", ", c->expression != NULL ? c->expression : c->name);
	}
	return buf_printf(out, " FROM %s%s", t->name, t->selected);
}

static void write_update(const struct row_table *t, struct buf *out)
{
	const char *before = " SET ";
	int parameter = 1;

	buf_printf(out, "UPDATE %s", t->name);
	for (size_t i = 1; i < t->count; i++) {
		if (!is_saved(&t->columns[i]))
			continue;
		buf_printf(out, "%s%s = ?%d", before, t->columns[i].name, ++parameter);
		before = ", ";
	}
	buf_printf(out, " WHERE %s = ?1", t->columns[0].name);
}

static void write_replacement(const struct row_table *t, struct buf *out)
{
	const char *before = "(";
	int parameters = 0;

	buf_printf(out, "INSERT OR REPLACE INTO %s", t->name);
	for (size_t i = 0; i < t->count; i++) {
		if (!is_saved(&t->columns[i]))
			continue;
		buf_printf(out, "%s%s", before, t->columns[i].name);
		before = ", ";
		parameters++;
	}
	buf_puts(out, ") VALUES(");
	for (int i = 1; i <= parameters; i++)
		buf_printf(out, "%s?%d", i > 1 ? ", " : "", i);
	buf_puts(out, ")");
}

int row_write_save(const struct row_table *t, struct buf *out)
{
	if (t->is_replaced)
		write_replacement(t, out);
	else
		write_update(t, out);
	return out->failed;
}

int row_prepare(const struct row_table *t, struct sql_db *db, struct sql_stmt **select, struct sql_stmt **save,
	struct error *err)
{
	struct buf texts[2] = {BUF_INIT(TEXT_MAX), BUF_INIT(TEXT_MAX)};
	struct sql_stmt *s[2] = {NULL, NULL};
	int result = row_write_select(t, &texts[0]);

	if (result == 0)
		result = row_write_save(t, &texts[1]);
	if (result != 0)
		error_sys(err, result, "cannot prepare the database's statements");
	else
		result = sql_prepare(db, (const char *const[]){texts[0].data, texts[1].data}, 2, s, err);
	*select = s[0];
	*save = s[1];
	buf_release(&texts[0]);
	buf_release(&texts[1]);
	return result;
}

/* ---- reading ---- */

static int read_text(struct sql_stmt *s, int column, char **text)
{
	bool failed = false;

	*text = sql_text_copy(s, column, &failed);
	return failed ? -ENOMEM : 0;
}

static int read_name(const struct row_table *t, struct sql_stmt *s, int column, char **text)
{
	int result = read_text(s, column, text);

	if (result != 0 || *text != NULL)
		return result;
	damage_note_row(t->name, sql_int(s, 0), t->columns[column].name);
	*text = strdup("");
	return *text == NULL ? -ENOMEM : 0;
}

/* Bytes that do not match their seal are noted as damage, and decode gets no bytes. */
static int read_sealed(const struct row_table *t, struct sql_stmt *s, int column, void *row)
{
	struct str bytes;

	if (seal_open(sql_blob(s, column), &bytes) < 0)
		damage_note_row(t->name, sql_int(s, 0), t->columns[column].name);
	return t->columns[column].decode(row, bytes);
}

static int read_column(const struct row_table *t, struct sql_stmt *s, int column, void *row)
{
	const struct row_column *c = &t->columns[column];
	void *member = (char *)row + c->offset;

	switch (c->type) {
	case ROW_BOOL:
		*(bool *)member = sql_bool(s, column);
		return 0;
	case ROW_INT:
		*(int *)member = (int)sql_number(s, column, c->low, c->high, c->otherwise);
		return 0;
	case ROW_INT64:
		*(int64_t *)member = sql_number(s, column, c->low, c->high, c->otherwise);
		return 0;
	case ROW_TIME:
		*(int64_t *)member = sql_time(s, column);
		return 0;
	case ROW_TEXT:
		return read_text(s, column, member);
	case ROW_NAME:
		return read_name(t, s, column, member);
	case ROW_SEALED:
		return read_sealed(t, s, column, row);
	}
	return 0;
}

int row_read(const struct row_table *t, struct sql_stmt *select, void *row)
{
	int result = 0;

	for (size_t i = 0; i < t->count && result == 0; i++)
		result = read_column(t, select, (int)i, row);
	return result;
}

/* ---- saving ---- */

/* The bytes of encoded columns: the statement reads them until it has run. */
struct encoded {
	struct buf bytes[ENCODED_MAX];
	size_t count;
};

static int encode(const struct row_column *c, const void *row, struct encoded *e, struct str *bytes)
{
	struct buf *out;
	int result;

	if (e->count == ENCODED_MAX)
		return -E2BIG;
	out = &e->bytes[e->count++];
	buf_init(out, BYTES_MAX);
	result = c->encode(row, out);
	if (result == 0 && c->type == ROW_SEALED && out->len > 0)
		result = seal_add(out);
	*bytes = out->data != NULL ? buf_str(out) : STR_NONE;
	return result;
}

/* 0, or encode()'s failure. */
static int read_member(const struct row_column *c, const void *row, struct encoded *e, struct sql_arg *value)
{
	const void *member = (const char *)row + c->offset;
	struct str bytes = STR_NONE;
	int result = c->encode != NULL ? encode(c, row, e, &bytes) : 0;

	switch (c->type) {
	case ROW_BOOL:
		*value = as_int(*(const bool *)member);
		break;
	case ROW_INT:
		*value = as_int(*(const int *)member);
		break;
	case ROW_INT64:
		*value = as_int(*(const int64_t *)member);
		break;
	case ROW_TIME:
		*value = as_time(*(const int64_t *)member);
		break;
	case ROW_TEXT:
	case ROW_NAME:
		*value = c->encode != NULL ? as_text(bytes) : as_cstr(*(char *const *)member);
		break;
	case ROW_SEALED:
		*value = as_blob(bytes.data, bytes.len);
		break;
	}
	return result;
}

int row_save(const struct row_table *t, struct sql_stmt *save, const void *row, struct error *err, const char *what)
{
	struct encoded e = {.count = 0};
	int index = 0, result = 0;
	struct sql_arg value;

	for (size_t i = 0; i < t->count && result == 0; i++) {
		if (i > 0 && !is_saved(&t->columns[i]))
			continue;
		result = read_member(&t->columns[i], row, &e, &value);
		sql_bind_one(save, ++index, value);
	}
	if (result == 0) {
		result = sql_done(save, err, what);
	} else {
		sql_reset(save);
		error_sys(err, result, "%s", what);
	}
	for (size_t i = 0; i < e.count; i++)
		buf_release(&e.bytes[i]);
	return result;
}
