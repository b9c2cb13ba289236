/* stored_names.h: what the feeds of the database are called.
 *
 * Read before the configuration, so that a feed of a subscription list keeps its name over a restart. */
#ifndef SITREP_STORE_STORED_NAMES_H
#define SITREP_STORE_STORED_NAMES_H

#include "sitrep/base/error.h"
#include "sitrep/config/config.h"

/* Adds the names of the feeds that were in the configuration last.  Also 0 where there is no database yet, or one that
 * has to be migrated first; a negative code when it cannot be read. */
int stored_names_load(const char *state_dir, struct config_names *names, struct error *err);

#endif
