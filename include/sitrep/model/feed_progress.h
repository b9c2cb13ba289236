/* SPDX-License-Identifier: ISC */
/* feed_progress.h: how a poll changes the state of its feed.
 *
 * Pure functions: outcome and news in, state out, so that a table can test them.  They decide
 *
 *   - when a permanent redirect is believed: after three answers in a row over 24 hours, until five failures in a row;
 *   - when a feed has lost its items;
 *   - which validators are kept: those of a full answer from the feed's own URL;
 *   - which wait a 304 keeps: that of the answer which it confirms;
 *   - the number of failures in a row, without those in an outage of one's own network or of polls by hand;
 *   - the feed's health.
 *
 * schedule.h decides when the feed is polled next, validator_trust.h whether its 304 is believed. */
#ifndef SITREP_MODEL_FEED_PROGRESS_H
#define SITREP_MODEL_FEED_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/model/feed_state.h"
#include "sitrep/model/poll.h"

/* Distinguishes the two reasons for a document without items: the generator is broken, or it is a feed of alerts and
 * there are none. */
enum feed_emptiness {
	EMPTINESS_UNKNOWN,
	EMPTINESS_SUSPECT, /* there were items, and now there are none */
	EMPTINESS_KNOWN,   /* it was empty before, and items came back: an empty document is no failure */
};

/* To be called for each poll, before the document's items are stored: updates counters, times, and the wait that the
 * server asked for. */
void feed_progress_asked(struct feed_state *s, const struct poll_outcome *o);

/* To be called for each document, polled or pushed; fresh is the number of its items that are new in the feed. */
void feed_progress_items(struct feed_state *s, int fresh, int64_t at_ms);

/* Results of a poll beside the state. */
struct feed_progress {
	bool has_news;  /* the document counts: it was not turned into a failure */
	bool has_moved; /* a permanent redirect is believed from now on */
};
/* To be called at the end of each poll: updates health, redirects, validators.  news has the counts of its document;
 * NULL: no document.  A document without items may make the outcome a failure.  OUTCOME_LOST changes nothing.  Strings
 * are moved out of o. */
struct feed_progress feed_progress_ended(
	struct feed_state *s, enum feed_emptiness *emptiness, struct poll_outcome *o, const struct poll_news *news);

#endif
