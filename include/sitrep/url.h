/* url.h: links made absolute and judged, by the same parser that fetches (libcurl's CURLU).
 *
 * Results live in the arena given. */
#ifndef SITREP_URL_H
#define SITREP_URL_H

#include <stdbool.h>

#include "sitrep/arena.h"
#include "sitrep/str.h"

/* reference resolved against base (RFC 3986, 5), with what browsers forgive forgiven: white space around
 * and control characters inside dropped, spaces percent-encoded.  Without a usable base, or when neither
 * is absolute, returns the trimmed reference. STR_NONE only without memory. */
struct str url_resolve(struct arena *a, struct str base, struct str reference);

/* Scheme and host in lower case, IDN host as punycode, default port gone, empty path "/", dot segments
 * resolved, percent-encoding in its normal form (RFC 3986, 6.2.2); the query's order and bytes otherwise
 * as they are, since a signature may cover them.  Returns its argument when it is no URL of ours. */
struct str url_normalise(struct arena *a, struct str url);

/* May a reader be sent there: absolute, http, https or mailto, no control characters. */
bool url_is_safe_link(struct str url);
/* http or https with a host. */
bool url_is_web(struct str url);

/* The host in lower case, without port; STR_NONE when there is none.  Points into url where it can. */
struct str url_host(struct arena *a, struct str url);

#endif
