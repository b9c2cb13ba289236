/* SPDX-License-Identifier: ISC */
/* The encoded form of rhythms: there and back, and bytes that a damaged database might hold. */
#include <math.h>

#include "rhythm_fixture.h"

TEST(round_trip)
{
	random_state = 6;
	for (int i = 0; i < 300; i++) {
		struct rhythm before = random_rhythm(), after;
		struct buf *first = scratch(1024), *second = scratch(1024);

		assert_int_equal(rhythm_encode(&before, first), 0);
		assert_true(first->len < 1024);
		assert_int_equal(rhythm_decode(buf_str(first), &after, NULL), 0);
		assert_int_equal(rhythm_encode(&after, second), 0);
		assert_true(str_eq(buf_str(first), buf_str(second)));
		assert_int_equal(after.seen_ms, before.seen_ms);
		assert_int_equal(after.last_post_ms, before.last_post_ms);
		assert_memory_equal(after.hour_posts, before.hour_posts, sizeof(after.hour_posts));
		assert_memory_equal(after.recent, before.recent, sizeof(after.recent));
		assert_float_equal(rhythm_rate_at(&after, after.seen_ms), rhythm_rate_at(&before, before.seen_ms), 0);
	}
}

TEST(encode_tells_when_it_does_not_fit)
{
	struct rhythm r = begun(start_ms);
	struct buf *out = scratch(100);

	assert_true(rhythm_encode(&r, out) < 0);
}

static void assert_refused(struct str bytes)
{
	struct rhythm r, nothing;
	struct error err = {0};

	rhythm_init(&nothing);
	memset(&r, 0x5a, sizeof(r));
	assert_int_equal(rhythm_decode(bytes, &r, &err), -EPROTO);
	assert_true(err.text[0] != '\0');
	assert_int_equal(r.seen_ms, nothing.seen_ms);
	assert_float_equal(rhythm_posts_per_day(&r), RHYTHM_PRIOR_POSTS_PER_DAY, 1e-9);
}

TEST(damaged_bytes_are_refused)
{
	struct rhythm r = begun(start_ms);
	struct buf *good = scratch(1024);
	size_t refused = 0;

	for (int64_t at_ms = start_ms + HOUR; at_ms <= start_ms + 3 * DAY; at_ms += HOUR)
		note_one(&r, at_ms, at_ms - 10 * MINUTE);
	assert_int_equal(rhythm_encode(&r, good), 0);
	assert_refused(STR_NONE);
	for (size_t len = 0; len < good->len; len++)
		assert_refused(str_make(good->data, len));
	good->data[0]++;
	assert_refused(buf_str(good));
	good->data[0]--;
	assert_int_equal(buf_putc(good, 0), 0);
	assert_refused(buf_str(good));
	buf_truncate(good, good->len - 1);
	/* a float's exponent bits all set is no number, its sign bit a count below zero */
	for (size_t i = 1 + 8 + 8 + 3; i < 200; i += 4) {
		char was = good->data[i];

		good->data[i] = '\xff';
		good->data[i - 1] = (char)(good->data[i - 1] | '\x80');
		assert_refused(buf_str(good));
		good->data[i] = '\xbf';
		assert_refused(buf_str(good));
		good->data[i] = was;
	}
	/* whatever else is damaged either is refused or gives numbers that can be worked with */
	random_state = 8;
	for (int i = 0; i < 20000; i++) {
		size_t place = 1 + (size_t)draw(good->len - 1);
		char was = good->data[place];
		struct rhythm damaged;

		good->data[place] = (char)draw(256);
		if (rhythm_decode(buf_str(good), &damaged, NULL) != 0)
			refused++;
		note_one(&damaged, start_ms + 4 * DAY, start_ms + 4 * DAY - MINUTE);
		assert_true(isfinite(rhythm_rate_at(&damaged, start_ms + 4 * DAY)));
		good->data[place] = was;
	}
	assert_true(refused > 100);
}
