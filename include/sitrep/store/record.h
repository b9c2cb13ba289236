/* record.h: an item's record as the tables item and revision keep it: wire.h's bytes, sealed (seal.h). */
#ifndef SITREP_STORE_RECORD_H
#define SITREP_STORE_RECORD_H

#include <stdint.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"
#include "sitrep/model/document.h"

/* Appends to the empty out. */
int record_encode(struct buf *out, const struct item *it);
/* Texts of it point into the arena's copy.  0; -ENOMEM; -EUCLEAN when it is damaged, which is noted (damage.h) as of
 * that row of item. */
int record_decode(struct str stored, int64_t item_id, struct arena *a, struct item *it);

#endif
