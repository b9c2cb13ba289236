/* SPDX-License-Identifier: ISC */
/* Histories for the rhythm's tests: single polls, and any at all by a seed. */
#ifndef SITREP_TEST_RHYTHM_FIXTURE_H
#define SITREP_TEST_RHYTHM_FIXTURE_H

#include "../scratch.h"
#include "sitrep/schedule/rhythm.h"

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* 2026-11-23T00:00:00Z, a Monday. */
static const int64_t start_ms = INT64_C(1795392000000);

static uint64_t random_state = 1;

static inline uint64_t draw(uint64_t below)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (random_state >> 33) % below;
}

static inline void note(struct rhythm *r, int64_t at_ms, const int64_t *published_ms, size_t fresh, size_t shown)
{
	int64_t copy[64];

	assert_true(fresh <= sizeof(copy) / sizeof(copy[0]));
	if (fresh > 0)
		memcpy(copy, published_ms, fresh * sizeof(copy[0]));
	rhythm_note_poll(
		r, &(struct rhythm_poll){.at_ms = at_ms, .published_ms = copy, .fresh = fresh, .shown = shown});
}

static inline void note_one(struct rhythm *r, int64_t at_ms, int64_t published_ms)
{
	note(r, at_ms, &published_ms, 1, 20);
}

/* A first poll that shows an item of that very moment, and so tells nothing of the time before. */
static inline struct rhythm begun(int64_t at_ms)
{
	struct rhythm r;

	rhythm_init(&r);
	note(&r, at_ms, NULL, 0, 20);
	return r;
}

static inline struct rhythm random_rhythm(void)
{
	struct rhythm r;
	int64_t now_ms = start_ms;

	rhythm_init(&r);
	for (uint64_t i = 0, polls = 1 + draw(100); i < polls; i++) {
		int64_t dates[20];
		size_t shown = (size_t)draw(21), fresh = shown == 0 ? 0 : (size_t)draw(shown + 1);

		for (size_t p = 0; p < fresh; p++) {
			static const int64_t odd[] = {TIME_NONE, INT64_MAX, INT64_MIN + 1, 0};

			dates[p] = draw(8) == 0 ? odd[draw(4)] : now_ms - (int64_t)draw(10 * DAY) + (int64_t)draw(DAY);
		}
		note(&r, now_ms, dates, fresh, shown);
		now_ms +=
			draw(20) == 0 ? -(int64_t)draw(40 * DAY) : (int64_t)draw(draw(10) == 0 ? 100 * DAY : 12 * HOUR);
	}
	return r;
}

#endif
