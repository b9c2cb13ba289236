/* SPDX-License-Identifier: ISC */
/* feed_look.h: how a feed is, for the pages of feeds: its state in one word, the reason in a sentence, its numbers.
 *
 * failing: its last poll failed, or its server said that it is gone.  quiet: it has not posted for longer than its
 * earlier gaps explain (post_gaps.h).  heavy: its server sends the whole feed each time, because
 * it ignores validators (validator_trust.h), or gives none for a large feed.  well:
 * none of these, a feed that was never polled too. */
#ifndef PAGES_FEED_LOOK_H
#define PAGES_FEED_LOOK_H

#include "sitrep/base/buf.h"
#include "sitrep/model/feed_state.h"
#include "sitrep/schedule/feed_history.h"

enum feed_look_state { LOOK_FAILING, LOOK_QUIET, LOOK_HEAVY, LOOK_WELL, LOOK_STATES };

struct feed_look {
	enum feed_look_state state;
	bool is_known;                /* its rhythm: it has brought a document */
	double posts_per_day;         /* long-term */
	int64_t delay_ms;             /* expected from publication until an item is seen, on average */
	uint32_t days[RHYTHM_RECENT]; /* posts a day, today last */
};

/* "failing", "quiet", "heavy", "well" */
const char *feed_look_name(enum feed_look_state state);
/* LOOK_STATES: no state has that name. */
enum feed_look_state feed_look_parse(struct str name);

/* Decodes the feed's history into *h, and looks. */
void feed_look(struct feed_look *look, const struct feed_state *s, struct feed_history *h, int64_t now_ms);
/* Appends the sentence as markup: "The server answers 503 since 15:40, six times."; of a feed that is well, why it is
 * polled next when it is. */
void feed_look_words(struct buf *out, const struct feed_look *look, const struct feed_state *s,
	const struct feed_history *h, int64_t now_ms);
/* "0.8", "12.0": with one decimal */
void feed_look_tenths(struct buf *out, double n);
/* "640 B", "41 MB" */
void feed_look_bytes(struct buf *out, int64_t bytes);

#endif
