/* SPDX-License-Identifier: ISC */
/* manual.h: the option table and the other tables of the code as parts of manual pages.
 *
 * The source of a page (man/NAME.SECTION.in) is itself a readable page. A line .\" @NAME@ is a marked place: the
 * installed page has the part of that name there.  @VERSION@ within a line is the version. */
#ifndef SITREP_DESCRIBE_MANUAL_H
#define SITREP_DESCRIBE_MANUAL_H

#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"

/* Appends the page made from source. 0, or a negative code with err: an unknown part, or no memory. */
int manual_fill(struct buf *out, struct str source, struct error *err);

#endif
