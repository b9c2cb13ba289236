/* SPDX-License-Identifier: ISC */
/* url.h: links made absolute and judged.
 *
 * Text does the work, so that a clean absolute link costs one pass and no memory.  A host that is not plainly a name
 * (an IP address in one of its spellings, another script, percent-encoding) is read as libcurl reads it, which is the
 * parser that fetches; but without libcurl, since the parse workers use this and map nothing of the network.  The
 * daemon has libcurl judge each URL again before it connects. */
#ifndef SITREP_TEXT_URL_H
#define SITREP_TEXT_URL_H

#include <stdbool.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/str.h"

/* reference resolved against base (RFC 3986, 5.2), scheme and host of a web link in lower case, with what browsers
 * forgive forgiven (WHATWG URL, 4.4): white space around and control characters inside dropped, spaces, quotes, angle
 * brackets and stray percent signs encoded, backslashes in the path of a web link read as slashes.  Without a usable
 * base the cleaned reference comes back, still relative.  The result points into reference or lies in a.  STR_NONE only
 * without memory. */
struct str url_resolve(struct arena *a, struct str base, struct str reference);

/* reference, trimmed, with what its writer left out of a web address: "www.x.example/7" gets its scheme, "http:/x/8"
 * its second slash.  STR_NONE only without memory. */
struct str url_forgive(struct arena *a, struct str reference);

/* Scheme and host in lower case, IDN host as punycode, default port gone, empty path "/", dot segments
 * resolved, percent-encoding of the path in its normal form (RFC 3986, 6.2.2), characters beyond ASCII encoded.
 * The query's bytes otherwise stay as they are, since a signature may cover them.  Returns its argument when it
 * is no web URL; STR_NONE only without memory. */
struct str url_normalise(struct arena *a, struct str url);

/* True when url_resolve() would give reference back as it is, whatever the base, and url_is_web() would accept it: the
 * form that nearly all links have, told at a glance.  False says nothing. */
bool url_is_simple(struct str reference);

/* May a reader be sent there: absolute, http, https or mailto, no white space and no control characters. */
bool url_is_safe_link(struct str url);
/* http or https with a host that libcurl would connect to, no white space and no control characters. */
bool url_is_web(struct str url);

/* The host of a web URL in lower case (IDN as punycode, an IPv6 address in its brackets), without port;
 * STR_NONE when there is none.  Points into url where it can, else lies in a. */
struct str url_host(struct arena *a, struct str url);

#endif
