/* SPDX-License-Identifier: ISC */
/* plot.h: small drawings as inline SVG.
 *
 * They have classes and no style of their own, so that they follow the sheet in dark and in forced colours.  All
 * numbers are whole, and the length of each drawing is bounded by its number of values. */
#ifndef PAGES_PLOT_H
#define PAGES_PLOT_H

#include <stdbool.h>
#include <stddef.h>

#include "sitrep/base/buf.h"

enum { PLOT_LANE = 410 };

/* One lane of a timeline, which is decoration beside a list that says the same.  places: from 0 to PLOT_LANE.  first:
 * its first dot began the story. */
void plot_lane(struct buf *out, const int *places, size_t count, bool first);

#endif
