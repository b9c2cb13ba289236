/* SPDX-License-Identifier: ISC */
#include "plot.h"

#include "sitrep/base/xml_text.h"

enum {
	SPARK_STEP = 6,
	SPARK_HEIGHT = 20,
	/* A stroke covers so much of its step, in percent. */
	STROKE = 76,
	LANE_MARGIN = 10,
	CELL = 10,
	LEVELS = 5,
};

static uint32_t largest(const uint32_t *values, size_t count)
{
	uint32_t most = 0;

	for (size_t i = 0; i < count; i++)
		most = values[i] > most ? values[i] : most;
	return most;
}

/* Rounded; 1 for the least, so that it shows where the day is. */
static int height_of(uint32_t value, uint32_t most, int height)
{
	int64_t full = height - 1;
	int64_t high = most > 0 ? (2 * full * value + most) / (2 * (int64_t)most) : 0;

	return high > 1 ? (int)high : 1;
}

/* ' aria-label="items a day: 1 2 0"' */
static void write_label(struct buf *out, const char *what, const uint32_t *values, size_t count)
{
	buf_puts(out, " role=\"img\" aria-label=\"");
	buf_add_xml(out, str_from(what));
	for (size_t i = 0; i < count; i++)
		buf_printf(out, "%s %u", i == 0 ? ":" : "", values[i]);
	buf_putc(out, '"');
}

static void write_stroke_width(struct buf *out, int width_tenths)
{
	if (width_tenths > 0)
		buf_printf(out, " stroke-width=\"%d.%d\"", width_tenths / 10, width_tenths % 10);
	buf_puts(out, "/>");
}

/* A stroke a value; the last one, with has_now, as a path of its own.  width_tenths 0: the sheet has it. */
static void write_strokes(struct buf *out, const struct plot_bars *b, int width_tenths)
{
	uint32_t most = largest(b->values, b->count);
	size_t before = b->count - b->has_now;

	for (size_t i = 0; i < before; i++) {
		int high = height_of(b->values[i], most, b->height);

		if (i == 0)
			buf_printf(out, "<path d=\"M%d %d", b->step / 2, b->height);
		else
			buf_printf(out, "m%d 0", b->step);
		buf_printf(out, "v-%dv%d", high, high);
	}
	if (before > 0) {
		buf_putc(out, '"');
		write_stroke_width(out, width_tenths);
	}
	if (!b->has_now)
		return;
	buf_printf(out, "<path class=\"now\" d=\"M%d %dv-%d\"", (int)before * b->step + b->step / 2, b->height,
		height_of(b->values[before], most, b->height));
	write_stroke_width(out, width_tenths);
}

void plot_spark(struct buf *out, const char *what, const uint32_t *values, size_t count)
{
	const struct plot_bars bars = {
		.values = values, .count = count, .step = SPARK_STEP, .height = SPARK_HEIGHT, .has_now = true};

	if (count == 0)
		return;
	buf_printf(out, "<svg class=\"spark bars\" viewBox=\"0 0 %d %d\"", (int)count * SPARK_STEP, SPARK_HEIGHT);
	write_label(out, what, values, count);
	buf_putc(out, '>');
	write_strokes(out, &bars, 0);
	buf_puts(out, "</svg>");
}

void plot_bars(struct buf *out, const struct plot_bars *b)
{
	if (b->count == 0)
		return;
	buf_printf(out, "<svg class=\"plot bars\" viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" height=\"%d\"",
		(int)b->count * b->step, b->height, b->height);
	write_label(out, b->what, b->values, b->tells ? b->count : 0);
	buf_putc(out, '>');
	write_strokes(out, b, b->step * STROKE / 10);
	buf_puts(out, "</svg>");
}

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

/* 0: nothing; 1 to LEVELS by the share of the largest value. */
static int level_of(uint32_t value, uint32_t most)
{
	return value == 0 ? 0 : 1 + (int)((int64_t)(value - 1) * LEVELS / most);
}

void plot_week(struct buf *out, const char *label, const struct plot_week *week)
{
	uint32_t most = largest(&week->values[0][0], (size_t)PLOT_DAYS * PLOT_HOURS);

	buf_printf(out, "<svg class=\"plot\" height=\"168\" viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\"",
		PLOT_HOURS * CELL, PLOT_DAYS * CELL);
	write_label(out, label, NULL, 0);
	buf_putc(out, '>');
	for (int level = 1; level <= LEVELS; level++) {
		bool open = false;

		for (int day = 0; day < PLOT_DAYS; day++)
			for (int hour = 0; hour < PLOT_HOURS; hour++) {
				if (level_of(week->values[day][hour], most) != level)
					continue;
				if (!open && level < LEVELS)
					buf_printf(out, "<path class=\"h%d\" d=\"", level);
				else if (!open)
					buf_puts(out, "<path d=\"");
				open = true;
				buf_printf(out, "M%d %dh%dv%dh-%dz", hour * CELL, day * CELL, CELL - 1, CELL - 1,
					CELL - 1);
			}
		buf_puts(out, open ? "\"/>" : "");
	}
	buf_puts(out, "</svg>");
}
