/* SPDX-License-Identifier: ISC */
/* feed_key.h: the key of a feed's address: two spellings of one address have the same key.
 *
 * The key is the address without scheme (a change from http to https keeps the feed), password and fragment, with the
 * host in lower case, without a default port, with percent-encoding in its normal form (url_normalise()).  The query
 * stays whole, since it may name the feed. */
#ifndef SITREP_TEXT_FEED_KEY_H
#define SITREP_TEXT_FEED_KEY_H

#include "sitrep/base/arena.h"
#include "sitrep/base/str.h"

/* "user@host/path?query", in a or in url; STR_NONE without memory. */
struct str feed_key(struct arena *a, struct str url);

#endif
