/* SPDX-License-Identifier: ISC */
/* The rhythm as bytes: a version, then every member in order.  Counts that are negative or not a number are refused. */
#include <errno.h>

#include "sitrep/base/codec.h"
#include "sitrep/schedule/rhythm.h"

/* WITHOUT_GAPS had all but the gaps between posts. */
enum { WITHOUT_GAPS = 1, VERSION = 2 };

/* More than any feed posts in the time remembered. */
static const float count_max = 1e9F;
static const float merit_max = 100;

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

	buf_putc(out, VERSION);
	code_rhythm(&c, &copy);
	post_gaps_code(&c, &copy.post_gaps);
	return out->failed;
}

int rhythm_decode(struct str bytes, struct rhythm *r, struct error *err)
{
	struct code c = {.in = str_slice(bytes, 1, bytes.len)};

	rhythm_init(r);
	if (bytes.len == 0 || (bytes.data[0] != VERSION && bytes.data[0] != WITHOUT_GAPS))
		return error_set(err, -EPROTO, "a feed's rhythm is of another version");
	code_rhythm(&c, r);
	if (bytes.data[0] == VERSION)
		post_gaps_code(&c, &r->post_gaps);
	if (!c.bad && c.in.len == 0)
		return 0;
	rhythm_init(r);
	return error_set(err, -EPROTO, "a feed's rhythm is damaged");
}
