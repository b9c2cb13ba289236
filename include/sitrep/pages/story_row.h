/* SPDX-License-Identifier: ISC */
/* story_row.h: one story as a row of the river or of a list of results. */
#ifndef SITREP_PAGES_STORY_ROW_H
#define SITREP_PAGES_STORY_ROW_H

#include <stdbool.h>

#include "sitrep/base/buf.h"
#include "sitrep/pages/page.h"
#include "sitrep/store/reader.h"

/* <article class="s w2 p3">: time, number of outlets, headline, summary, outlets.  Its weight comes from the number of
 * outlets. */
void story_row_write(struct buf *out, const struct page *page, const struct story *s);
/* How a row differs from that. */
struct story_row_form {
	struct str headline; /* markup of the title, with marked words; STR_NONE: the title */
	struct str note;     /* markup in place of the summary; STR_NONE: the summary */
	bool with_day;       /* no heading tells the day, so a story of another day than today has its date */
};
void story_row_write_as(
	struct buf *out, const struct page *page, const struct story *s, const struct story_row_form *form);

#endif
