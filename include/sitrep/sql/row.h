/* SPDX-License-Identifier: ISC */
/* row.h: a struct that is kept as one row of a table.
 *
 * A table of columns gives for each column the place of its value in the struct, and the values that make sense.  The
 * text of the SELECT and of the statement that saves, the binding and the reading follow from it, so that a new column
 * is one line (and a step of the schema).  The first column is the row's key, an int64_t. */
#ifndef SITREP_SQL_ROW_H
#define SITREP_SQL_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/sql/sql.h"

enum row_type {
	ROW_BOOL,   /* bool */
	ROW_INT,    /* int, or an enum: low to high, otherwise in place of any other number */
	ROW_INT64,  /* int64_t, likewise */
	ROW_TIME,   /* int64_t, ms; TIME_NONE is NULL */
	ROW_TEXT,   /* char *, of the heap; NULL is NULL */
	ROW_NAME,   /* likewise, never NULL; "" where it is damaged */
	ROW_SEALED, /* bytes with a seal (seal.h), by encode and decode; no bytes are NULL */
};

struct row_column {
	const char *name;
	enum row_type type;
	size_t offset;
	int64_t low, high, otherwise;
	bool is_read_only;      /* saving leaves it as it is */
	const char *expression; /* is selected in place of a column named name; read only */
	/* Appends the bytes to store.  ROW_TEXT may have it, too, when the text is stored in another form. */
	int (*encode)(const void *row, struct buf *out);
	/* Takes the bytes without their seal; no bytes when they are damaged. 0 or -ENOMEM. */
	int (*decode)(void *row, struct str bytes);
};

struct row_table {
	const char *name;
	const struct row_column *columns;
	size_t count;
	const char *selected; /* the rows that the SELECT gives: "" or " WHERE ..." */
	bool is_replaced;     /* saving inserts or replaces the key's row; else it updates an existing one */
};

/* Stands once for each table of columns, so that a migration prepares its texts too (statements.h). */
#define SQL_ROWS(table)                                                                                                \
	__attribute__((section("sitrep_sql_rows"), used)) static const struct row_table *const listed_rows = &(table)

/* Write the statements' texts: 0 or the buffer's failure.  The SELECT's columns stand in the table's order; saving has
 * the key as ?1. */
int row_write_select(const struct row_table *t, struct buf *out);
int row_write_save(const struct row_table *t, struct buf *out);

/* On failure neither statement is left. */
int row_prepare(const struct row_table *t, struct sql_db *db, struct sql_stmt **select, struct sql_stmt **save,
	struct error *err);
/* Reads select's present row into a struct whose texts are NULL. A damaged text or seal is noted (damage.h). 0 or
 * -ENOMEM; either way the caller releases the texts. */
int row_read(const struct row_table *t, struct sql_stmt *select, void *row);
int row_save(const struct row_table *t, struct sql_stmt *save, const void *row, struct error *err, const char *what);

#endif
