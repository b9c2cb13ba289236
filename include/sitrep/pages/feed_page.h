/* SPDX-License-Identifier: ISC */
/* feed_page.h: the page of one feed: /feed/NAME: when it posts, how fast it answers, its last items, its next poll and
 * why then, its numbers and its last troubles.
 *
 * The caller writes the items between the beginning and the end: story_row_write(out, page, story). */
#ifndef SITREP_PAGES_FEED_PAGE_H
#define SITREP_PAGES_FEED_PAGE_H

#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/pages/page.h"
#include "sitrep/schedule/feed_table.h"
#include "sitrep/store/reader.h"

struct feed_page {
	struct page page;
	const struct feed *feed;
	struct str explanation; /* of the next poll: sentences, one a line */
};

/* Sets the page's frame; the other members are the caller's to set. */
void feed_page_init(struct feed_page *p, const struct site *site, const struct feed *feed);
void feed_page_begin(struct buf *out, const struct feed_page *p);
/* shown: the number of items that were written. */
void feed_page_end(struct buf *out, const struct feed_page *p, const struct stored_feed *stored, size_t shown);

#endif
