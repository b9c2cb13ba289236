/* SPDX-License-Identifier: ISC */
/* Detects servers whose 304 is wrong: a later 200 contains items that are older than the last 304 but were never seen.
 */
#include "sitrep/schedule/validator_trust.h"

#include <stddef.h>

#include "sitrep/base/clock.h"

enum {
	/* The number of expected but missing items that proves a 304 wrong; at a steady rate chance alone causes this
	 * once in 10^9 pauses. */
	AWAITED_MIN = 20,
	/* The number of useless full answers in a row that proves validators useless, and of right 304s in a row that
	 * restores trust. */
	USELESS_MIN = 5,
	GOOD_MIN = 7,
};

/* The least time between requests without validators; also the clock error that a server is allowed. */
static const int64_t day_ms = INT64_C(24) * 3600 * 1000;
/* Outlets date items by when they were begun, and caches lag. */
static const int64_t lag_ms = INT64_C(3600) * 1000;

void validator_trust_init(struct validator_trust *t)
{
	*t = (struct validator_trust){.full_ms = TIME_NONE, .probed_ms = TIME_NONE, .unmodified_ms = TIME_NONE};
}

bool validator_trust_is_useless(const struct validator_trust *t)
{
	return t->useless_full_answers >= USELESS_MIN;
}

static bool has_hidden_news(const struct validator_trust *t, const struct validator_answer *a)
{
	return a->news > 0 && a->oldest_news_ms != TIME_NONE && t->unmodified_ms != TIME_NONE &&
	       a->oldest_news_ms < t->unmodified_ms - lag_ms &&
	       /* items older than the last full answer are from an archive, or were dated back */
	       t->full_ms != TIME_NONE && a->oldest_news_ms > t->full_ms;
}

static void note_probe(struct validator_trust *t, const struct validator_answer *a)
{
	if (has_hidden_news(t, a)) {
		t->false_304 = true;
		t->good_304_in_row = 0;
		return;
	}
	if (t->false_304 && ++t->good_304_in_row >= GOOD_MIN)
		t->false_304 = false;
}

/* Corrects a time from a clock that was ahead and has been set back. */
static void clamp(int64_t *time_ms, int64_t now_ms)
{
	if (*time_ms > now_ms)
		*time_ms = now_ms;
}

void validator_trust_note(struct validator_trust *t, const struct validator_answer *a)
{
	clamp(&t->full_ms, a->at_ms);
	clamp(&t->unmodified_ms, a->at_ms);
	clamp(&t->probed_ms, a->at_ms);
	if (a->not_modified) {
		t->useless_full_answers = 0;
		t->unmodified_ms = a->at_ms;
		return;
	}
	if (!a->conditional)
		note_probe(t, a);
	else if (a->news > 0 && !validator_trust_is_useless(t))
		t->useless_full_answers = 0;
	else if (t->useless_full_answers < UINT32_MAX)
		t->useless_full_answers++;
	t->awaited_before = a->news > 0 ? 0 : a->awaited;
	t->full_ms = a->at_ms;
}

void validator_trust_note_failed(struct validator_trust *t, int64_t at_ms)
{
	t->probed_ms = at_ms;
}

static bool is_in_future(const char *last_modified, int64_t now_ms)
{
	int64_t date_ms = last_modified != NULL ? time_parse_http(str_from(last_modified)) : TIME_NONE;

	return date_ms != TIME_NONE && date_ms > now_ms + day_ms;
}

bool validator_trust_wants_unconditional(
	const struct validator_trust *t, bool has_etag, const char *last_modified, double awaited, int64_t now_ms)
{
	if (!has_etag && last_modified == NULL)
		return false;
	/* The clock was set back, or a day is not over. */
	if (t->full_ms != TIME_NONE && now_ms - t->full_ms < day_ms)
		return false;
	if (t->probed_ms != TIME_NONE && now_ms - t->probed_ms < day_ms)
		return false;
	if (t->false_304 || (!has_etag && is_in_future(last_modified, now_ms)))
		return true;
	return awaited >= AWAITED_MIN && awaited >= 2 * t->awaited_before;
}
