/* story_page.h: one story with all its reports and why they are in it: /story/ID for a browser, /story/ID.json for
 * programs; see sitrepd(8). */
#ifndef SITREP_STORY_PAGE_H
#define SITREP_STORY_PAGE_H

#include "sitrep/buf.h"
#include "sitrep/reader.h"

/* site is what the daemon's pages are called. */
void story_page_html(struct buf *out, const char *site, const struct story *s, const struct story_details *d);
void story_page_json(struct buf *out, const struct story *s, const struct story_details *d);

#endif
