/* SPDX-License-Identifier: ISC */
/* public_url.h: addresses as other people may see them.
 *
 * Gone are the user and password, and the value of each parameter, in the query or behind a #, that looks like a
 * secret: by its name (key, token, auth, sig, secret, pass and their like, also as parts of a name, such as api_key,
 * access-token or X-Amz-Signature), or because it has 16 and more random letters and digits (words, slugs, dates and
 * numbers are none), or because it is an address with a secret itself.  "***" stands in its place.  An address without
 * a secret stays as it is, byte for byte, and so does one that has been through here before. */
#ifndef SITREP_TEXT_PUBLIC_URL_H
#define SITREP_TEXT_PUBLIC_URL_H

#include <stdbool.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

/* These give 0 or the buffer's failure. */
int buf_add_public_url(struct buf *out, struct str url);
/* The same without the query and what is behind a #. */
int buf_add_bare_url(struct buf *out, struct str url);
/* Without user and password alone: for those who need the rest, not for people. */
int buf_add_userless_url(struct buf *out, struct str url);
/* Has the path a part of 24 and more random letters and digits, such as
 * "/feed/550e8400-e29b-41d4-a716-446655440000/rss"? It may be a secret, or the name of something public: it is shown
 * all the same. */
bool url_has_random_path(struct str url);
/* It would lose something; also without memory. */
bool url_has_secret(struct str url);

#endif
