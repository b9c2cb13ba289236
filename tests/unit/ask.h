/* SPDX-License-Identifier: ISC */
/* ask.h: SQL of tests, by the connection that the program has. */
#ifndef SITREP_TEST_ASK_H
#define SITREP_TEST_ASK_H

#include "scratch.h"
#include "sitrep/sql/sql.h"

/* The first column of the query's first row. */
static inline int64_t ask_number(struct sql_db *db, const char *query)
{
	struct sql_stmt *s;
	struct error err = {0};
	int64_t value = 0;

	if (sql_prepare_once(db, query, &s, &err, query) != 0 || sql_get_int(s, &value, &err, query) != 1)
		fail_msg("%s", err.code != 0 ? err.text : query);
	sql_finalize(&s, 1);
	return value;
}

static inline void run_statements(struct sql_db *db, const char *text)
{
	struct error err = {0};

	assert_ok(sql_exec(db, text, &err, text) == 0, err);
}

#endif
