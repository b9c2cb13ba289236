/* near_rebuild.h: the index of texts, built anew from the sketches.
 *
 * The number "rebuild" in near_state asks for it: the step that found the index unfit cannot do it itself, since the
 * code that writes the index changes with later versions and a step does not. */
#ifndef SITREP_STORY_NEAR_REBUILD_H
#define SITREP_STORY_NEAR_REBUILD_H

#include <sqlite3.h>

#include "sitrep/base/error.h"

/* Within a transaction: empties and fills the index, if it is asked for. */
int near_rebuild(sqlite3 *db, struct error *err);

#endif
