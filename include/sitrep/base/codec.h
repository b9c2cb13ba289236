/* SPDX-License-Identifier: ISC */
/* codec.h: structs to bytes and back.
 *
 * The same list of calls, one for each member, both writes and reads, so that the two directions cannot disagree.
 * Numbers are little-endian, floats as in IEEE 754.  Bytes may come from a damaged database, so they are checked: when
 * they end too early or a number is out of range, bad is set, and the rest is read as zeros. */
#ifndef SITREP_BASE_CODEC_H
#define SITREP_BASE_CODEC_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

/* Writes to out; with out NULL, reads from the start of in and cuts off the bytes that it has read. */
struct code {
	struct buf *out;
	struct str in;
	bool bad;
};

/* A time or a duration: TIME_NONE, or at most 253402300799999 ms (the end of the year 9999) before or after 0, so that
 * sums do not overflow. */
void code_time(struct code *c, int64_t *ms);
void code_u8(struct code *c, uint8_t *number);
void code_u16(struct code *c, uint16_t *number);
void code_u32(struct code *c, uint32_t *number);
void code_i32(struct code *c, int32_t *number);
void code_bool(struct code *c, bool *flag);
void code_float(struct code *c, float *number, float low, float high);
void code_double(struct code *c, double *number, double low, double high);

#endif
