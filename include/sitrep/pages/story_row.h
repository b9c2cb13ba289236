/* SPDX-License-Identifier: ISC */
/* story_row.h: one story as a row of the river or of a list of results. */
#ifndef SITREP_PAGES_STORY_ROW_H
#define SITREP_PAGES_STORY_ROW_H

#include "sitrep/base/buf.h"
#include "sitrep/pages/page.h"
#include "sitrep/store/reader.h"

/* <article class="s w2 p3">: time, number of outlets, headline, summary, outlets.  Its weight comes from the number of
 * outlets. */
void story_row_write(struct buf *out, const struct page *page, const struct story *s);

#endif
