/* SPDX-License-Identifier: ISC */
/* A feed with a history, for the schedule's tests: polls are told to it as the writer would. */
#ifndef SITREP_TEST_SCHEDULE_FIXTURE_H
#define SITREP_TEST_SCHEDULE_FIXTURE_H

#include "../scratch.h"
#include "sitrep/base/clock.h"
#include "sitrep/schedule/schedule.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static const int64_t start_ms = INT64_C(1795431150500);
static const struct schedule_policy defaults = {.min_ms = 5 * MINUTE, .max_ms = 6 * HOUR, .default_ms = 30 * MINUTE};

static inline struct feed_state fresh_state(void)
{
	return (struct feed_state){
		.health = FEED_NEW,
		.due_ms = TIME_NONE,
		.failing_since_ms = TIME_NONE,
		.first_poll_ms = TIME_NONE,
		.last_poll_ms = TIME_NONE,
		.last_success_ms = TIME_NONE,
		.last_new_ms = TIME_NONE,
	};
}

/* What the writer does to a state with a poll that went well. */
static inline void note_poll(struct feed_state *s, int64_t now_ms, int fresh_items)
{
	s->health = FEED_OK;
	s->errors = 0;
	s->polls++;
	if (s->first_poll_ms == TIME_NONE)
		s->first_poll_ms = now_ms;
	s->last_poll_ms = s->last_success_ms = now_ms;
	if (fresh_items > 0)
		s->last_new_ms = now_ms;
}

static inline void note_error(struct feed_state *s, int64_t now_ms)
{
	s->health = FEED_FAILING;
	s->errors++;
	s->polls++;
	if (s->first_poll_ms == TIME_NONE)
		s->first_poll_ms = now_ms;
	s->last_poll_ms = now_ms;
}

static uint64_t random_state;

static inline uint64_t draw(uint64_t below)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (random_state >> 33) % below;
}

/* A feed, its history and its server's words, with an input that points at them. */
struct subject {
	struct schedule_policy policy;
	struct feed_state state;
	struct rhythm rhythm;
	struct feed_hints hints;
	struct schedule_input input;
};

static inline void subject_init(struct subject *s)
{
	*s = (struct subject){.policy = defaults, .state = fresh_state()};
	rhythm_init(&s->rhythm);
	note_poll(&s->state, start_ms, 0);
	s->input = (struct schedule_input){
		.policy = &s->policy,
		.state = &s->state,
		.rhythm = &s->rhythm,
		.hints = &s->hints,
		.now_ms = start_ms,
		.seed = 1,
	};
}

FIXTURE(subject, subject_init, (void))

static inline int64_t pause_of(const struct subject *s)
{
	return schedule_next(&s->input).due_ms - s->input.now_ms;
}

/* What a poll at now_ms showed. */
static inline void see(struct subject *s, int64_t now_ms, const int64_t *published_ms, size_t fresh, size_t shown)
{
	int64_t copy[32];
	struct rhythm_poll poll = {.at_ms = now_ms, .published_ms = copy, .fresh = fresh, .shown = shown};

	assert_true(fresh <= sizeof(copy) / sizeof(copy[0]));
	if (fresh > 0)
		memcpy(copy, published_ms, fresh * sizeof(copy[0]));
	rhythm_note_poll(&s->rhythm, &poll);
	note_poll(&s->state, now_ms, (int)fresh);
	s->input.now_ms = now_ms;
}

/* Every gap_ms, posts items evenly placed between; asked every hour for a time that ends at start_ms. */
static inline void live(struct subject *s, int64_t gap_ms, int64_t for_ms)
{
	for (int64_t now_ms = start_ms - for_ms; now_ms <= start_ms; now_ms += HOUR) {
		int64_t posts[32];
		size_t n = 0;

		for (int64_t t = (now_ms / gap_ms) * gap_ms; gap_ms > 0 && t > now_ms - HOUR && n < 32; t -= gap_ms)
			posts[n++] = t;
		see(s, now_ms, posts, n, 40);
	}
}

static inline void random_subject(struct subject *s)
{
	int64_t now_ms = start_ms;

	subject_init(s);
	s->state.polls = (int64_t)draw(1000);
	s->policy.min_ms = (int64_t)(1 + draw(10)) * MINUTE;
	s->policy.max_ms = s->policy.min_ms + (int64_t)draw(24) * HOUR;
	s->policy.default_ms = s->policy.min_ms + (int64_t)draw(3) * HOUR;
	for (uint64_t polls = draw(60); polls > 0; polls--) {
		int64_t dates[20];
		size_t fresh = (size_t)draw(21);

		for (size_t i = 0; i < fresh; i++)
			dates[i] = draw(5) == 0 ? TIME_NONE : now_ms - (int64_t)draw(6 * HOUR);
		see(s, now_ms, dates, fresh, 20);
		now_ms += (int64_t)(1 + draw(12 * HOUR));
	}
	if (draw(3) == 0) {
		s->state.errors = (int)draw(100);
		note_error(&s->state, s->input.now_ms);
		s->state.failure = (enum poll_failure)(1 + draw(FAILURE_COUNT - 1));
		s->state.http_status = (int)(400 + draw(200));
	}
	if (draw(3) == 0)
		s->policy.interval_ms = (int64_t)(1 + draw(2 * DAY));
	s->input.retry_after_ms = draw(3) == 0 ? (int64_t)draw(3 * DAY) : -1;
	s->input.fresh_ms = draw(3) == 0 ? (int64_t)draw(3 * DAY) : -1;
	s->hints.ttl_ms = draw(3) == 0 ? (int64_t)draw(3 * DAY) : 0;
	s->hints.period_ms = draw(3) == 0 ? (int64_t)draw(30 * DAY) : 0;
	s->hints.skip_hours = draw(3) == 0 ? (uint32_t)draw((1U << 24) - 1) : 0;
	s->hints.skip_days = draw(3) == 0 ? (uint8_t)draw((1U << 7) - 1) : 0;
	s->input.unconditional = draw(4) == 0;
	s->input.pushed = draw(4) == 0;
	s->input.seed = draw(1000);
}

#endif
