/* SPDX-License-Identifier: ISC */
/* schema.h: migrates a database from any older version to the present one. */
#ifndef SITREP_STORE_SCHEMA_H
#define SITREP_STORE_SCHEMA_H

#include "sitrep/base/error.h"

struct sql_db;

/* Brings db, the file at path, from its user_version to STORE_SCHEMA_VERSION.  All steps are one transaction, and
 * all statements of the program are prepared before it is committed: a failure leaves the file as it was.  A
 * database that is not empty is copied first (store_copy.h).  During both the service manager is asked for more
 * time. */
int schema_migrate(struct sql_db *db, const char *path, int from, struct error *err);

#endif
