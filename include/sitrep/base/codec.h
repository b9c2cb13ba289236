/* SPDX-License-Identifier: ISC */
/* codec.h: structs to bytes and back, by one list of members that drives both directions, so that they cannot
 * disagree.
 *
 * Numbers are little-endian, floats as IEEE 754 has them.  What is read is checked, since a database may be
 * damaged: when the bytes end too early or a number is out of its range, the rest is read as zeros and bad is
 * set. */
#ifndef SITREP_BASE_CODEC_H
#define SITREP_BASE_CODEC_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

/* Writes to out, or, when that is NULL, reads from in, which begins behind what was read. */
struct code {
	struct buf *out;
	struct str in;
	bool bad;
};

/* A time or a duration: TIME_NONE, or one whose distance from 1970 is within the calendar (to the year 9999), so that
 * sums of them do not overflow. */
void code_time(struct code *c, int64_t *ms);
void code_u8(struct code *c, uint8_t *number);
void code_u16(struct code *c, uint16_t *number);
void code_u32(struct code *c, uint32_t *number);
void code_i32(struct code *c, int32_t *number);
void code_bool(struct code *c, bool *is);
void code_float(struct code *c, float *number, float low, float high);
void code_double(struct code *c, double *number, double low, double high);

#endif
