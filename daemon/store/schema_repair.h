/* SPDX-License-Identifier: ISC */
/* schema_repair.h: repairs databases that lack tables or columns of their version.
 *
 * Before version 15 some steps were edited after databases had passed them.  The repair compares a database, table
 * by table, with an empty one that steps 1 to 14 make in memory, and adds the missing parts. */
#ifndef SITREP_STORE_SCHEMA_REPAIR_H
#define SITREP_STORE_SCHEMA_REPAIR_H

#include "sitrep/base/error.h"

struct sql_db;

/* The step that also repairs, behind its SQL. */
enum { SCHEMA_REPAIR_VERSION = 15 };

/* Part of that step, so it may not call code that changes with later versions: that code would meet older tables.
 * -EUCLEAN when a table lacks a column that every version had. */
int schema_repair(struct sql_db *db, struct error *err);

#endif
