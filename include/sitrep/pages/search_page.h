/* SPDX-License-Identifier: ISC */
/* search_page.h: /search: the stories that a rule finds among all that is kept, and links that narrow them. */
#ifndef SITREP_PAGES_SEARCH_PAGE_H
#define SITREP_PAGES_SEARCH_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"
#include "sitrep/pages/page.h"
#include "sitrep/search/search.h"

enum { SEARCH_PAGE_STORIES = 30, SEARCH_PAGE_LAST = SEARCH_HITS_MAX / SEARCH_PAGE_STORIES };

/* The arguments of the address. */
struct search_view {
	struct str rule;
	bool newest;                         /* newest first; else the best */
	struct str month;                    /* "2026-11"; absent: all */
	struct str category, language, feed; /* likewise */
	size_t page;                         /* from 1 */
};

/* Takes an argument of the address; the strings are borrowed.  0; -EINVAL with a sentence for an unknown name or a
 * wrong value. */
int search_view_take(struct search_view *v, struct str name, struct str value, struct error *err);
/* The month's first millisecond and that of the next one; 0 and 0 without a month. */
void search_view_month(const struct search_view *v, int64_t *from_ms, int64_t *until_ms);

struct search_page {
	const struct search_view *view;
	const struct search_result *result; /* NULL: there is no rule, or it could not be searched for */
	struct str mistake;                 /* in the rule: a sentence, then lines that show the place; absent: none */
	struct str trouble;                 /* a sentence why there is no result; absent: none */
	int64_t kept_days;
};

void search_page_write(struct buf *out, const struct site *site, const struct search_page *s);

#endif
