/* SPDX-License-Identifier: ISC */
/* html_links.h: the feeds that a web page names.
 *
 * A page names them in <link rel="alternate" type="application/rss+xml" href="..."> or <a> with the same attributes,
 * anywhere in the page (the HTML standard, 4.6.7.1).  The page is hostile input: it is only cut into tokens. */
#ifndef SITREP_TEXT_HTML_LINKS_H
#define SITREP_TEXT_HTML_LINKS_H

#include "sitrep/base/arena.h"
#include "sitrep/base/str.h"

/* Further links are ignored. */
enum { HTML_FEED_LINKS_MAX = 64 };

struct html_feed_link {
	struct str url; /* absolute, http or https */
	struct str title;
	struct str type;
};

/* Fills links, each address once, in the order of the page; text lives in a.  base is the page's address, which a
 * <base> may change.  Returns the number of links, or -ENOMEM. */
int html_feed_links(
	struct arena *a, struct str page, struct str base, struct html_feed_link links[HTML_FEED_LINKS_MAX]);

#endif
