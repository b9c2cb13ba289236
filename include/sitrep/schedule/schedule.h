/* SPDX-License-Identifier: ISC */
/* schedule.h: when a feed is asked next; a pure function of what is known.
 *
 * No clock, no state, no randomness of its own: the same arguments give the same answer, so the
 * writer's thread may call it inside a transaction and tests drive it in virtual time.
 *
 * The rule.  A request has a price, the same for every feed, and the price is delay: a feed is asked at the
 * moment from which on waiting would cost more than asking is worth.  With rate(t) posts an hour expected of
 * the feed (rhythm.h) and N(t) the posts that are expected to wait unseen by t, that is the moment at which
 *
 *	N(t) = sqrt(2 x price x rate(t))
 *
 * which is what Sia, Cho and Cho ("Efficient Monitoring Algorithm for Fast News Alerts", IEEE TKDE 19(7), 2007) found
 * the best polls to have in common, with the price as the Lagrange multiplier that shares the requests out among
 * feeds: no request moved from one feed to another would save delay.  At a steady rate it says that the
 * delay added up over all waiting posts, rate x T^2 / 2, has just reached the price, so a feed that posts four
 * times as often is asked twice as often.  Where the rate varies it puts the poll behind the hours and
 * the minutes in which the feed posts, rather than before or within them.  Of several such moments the one is
 * taken whose delay, less what polling at the best pace would have cost until then, is least.
 *
 * The price comes from [poll] default: it is such that a feed of which nothing is known (RHYTHM_PRIOR_POSTS_PER_DAY,
 * evenly) is asked every `default`: price = prior rate x default^2 / 2, in post-hours.  A feed whose answers are
 * always full costs its server more, so its requests have a higher price, and its max is a day.  No feed waits
 * until half of what it shows at a time has been posted.  All this stays within [poll] min and max; an
 * operator's interval stands instead of all of it.
 *
 * The server's word is a floor under everything: Retry-After, Cache-Control, Expires, ttl and sy:updatePeriod, each
 * kept up to a day so that no server can switch itself off by mistake, and skipHours and skipDays, whose end is
 * waited for. */
#ifndef SITREP_SCHEDULE_SCHEDULE_H
#define SITREP_SCHEDULE_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/model/feed_hints.h"
#include "sitrep/model/feed_state.h"
#include "sitrep/schedule/rhythm.h"

struct schedule_policy {
	int64_t min_ms, max_ms, default_ms; /* [poll] */
	int64_t interval_ms; /* the feed's own, 0: none; overrides all of the above, never the server's word */
};

/* All borrowed; read during the call only. */
struct schedule_input {
	const struct schedule_policy *policy;
	const struct feed_state *state; /* as it stands after the poll that ended at now_ms */
	const struct rhythm *rhythm;    /* with that poll in it; NULL: nothing known */
	const struct feed_hints *hints; /* of the last document; NULL: none */
	int64_t retry_after_ms;         /* Retry-After of the last answer, a duration; 0 or less: none */
	int64_t fresh_ms;               /* max-age less Age, or Expires */
	bool unconditional;             /* its answers are always full, whatever validators are sent */
	bool pushed;                    /* a WebSub subscription works: polls only make sure of it */
	int64_t now_ms;
	uint64_t seed; /* spreads feeds that would otherwise march in step; the feed's id */
};

enum schedule_reason {
	SCHEDULE_GONE,     /* answered 410 */
	SCHEDULE_ERRORS,   /* the last poll failed */
	SCHEDULE_INTERVAL, /* the operator's */
	SCHEDULE_RHYTHM,   /* by what is expected of it */
	SCHEDULE_BURST,    /* the same, and it posts far more than usual just now */
	SCHEDULE_PUSHED,   /* rarely, since it is pushed */
	SCHEDULE_SERVER,   /* a server hint made it later */
};

/* In a few words: "configured interval", "backing off after errors" ...; is_known says whether anything of its rhythm
 * is. */
const char *schedule_reason_words(enum schedule_reason reason, bool is_known);

/* The server hint that sets the minimum interval. */
enum schedule_word { WORD_NONE, WORD_RETRY_AFTER, WORD_FRESH, WORD_TTL, WORD_PERIOD, WORD_SKIP };
const char *schedule_word_name(enum schedule_word w); /* "Retry-After", "ttl" ..., "" for none */

struct schedule_plan {
	int64_t due_ms; /* TIME_NONE: not any more (gone) */
	enum schedule_reason reason;
	const char *why; /* a literal: "configured interval", "server asked to wait", "backing off after errors" ... */

	/* The numbers behind it. */
	int64_t wanted_ms;         /* the pause without the server's word */
	enum schedule_word word;   /* the longest of the server's words; WORD_SKIP where it moved the time */
	int64_t word_ms;           /* the pause it asks for, capped */
	double expected_posts;     /* new ones by due_ms */
	int64_t expected_delay_ms; /* of each of them until then, on average */
	double posts_per_day;      /* long-term */
	double burst;              /* the expected rate over the usual one */
};

/* Errors: what may pass by itself (names, connections, timeouts, 5xx) is asked again after five minutes or `min`,
 * doubling to a day; what was refused (4xx, not a feed) after `default`, quadrupling to a day; what failed through our
 * own fault (no memory, libcurl) after a minute or `min`, doubling to a quarter of an hour.  Where the operator gave an
 * interval, all begin there. */
struct schedule_plan schedule_next(const struct schedule_input *input);

/* No plan lies further ahead than this: what a stored one says beyond it comes from a clock that was wrong.  hints as
 * in the input. */
int64_t schedule_longest_ms(const struct schedule_policy *policy, const struct feed_hints *hints);

/* The whole reasoning as sentences, one a line, for a person; plan is what schedule_next() made of input.  0 or out's
 * failure. */
int schedule_explain(const struct schedule_input *input, const struct schedule_plan *plan, struct buf *out);

/* Where in its interval a feed that was never polled starts, so that many new feeds never come as one burst: feed
 * number index of count, from now on.  Up to a hundred start at once, held back by the limits on parallel
 * transfers only; ten thousand and more spread evenly over their interval; between, in proportion. */
int64_t schedule_first(const struct schedule_policy *policy, size_t index, size_t count, int64_t now_ms);

#endif
