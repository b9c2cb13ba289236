/* SPDX-License-Identifier: ISC */
/* story_page.h: one story with all its reports and why they are in it: /story/ID for a browser, /story/ID.json for
 * programs; see sitrepd(8). */
#ifndef SITREP_PAGES_STORY_PAGE_H
#define SITREP_PAGES_STORY_PAGE_H

#include "sitrep/base/buf.h"
#include "sitrep/pages/page.h"
#include "sitrep/store/reader.h"

void story_page_html(struct buf *out, const struct site *site, const struct story *s, const struct story_details *d);
void story_page_json(struct buf *out, const struct site *site, const struct story *s, const struct story_details *d);

#endif
