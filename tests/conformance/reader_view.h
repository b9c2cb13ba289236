/* SPDX-License-Identifier: ISC */
/* reader_view.h: what a reader would find in a field that it takes for HTML.
 *
 * Written for the tests and from the HTML standard alone: nothing of it comes from the sanitizer that it judges. */
#ifndef TEST_READER_VIEW_H
#define TEST_READER_VIEW_H

#include "sitrep/base/str.h"

/* NULL when html is safe, well-formed HTML without relative references; else what is wrong, under the names that the
 * W3C feed validator has: "SecurityRisk: ...", "NotHtml: ...", "ContainsRelRef: ...". */
const char *reader_view_fault(struct str html);

#endif
