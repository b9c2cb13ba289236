/* SPDX-License-Identifier: ISC */
/* row.h: stores a struct as one row of a database table.
 *
 * A struct row_table describes the columns: for each the offset of its member in the struct, and its valid values.
 * The SELECT, the statement that saves, binding and reading are made from this description, so that a new column is one
 * line (and a schema step).  The first column is the row's key, an int64_t. */
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
	ROW_INT,    /* int or enum from low to high; any other number is read as otherwise */
	ROW_INT64,  /* the same for int64_t */
	ROW_TIME,   /* int64_t, ms; TIME_NONE is NULL */
	ROW_TEXT,   /* char *, of the heap; NULL is NULL */
	ROW_NAME,   /* the same, never NULL; "" where it is damaged */
	ROW_SEALED, /* bytes with a seal (seal.h), by encode and decode; NULL when encode appends nothing */
};

struct row_column {
	const char *name;
	enum row_type type;
	size_t offset;
	int64_t low, high, otherwise;
	bool is_read_only;      /* not written by the statement that saves */
	const char *expression; /* SQL to select in place of the column, which is then not saved; NULL: none */
	/* Appends the bytes to store.  A ROW_TEXT may have it too, when the text is stored in another form. */
	int (*encode)(const void *row, struct buf *out);
	/* Takes the bytes without their seal; no bytes when they are damaged. 0 or -ENOMEM. */
	int (*decode)(void *row, struct str bytes);
};

struct row_table {
	const char *name;
	const struct row_column *columns;
	size_t count;
	const char *selected; /* which rows the SELECT gives: "" or " WHERE ..." */
	bool is_replaced;     /* saving uses INSERT OR REPLACE; else UPDATE */
};

/* To be used once for each struct row_table, so that a migration checks its statements too (statements.h). */
#define SQL_ROWS(table)                                                                                                \
	__attribute__((section("sitrep_sql_rows"), used)) static const struct row_table *const listed_rows = &(table)

/* Write the statements' texts: 0 or the buffer's failure.  The SELECT's columns stand in the table's order; saving has
 * the key as ?1. */
int row_write_select(const struct row_table *t, struct buf *out);
int row_write_save(const struct row_table *t, struct buf *out);

/* On failure neither statement is left. */
int row_prepare(const struct row_table *t, struct sql_db *db, struct sql_stmt **select, struct sql_stmt **save,
	struct error *err);
/* Reads select's present row into a struct whose texts are NULL.  A damaged text or seal is noted (damage.h).  0 or
 * -ENOMEM; in both cases the caller releases the texts. */
int row_read(const struct row_table *t, struct sql_stmt *select, void *row);
int row_save(const struct row_table *t, struct sql_stmt *save, const void *row, struct error *err, const char *what);

#endif
