/* SPDX-License-Identifier: ISC */
/* feed_key.h: by what a feed's address is the same address.
 *
 * Without scheme (a server that begins to speak https is the same), password and fragment; host in lower case, default
 * port gone, percent-encoding in its normal form (url_normalise()).  The query belongs to it whole: it may name the
 * feed. */
#ifndef SITREP_TEXT_FEED_KEY_H
#define SITREP_TEXT_FEED_KEY_H

#include "sitrep/base/arena.h"
#include "sitrep/base/str.h"

/* "user@host/path?query", in a or in url; STR_NONE without memory. */
struct str feed_key(struct arena *a, struct str url);

#endif
