/* SPDX-License-Identifier: ISC */
/* record.h: an item's record in the tables item and revision: the bytes of wire.h, sealed (seal.h). */
#ifndef SITREP_STORE_RECORD_H
#define SITREP_STORE_RECORD_H

#include <stdint.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"
#include "sitrep/model/document.h"

/* Writes to out, which must be empty. */
int record_encode(struct buf *out, const struct item *it);
/* Texts of *it point into the arena.  0; -ENOMEM; -EUCLEAN when the record is damaged, which is noted (damage.h) for
 * row item_id of item. */
int record_decode(struct str stored, int64_t item_id, struct arena *a, struct item *it);

#endif
