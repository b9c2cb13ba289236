/* SPDX-License-Identifier: ISC */
/* story_parts.h: what the sections of a story's page have in common: the order of its reports, their reasons and texts.
 */
#ifndef PAGES_STORY_PARTS_H
#define PAGES_STORY_PARTS_H

#include <stdbool.h>

#include "sitrep/base/buf.h"
#include "sitrep/pages/page.h"
#include "sitrep/store/reader.h"

/* Bytes of a report's text that are shown or compared: some 5,000 words. */
enum { STORY_TEXT_MAX = 32 * 1024 };

/* The story that is shown; borrowed. */
struct story_sight {
	const struct page *page;
	const struct story *story;
	const struct story_details *details;
};

/* The n-th report in the order of appearance, from 0. */
const struct report *story_report(const struct story *s, size_t n);
/* Its number in that order; -1 when it is not among the reports. */
int story_report_number(const struct story *s, int64_t item_id);
/* The reason why the report is in its story; NULL: it began the story, or the reason is no longer stored. */
const struct story_tie *story_reason(const struct story_details *d, int64_t item_id);
/* True for the first tie to that other story; several reports may be tied to it. */
bool story_tie_is_first(const struct story_details *d, size_t n);

/* Appends the text of an item, its paragraphs as lines: content, else summary.  Of a text that is too long for out, as
 * much as it holds; the rest is not read. */
void story_text(struct buf *out, const struct item *it);
/* Appends the outlet's name as markup. */
void story_put_outlet(struct buf *out, const struct story_sight *sight, const struct report *r);
/* The same without an element, escaped. */
void story_put_outlet_text(struct buf *out, const struct story_sight *sight, const struct report *r);
/* "18:21", or "26 November 18:21" when it is of another day than the story's first report. */
void story_time(struct buf *out, const struct story_sight *sight, int64_t time_ms);

#endif
