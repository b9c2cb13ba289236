/* SPDX-License-Identifier: ISC */
/* stored_names.h: the names of the feeds in the database.
 *
 * Read before the configuration, so that a feed of a subscription list keeps its name over a restart. */
#ifndef SITREP_STORE_STORED_NAMES_H
#define SITREP_STORE_STORED_NAMES_H

#include "sitrep/base/error.h"

/* 0, or a negative code that ends the reading. */
typedef int stored_name_fn(void *arg, const char *url, const char *name);

/* Calls fn for each feed of the last configuration.  0, also when the database does not exist yet or has to be migrated
 * first; negative when it cannot be read. */
int stored_names_load(const char *state_dir, stored_name_fn *fn, void *arg, struct error *err);

#endif
