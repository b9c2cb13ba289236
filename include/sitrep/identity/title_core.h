/* SPDX-License-Identifier: ISC */
/* title_core.h: a title without what changes in it from minute to minute.
 *
 * "Frigate leaves the yard (12 comments)", "Live: frigate leaves | 14:35", "[3] Frigate leaves", "Frigate leaves - 5
 * minutes ago" are "Frigate leaves ..." all the time.  Left out are counters, clocks, dates and ages in brackets, and
 * such at either end behind a separator.  What has no digit, or more words than a counter has, is part of the title,
 * and so is a number within its sentence: "Three killed, 12 wounded" is another title than with 14. */
#ifndef SITREP_IDENTITY_TITLE_CORE_H
#define SITREP_IDENTITY_TITLE_CORE_H

#include "sitrep/base/str.h"

/* A part of title; all of it when nothing else would be left. */
struct str title_core(struct str title);

#endif
