/* SPDX-License-Identifier: ISC */
/* statements.h: all SQL that the program prepares, by module.
 *
 * A migration prepares all of it before it commits: a database that lacks a table or column of a statement is not
 * raised to the new version. */
#ifndef SITREP_SQL_STATEMENTS_H
#define SITREP_SQL_STATEMENTS_H

#include <stddef.h>

#include "sitrep/base/error.h"

struct sql_db;

struct sql_texts {
	const char *const *texts;
	size_t count;
};

/* To be used once in each module that prepares statements, on its table of texts.  The linker collects these tables in
 * one section, so that this room need not name the rooms above it. */
#define SQL_TEXTS(text_table, text_count)                                                                              \
	__attribute__((section("sitrep_sql_texts"), used)) static const struct sql_texts listed_texts = {              \
		.texts = (text_table), .count = (text_count)}

/* Prepares each statement and finalizes it.  On failure err names the missing table or column. */
int statements_check(struct sql_db *db, struct error *err);

#endif
