/* SPDX-License-Identifier: ISC */
/* schema_steps.h: the steps from each version of the schema to the next. */
#ifndef SITREP_STORE_SCHEMA_STEPS_H
#define SITREP_STORE_SCHEMA_STEPS_H

#include "sitrep/base/error.h"
#include "sitrep/store/store.h"

struct sql_db;

/* A step is SQL, then a function for changes that SQL alone cannot make (ADD COLUMN only if it is missing).  Both run
 * in the one transaction of the whole migration.  The function may not call code that changes with later versions: that
 * code would meet older tables. */
struct schema_step {
	const char *text;
	int (*function)(struct sql_db *db, struct error *err); /* NULL: none */
};

/* schema_steps[n] leads from version n to n + 1. */
extern const struct schema_step schema_steps[STORE_SCHEMA_VERSION];

#endif
