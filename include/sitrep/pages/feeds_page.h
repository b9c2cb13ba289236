/* SPDX-License-Identifier: ISC */
/* feeds_page.h: the page with the health of all feeds: /feeds.
 *
 * Ten thousand feeds take some hundred milliseconds, so the page is made in steps.  A step reads states as they are at
 * that time; the feeds must stay the same until the last one. */
#ifndef SITREP_PAGES_FEEDS_PAGE_H
#define SITREP_PAGES_FEEDS_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"
#include "sitrep/pages/page.h"

enum { FEEDS_HOURS = 24 };

/* Numbers of the daemon that the page shows beside the feeds. */
struct feeds_facts {
	bool hours_known;
	uint32_t hours[FEEDS_HOURS]; /* items that arrived in each hour; the last one goes on */
	/* From publication to arrival, of the newest dated items; delays is 0: none is known. */
	size_t delays;
	int64_t half_ms, most_ms; /* half of them, nine in ten of them were seen within this */
	uint64_t polls, not_modified;
	int64_t since_ms; /* of the two above: the daemon's start */
};

/* The order of the rows, and which are shown. */
struct feeds_query {
	enum feeds_sort {
		FEEDS_BY_STATE,
		FEEDS_BY_NAME,
		FEEDS_BY_NEW,
		FEEDS_BY_NEXT,
		FEEDS_BY_RATE,
		FEEDS_BY_DELAY
	} sort;
	bool reversed;
	int state; /* -1: all; else one of those of feed_look.h */
};
/* "" is the default; false: no such order, no such state. */
bool feeds_query_sort(struct feeds_query *q, struct str text);
bool feeds_query_state(struct feeds_query *q, struct str text);
extern const char feeds_sort_words[], feeds_state_words[]; /* what is expected */

struct feeds_page;
struct feeds_page *feeds_page_new(const struct site *site, const struct feeds_query *q,
	const struct feeds_facts *facts); /* NULL without memory */
/* Appends a piece; some milliseconds at most, until end_us of the thread's processor time.  1: there is more. */
int feeds_page_step(struct feeds_page *p, struct buf *out, int64_t end_us);
void feeds_page_free(struct feeds_page *p);

#endif
