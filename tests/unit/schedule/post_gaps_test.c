/* SPDX-License-Identifier: ISC */
/* How long a feed may be silent, by its own gaps. */
#include "sitrep/schedule/post_gaps.h"

#include <math.h>

#include "../scratch.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/codec.h"

#define HOUR_MS INT64_C(3600000)

static uint64_t random_state;

static double draw(void)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return ((double)(random_state >> 33) + 1) / 2147483649.0;
}

static void post_after(struct post_gaps *p, int64_t *at_ms, double hours)
{
	*at_ms += (int64_t)(hours * HOUR_MS);
	post_gaps_pass(p, hours);
	post_gaps_meet(p, *at_ms);
}

static struct post_gaps weekly(int count)
{
	struct post_gaps p;
	int64_t at_ms = 0;

	post_gaps_init(&p);
	for (int i = 0; i < count; i++)
		post_after(&p, &at_ms, 168);
	return p;
}

TEST(nothing_is_known_of_a_new_feed)
{
	struct post_gaps p = weekly(POST_GAPS_LEAST);

	/* the first post ends no gap */
	assert_float_equal(post_gaps_limit(&p), 0, 0);
	assert_float_equal(post_gaps_usual(&p), 0, 0);
}

TEST(a_weekly_journal_is_missed_after_two_weeks)
{
	struct post_gaps p = weekly(20);
	double limit = post_gaps_limit(&p);

	assert_true(limit > 2 * 168 * 0.95);
	assert_true(limit < 2 * 168 * 1.3);
}

/* No length has a twentieth of the long gaps, of which there are forty, each with a length of its own. */
TEST(long_gaps_of_all_lengths_are_a_tail)
{
	struct post_gaps *p = malloc(sizeof(*p)); /* so that ASan sees what is read behind it */
	int64_t at_ms = 0;
	double longest = 1;

	assert_non_null(p);
	post_gaps_init(p);
	for (int i = 0; i < 200; i++)
		post_after(p, &at_ms, 0.5);
	for (int i = 0; i < 40; i++, longest *= 1.25)
		post_after(p, &at_ms, longest);
	assert_true(post_gaps_limit(p) > 2 * post_gaps_usual(p));
	assert_true(post_gaps_limit(p) < 10 * longest);
	free(p);
}

TEST(posts_at_random_are_missed_after_ln_n_gaps)
{
	struct post_gaps p;
	int64_t at_ms = 0;
	double n = 365.25 * 24 / 2, limit;

	post_gaps_init(&p);
	random_state = 7;
	for (int i = 0; i < 2000; i++)
		post_after(&p, &at_ms, -2 * log(draw()));
	limit = post_gaps_limit(&p);
	assert_true(limit > 0.8 * 2 * log(n));
	assert_true(limit < 1.3 * 2 * log(n));
}

TEST(bursts_do_not_shorten_the_patience)
{
	struct post_gaps p;
	int64_t at_ms = 0;
	double n = 365.25;

	post_gaps_init(&p);
	random_state = 3;
	/* a post a day, and each tenth of them is followed by ten more within hours */
	for (int i = 0; i < 1000; i++) {
		post_after(&p, &at_ms, -24 * log(draw()));
		for (int k = 0; k < 10 && i % 10 == 0; k++)
			post_after(&p, &at_ms, 0.5);
	}
	assert_true(post_gaps_limit(&p) > 0.8 * 24 * log(n));
}

TEST(posts_of_a_moment_are_one)
{
	struct post_gaps p = weekly(20), other = p;
	int64_t at_ms = p.last_ms;

	for (int i = 0; i < 50; i++) {
		post_gaps_pass(&p, 0.01);
		at_ms += POST_GAPS_MOMENT_MS / 50;
		post_gaps_meet(&p, at_ms);
	}
	assert_memory_equal(p.counts, other.counts, sizeof(p.counts));
}

TEST(time_that_was_not_watched_is_no_gap)
{
	struct post_gaps p = weekly(20), other = p;

	post_gaps_skip(&p);
	post_gaps_pass(&p, 1000);
	assert_float_equal(p.open, 0, 0);
	post_gaps_meet(&p, p.last_ms + 1000 * HOUR_MS);
	assert_memory_equal(p.counts, other.counts, sizeof(p.counts));
}

TEST(bytes_there_and_back)
{
	struct post_gaps before = weekly(9), after;
	struct buf *bytes = scratch(1024);
	struct code out = {.out = bytes}, in;

	post_gaps_pass(&before, 30);
	before.told = true;
	post_gaps_code(&out, &before);
	assert_true(bytes->len < 40);
	post_gaps_init(&after);
	in = (struct code){.in = buf_str(bytes)};
	post_gaps_code(&in, &after);
	assert_false(in.bad);
	assert_int_equal(in.in.len, 0);
	assert_int_equal(after.last_ms, before.last_ms);
	assert_float_equal(after.open, before.open, 0);
	assert_true(after.told);
	assert_memory_equal(after.counts, before.counts, sizeof(after.counts));
	for (size_t len = 0; len < bytes->len; len++) {
		in = (struct code){.in = str_make(bytes->data, len)};
		post_gaps_init(&after);
		post_gaps_code(&in, &after);
		assert_true(in.bad);
	}
}
