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

TEST(sparkline)
{
	static const uint32_t values[] = {1, 0, 2}, nothing[] = {0, 0}, one[] = {7};
	struct buf out = BUF_INIT(SVG_MAX);

	plot_spark(&out, "items a day", values, 3);
	assert_svg(&out,
		"<svg class=\"spark bars\" viewBox=\"0 0 18 20\" role=\"img\" aria-label=\"items a day: 1 0 2\">"
		"<path d=\"M3 20v-10v10m6 0v-1v1\"/><path class=\"now\" d=\"M15 20v-19\"/></svg>");
	plot_spark(&out, "a \"b\" <c>", nothing, 2);
	assert_svg(&out, "<svg class=\"spark bars\" viewBox=\"0 0 12 20\" role=\"img\" aria-label=\"a &quot;b&quot; "
			 "&lt;c&gt;: 0 0\"><path d=\"M3 20v-1v1\"/><path class=\"now\" d=\"M9 20v-1\"/></svg>");
	plot_spark(&out, "x", one, 1);
	assert_svg(&out, "<svg class=\"spark bars\" viewBox=\"0 0 6 20\" role=\"img\" aria-label=\"x: 7\">"
			 "<path class=\"now\" d=\"M3 20v-19\"/></svg>");
	plot_spark(&out, "x", one, 0);
	assert_int_equal(out.len, 0);
}

TEST(bars)
{
	static const uint32_t values[] = {0, 1, 3};
	struct plot_bars bars = {"matches", values, 3, 20, 60, true, true};
	struct buf out = BUF_INIT(SVG_MAX);

	plot_bars(&out, &bars);
	assert_svg(&out, "<svg class=\"plot bars\" viewBox=\"0 0 60 60\" preserveAspectRatio=\"none\" height=\"60\" "
			 "role=\"img\" aria-label=\"matches: 0 1 3\"><path d=\"M10 60v-1v1m20 0v-20v20\" "
			 "stroke-width=\"15.2\"/><path class=\"now\" d=\"M50 60v-59\" stroke-width=\"15.2\"/></svg>");
	bars.tells = bars.has_now = false;
	plot_bars(&out, &bars);
	assert_svg(&out, "<svg class=\"plot bars\" viewBox=\"0 0 60 60\" preserveAspectRatio=\"none\" height=\"60\" "
			 "role=\"img\" aria-label=\"matches\"><path d=\"M10 60v-1v1m20 0v-20v20m20 0v-59v59\" "
			 "stroke-width=\"15.2\"/></svg>");
}

TEST(large_values_fit)
{
	static const uint32_t values[] = {UINT32_MAX, UINT32_MAX / 2, 0};
	struct buf out = BUF_INIT(SVG_MAX);

	plot_spark(&out, "x", values, 3);
	assert_non_null(strstr(out.data, "M3 20v-19v19m6 0v-9v9\""));
	buf_release(&out);
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

TEST(week)
{
	struct plot_week week = {0};
	struct buf out = BUF_INIT(SVG_MAX);

	week.values[0][8] = 100;
	week.values[6][23] = 1;
	week.values[1][0] = 21;
	plot_week(&out, "When it posts.", &week);
	assert_svg(&out, "<svg class=\"plot\" height=\"168\" viewBox=\"0 0 240 70\" preserveAspectRatio=\"none\" "
			 "role=\"img\" aria-label=\"When it posts.\"><path class=\"h1\" d=\"M230 60h9v9h-9z\"/>"
			 "<path class=\"h2\" d=\"M0 10h9v9h-9z\"/><path d=\"M80 0h9v9h-9z\"/></svg>");
	week = (struct plot_week){0};
	plot_week(&out, "Nothing.", &week);
	assert_null(strstr(out.data, "<path"));
	buf_release(&out);
}
