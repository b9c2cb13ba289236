/* SPDX-License-Identifier: ISC */
/* Drawings, byte by byte, and at the ends of their ranges. */
#include "../../../daemon/pages/plot.h"

#include "../test.h"

enum { SVG_MAX = 64 * 1024 };

static void assert_svg(struct buf *out, const char *expected)
{
	assert_int_equal(out->failed, 0);
	assert_string_equal(out->data, expected);
	buf_release(out);
}

TEST(lane)
{
	static const int places[] = {0, 210};
	struct buf out = BUF_INIT(SVG_MAX);

	plot_lane(&out, places, 2, false);
	assert_svg(&out,
		"<svg class=\"plot\" viewBox=\"-10 0 424 16\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
		"<path class=\"gr\" d=\"M0 8h410M100 0v16M200 0v16M300 0v16\"/>"
		"<path class=\"dot\" d=\"M0 8h0M210 8h0\"/></svg>");
	plot_lane(&out, places, 1, true);
	assert_non_null(strstr(out.data, "<path class=\"dot f\" d=\"M0 8h0\"/>"));
	buf_release(&out);
}
