/* schema.h: the tables, and the way from each older version to the present one. */
#ifndef SITREP_STORE_SCHEMA_H
#define SITREP_STORE_SCHEMA_H

#include <sqlite3.h>

#include "sitrep/error.h"

/* Brings db from its user_version to STORE_SCHEMA_VERSION, each step one transaction. */
int schema_migrate(sqlite3 *db, int from, struct error *err);

#endif
