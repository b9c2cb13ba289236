/* SPDX-License-Identifier: ISC */
/* glance.h: the boxes beside the river (breaking stories, alerts, failing feeds), and the urgent line above it. */
#ifndef PAGES_GLANCE_H
#define PAGES_GLANCE_H

#include "sitrep/pages/page.h"
#include "sitrep/pages/window.h"

/* The newest urgent alert of the last three hours that no silence holds back; nothing when there is none. */
void glance_urgent(struct buf *out, const struct page *page, const struct window *window);
void glance_side(struct buf *out, const struct page *page, const struct window *window);

#endif
