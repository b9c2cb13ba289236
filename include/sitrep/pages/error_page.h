/* SPDX-License-Identifier: ISC */
/* error_page.h: the page in place of one that is not there, and the sentence for programs. */
#ifndef SITREP_PAGES_ERROR_PAGE_H
#define SITREP_PAGES_ERROR_PAGE_H

#include "sitrep/pages/page.h"

/* The facts of an error. */
struct page_error {
	int status;       /* 400, 404, 503 */
	struct str path;  /* that was asked for, decoded */
	struct str text;  /* one or more lines that tell of the mistake, for people; STR_NONE: there are none */
	struct str query; /* a rule with a mistake, which stays in the box; STR_NONE: none */
};

void error_page_write(struct buf *out, const struct site *site, const struct page_error *e);

#endif
