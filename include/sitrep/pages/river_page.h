/* SPDX-License-Identifier: ISC */
/* river_page.h: the river: the newest stories under the headings of their days, filters, and what is breaking. */
#ifndef SITREP_PAGES_RIVER_PAGE_H
#define SITREP_PAGES_RIVER_PAGE_H

#include "sitrep/pages/page.h"
#include "sitrep/pages/view.h"
#include "sitrep/pages/window.h"

enum { RIVER_ROWS = 60, RIVER_DAYS_COUNTED = 8 };

/* A story that was written by story_row_write(). */
struct river_row {
	struct river_place place;
	size_t from, len; /* of its markup */
};

struct river {
	const struct view *view;
	const struct window *window;
	struct str markup;            /* of all rows */
	const struct river_row *rows; /* newest first */
	size_t count;
	/* Stories of the days of the first rows, in the order of the page, of a view without a filter. */
	int64_t day_counts[RIVER_DAYS_COUNTED];
	size_t days_counted;
	bool has_newer, has_older;
	struct river_place older; /* the last place that was looked at, when that is below all rows */
	size_t looked;            /* at stories */
};

/* The page that rows are written for. */
struct page river_page(const struct site *site);
void river_page_write(struct buf *out, const struct site *site, const struct river *river);

#endif
