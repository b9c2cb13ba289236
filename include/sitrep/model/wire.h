/* SPDX-License-Identifier: ISC */
/* wire.h: documents as bytes: a worker's answer to the daemon, and an item's record in the database.
 *
 * Each member is a tag, a length and a value.  Unknown tags are skipped, so that records of older and newer versions
 * can be read.  The decoder trusts no byte: it checks every length, every count (limits.h), that text is valid UTF-8,
 * that digests have their length, and that enumerations are in range.  One mistake refuses the whole document.  The
 * decoder copies nothing: text points into the bytes given, lists go into the arena given. */
#ifndef SITREP_MODEL_WIRE_H
#define SITREP_MODEL_WIRE_H

#include "sitrep/base/arena.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/model/document.h"

int wire_encode_document(struct buf *out, const struct document *d);
/* bytes must outlive d.  0, -EPROTO with a sentence when they are not a document, or -ENOMEM. */
int wire_decode_document(struct str bytes, struct arena *a, struct document *d, struct error *err);

/* One item alone: the database's record. */
int wire_encode_item(struct buf *out, const struct item *it);
int wire_decode_item(struct str bytes, struct arena *a, struct item *it, struct error *err);

#endif
