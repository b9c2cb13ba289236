/* SPDX-License-Identifier: ISC */
#include "plot.h"

enum { LANE_MARGIN = 10 };

void plot_lane(struct buf *out, const int *places, size_t count, bool first)
{
	buf_printf(out,
		"<svg class=\"plot\" viewBox=\"-%d 0 %d 16\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
		"<path class=\"gr\" d=\"M0 8h%dM100 0v16M200 0v16M300 0v16\"/>",
		LANE_MARGIN, PLOT_LANE + LANE_MARGIN + 4, PLOT_LANE);
	if (count > 0)
		buf_printf(out, "<path class=\"dot%s\" d=\"", first ? " f" : "");
	for (size_t i = 0; i < count; i++)
		buf_printf(out, "M%d 8h0", places[i]);
	buf_puts(out, count > 0 ? "\"/></svg>" : "</svg>");
}
