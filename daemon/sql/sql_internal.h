/* SPDX-License-Identifier: ISC */
/* sql_internal.h: the members of a connection and a statement. */
#ifndef SITREP_SQL_SQL_INTERNAL_H
#define SITREP_SQL_SQL_INTERNAL_H

#include <sqlite3.h>
#include <stdint.h>

#include "sitrep/base/error.h"

struct sql_db {
	sqlite3 *handle;
	int wal_pages;
};

struct sql_stmt {
	sqlite3_stmt *handle;
	struct sql_db *db;
	int64_t changed; /* rows changed by the last run that came to its end */
};

/* Sets err from the connection's last failure (sql.h).  Returns err->code. */
int sql_error(sqlite3 *handle, struct error *err, const char *what);

#endif
