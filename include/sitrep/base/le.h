/* SPDX-License-Identifier: ISC */
/* le.h: unsigned integers of one to eight bytes, little-endian: the first byte is the least significant. */
#ifndef SITREP_BASE_LE_H
#define SITREP_BASE_LE_H

#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/buf.h"

/* Writes the count lowest bytes of value. */
static inline void le_put(uint8_t *at, uint64_t value, size_t count)
{
	for (size_t i = 0; i < count; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

static inline uint64_t le_get(const void *at, size_t count)
{
	uint64_t value = 0;

	for (size_t i = 0; i < count; i++)
		value |= (uint64_t)((const uint8_t *)at)[i] << (8 * i);
	return value;
}

/* As le_get(), and moves *at behind the number. */
static inline uint64_t le_take(const uint8_t **at, size_t count)
{
	*at += count;
	return le_get(*at - count, count);
}

/* As le_put(), at the end of out.  0 or out's failure. */
static inline int le_append(struct buf *out, uint64_t value, size_t count)
{
	uint8_t bytes[sizeof(value)];

	le_put(bytes, value, count);
	return buf_append(out, bytes, count);
}

#endif
