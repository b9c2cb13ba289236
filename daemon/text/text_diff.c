/* SPDX-License-Identifier: ISC */
/* The furthest place on each diagonal is kept for each number of changes, and the way is followed back through them.
 * With at most TEXT_DIFF_CHANGES_MAX changes these are some hundred thousand places. */
#include "sitrep/text/text_diff.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "sitrep/base/utf8.h"

struct word {
	struct str text; /* "\n" is a line's end */
	bool spaced;
};

struct words {
	struct word *items;
	size_t count;
};

struct diff {
	struct words before, after;
	bool *deleted, *inserted; /* by word */
	text_diff_fn *fn;
	void *arg;
	bool new_line, changed;
};

/* ---- words ---- */

/* Characters of scripts without spaces between words; other characters may count as such, too. */
static bool is_single(uint32_t cp)
{
	return (cp >= 0x0e00 && cp < 0x0f00) || (cp >= 0x1000 && cp < 0x10a0) || (cp >= 0x1780 && cp < 0x1800) ||
	       (cp >= 0x2e80 && cp < 0xa4d0) || (cp >= 0xf900 && cp < 0xfb00) || (cp >= 0x20000 && cp < 0x40000);
}

/* Letters and digits; beyond ASCII and general punctuation all characters count as letters. */
static bool is_letter(uint32_t cp)
{
	if (cp < 0x80)
		return char_is_alpha((char)cp) || char_is_digit((char)cp);
	return !is_single(cp) && cp != 0xab && cp != 0xbb && !(cp >= 0x2000 && cp < 0x2070 && cp != 0x2019);
}

static size_t end_of_word(struct str s, size_t from)
{
	size_t end = from;
	uint32_t cp = utf8_next(s, &end);

	if (!is_letter(cp))
		return end;
	for (size_t next = end; next < s.len; end = next) {
		cp = utf8_next(s, &next);
		if (!is_letter(cp))
			break;
	}
	return end;
}

static int find_words(struct str s, struct words *words)
{
	bool spaced = false;
	size_t most = s.len < TEXT_DIFF_WORDS_MAX ? s.len : TEXT_DIFF_WORDS_MAX;

	*words = (struct words){.items = calloc(most + 1, sizeof(*words->items))};
	if (words->items == NULL)
		return -ENOMEM;
	for (size_t at = 0; at < s.len && words->count < most;) {
		size_t end = at;
		uint32_t cp = utf8_next(s, &end);

		if (cp != '\n' && utf8_is_space(cp)) {
			spaced = true;
			at = end;
			continue;
		}
		if (cp != '\n')
			end = end_of_word(s, at);
		words->items[words->count++] = (struct word){str_slice(s, at, end), spaced};
		spaced = false;
		at = end;
	}
	return 0;
}

static bool is_line_end(const struct word *w)
{
	return w->text.data[0] == '\n';
}

/* ---- comparison ---- */

/* A rectangle of words that is compared. */
struct area {
	const struct word *before, *after;
	size_t before_count, after_count;
};

static size_t common_at(const struct area *a, size_t i, size_t j)
{
	size_t n = 0;

	while (i + n < a->before_count && j + n < a->after_count && str_eq(a->before[i + n].text, a->after[j + n].text))
		n++;
	return n;
}

/* The furthest places with d changes begin here: one for each of the diagonals -d, -d + 2 ... d. */
static size_t row_of(size_t d)
{
	return d * (d + 1) / 2;
}

/* Whether the furthest way to that diagonal with d changes ends with an insertion.  row: the places with one less. */
static bool is_insertion(const uint32_t *row, size_t d, size_t diagonal)
{
	return diagonal == 0 || (diagonal < d && row[diagonal - 1] < row[diagonal]);
}

/* The words of the text before that are passed when the last change is made. */
static uint32_t place_of(const uint32_t *rows, size_t d, size_t diagonal)
{
	const uint32_t *row;

	if (d == 0)
		return 0;
	row = rows + row_of(d - 1);
	return is_insertion(row, d, diagonal) ? row[diagonal] : row[diagonal - 1] + 1;
}

/* The words of the other text: on the n-th of d + 1 diagonals one text is 2n - d words ahead. */
static size_t other_place(size_t place, size_t d, size_t diagonal)
{
	return place + d - 2 * diagonal;
}

/* The end of a way: its number of changes and its diagonal. */
struct way {
	size_t d, diagonal;
};

/* False when it takes too many changes or too long. */
static bool find_way(const struct area *a, uint32_t *rows, struct way *way)
{
	size_t steps = 0;

	for (size_t d = 0; d <= TEXT_DIFF_CHANGES_MAX && steps < TEXT_DIFF_STEPS_MAX; d++) {
		for (size_t n = 0; n <= d; n++) {
			size_t x = place_of(rows, d, n), y = other_place(x, d, n), same = common_at(a, x, y);

			steps += same + 1;
			rows[row_of(d) + n] = (uint32_t)(x + same);
			if (x + same == a->before_count && y + same == a->after_count) {
				*way = (struct way){d, n};
				return true;
			}
		}
	}
	return false;
}

static void follow_back(const uint32_t *rows, struct way way, bool *deleted, bool *inserted)
{
	for (; way.d > 0; way.d--) {
		size_t x = place_of(rows, way.d, way.diagonal), y = other_place(x, way.d, way.diagonal);

		if (is_insertion(rows + row_of(way.d - 1), way.d, way.diagonal)) {
			inserted[y - 1] = true;
		} else {
			deleted[x - 1] = true;
			way.diagonal--;
		}
	}
}

static void mark_all(bool *marks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		marks[i] = true;
}

/* Marks the words that are not in the other text. */
static int compare(struct diff *d)
{
	struct area a = {d->before.items, d->after.items, d->before.count, d->after.count};
	size_t head = common_at(&a, 0, 0), tail = 0;
	uint32_t *rows;
	struct way way;

	while (head + tail < a.before_count && head + tail < a.after_count &&
		str_eq(a.before[a.before_count - tail - 1].text, a.after[a.after_count - tail - 1].text))
		tail++;
	a = (struct area){a.before + head, a.after + head, a.before_count - head - tail, a.after_count - head - tail};
	d->changed = a.before_count > 0 || a.after_count > 0;
	rows = calloc(row_of(TEXT_DIFF_CHANGES_MAX + 1), sizeof(*rows));
	if (rows == NULL)
		return -ENOMEM;
	if (find_way(&a, rows, &way)) {
		follow_back(rows, way, d->deleted + head, d->inserted + head);
	} else {
		mark_all(d->deleted + head, a.before_count);
		mark_all(d->inserted + head, a.after_count);
	}
	free(rows);
	return 0;
}

/* ---- pieces ---- */

/* From the first word's beginning to the last one's end: words stand in one text. */
static void give_piece(struct diff *d, enum text_diff_kind kind, const struct word *first, const struct word *last)
{
	const char *end = last->text.data + last->text.len;
	struct text_diff_piece piece = {
		.kind = kind,
		.text = str_make(first->text.data, (size_t)(end - first->text.data)),
		.spaced = first->spaced,
		.new_line = d->new_line,
	};

	d->new_line = false;
	d->fn(d->arg, &piece);
}

/* Gives the words from from to to, all of that kind, line by line. */
static void give_run(struct diff *d, enum text_diff_kind kind, const struct word *words, size_t from, size_t to)
{
	for (size_t first = from, i = from; i <= to; i++) {
		if (i < to && !is_line_end(&words[i]))
			continue;
		if (first < i)
			give_piece(d, kind, &words[first], &words[i - 1]);
		d->new_line = d->new_line || i < to;
		first = i + 1;
	}
}

static size_t end_of_run(const bool *marks, size_t from, size_t count, bool value)
{
	while (from < count && marks[from] == value)
		from++;
	return from;
}

static void give_pieces(struct diff *d)
{
	size_t i = 0, j = 0;

	d->new_line = true;
	while (i < d->before.count || j < d->after.count) {
		size_t deleted = end_of_run(d->deleted, i, d->before.count, true);
		size_t inserted = end_of_run(d->inserted, j, d->after.count, true);
		size_t kept = end_of_run(d->inserted, inserted, d->after.count, false);
		size_t kept_before = end_of_run(d->deleted, deleted, d->before.count, false);

		give_run(d, TEXT_DIFF_DELETED, d->before.items, i, deleted);
		give_run(d, TEXT_DIFF_INSERTED, d->after.items, j, inserted);
		/* Kept words may stand before and behind a change of the other text alone. */
		if (kept - inserted > kept_before - deleted)
			kept = inserted + kept_before - deleted;
		give_run(d, TEXT_DIFF_KEPT, d->after.items, inserted, kept);
		i = deleted + kept - inserted;
		j = kept;
	}
}

int text_diff(struct str before, struct str after, text_diff_fn *fn, void *arg, bool *changed)
{
	struct diff d = {.fn = fn, .arg = arg};
	int result = find_words(before, &d.before);

	if (result == 0)
		result = find_words(after, &d.after);
	if (result == 0) {
		d.deleted = calloc(d.before.count + 1, sizeof(*d.deleted));
		d.inserted = calloc(d.after.count + 1, sizeof(*d.inserted));
		result = d.deleted == NULL || d.inserted == NULL ? -ENOMEM : compare(&d);
	}
	if (result == 0)
		give_pieces(&d);
	*changed = d.changed;
	free(d.before.items);
	free(d.after.items);
	free(d.deleted);
	free(d.inserted);
	return result;
}
