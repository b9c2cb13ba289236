/* SPDX-License-Identifier: ISC */
/* html_links.h: the feeds that a web page names.
 *
 * A page says what feeds it has by <link rel="alternate"> with a feed's media type, anywhere in the page (the HTML
 * standard, 4.6.7.1).  The page is hostile input like any other: it is cut into tokens, nothing else. */
#ifndef SITREP_TEXT_HTML_LINKS_H
#define SITREP_TEXT_HTML_LINKS_H

#include "sitrep/base/arena.h"
#include "sitrep/base/str.h"

/* More are not looked for. */
enum { HTML_FEED_LINKS_MAX = 64 };

struct html_feed_link {
	struct str url; /* absolute, http or https */
	struct str title;
	struct str type;
};

/* Fills links, each address once, in the order of the page; text lives in a.  base is the page's address, which a
 * <base> may change.  Returns how many there are, or -ENOMEM. */
int html_feed_links(
	struct arena *a, struct str page, struct str base, struct html_feed_link links[HTML_FEED_LINKS_MAX]);

#endif
