/* SPDX-License-Identifier: ISC */
/* raw.h: a database file seen and changed by SQLite itself, as another program would. */
#ifndef SITREP_TEST_STORE_RAW_H
#define SITREP_TEST_STORE_RAW_H

#include <sqlite3.h>

#include "fixture.h"

static inline void raw_exec(sqlite3 *db, const char *text)
{
	char *error = NULL;

	if (sqlite3_exec(db, text, NULL, NULL, &error) != SQLITE_OK)
		fail_msg("%s: %s", text, error);
}

/* Runs the statements on a connection of its own; the file is made when it is not there. */
static inline void raw_run(const char *path, const char *text)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_busy_timeout(db, WAIT_MS), SQLITE_OK);
	raw_exec(db, text);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* The same in the database of a state folder, where rows go with those that they belong to. */
static inline void raw_run_in(const char *dir, const char *text)
{
	char path[300], with_keys[400];

	snprintf(path, sizeof(path), "%.250s/sitrepd.db", dir);
	assert_true(snprintf(with_keys, sizeof(with_keys), "PRAGMA foreign_keys = ON; %s", text) < 400);
	raw_run(path, with_keys);
}

#endif
