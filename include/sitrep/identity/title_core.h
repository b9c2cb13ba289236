/* SPDX-License-Identifier: ISC */
/* title_core.h: a title without counters and clocks, which change from minute to minute.
 *
 * "Frigate leaves the yard (12 comments)", "Live: frigate leaves | 14:35", "[3] Frigate leaves" and "Frigate leaves
 * - 5 minutes ago" keep only "Frigate leaves ...".  Counters, clocks, dates and ages are left out in brackets, and
 * at either end behind a separator.  A part without a digit, or with more words than a counter has, stays, and so
 * does a number within the sentence: "Three killed, 12 wounded" and "Three killed, 14 wounded" are two titles. */
#ifndef SITREP_IDENTITY_TITLE_CORE_H
#define SITREP_IDENTITY_TITLE_CORE_H

#include "sitrep/base/str.h"

/* Returns a part of title; the whole title when nothing would be left. */
struct str title_core(struct str title);

#endif
