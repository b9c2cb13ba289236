/* SPDX-License-Identifier: ISC */
/* trackers.h: recognises tracking parameters: they tell the origin of a click and do not change the page. */
#ifndef SITREP_IDENTITY_TRACKERS_H
#define SITREP_IDENTITY_TRACKERS_H

#include <stdbool.h>

#include "sitrep/base/str.h"

/* How certain it is that a parameter never changes the page. */
enum tracker_certainty {
	TRACKER_SURE,   /* removed from links too */
	TRACKER_LIKELY, /* removed from keys only, so that links keep working */
};

/* Whether a query parameter of a URL with this host is a tracker of at least that certainty.  Names are compared
 * without case; "amp;" before a name, left by feeds that escape twice, is ignored. */
bool tracker_is(struct str name, struct str value, struct str host, enum tracker_certainty least);

#endif
