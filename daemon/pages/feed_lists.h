/* SPDX-License-Identifier: ISC */
/* feed_lists.h: tables of all feeds that can be subscribed to: everything and outputs, categories, alerts. */
#ifndef PAGES_FEED_LISTS_H
#define PAGES_FEED_LISTS_H

#include "sitrep/pages/page.h"

/* Three tables, each with a caption; empty ones are left out. */
void feed_lists_write(struct buf *out, const struct page *page);

#endif
