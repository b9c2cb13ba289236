/* SPDX-License-Identifier: ISC */
/* manual.h: fills the manual pages with the tables of the code: options, metrics, events, exit statuses.
 *
 * The source of a page (man/NAME.SECTION.in) is a manual page with marks.  A line .\" @OPTIONS@ is replaced by the
 * table of that name (manual.c lists the names), and @VERSION@ within a line by the version. */
#ifndef SITREP_DESCRIBE_MANUAL_H
#define SITREP_DESCRIBE_MANUAL_H

#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"

/* Appends the page made from source. 0, or a negative code with err: there is no such table, or no memory. */
int manual_fill(struct buf *out, struct str source, struct error *err);

#endif
