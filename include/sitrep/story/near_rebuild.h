/* SPDX-License-Identifier: ISC */
/* near_rebuild.h: builds the index of texts anew from the sketches.
 *
 * The number "rebuild" in near_state asks for it.  A step of the schema sets it and does not rebuild the index itself:
 * the code that writes the index changes with later versions, and a step never changes. */
#ifndef SITREP_STORY_NEAR_REBUILD_H
#define SITREP_STORY_NEAR_REBUILD_H

#include "sitrep/base/error.h"

struct sql_db;

/* Within a transaction: empties and fills the index, if it is asked for. */
int near_rebuild(struct sql_db *db, struct error *err);

#endif
