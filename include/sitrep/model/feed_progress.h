/* SPDX-License-Identifier: ISC */
/* feed_progress.h: what a poll changes of what is remembered of its feed.
 *
 * Outcome and news in, state out; nothing is read, written or asked, so that a table can test it.  Decided here: when a
 * permanent redirect is believed (three answers in a row over 24 hours, and until five failures in a row), when a feed
 * has lost its items, which validators stand (those of a full answer from the feed's own URL), what a 304 leaves in
 * force, how many failures stand in a row, and the feed's health.  When it is asked next is the schedule's to say
 * (schedule.h), and whether its 304 is worth anything, validator_trust.h's. */
#ifndef SITREP_MODEL_FEED_PROGRESS_H
#define SITREP_MODEL_FEED_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/model/feed_state.h"
#include "sitrep/model/poll.h"

/* Of documents without items: a broken generator's, or a feed of alerts when all is quiet? */
enum feed_emptiness {
	EMPTINESS_UNKNOWN,
	EMPTINESS_SUSPECT, /* there were items, and now there are none */
	EMPTINESS_KNOWN,   /* it was so before, and items came back */
};

/* The feed was asked: counters, times, and how long its server wants to be left alone.  Before the document's items
 * are taken in. */
void feed_progress_asked(struct feed_state *s, const struct poll_outcome *o);

/* So many items of a document, of a poll or a push, were new in the feed. */
void feed_progress_items(struct feed_state *s, int fresh, int64_t at_ms);

/* What came of a poll, beside the state. */
struct feed_progress {
	bool has_news;  /* news stands: the document is not the feed's failure */
	bool has_moved; /* a permanent redirect is believed from now on */
};
/* How the poll ended.  news: what its document brought; NULL: there is none.  A document without items may make the
 * outcome a failure.  OUTCOME_LOST changes nothing.  Strings are moved out of o. */
struct feed_progress feed_progress_ended(
	struct feed_state *s, enum feed_emptiness *emptiness, struct poll_outcome *o, const struct poll_news *news);

#endif
