/* SPDX-License-Identifier: ISC */
/* request.h: the line that subscribes. */
#ifndef SITREP_CLIENT_REQUEST_H
#define SITREP_CLIENT_REQUEST_H

#include <sitrep.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

/* Appends a filter as a JSON object. 0 or out's failure. */
int request_filter(struct buf *out, const struct sitrep_filter *filter);

/* Appends the whole request: the members of a filter, which is a JSON object, but op, and if there is a cursor, that
 * and its instance in place of the filter's since. 0, -EINVAL when filter is no object, or out's failure. */
int request_subscribe(struct buf *out, struct str filter, const char *cursor, const char *instance);

#endif
