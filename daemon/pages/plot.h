/* SPDX-License-Identifier: ISC */
/* plot.h: small drawings as inline SVG: bars, lanes, a map of the week.
 *
 * They have classes and no style of their own, so that they follow the sheet in dark and in forced colours.  A drawing
 * is an image with a label, whose text says the same; lanes are decoration beside a list that does.  All numbers are
 * whole, and the length of each drawing is bounded by its number of values. */
#ifndef PAGES_PLOT_H
#define PAGES_PLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/buf.h"

enum { PLOT_HOURS = 24, PLOT_DAYS = 7, PLOT_LANE = 410 };

/* Bars in a line of text, 6 wide: the last is of today.  The label is what they count ("items a day"); the values are
 * written behind it. */
void plot_spark(struct buf *out, const char *what, const uint32_t *values, size_t count);

struct plot_bars {
	const char *what; /* of the label, unescaped */
	const uint32_t *values;
	size_t count;
	int step, height; /* of a bar, in units of the drawing; its width is that of the page */
	bool tells;       /* the values are written behind the label; else the label tells enough */
	bool has_now;     /* the last bar is of the time that goes on */
};
void plot_bars(struct buf *out, const struct plot_bars *bars);

/* One lane of a timeline.  places: from 0 to PLOT_LANE.  first: its first dot began the story. */
void plot_lane(struct buf *out, const int *places, size_t count, bool first);

/* Values of the hours of a week, which begins on Monday. */
struct plot_week {
	uint32_t values[PLOT_DAYS][PLOT_HOURS];
};
/* A map of them: the higher a value, the darker.  label: a sentence, unescaped. */
void plot_week(struct buf *out, const char *label, const struct plot_week *week);

#endif
