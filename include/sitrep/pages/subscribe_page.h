/* SPDX-License-Identifier: ISC */
/* subscribe_page.h: /subscribe, with every feed there is, and how filters are written. */
#ifndef SITREP_PAGES_SUBSCRIBE_PAGE_H
#define SITREP_PAGES_SUBSCRIBE_PAGE_H

#include "sitrep/pages/page.h"

void subscribe_page_write(struct buf *out, const struct site *site);

#endif
