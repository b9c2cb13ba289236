/* statements.h: all SQL that the program prepares, by module.
 *
 * A migration prepares it before it commits: a database that lacks something the program asks for is not raised to a
 * version that claims to have it. */
#ifndef SITREP_SQL_STATEMENTS_H
#define SITREP_SQL_STATEMENTS_H

#include <stddef.h>

#include "sitrep/base/error.h"

struct sql_db;

struct sql_texts {
	const char *const *texts;
	size_t count;
};

/* Stands once in each module that prepares statements: lists its table, so that rooms above this one need not be known
 * here.  The linker gathers the lists of all modules of a program. */
#define SQL_TEXTS(text_table, text_count)                                                                              \
	__attribute__((section("sitrep_sql_texts"), used)) static const struct sql_texts listed_texts = {              \
		.texts = (text_table), .count = (text_count)}

/* Prepares each statement and forgets it.  The failure's sentence names what is missing. */
int statements_check(struct sql_db *db, struct error *err);

#endif
