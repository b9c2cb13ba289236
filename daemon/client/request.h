/* SPDX-License-Identifier: ISC */
/* request.h: the line that subscribes. */
#ifndef SITREP_CLIENT_REQUEST_H
#define SITREP_CLIENT_REQUEST_H

#include <sitrep.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

/* Appends a filter as a JSON object. 0 or out's failure. */
int request_filter(struct buf *out, const struct sitrep_filter *filter);

/* Appends the whole request: "op":"subscribe", then the members of filter, a JSON object on one line.  An op in the
 * filter is left out.  With a cursor (not ""), the cursor and its instance replace the filter's since and instance.
 * 0, -EINVAL when filter is not such an object, or out's failure. */
int request_subscribe(struct buf *out, struct str filter, const char *cursor, const char *instance);

#endif
