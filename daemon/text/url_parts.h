/* SPDX-License-Identifier: ISC */
/* url_parts.h: the five components of a URL, for the files that resolve and normalise. */
#ifndef SITREP_TEXT_URL_PARTS_H
#define SITREP_TEXT_URL_PARTS_H

#include <stdbool.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/str.h"

/* RFC 3986, appendix B.  An absent component is STR_NONE; all point into the string that was split, without
 * their separators. */
struct url_parts {
	struct str scheme;
	struct str authority;
	struct str path; /* never absent */
	struct str query;
	struct str fragment;
};

void url_split(struct str url, struct url_parts *p);

/* Joins the parts in a; the path's dot segments are resolved (RFC 3986, 5.2.4) unless the URL has a scheme without
 * authority.  STR_NONE without memory. */
struct str url_join(struct arena *a, const struct url_parts *p);

/* http or https, in any case. */
bool url_scheme_is_web(struct str scheme);

/* Converts a host with non-ASCII characters to ASCII, with Punycode where needed.  The result is in a; STR_NONE when
 * it is no valid name, or without memory. */
struct str url_idn(struct arena *a, struct str host);

/* Whether every parser reads the host alike: it has letters, digits, hyphens, underscores and dots only, and its last
 * label is not a number.  *lower: it has no capitals. */
bool url_is_plain_host(struct str host, bool *lower);

/* The host that a connection goes to, in lower case: 0x7f.1 gives 127.0.0.1. host has no port; an IPv6 address has
 * its brackets.  STR_NONE when no connection is possible, or without memory. */
struct str url_judge_host(struct arena *a, struct str host);

#endif
