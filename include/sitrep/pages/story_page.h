/* SPDX-License-Identifier: ISC */
/* story_page.h: one story with all its reports and why they are in it: /story/ID for a browser, /story/ID.json for
 * programs; see sitrepd(8). */
#ifndef SITREP_PAGES_STORY_PAGE_H
#define SITREP_PAGES_STORY_PAGE_H

#include "sitrep/base/buf.h"
#include "sitrep/pages/page.h"
#include "sitrep/store/reader.h"

/* The reader's choice: two reports to be shown side by side, by their number in the order of appearance from 1, at most
 * STORY_REPORTS_MAX; 0: a default. */
struct story_view {
	size_t a, b;
};

/* A report that the story does not have counts as 0. */
void story_page_html(struct buf *out, const struct site *site, const struct story *s, const struct story_details *d,
	const struct story_view *view);
void story_page_json(struct buf *out, const struct site *site, const struct story *s, const struct story_details *d);

#endif
