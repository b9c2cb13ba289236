/* SPDX-License-Identifier: ISC */
/* public_url.h: addresses without their secrets.
 *
 * User and password are removed.  "***" replaces the value of each parameter, in the query or behind a #, that is
 * secret: by its name (key, token, auth, sig, secret, pass and their like, also as parts of a name, such as api_key,
 * access-token or X-Amz-Signature); because it has 16 and more random letters and digits (words, slugs, dates and
 * numbers are not random); or because it is itself an address with a secret.  An address without a secret stays the
 * same byte for byte, and so does a result of these functions. */
#ifndef SITREP_TEXT_PUBLIC_URL_H
#define SITREP_TEXT_PUBLIC_URL_H

#include <stdbool.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

/* The three functions that append return 0 or the buffer's failure. */
int buf_add_public_url(struct buf *out, struct str url);
/* The same without query and fragment. */
int buf_add_bare_url(struct buf *out, struct str url);
/* Removes user and password only: for programs that need the other secrets, not for people. */
int buf_add_userless_url(struct buf *out, struct str url);
/* Whether a part of the path has 24 and more random letters and digits, as in
 * "/feed/550e8400-e29b-41d4-a716-446655440000/rss".  It may be a secret or a public name, so it is shown. */
bool url_has_random_path(struct str url);
/* Whether buf_add_public_url() would change url.  Also true without memory. */
bool url_has_secret(struct str url);

#endif
