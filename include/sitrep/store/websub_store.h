/* SPDX-License-Identifier: ISC */
/* websub_store.h: the table of subscriptions.
 *
 * Its statements belong to the writer's connection. */
#ifndef SITREP_STORE_WEBSUB_STORE_H
#define SITREP_STORE_WEBSUB_STORE_H

#include <stddef.h>

#include "sitrep/base/error.h"
#include "sitrep/model/websub_state.h"

struct sql_db;
struct sql_stmt;

struct websub_store {
	struct sql_stmt *load, *save; /* load and save a websub_state */
};

int websub_store_init(struct websub_store *w, struct sql_db *db, struct error *err);
void websub_store_release(struct websub_store *w);

/* All rows, in an array that the caller frees. */
int websub_store_load(struct websub_store *w, struct websub_state **states, size_t *count, struct error *err);
int websub_store_save(struct websub_store *w, const struct websub_state *state, struct error *err);

#endif
