/* SPDX-License-Identifier: ISC */
/* near_rebuild.h: builds the index of texts anew from the sketches.
 *
 * A step of the schema asks for it by the number "rebuild" in near_state.  It does not rebuild the index itself: the
 * code that writes the index changes with later versions, and a step never changes. */
#ifndef SITREP_STORY_NEAR_REBUILD_H
#define SITREP_STORY_NEAR_REBUILD_H

#include "sitrep/base/error.h"

struct sql_db;

/* Empties and fills the index, if "rebuild" is set; to be called within a transaction. */
int near_rebuild(struct sql_db *db, struct error *err);

#endif
