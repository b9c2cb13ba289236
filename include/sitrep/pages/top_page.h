/* SPDX-License-Identifier: ISC */
/* top_page.h: /top, with the stories that many outlets report, and when each outlet joined. */
#ifndef SITREP_PAGES_TOP_PAGE_H
#define SITREP_PAGES_TOP_PAGE_H

#include "sitrep/pages/page.h"
#include "sitrep/store/reader.h"

enum { TOP_SPREADING = 6, TOP_REST = 12, TOP_SPANS = 4 };

/* The hours that /top?hours= may have: 1, 12, 24, 168.  TOP_DEFAULT is the place of 12. */
enum { TOP_DEFAULT = 1 };
extern const int top_hours[TOP_SPANS];

/* The page that rows are written for. */
struct page top_page(const struct site *site);
/* A story with the steps of its outlets, drawn from span_ms ago until now. */
void top_row_write(struct buf *out, const struct page *page, const struct story *s, int64_t span_ms);
/* How long rows of the two sections are drawn. */
#define TOP_SPREADING_MS (INT64_C(2) * 3600 * 1000)
#define TOP_JOINED_MS (INT64_C(1) * 3600 * 1000)

/* spreading, rest: the rows of both sections. */
void top_page_write(struct buf *out, const struct site *site, int hours, struct str spreading, struct str rest);

#endif
