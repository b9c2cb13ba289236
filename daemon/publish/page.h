/* SPDX-License-Identifier: ISC */
/* page.h: the parts that all pages for a browser share: head, style, dates, links.
 *
 * They need no script, no font and no second request, and fit a phone, a terminal browser and a wall. All text is
 * escaped; a failure stays in the buffer. */
#ifndef SITREP_PUBLISH_PAGE_H
#define SITREP_PUBLISH_PAGE_H

#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

/* Up to <body>.  root leads from the page's address to the front page: "" or "../". */
void page_begin(struct buf *out, struct str title, const char *root);
/* Atom, RSS and JSON, as links. */
void page_feeds(struct buf *out, const char *root);
void page_end(struct buf *out);

/* "23 Nov 2026 16:12 UTC". */
void page_moment(struct buf *out, int64_t time_ms);
/* The words, as a link if href is a web address. */
void page_linked(struct buf *out, struct str href, struct str words);
/* The start tag of an element for text from a feed; style_class may be NULL, language absent. */
void page_open(struct buf *out, const char *element, const char *style_class, struct str language);
/* "1 source", "8 sources" */
void page_count(struct buf *out, long long n, const char *what);

#endif
