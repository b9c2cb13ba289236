/* SPDX-License-Identifier: ISC */
/* validator_trust.h: whether a server's conditional answers can be believed.
 *
 * Most can, and always get their validators back. Three kinds cannot: servers that always answer 304, servers whose
 * Last-Modified lies in the future, so that they answer 304 until then, and servers that give a new ETag each time and
 * so never answer 304. The first two are detected and asked once a day without validators. The third costs a whole
 * answer each time, so the schedule asks less often.
 *
 * On suspicion a server is only asked without validators after a silence in which, by the feed's own habits, many items
 * should have come. */
#ifndef SITREP_SCHEDULE_VALIDATOR_TRUST_H
#define SITREP_SCHEDULE_VALIDATOR_TRUST_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/str.h"

/* All zero, but the times TIME_NONE, before the first poll: validator_trust_init(). */
struct validator_trust {
	uint32_t useless_full_answers; /* whole answers in a row that were asked with validators and brought nothing */
	uint32_t good_304_in_row;      /* whole answers in a row, asked without validators, that hid nothing */
	bool false_304;                /* a 304 was proven wrong */
	int64_t whole_ms;              /* when the last whole answer came */
	int64_t probed_ms;     /* when it was last asked without the validators that it had given, with any result */
	int64_t unmodified_ms; /* when it last said 304 */
	double doubted;        /* how many items were awaited when it was last asked in vain */
};

/* The parts of an answer that matter here. */
struct validator_answer {
	bool conditional;       /* asked with validators */
	bool not_modified;      /* 304 */
	int news;               /* items that were new or changed */
	int64_t oldest_news_ms; /* the earliest date among the new ones, TIME_NONE: none is dated */
	double awaited;         /* items that should have come since the last one, by the feed's habits */
	int64_t at_ms;
};

void validator_trust_init(struct validator_trust *t);
void validator_trust_note(struct validator_trust *t, const struct validator_answer *a);
/* Notes a request without validators that got no usable answer; it still counts for the limit of one a day. */
void validator_trust_note_failed(struct validator_trust *t, int64_t at_ms);

/* Whether to ask without validators this time; at most once a day, also when that fails. last_modified is what would be
 * sent (NULL: none), and has_etag whether an ETag would, which makes the date irrelevant (RFC 9110 13.1.3). */
bool validator_trust_wants_whole(
	const struct validator_trust *t, bool has_etag, const char *last_modified, double awaited, int64_t now_ms);

/* True when conditional requests save nothing at this server. */
bool validator_trust_is_useless(const struct validator_trust *t);

#endif
