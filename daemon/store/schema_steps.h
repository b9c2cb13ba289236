/* schema_steps.h: the steps from each version of the schema to the next. */
#ifndef SITREP_STORE_SCHEMA_STEPS_H
#define SITREP_STORE_SCHEMA_STEPS_H


#include "sitrep/base/error.h"
#include "sitrep/store/store.h"

struct sql_db;

/* A step is SQL, then a function for what SQL alone cannot do (ADD COLUMN where there is none yet).  Both run in the
 * one transaction of the whole migration.  Neither may call code that changes with later versions: it would meet tables
 * of its past. */
struct schema_step {
	const char *text;
	int (*function)(struct sql_db *db, struct error *err); /* NULL: none */
};

/* schema_steps[n] leads from version n to n + 1. */
extern const struct schema_step schema_steps[STORE_SCHEMA_VERSION];

#endif
