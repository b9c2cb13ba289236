/* SPDX-License-Identifier: ISC */
/* trackers.h: query parameters that say where a click came from, not what is shown. */
#ifndef DEDUP_TRACKERS_H
#define DEDUP_TRACKERS_H

#include <stdbool.h>

#include "sitrep/base/str.h"

/* How sure one may be that a parameter is never part of what a page shows. */
enum tracker_certainty {
	TRACKER_SURE,   /* taken out of links too */
	TRACKER_LIKELY, /* taken out of keys only: a link must go on working */
};

/* Is this query parameter, as it stands between two "&" of a URL with this host, a tracker of at least the
 * certainty asked for?  Names are compared without case; "amp;" before a name, left by feeds that escape
 * twice, is passed over. */
bool tracker_is(struct str name, struct str value, struct str host, enum tracker_certainty least);

#endif
