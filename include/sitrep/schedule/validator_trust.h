/* SPDX-License-Identifier: ISC */
/* validator_trust.h: whether a server's 304 can be believed.
 *
 * Most servers answer 304 rightly, and always get their validators back.  Three kinds do not:
 *
 *   - A server answers 304 whatever has changed.
 *   - A server's Last-Modified lies in the future, and the server answers 304 until then.
 *   - A server sends a new ETag each time, and so never answers 304.
 *
 * The first two are detected, and are then asked once a day without validators.  A server of the third kind sends a
 * full answer each time, so the schedule polls it less often.
 *
 * A 304 is checked by a request without validators, at most once a day, and only after a silence in which the feed's
 * rhythm lets many items be expected. */
#ifndef SITREP_SCHEDULE_VALIDATOR_TRUST_H
#define SITREP_SCHEDULE_VALIDATOR_TRUST_H

#include <stdbool.h>
#include <stdint.h>

/* Before the first poll as validator_trust_init() sets it. */
struct validator_trust {
	uint32_t useless_full_answers; /* full answers in a row to requests with validators that brought no item */
	uint32_t good_304_in_row; /* full answers in a row to requests without validators that had no hidden items */
	bool false_304;           /* a 304 was proven wrong */
	int64_t full_ms;          /* when the last full answer came */
	int64_t probed_ms;        /* when it was last asked without validators, with any result */
	int64_t unmodified_ms;    /* when it last answered 304 */
	double awaited_before;    /* the items that were expected when the last full answer brought none */
};

/* The parts of an answer that matter here. */
struct validator_answer {
	bool conditional;       /* the request had validators */
	bool not_modified;      /* 304 */
	int news;               /* items that were new or changed */
	int64_t oldest_news_ms; /* the earliest date among the new ones, TIME_NONE: none is dated */
	double awaited;         /* the items expected since the last new one, by the feed's rhythm */
	int64_t at_ms;
};

void validator_trust_init(struct validator_trust *t);
void validator_trust_note(struct validator_trust *t, const struct validator_answer *a);
/* Notes a request without validators that failed; it counts for the limit of one a day. */
void validator_trust_note_failed(struct validator_trust *t, int64_t at_ms);

/* Whether the next request goes without validators; at most one a day does.  last_modified: the date that would be sent
 * (NULL: none).  has_etag: an ETag would be sent, and the server ignores the date then (RFC 9110, 13.1.3). */
bool validator_trust_wants_unconditional(
	const struct validator_trust *t, bool has_etag, const char *last_modified, double awaited, int64_t now_ms);

/* True when conditional requests save nothing at this server. */
bool validator_trust_is_useless(const struct validator_trust *t);

#endif
