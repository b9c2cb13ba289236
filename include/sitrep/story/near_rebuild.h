/* near_rebuild.h: the index of texts, built anew from the sketches.
 *
 * The number "rebuild" in near_state asks for it: the step that found the index unfit cannot do it itself, since the
 * code that writes the index changes with later versions and a step does not. */
#ifndef SITREP_STORY_NEAR_REBUILD_H
#define SITREP_STORY_NEAR_REBUILD_H


#include "sitrep/base/error.h"

struct sql_db;

/* Within a transaction: empties and fills the index, if it is asked for. */
int near_rebuild(struct sql_db *db, struct error *err);

#endif
