/* manual.h: the option table and the other tables of the code as parts of manual pages.
 *
 * A page's source (man/NAME.SECTION.in) is a page that can be read as it is.  A line .\" @NAME@ in it is a marked
 * place: the part of that name follows there in the page that is installed.  @VERSION@ within a line is the version. */
#ifndef SITREP_DESCRIBE_MANUAL_H
#define SITREP_DESCRIBE_MANUAL_H

#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"

/* Appends the page that source is the source of.  0, or a negative code with err: a mark that names no part, or no
 * memory. */
int manual_fill(struct buf *out, struct str source, struct error *err);

#endif
