/* SPDX-License-Identifier: ISC */
/* seal.h: a checksum at the end of blobs that our own code decodes, against damage and not against attack.
 *
 * A seal is the last SEAL_BYTES bytes of a blob: a mark of six bytes, then XXH3 of all bytes before it, cut to 32 bits,
 * little-endian.  Blobs written before there were seals have none and are taken as they are: one in 2^48 ends in such a
 * mark by chance.  So no blob has to be rewritten.  In an item's record (wire.h) the mark is a member that older
 * programs skip.
 */
#ifndef SITREP_SQL_SEAL_H
#define SITREP_SQL_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

enum { SEAL_BYTES = 10 };

/* The checksum of 32 bits. */
uint32_t seal_sum(struct str bytes);

/* Appends a seal to out. 0, or the buffer's failure. */
int seal_add(struct buf *out);
/* *content is bytes without their seal: 1 it fits, 0 there is none, -EUCLEAN it does not fit (and *content is empty).
 */
int seal_open(struct str bytes, struct str *content);

#endif
