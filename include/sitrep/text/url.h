/* SPDX-License-Identifier: ISC */
/* url.h: makes links absolute and checks them.
 *
 * A clean absolute link costs one pass and no memory.  A host that is not plainly a name (an IP address in any
 * spelling, another script, percent-encoding) is read as libcurl, which fetches, would read it. libcurl itself is
 * not used, so that the parse workers load no network code.  The daemon has libcurl check each URL again before it
 * connects. */
#ifndef SITREP_TEXT_URL_H
#define SITREP_TEXT_URL_H

#include <stdbool.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

/* Resolves reference against base (RFC 3986, 5.2), writes scheme and host of a web link in lower case, and repairs it
 * as browsers do (WHATWG URL, 4.4): white space around it and control characters inside are dropped, spaces, quotes,
 * angle brackets and stray percent signs are encoded, backslashes in the path of a web link become slashes.  Without a
 * usable base the repaired reference stays relative.  The result points into reference or lies in a.  STR_NONE only
 * without memory. */
struct str url_resolve(struct arena *a, struct str base, struct str reference);

/* Trims reference and adds missing parts of a web address: "www.x.example/7" gets its scheme, "http:/x/8" its second
 * slash.  STR_NONE only without memory. */
struct str url_forgive(struct arena *a, struct str reference);

/* Scheme and host in lower case, IDN host as punycode, default port gone, empty path "/", dot segments
 * resolved, percent-encoding of the path in its normal form (RFC 3986, 6.2.2), characters beyond ASCII encoded.
 * The query's bytes otherwise stay as they are, since a signature may cover them.  Returns its argument when it
 * is no web URL; STR_NONE only without memory. */
struct str url_normalise(struct arena *a, struct str url);

/* A fast test: true when url_resolve() would return reference unchanged for any base, and url_is_web() would accept
 * it.  True for nearly all links.  When it is false, ask the other functions. */
bool url_is_simple(struct str reference);

/* Whether a link may be shown to readers: absolute, http, https or mailto, no white space and no control characters. */
bool url_is_safe_link(struct str url);
/* Whether url is http or https with a host that libcurl would connect to, without white space and control
 * characters. */
bool url_is_web(struct str url);

/* The host of a web URL in lower case (IDN as punycode, an IPv6 address in its brackets), without port;
 * STR_NONE when there is none.  Points into url where it can, else lies in a. */
struct str url_host(struct arena *a, struct str url);

/* Undoes percent-encoding once; a "%" without two hexadecimal digits stays.  The result is in a; STR_NONE without
 * memory. */
struct str url_percent_decode(struct arena *a, struct str s);

/* Appends text with all bytes percent-encoded but letters, digits and those of kept ("-._~"). */
void url_add_escaped(struct buf *out, struct str text, const char *kept);

#endif
