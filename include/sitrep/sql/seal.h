/* SPDX-License-Identifier: ISC */
/* seal.h: a checksum at the end of blobs.  It detects damage; it does not protect against an attacker.
 *
 * A seal is the last SEAL_BYTES bytes of a blob: a mark of six bytes, then XXH3 of all bytes before the seal, cut to 32
 * bits, little-endian.  A blob without the mark was written before there were seals, and is used without a check.
 * (One such blob in 2^48 ends in the mark by chance.)  In an item's record (wire.h) a seal has the form of a member
 * that older programs skip. */
#ifndef SITREP_SQL_SEAL_H
#define SITREP_SQL_SEAL_H

#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

enum { SEAL_BYTES = 10 };

/* XXH3 of bytes, cut to 32 bits. */
uint32_t seal_sum(struct str bytes);

/* Appends a seal to out. 0, or the buffer's failure. */
int seal_add(struct buf *out);
/* Sets *content to the bytes without their seal.  1: the checksum matches.  0: there is no seal.  -EUCLEAN: the
 * checksum does not match, and *content is empty. */
int seal_open(struct str bytes, struct str *content);

#endif
