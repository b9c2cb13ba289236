/* SPDX-License-Identifier: ISC */
/* The schedule and the rhythm together, in virtual time: who is asked sooner than whom, and some histories told
 * out. */
#include "schedule_fixture.h"

/* ---- more posts ---- */

/* Any history, and then a poll that brings a post more: never asked later. */
TEST(more_posts_are_never_asked_later)
{
	random_state = 12;
	for (int i = 0; i < 2000; i++) {
		struct subject s, more;
		int64_t now_ms, dates[6];
		size_t fresh = (size_t)draw(6);

		random_subject(&s);
		s.state.health = FEED_OK;
		s.policy.interval_ms = 0;
		now_ms = s.input.now_ms + HOUR;
		for (size_t d = 0; d < 6; d++)
			dates[d] = now_ms - (int64_t)(1 + draw(55)) * MINUTE;
		more = s;
		more.input.policy = &more.policy;
		more.input.state = &more.state;
		more.input.rhythm = &more.rhythm;
		more.input.hints = &more.hints;
		see(&s, now_ms, dates, fresh, 40);
		see(&more, now_ms, dates, fresh + 1, 40);
		assert_true(pause_of(&more) <= pause_of(&s));
	}
}

TEST(feeds_that_post_more_are_not_asked_later)
{
	int64_t last_ms = 0;

	for (int64_t gap_ms = 23 * MINUTE; gap_ms < 13 * HOUR; gap_ms += gap_ms / 3) {
		struct subject s;

		subject_init(&s);
		live(&s, gap_ms, 40 * DAY);
		/* bursts and minutes would depend on when the last one came */
		memset(s.rhythm.slot_moments, 0, sizeof(s.rhythm.slot_moments));
		for (size_t i = 0; i < RHYTHM_SPANS; i++)
			s.rhythm.spans[i].posts = s.rhythm.spans[i].expected;
		assert_true(pause_of(&s) >= last_ms);
		last_ms = pause_of(&s);
	}
	assert_true(last_ms > HOUR);
}

/* A feed that posts evenly: four times the posts, half of the pause. */
TEST_ON(pause_goes_by_the_root_of_the_rate, subject, s)
{
	int64_t slow_ms, fast_ms;

	live(s, 4 * HOUR + 7 * MINUTE, 40 * DAY);
	slow_ms = pause_of(s);
	subject_init(s);
	live(s, HOUR + 2 * MINUTE, 40 * DAY);
	fast_ms = pause_of(s);
	assert_in_range(slow_ms, fast_ms * 3 / 2, fast_ms * 5 / 2);
}

TEST_ON(dearer_default_asks_less, subject, s)
{
	int64_t last_ms = 0;

	live(s, 2 * HOUR + 7 * MINUTE, 20 * DAY);
	for (int64_t default_ms = 10 * MINUTE; default_ms <= 160 * MINUTE; default_ms *= 2) {
		s->policy.default_ms = default_ms;
		assert_true(pause_of(s) > last_ms);
		last_ms = pause_of(s);
	}
}

/* ---- feeds that cost more or need less ---- */

TEST(unconditional_feeds_are_asked_less)
{
	struct subject busy, quiet;
	int64_t pause_ms;

	subject_init(&busy);
	live(&busy, HOUR + 2 * MINUTE, 30 * DAY);
	pause_ms = pause_of(&busy);
	busy.input.unconditional = true;
	assert_in_range(pause_of(&busy), 3 * pause_ms, 5 * pause_ms);
	subject_init(&quiet);
	live(&quiet, 400 * DAY, 60 * DAY);
	assert_in_range(pause_of(&quiet), 3 * HOUR, 6 * HOUR);
	quiet.input.unconditional = true;
	assert_in_range(pause_of(&quiet), 16 * HOUR, DAY);
}

TEST(pushed_feeds_are_asked_rarely_but_asked)
{
	static const int64_t gaps[] = {10 * MINUTE, HOUR, 5 * HOUR, DAY, 400 * DAY};

	for (size_t i = 0; i < sizeof(gaps) / sizeof(gaps[0]); i++) {
		struct subject s;
		struct schedule_plan plan;

		subject_init(&s);
		live(&s, gaps[i], 30 * DAY);
		s.input.pushed = true;
		plan = schedule_next(&s.input);
		assert_in_range(plan.due_ms - start_ms, 6 * HOUR, DAY);
		assert_int_equal(plan.reason, SCHEDULE_PUSHED);
	}
}

/* A feed that shows few items is asked before they have scrolled away. */
TEST_ON(no_more_waits_than_half_of_what_is_shown, subject, s)
{
	int64_t pause_ms;

	live(s, 12 * MINUTE, 20 * DAY);
	s->policy.default_ms = 6 * HOUR;
	pause_ms = pause_of(s);
	assert_true(schedule_next(&s->input).expected_posts > 4);
	s->rhythm.shown = 4;
	assert_true(pause_of(s) < pause_ms / 2);
	assert_true(schedule_next(&s->input).expected_posts < 2.5);
}

/* ---- feeds over time ---- */

/* Polls for a time, as the schedule has it, a feed that publishes every gap_ms; returns the number of requests
 * and the mean delay. */
static int64_t follow(struct subject *s, int64_t gap_ms, int64_t for_ms, int64_t *mean_delay_ms)
{
	int64_t begin_ms = s->input.now_ms, now_ms = begin_ms, requests = 0, delays_ms = 0, items = 0;
	int64_t next_item_ms = gap_ms > 0 ? (begin_ms / gap_ms + 1) * gap_ms : 0;

	while (now_ms < begin_ms + for_ms) {
		int64_t posts[32];
		size_t fresh = 0;

		for (; gap_ms > 0 && next_item_ms <= now_ms && fresh < 32; next_item_ms += gap_ms) {
			delays_ms += now_ms - next_item_ms;
			posts[fresh++] = next_item_ms;
		}
		items += (int64_t)fresh;
		see(s, now_ms, posts, fresh, 32);
		requests++;
		now_ms = schedule_next(&s->input).due_ms;
	}
	s->input.now_ms = now_ms;
	*mean_delay_ms = items > 0 ? delays_ms / items : 0;
	return requests;
}

TEST(quiet_feeds_are_asked_rarely_and_busy_ones_often)
{
	static const int64_t gaps[] = {3 * MINUTE, 67 * MINUTE, 25 * HOUR, 0};
	int64_t requests[4], delay_ms[4];

	for (size_t i = 0; i < 4; i++) {
		struct subject s;

		subject_init(&s);
		requests[i] = follow(&s, gaps[i], 30 * DAY, &delay_ms[i]);
	}
	assert_true(requests[0] > requests[1] && requests[1] > requests[2] && requests[2] > requests[3]);
	assert_true(delay_ms[0] < 4 * MINUTE);
	assert_true(delay_ms[1] < 15 * MINUTE);
	assert_true(delay_ms[2] < 90 * MINUTE);
	/* half-hourly polling would be 1,440 */
	assert_true(requests[2] < 700);
	assert_true(requests[3] < 260);
}

/* Something every six minutes for three hours, after weeks of a post a day. */
TEST_ON(burst_is_followed_and_let_go, subject, s)
{
	int64_t quiet_ms, delay_ms, after, calm_ms;

	follow(s, 25 * HOUR, 30 * DAY, &delay_ms);
	quiet_ms = pause_of(s);
	assert_true(quiet_ms > 45 * MINUTE);
	follow(s, 6 * MINUTE, 3 * HOUR, &delay_ms);
	assert_true(pause_of(s) < quiet_ms / 4);
	assert_int_equal(schedule_next(&s->input).reason, SCHEDULE_BURST);
	assert_string_equal(schedule_next(&s->input).why, "it posts more than usual");
	after = follow(s, 0, 12 * HOUR, &delay_ms);
	assert_true(after < 40);
	follow(s, 0, 4 * DAY, &delay_ms);
	calm_ms = pause_of(s);
	assert_true(calm_ms > quiet_ms * 2 / 3);
	assert_int_equal(schedule_next(&s->input).reason, SCHEDULE_RHYTHM);
}

/* Posts at the full hour are met right behind it. */
TEST_ON(batches_are_met_behind_their_moment, subject, s)
{
	int64_t delay_ms;

	follow(s, HOUR, 14 * DAY, &delay_ms);
	follow(s, HOUR, 7 * DAY, &delay_ms);
	assert_true(delay_ms < 10 * MINUTE);
}

TEST_ON(clock_that_is_set_back, subject, s)
{
	int64_t pause_ms;

	live(s, HOUR + 2 * MINUTE, 30 * DAY);
	pause_ms = pause_of(s);
	see(s, start_ms - 20 * DAY, NULL, 0, 0);
	assert_in_range(pause_of(s), pause_ms / 2, pause_ms * 2);
	s->input.now_ms = start_ms - 400 * DAY;
	assert_in_range(pause_of(s), pause_ms / 2, pause_ms * 2);
}
