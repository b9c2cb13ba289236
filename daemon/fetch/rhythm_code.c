/* The rhythm as bytes: a version, then every member in order, little-endian, floats as IEEE 754 has them.  One
 * list of members drives both directions, so that they cannot disagree.  What is read is checked, since a
 * database may be damaged: no count that is not a number or below zero gets into the model. */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "sitrep/rhythm.h"

enum { VERSION = 1 };

/* More than any feed posts in the time that is remembered. */
static const float count_max = 1e9F;
static const float merit_max = 100;

/* One direction's state; whichever of the two is not NULL is what is worked with. */
struct code {
	struct buf *out;
	struct str in;
	bool bad;
};

static void code_bytes(struct code *c, uint64_t *value, size_t size)
{
	char bytes[sizeof(*value)];

	if (c->out != NULL) {
		for (size_t i = 0; i < size; i++)
			bytes[i] = (char)(unsigned char)(*value >> (8 * i));
		(void)buf_append(c->out, bytes, size);
		return;
	}
	*value = 0;
	c->bad = c->bad || c->in.len < size;
	for (size_t i = 0; i < size && !c->bad; i++)
		*value |= (uint64_t)(unsigned char)c->in.data[i] << (8 * i);
	c->in = str_slice(c->in, size, c->in.len);
}

static void code_time(struct code *c, int64_t *ms)
{
	uint64_t value = (uint64_t)*ms;

	code_bytes(c, &value, sizeof(value));
	*ms = (int64_t)value;
}

static void code_u16(struct code *c, uint16_t *number)
{
	uint64_t value = *number;

	code_bytes(c, &value, sizeof(*number));
	*number = (uint16_t)value;
}

static void code_i32(struct code *c, int32_t *number)
{
	uint64_t value = (uint32_t)*number;

	code_bytes(c, &value, sizeof(*number));
	*number = (int32_t)(uint32_t)value;
}

static void code_float(struct code *c, float *number, float low, float high)
{
	uint32_t bits;
	uint64_t value;

	memcpy(&bits, number, sizeof(bits));
	value = bits;
	code_bytes(c, &value, sizeof(bits));
	bits = (uint32_t)value;
	memcpy(number, &bits, sizeof(bits));
	c->bad = c->bad || !(*number >= low && *number <= high);
}

static void code_counts(struct code *c, float *counts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		code_float(c, &counts[i], 0, count_max);
}

static void code_rhythm(struct code *c, struct rhythm *r)
{
	code_time(c, &r->seen_ms);
	code_time(c, &r->last_post_ms);
	code_counts(c, &r->observed_days, 1);
	code_counts(c, r->hour_posts, RHYTHM_HOURS);
	code_counts(c, r->hour_watched, RHYTHM_HOURS);
	code_counts(c, r->day_posts, RHYTHM_DAYS);
	code_counts(c, r->day_watched, RHYTHM_DAYS);
	code_counts(c, r->slot_moments, RHYTHM_SLOTS);
	for (size_t i = 0; i < RHYTHM_SPANS; i++) {
		code_counts(c, &r->spans[i].posts, 1);
		code_counts(c, &r->spans[i].expected, 1);
		code_float(c, &r->spans[i].merit, -merit_max, merit_max);
	}
	code_i32(c, &r->recent_day);
	for (size_t i = 0; i < RHYTHM_RECENT; i++)
		code_u16(c, &r->recent[i]);
	code_u16(c, &r->shown);
}

int rhythm_encode(const struct rhythm *r, struct buf *out)
{
	struct code c = {.out = out};
	struct rhythm copy = *r;

	(void)buf_putc(out, VERSION);
	code_rhythm(&c, &copy);
	return out->failed;
}

int rhythm_decode(struct str bytes, struct rhythm *r, struct error *err)
{
	struct code c = {.in = str_slice(bytes, 1, bytes.len)};

	rhythm_init(r);
	if (bytes.len == 0 || bytes.data[0] != VERSION)
		return error_set(err, -EPROTO, "a feed's rhythm is of another version");
	code_rhythm(&c, r);
	if (!c.bad && c.in.len == 0)
		return 0;
	rhythm_init(r);
	return error_set(err, -EPROTO, "a feed's rhythm is damaged");
}
