/* SPDX-License-Identifier: ISC */
/* rail.h: the quick filters beside the river, with the number of stories of each among the newest ones. */
#ifndef PAGES_RAIL_H
#define PAGES_RAIL_H

#include "sitrep/pages/page.h"
#include "sitrep/pages/view.h"
#include "sitrep/pages/window.h"

/* Each link sets one filter of the view and keeps the others; the one in force leads back. */
void rail_write(struct buf *out, const struct page *page, const struct view *view, const struct window *window);

#endif
