/* SPDX-License-Identifier: ISC */
#include "sitrep/base/codec.h"

#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/le.h"

/* 9999-12-31T23:59:59.999Z */
static const int64_t time_max_ms = INT64_C(253402300799999);

/* Writes or reads *value as an integer of size bytes. */
static void code_bytes(struct code *c, uint64_t *value, size_t size)
{
	if (c->out != NULL) {
		le_append(c->out, *value, size);
		return;
	}
	c->bad = c->bad || c->in.len < size;
	*value = c->bad ? 0 : le_get(c->in.data, size);
	c->in = str_slice(c->in, size, c->in.len);
}

void code_time(struct code *c, int64_t *ms)
{
	uint64_t value = (uint64_t)*ms;

	code_bytes(c, &value, sizeof(value));
	*ms = (int64_t)value;
	c->bad = c->bad || (*ms != TIME_NONE && (*ms < -time_max_ms || *ms > time_max_ms));
}

void code_u8(struct code *c, uint8_t *number)
{
	uint64_t value = *number;

	code_bytes(c, &value, sizeof(*number));
	*number = (uint8_t)value;
}

void code_u16(struct code *c, uint16_t *number)
{
	uint64_t value = *number;

	code_bytes(c, &value, sizeof(*number));
	*number = (uint16_t)value;
}

void code_u32(struct code *c, uint32_t *number)
{
	uint64_t value = *number;

	code_bytes(c, &value, sizeof(*number));
	*number = (uint32_t)value;
}

void code_i32(struct code *c, int32_t *number)
{
	uint32_t value = (uint32_t)*number;

	code_u32(c, &value);
	*number = (int32_t)value;
}

void code_bool(struct code *c, bool *flag)
{
	uint8_t value = *flag;

	code_u8(c, &value);
	c->bad = c->bad || value > 1;
	*flag = value == 1;
}

void code_float(struct code *c, float *number, float low, float high)
{
	uint32_t bits;

	memcpy(&bits, number, sizeof(bits));
	code_u32(c, &bits);
	memcpy(number, &bits, sizeof(bits));
	c->bad = c->bad || !(*number >= low && *number <= high);
}

void code_double(struct code *c, double *number, double low, double high)
{
	uint64_t bits;

	memcpy(&bits, number, sizeof(bits));
	code_bytes(c, &bits, sizeof(bits));
	memcpy(number, &bits, sizeof(bits));
	c->bad = c->bad || !(*number >= low && *number <= high);
}
