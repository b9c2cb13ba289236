/* SPDX-License-Identifier: ISC */
/* A table that fits the screen: columns are left out by their rank, then cells are cut. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "sitrep/base/arena.h"
#include "sitrep/base/utf8.h"

enum { ARENA_MAX = 1024 * 1024 * 1024, CELL_MAX = 16 * 1024, BARS_MAX = 31 };

struct row {
	struct row *next;
	const char *colour;
	struct str cells[TABLE_COLUMNS_MAX];
};

struct table {
	struct arena arena;
	const struct table_column *columns;
	size_t count;
	struct row *first, *last, **end;
	bool failed;                       /* there was no memory for a row or a cell */
	size_t natural[TABLE_COLUMNS_MAX]; /* the widest cell */
	/* as it is printed */
	bool hidden[TABLE_COLUMNS_MAX];
	size_t width[TABLE_COLUMNS_MAX];
};

struct table *table_new(const struct table_column *columns, size_t count)
{
	struct table *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	arena_init(&t->arena, ARENA_MAX);
	t->columns = columns;
	t->count = count;
	t->end = &t->first;
	for (size_t i = 0; i < count; i++)
		t->natural[i] = strlen(columns[i].head);
	return t;
}

void table_free(struct table *t)
{
	if (t == NULL)
		return;
	arena_release(&t->arena);
	free(t);
}

void table_add_row(struct table *t, const char *colour)
{
	struct row *row = arena_alloc(&t->arena, sizeof(*row));

	t->failed = t->failed || row == NULL;
	if (t->failed)
		return;
	*row = (struct row){.colour = colour};
	*t->end = row;
	t->end = &row->next;
	t->last = row;
}

void table_set(struct table *t, size_t column, const char *text)
{
	struct buf safe = BUF_INIT(CELL_MAX);
	struct str cell = STR_NONE;

	if (!t->failed && utf8_one_line(&safe, utf8_cut(str_from(text), CELL_MAX)) == 0)
		cell = arena_str(&t->arena, buf_str(&safe));
	buf_release(&safe);
	t->failed = t->failed || cell.data == NULL;
	if (t->failed)
		return;
	t->last->cells[column] = cell;
	if (screen_columns(cell) > t->natural[column])
		t->natural[column] = screen_columns(cell);
}

void table_set_number(struct table *t, size_t column, long long number, const char *unit)
{
	char text[40];

	snprintf(text, sizeof(text), "%lld%s", number, unit);
	table_set(t, column, text);
}

void table_set_pause(struct table *t, size_t column, int64_t from_ms, int64_t to_ms)
{
	char text[TIME_TEXT_MAX];

	if (from_ms == TIME_NONE || to_ms == TIME_NONE)
		table_set(t, column, "-");
	else
		table_set(t, column, to_ms - from_ms < 1000 ? "now" : screen_pause(text, to_ms - from_ms));
}

void table_set_rate(struct table *t, size_t column, double rate)
{
	char text[40];

	snprintf(text, sizeof(text), rate < 10 ? "%.1f" : "%.0f", rate);
	table_set(t, column, text);
}

void table_set_bars(struct table *t, size_t column, const json_t *numbers)
{
	const json_t *number;
	long long counts[BARS_MAX];
	struct buf text = BUF_INIT(256);
	size_t i, count = 0;

	json_array_foreach(numbers, i, number)
	{
		if (count < BARS_MAX)
			counts[count++] = (long long)json_integer_value(number);
	}
	screen_bars(&text, counts, count);
	table_set(t, column, text.len > 0 ? text.data : "-");
	buf_release(&text);
}

/* ---- the layout ---- */

/* The width below which a column is not cut. */
static size_t least_width(const struct table *t, size_t i)
{
	const struct table_column *c = &t->columns[i];

	return c->least == 0 || t->natural[i] < c->least ? t->natural[i] : c->least;
}

static size_t sum_widths(const struct table *t)
{
	size_t sum = 0;

	for (size_t i = 0; i < t->count; i++)
		if (!t->hidden[i])
			sum += t->width[i] + (sum > 0);
	return sum;
}

/* Hides the column of the greatest rank; false when only columns without a rank are left. */
static bool hide_one(struct table *t)
{
	size_t worst = t->count;

	for (size_t i = 0; i < t->count; i++)
		if (!t->hidden[i] && t->columns[i].rank > 0 &&
			(worst == t->count || t->columns[i].rank > t->columns[worst].rank))
			worst = i;
	if (worst < t->count)
		t->hidden[worst] = true;
	return worst < t->count;
}

/* Columns that are cut share the room that is left, one column of the screen after the other. */
static void share_room(struct table *t, size_t room)
{
	bool gave = true;

	while (room > 0 && gave) {
		gave = false;
		for (size_t i = 0; i < t->count && room > 0; i++) {
			if (t->hidden[i] || t->width[i] == t->natural[i])
				continue;
			t->width[i]++;
			room--;
			gave = true;
		}
	}
}

static void lay_out(struct table *t, size_t screen)
{
	size_t sum;

	for (size_t i = 0; i < t->count; i++) {
		t->hidden[i] = false;
		t->width[i] = screen > 0 ? least_width(t, i) : t->natural[i];
	}
	while ((sum = sum_widths(t)) > screen && screen > 0 && hide_one(t))
		continue;
	if (sum < screen)
		share_room(t, screen - sum);
}

/* ---- printing ---- */

static void print_cell(const struct table *t, size_t i, struct str text, const char *colour, bool is_last)
{
	struct buf cut = BUF_INIT(CELL_MAX);
	size_t width;

	screen_cut(&cut, text, t->width[i]);
	width = screen_columns(buf_str(&cut));
	if (t->columns[i].right)
		printf("%*s", (int)(t->width[i] - width), "");
	printf("%s%.*s%s", colour, STR_ARG(buf_str(&cut)), colour[0] != '\0' ? "\033[0m" : "");
	if (!t->columns[i].right && !is_last)
		printf("%*s", (int)(t->width[i] - width), "");
	buf_release(&cut);
}

static void print_row(const struct table *t, const struct row *row)
{
	size_t last = t->count;
	bool has_colour = screen_has_colour();

	while (last > 0 && t->hidden[last - 1])
		last--;
	for (size_t i = 0; i < last; i++) {
		bool is_coloured = row != NULL && has_colour && t->columns[i].coloured;

		if (t->hidden[i])
			continue;
		print_cell(t, i, row != NULL ? row->cells[i] : str_from(t->columns[i].head),
			is_coloured ? row->colour : "", i + 1 == last);
		putchar(i + 1 == last ? '\n' : ' ');
	}
}

/* Names the columns that are left out. */
static void print_hidden(const struct table *t)
{
	struct buf line = BUF_INIT(CELL_MAX);

	for (size_t i = 0; i < t->count; i++) {
		if (!t->hidden[i])
			continue;
		if (line.len == 0)
			buf_puts(&line, screen_is_utf8() ? "\u2026 no room for " : "... no room for ");
		else
			buf_puts(&line, ", ");
		buf_puts(&line, t->columns[i].head);
	}
	if (line.len > 0)
		screen_wrap(buf_str(&line), 0, 2);
	buf_release(&line);
}

int table_print(struct table *t)
{
	if (t->failed)
		return -ENOMEM;
	lay_out(t, screen_width());
	print_row(t, NULL);
	for (const struct row *row = t->first; row != NULL; row = row->next)
		print_row(t, row);
	print_hidden(t);
	return 0;
}
