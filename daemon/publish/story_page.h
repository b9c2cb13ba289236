/* SPDX-License-Identifier: ISC */
/* story_page.h: one story with all its reports and why they are in it: /story/ID for a browser, /story/ID.json for
 * programs; see sitrepd(8). */
#ifndef SITREP_PUBLISH_STORY_PAGE_H
#define SITREP_PUBLISH_STORY_PAGE_H

#include "render.h"
#include "sitrep/base/buf.h"

/* channel: that of the front page. */
void story_page_html(
	struct buf *out, const struct channel *channel, const struct story *s, const struct story_details *d);
void story_page_json(
	struct buf *out, const struct channel *channel, const struct story *s, const struct story_details *d);

#endif
