/* SPDX-License-Identifier: ISC */
/* schedule.h: computes when a feed is polled next.
 *
 * schedule_next() is a pure function.  It reads no clock, keeps no state and draws no random numbers: the same
 * arguments give the same answer.  So the writer's thread calls it inside a transaction, and tests call it with times
 * of their own.
 *
 * The rule.  A poll has a price, which is the same for every feed and is measured in delay.  A feed is polled at the
 * moment from which waiting would cost more than the price.  Let rate(t) be the posts an hour that are expected of the
 * feed (rhythm.h), and N(t) the posts that are expected to wait unseen at t.  The moment is the t with
 *
 *	N(t) = sqrt(2 x price x rate(t))
 *
 * Sia, Cho and Cho ("Efficient Monitoring Algorithm for Fast News Alerts", IEEE TKDE 19(7), 2007) found that the best
 * polls have this in common; the price is the Lagrange multiplier that shares the polls out among the feeds.  No poll
 * that is moved from one feed to another would save delay.
 *
 * At a steady rate, the delay of all waiting posts together is rate x T^2 / 2 after a pause of T, and the feed is
 * polled when that reaches the price.  So a feed that posts four times as often is polled twice as often.  Where the
 * rate varies, the poll comes after the hours and minutes in which the feed posts, not before or within them.  When
 * several moments fulfil the equation, each one's delay is compared with the cost of polling at the best pace until
 * then, and the cheapest is taken.
 *
 * The price follows from [poll] default.  A feed of which nothing is known is assumed to post
 * RHYTHM_PRIOR_POSTS_PER_DAY items, evenly, and is polled every `default`: price = prior rate x default^2 / 2, in
 * post-hours.  A feed whose server always sends full answers costs the server more: its polls have a higher price, and
 * its longest pause is a day.  A feed is polled before half of the items that it shows at a time are expected to be
 * new.  All this stays within [poll] min and max.  An operator's interval replaces all of it.
 *
 * The server's hints set the minimum pause in every case: Retry-After, Cache-Control, Expires, ttl and
 * sy:updatePeriod.  Each counts for a day at most, so that no server can switch its feed off by mistake.  A poll within
 * skipHours or skipDays is moved to their end. */
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
	int64_t interval_ms; /* the feed's own; 0: none.  Replaces all of the above; the server's hints still hold */
	bool forced;         /* the server is the operator's own: of its hints only Retry-After holds */
};

/* All borrowed; read during the call only. */
struct schedule_input {
	const struct schedule_policy *policy;
	const struct feed_state *state; /* after the poll that ended at now_ms */
	const struct rhythm *rhythm;    /* after that poll; NULL: nothing is known */
	const struct feed_hints *hints; /* of the last document; NULL: none */
	int64_t retry_after_ms;         /* Retry-After of the last answer, a duration; 0 or less: none */
	int64_t fresh_ms;               /* max-age less Age, or Expires */
	bool unconditional;             /* its server sends a full answer each time, with or without validators */
	bool pushed;                    /* a WebSub subscription works: polls are a precaution */
	int64_t now_ms;
	uint64_t seed; /* the feed's id: spreads feeds that would else be polled at the same moments */
};

enum schedule_reason {
	SCHEDULE_GONE,     /* the server answered 410 */
	SCHEDULE_ERRORS,   /* the last poll failed */
	SCHEDULE_INTERVAL, /* the operator's interval */
	SCHEDULE_RHYTHM,   /* the rule above */
	SCHEDULE_BURST,    /* the same, while the feed posts far more than usual */
	SCHEDULE_PUSHED,   /* rarely, since a hub delivers its items */
	SCHEDULE_SERVER,   /* a server's hint made it later */
};

/* In a few words: "configured interval", "backing off after errors" ...  is_known: something of the feed's rhythm is
 * known. */
const char *schedule_reason_words(enum schedule_reason reason, bool is_known);

/* The server hint that sets the minimum interval. */
enum schedule_hint { HINT_NONE, HINT_RETRY_AFTER, HINT_FRESH, HINT_TTL, HINT_PERIOD, HINT_SKIP };
const char *schedule_hint_name(enum schedule_hint hint); /* "Retry-After", "ttl" ..., "" for none */

struct schedule_plan {
	int64_t due_ms; /* TIME_NONE: never again (gone) */
	enum schedule_reason reason;
	const char *why; /* a literal: "configured interval", "server asked to wait", "backing off after errors" ... */

	/* The numbers behind it. */
	int64_t wanted_ms;         /* the pause without the server's hints */
	enum schedule_hint hint;   /* the server's hint that asks for the longest pause; HINT_SKIP: it moved the poll */
	int64_t hint_ms;           /* the pause it asks for, capped */
	double expected_posts;     /* new posts until due_ms */
	int64_t expected_delay_ms; /* of these posts until due_ms, on average */
	double posts_per_day;      /* long-term */
	double burst;              /* the expected rate over the usual one */
};

/* After a failed poll the pause depends on the kind of failure, and grows with each failure in a row:
 *
 *	failure                                                first pause  growth  longest pause
 *	may pass by itself (DNS, connection, timeout, 5xx)     5 minutes    x 2     a day
 *	refusal (4xx, not a feed)                              `default`    x 4     a day
 *	our own fault (no memory, libcurl)                     a minute     x 2     a quarter of an hour
 *
 * No pause is below `min`.  With an operator's interval the first pause is the interval. */
struct schedule_plan schedule_next(const struct schedule_input *input);

/* The pause after the first failure that may pass by itself. */
int64_t schedule_first_retry_ms(const struct schedule_policy *policy);

/* The pause of a whole site after the last poll of one of its feeds: 0, unless that got 429 or 503.  The server's
 * Retry-After, up to a day; without one 5 minutes, doubled with each error in a row, up to an hour.  is_own: the server
 * is the operator's own, and is given a pause only when it asks for one. */
int64_t schedule_site_pause_ms(const struct feed_state *state, bool is_own);

/* The longest pause that a plan can have; a stored plan that lies further ahead was made by a wrong clock.  hints: as
 * in the input. */
int64_t schedule_longest_ms(const struct schedule_policy *policy, const struct feed_hints *hints);

/* Writes the reasons for a plan as sentences, one a line, for a person.  plan: the result of schedule_next() for input.
 * 0 or out's failure. */
int schedule_explain(const struct schedule_input *input, const struct schedule_plan *plan, struct buf *out);

/* The time of the first poll of a feed: the feed with this index among count new ones.  The first polls are spread, so
 * that many new feeds are not polled all at once.  Up to 100 feeds start at once, within the limits of parallel
 * transfers; 10,000 feeds and more are spread over a whole interval; numbers in between over a part of it. */
int64_t schedule_first(const struct schedule_policy *policy, size_t index, size_t count, int64_t now_ms);

#endif
