/* SPDX-License-Identifier: ISC */
/* A rule with a mark under the place of a mistake. */
#include "sitrep/base/utf8.h"
#include "sitrep/rules/rule.h"

enum { INDENT = 4, ROOM = RULE_SHOWN_COLUMNS - INDENT };

static const struct str ellipsis = {"...", sizeof("...") - 1};

/* A rule's character as it is shown: white space as a space, one that a terminal must not get as U+FFFD. */
static uint32_t shown(uint32_t cp)
{
	if (cp < 0x80 && char_is_space((char)cp))
		return ' ';
	return utf8_is_unsafe(cp) ? 0xfffd : cp;
}

/* The column of "at column 17: ..."; 0: the sentence names no place. */
static size_t column_of(struct str mistake)
{
	static const struct str begin = {"at column ", sizeof("at column ") - 1};
	size_t at = str_find(mistake, begin, 0);
	struct str rest = str_slice(mistake, at == STR_NPOS ? mistake.len : at + begin.len, mistake.len);
	long long column;

	return str_to_int(str_slice(rest, 0, str_find_char(rest, ':', 0)), &column) && column > 0 ? (size_t)column : 0;
}

/* Columns of the screen, counted from the rule's beginning. */
struct view {
	size_t from, to;    /* are shown */
	size_t left, right; /* of the ellipses at both ends */
};

/* As much of the rule as there is room for, with the place in the middle, or nearer to an end that is short. */
static struct view view_of(size_t before, size_t after)
{
	size_t left = before, right = after;

	if (before + after > ROOM) {
		left = after < ROOM / 2 ? ROOM - after : before < ROOM / 2 ? before : ROOM / 2;
		right = ROOM - left;
	}
	return (struct view){.from = before - left,
		.to = before + right,
		.left = left < before ? ellipsis.len : 0,
		.right = right < after ? ellipsis.len : 0};
}

int rule_show(struct buf *out, struct str rule, struct str mistake)
{
	size_t column = column_of(mistake), before = 0, after = 0, place = 0, at = 0, used, number = 1;
	struct view v;

	if (column == 0)
		return 0;
	for (size_t pos = 0; pos < rule.len; number++)
		*(number < column ? &before : &after) += utf8_width(shown(utf8_next(rule, &pos)));
	/* behind the end, the mark takes a column too */
	v = view_of(before, number > column ? after : 1);
	buf_printf(out, "%*s%.*s", INDENT, "", (int)v.left, ellipsis.data);
	used = v.left;
	number = 1;
	for (size_t pos = 0; pos < rule.len; number++) {
		uint32_t cp = shown(utf8_next(rule, &pos));
		size_t width = utf8_width(cp);

		if (number == column)
			place = used - (width == 0 && used > 0);
		if (at >= v.from + v.left && at + width <= v.to - v.right && (width > 0 || used > v.left)) {
			buf_put_utf8(out, cp);
			used += width;
		}
		at += width;
	}
	return buf_printf(
		out, "%.*s\n%*s^\n", (int)v.right, ellipsis.data, (int)(INDENT + (number > column ? place : used)), "");
}
