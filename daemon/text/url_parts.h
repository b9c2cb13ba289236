/* SPDX-License-Identifier: ISC */
/* url_parts.h: the five components of a URL, shared by resolving and normalising. */
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

/* The parts put together again in a; the path's dot segments are resolved (RFC 3986, 5.2.4) unless the URL
 * has a scheme without authority.  STR_NONE without memory. */
struct str url_join(struct arena *a, const struct url_parts *p);

/* http or https, in any case. */
bool url_scheme_is_web(struct str scheme);

/* A host with characters beyond ASCII in a, in ASCII: Punycode where needed.  STR_NONE when it can be no name, or
 * without memory. */
struct str url_idn(struct arena *a, struct str host);

/* One that every parser reads alike: letters, digits, hyphens and dots, and the last label is no number.  *lower: it
 * has no capitals. */
bool url_is_plain_host(struct str host, bool *lower);

/* host (no port, an IPv6 address in its brackets) as it is connected to, in lower case; STR_NONE when nobody can be
 * connected to under it, or without memory. */
struct str url_judge_host(struct arena *a, struct str host);

#endif
