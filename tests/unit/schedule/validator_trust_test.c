/* SPDX-License-Identifier: ISC */
/* What a 304 is worth, over days of virtual time. */
#include "../test.h"
#include "sitrep/base/clock.h"
#include "sitrep/schedule/validator_trust.h"

FIXTURE(validator_trust, validator_trust_init, (void))

static const int64_t hour = INT64_C(3600) * 1000;
static const int64_t day = INT64_C(24) * 3600 * 1000;
static const int64_t start = INT64_C(1795431155000);

static void not_modified(struct validator_trust *t, int64_t at_ms)
{
	validator_trust_note(t, &(struct validator_answer){.conditional = true, .not_modified = true, .at_ms = at_ms});
}

static void whole(
	struct validator_trust *t, bool conditional, int news, int64_t oldest_ms, double awaited, int64_t at_ms)
{
	validator_trust_note(t, &(struct validator_answer){.conditional = conditional,
					.news = news,
					.oldest_news_ms = oldest_ms,
					.awaited = awaited,
					.at_ms = at_ms});
}

/* Years of honest answers: never asked without validators. */
TEST_ON(honest_server, validator_trust, t)
{
	int64_t now = start;

	whole(t, false, 20, start - 30 * day, 0, now);
	for (int i = 0; i < 24 * 1000; i++) {
		now += hour;
		assert_false(validator_trust_wants_unconditional(t, true, "Mon, 23 Nov 2026 10:52:35 GMT", i % 5, now));
		if (i % 5 == 4)
			whole(t, true, 1, now - hour / 2, 5, now);
		else
			not_modified(t, now);
		assert_false(validator_trust_is_useless(t));
	}
}

/* 304 for ever: silence against all habit is asked about once, and the answer proves the lie. */
TEST_ON(304_for_ever, validator_trust, t)
{
	int64_t now = start;
	double awaited = 0;
	int asked = 0;

	whole(t, false, 20, start - day, 0, now);
	while (!validator_trust_wants_unconditional(t, true, NULL, awaited, now)) {
		now += hour;
		awaited += 0.5;
		not_modified(t, now);
		assert_true(now - start < 3 * day);
	}
	assert_true(awaited >= 20);
	now += hour;
	whole(t, false, 20, start + 2 * hour, awaited, now);
	assert_true(t->false_304);
	/* from then on once a day, for as long as it lies */
	for (int i = 0; i < 24 * 30; i++) {
		now += hour;
		if (validator_trust_wants_unconditional(t, true, NULL, 0, now)) {
			asked++;
			whole(t, false, 3, now - day + hour, 0, now);
		} else {
			not_modified(t, now);
		}
	}
	assert_int_equal(asked, 30);
	/* and no longer once it hides nothing for a week */
	for (int i = 0; i < 24 * 30; i++) {
		now += hour;
		if (validator_trust_wants_unconditional(t, true, NULL, 0, now)) {
			asked++;
			whole(t, false, 0, TIME_NONE, 0, now);
		} else {
			not_modified(t, now);
		}
	}
	assert_int_equal(asked, 37);
	assert_false(t->false_304);
}

/* A feed that fell silent is asked at ever longer intervals, not once a day. */
TEST_ON(silence_is_no_lie, validator_trust, t)
{
	int64_t now = start;
	int asked = 0;

	whole(t, false, 20, start - day, 0, now);
	for (int i = 0; i < 24 * 365; i++) {
		double awaited = i * 0.2;

		now += hour;
		if (validator_trust_wants_unconditional(t, true, NULL, awaited, now)) {
			asked++;
			whole(t, false, 0, TIME_NONE, awaited, now);
		} else {
			not_modified(t, now);
		}
	}
	assert_false(t->false_304);
	assert_int_equal(asked, 7); /* at 20 awaited and each doubling up to 1752 */
}

/* News since the last 304, and what is older than all that was seen, is no proof. */
TEST_ON(what_proves_nothing, validator_trust, t)
{
	whole(t, false, 20, TIME_NONE, 0, start);
	not_modified(t, start + 10 * hour);
	whole(t, false, 1, start + 9 * hour + hour / 2, 30, start + 11 * hour); /* just before it: the clocks differ */
	assert_false(t->false_304);
	not_modified(t, start + 20 * hour);
	whole(t, false, 1, start - 5 * day, 30, start + 21 * hour);
	assert_false(t->false_304);
	not_modified(t, start + 30 * hour);
	whole(t, false, 1, TIME_NONE, 30, start + 31 * hour);
	assert_false(t->false_304);
	not_modified(t, start + 40 * hour);
	whole(t, false, 1, start + 35 * hour, 30, start + 41 * hour);
	assert_true(t->false_304);
}

TEST_ON(last_modified_in_the_future, validator_trust, t)
{
	whole(t, false, 20, TIME_NONE, 0, start);
	/* start is 23 Nov 2026, 10:52:35 */
	assert_true(validator_trust_wants_unconditional(t, false, "Tue, 01 Dec 2026 00:00:00 GMT", 0, start + day));
	assert_false(
		validator_trust_wants_unconditional(t, false, "Tue, 01 Dec 2026 00:00:00 GMT", 0, start + day - 1));
	assert_false(validator_trust_wants_unconditional(t, true, "Tue, 01 Dec 2026 00:00:00 GMT", 0, start + day));
	assert_false(validator_trust_wants_unconditional(t, false, "Wed, 25 Nov 2026 10:52:35 GMT", 0, start + day));
	assert_false(validator_trust_wants_unconditional(t, false, "yesterday", 0, start + day));
	assert_false(validator_trust_wants_unconditional(t, false, NULL, 1000, start + day));
	/* a clock that was set back asks nothing */
	assert_false(validator_trust_wants_unconditional(t, false, "Tue, 01 Dec 2026 00:00:00 GMT", 0, start - day));
}

/* Whoever says 304, or nothing at all, to a request without validators is not asked so again on the same day. */
TEST_ON(a_day_without_an_answer_is_over_too, validator_trust, t)
{
	int64_t now = start;
	int asked = 0;

	whole(t, false, 20, start - day, 0, now);
	for (int i = 0; i < 24 * 30; i++) {
		now += hour;
		if (validator_trust_wants_unconditional(t, true, NULL, 1000, now)) {
			asked++;
			validator_trust_note_failed(t, now);
		} else {
			not_modified(t, now);
		}
	}
	assert_int_equal(asked, 30);
	assert_false(t->false_304);
}

TEST_ON(etag_that_changes_each_time, validator_trust, t)
{
	whole(t, false, 20, TIME_NONE, 0, start);
	for (int i = 1; i <= 4; i++)
		whole(t, true, 0, TIME_NONE, 0, start + i * hour);
	assert_false(validator_trust_is_useless(t));
	whole(t, true, 1, TIME_NONE, 0, start + 5 * hour);
	for (int i = 6; i <= 10; i++)
		whole(t, true, 0, TIME_NONE, 0, start + i * hour);
	assert_true(validator_trust_is_useless(t));
	/* now and then the answer is worth its bytes, but it would have come anyway */
	whole(t, true, 1, TIME_NONE, 0, start + 10 * hour + 1);
	assert_true(validator_trust_is_useless(t));
	/* it is no reason to ask without them */
	assert_false(validator_trust_wants_unconditional(t, true, NULL, 5, start + 100 * day));
	not_modified(t, start + 11 * hour);
	assert_false(validator_trust_is_useless(t));
}
