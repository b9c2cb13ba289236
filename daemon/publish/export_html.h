/* SPDX-License-Identifier: ISC */
/* export_html.h: pages as files: their links to stories lead to the files of these, and their links to pages that only
 * the daemon has (filters, search, feeds) lead to the daemon. */
#ifndef SITREP_PUBLISH_EXPORT_HTML_H
#define SITREP_PUBLISH_EXPORT_HTML_H

#include <stdbool.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

/* Whether the document at the path names stories: the river, and a story as page or as JSON. */
bool export_html_is_page(const char *path);

/* Called with each story's id that a link leads to; more than once for several links.  0 or a negative code. */
typedef int export_html_story_fn(void *arg, struct str id);

struct export_html {
	const char *base_url;     /* of the daemon, without a slash at its end */
	bool is_story;            /* the document is in the folder story */
	export_html_story_fn *fn; /* may be NULL */
	void *arg;
};

/* Appends the document with its links changed.  0, fn's failure, or out's. */
int export_html_rewrite(const struct export_html *h, struct str document, struct buf *out);

#endif
