/* SPDX-License-Identifier: ISC */
#include "steps.h"

#include "parts.h"

enum {
	WIDTH = 720,
	/* In tenths: the ground, its height, and the most of one step. */
	GROUND = 390,
	HEIGHT = 340,
	STEP_MAX = 31,
};

struct scale {
	int64_t from_ms, span_ms;
	int step; /* tenths */
};

static int x_of(const struct scale *s, int64_t time_ms)
{
	int64_t past_ms = time_ms - s->from_ms;

	if (past_ms <= 0)
		return 0;
	return past_ms >= s->span_ms ? WIDTH : (int)(past_ms * WIDTH / s->span_ms);
}

static void write_y(struct buf *out, const struct scale *s, size_t outlets)
{
	int y = GROUND - (int)outlets * s->step;

	buf_printf(out, y % 10 != 0 ? "%d.%d" : "%d", y / 10, y % 10);
}

static void write_line(struct buf *out, const struct scale *s, const int64_t *times_ms, size_t count)
{
	buf_printf(out, "M%d 39V", x_of(s, times_ms[0]));
	write_y(out, s, 1);
	for (size_t i = 1; i < count; i++) {
		buf_printf(out, "H%dV", x_of(s, times_ms[i]));
		write_y(out, s, i + 1);
	}
	buf_printf(out, "H%d", WIDTH);
}

static void write_dots(struct buf *out, const struct scale *s, const int64_t *times_ms, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		buf_printf(out, "M%d ", x_of(s, times_ms[i]));
		write_y(out, s, i + 1);
		buf_puts(out, "h0");
	}
}

void steps_write(struct buf *out, const int64_t *times_ms, size_t count, int64_t span_ms, int64_t now_ms)
{
	struct scale s = {.from_ms = now_ms - span_ms, .span_ms = span_ms, .step = HEIGHT / (int)count};

	if (s.step > STEP_MAX)
		s.step = STEP_MAX;
	buf_puts(out, "<figure><svg class=\"plot\" viewBox=\"-8 -4 736 46\" height=\"50\" preserveAspectRatio=\"none\" "
		      "role=\"img\" aria-label=\"");
	part_count(out, (long long)count, "outlet");
	buf_puts(out, " between ");
	part_minute(out, times_ms[0]);
	buf_puts(out, " and ");
	part_minute(out, times_ms[count - 1]);
	buf_puts(out, "\"><path class=\"gr\" d=\"M0 39h720M180 0v40M360 0v40M540 0v40\"/><path class=\"ar\" d=\"");
	write_line(out, &s, times_ms, count);
	buf_puts(out, "V39z\"/><path class=\"ln\" d=\"");
	write_line(out, &s, times_ms, count);
	buf_puts(out, "\"/><path class=\"dot\" d=\"");
	write_dots(out, &s, times_ms, count);
	buf_puts(out, "\"/></svg><figcaption class=\"axis\"><span>");
	part_minute(out, s.from_ms);
	buf_puts(out, "</span><span>");
	part_minute(out, s.from_ms + span_ms / 2);
	buf_puts(out, "</span><span>now</span></figcaption></figure>\n");
}
