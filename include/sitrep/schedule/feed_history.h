/* SPDX-License-Identifier: ISC */
/* feed_history.h: the history of a feed, with which the schedule plans its polls.
 *
 * It has the feed's posting rhythm (rhythm.h), the hints in its document (feed_hints.h), the hints in the head of the
 * server's last answer, and the trust in its 304 (validator_trust.h).  Each outcome of a poll is noted here.  The
 * database keeps a struct feed_history as bytes that only this module reads.  Bytes that are damaged, or of another
 * version, are ignored, and the feed is learnt anew. */
#ifndef SITREP_SCHEDULE_FEED_HISTORY_H
#define SITREP_SCHEDULE_FEED_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"
#include "sitrep/model/feed_hints.h"
#include "sitrep/model/feed_state.h"
#include "sitrep/model/poll.h"
#include "sitrep/schedule/rhythm.h"
#include "sitrep/schedule/schedule.h"
#include "sitrep/schedule/validator_trust.h"

struct feed_history {
	struct rhythm rhythm;
	struct feed_hints hints;
	struct validator_trust trust;
	int64_t retry_after_ms; /* Retry-After of the last answer; -1: none */
	int64_t fresh_ms;       /* freshness lifetime that the last answer with a document or 304 gave; -1: none */
	/* The last plan, kept so that reports need not plan each feed again. */
	enum schedule_reason reason;
	enum schedule_hint hint; /* with SCHEDULE_SERVER: the hint that made the poll later */
	int64_t delay_ms;        /* the average delay expected for posts until the next poll */
};

void feed_history_init(struct feed_history *h);

/* Appends; 0 or out's failure. */
int feed_history_encode(const struct feed_history *h, struct buf *out);
/* Bytes that are damaged or of another version leave *h as after feed_history_init(). */
void feed_history_decode(struct str bytes, struct feed_history *h);

/* The clock was set by jump_ms and shows now_ms: moves all stored times along (clock.h). */
void feed_history_follow_clock(struct feed_history *h, int64_t jump_ms, int64_t now_ms);

/* Learns from an outcome.  state: the feed's state after it.  news: what the database made of its document; NULL when
 * it brought none.  Sorts news->published_ms. */
void feed_history_note(
	struct feed_history *h, const struct feed_state *state, const struct poll_outcome *o, struct poll_news *news);

/* Whether the feed's silence began or ended with the outcome that was noted last; was_silent: before that
 * (feed_history_is_silent()).  A failed poll tells nothing. */
void feed_history_judge_silence(
	struct feed_history *h, const struct poll_outcome *o, bool was_silent, struct feed_silence *silence);
bool feed_history_is_silent(const struct feed_history *h);

/* True when the next request goes without validators although state has some (validator_trust.h). */
bool feed_history_wants_unconditional(const struct feed_history *h, const struct feed_state *state, int64_t now_ms);

/* Plans the next poll; now_ms is the end of the last one.  Notes the reason, the hint and the delay in h. */
struct schedule_plan feed_history_plan(
	struct feed_history *h, const struct feed_state *state, const struct schedule_policy *policy, int64_t now_ms);

/* The reason of that plan in a few words. */
const char *feed_history_why(const struct feed_history *h);

/* Writes the reasons for the last plan as sentences, one a line (schedule_explain()).  0 or out's failure. */
int feed_history_explain(const struct feed_history *h, const struct feed_state *state,
	const struct schedule_policy *policy, struct buf *out);

#endif
