/* SPDX-License-Identifier: ISC */
#include "snippet.h"

#include "sitrep/rules/rule.h"

enum {
	SNIPPET_BYTES = 240,
	BEFORE_MARK = 80,
	/* A word is cut when it begins farther from the wanted place than this: scripts without spaces. */
	WORD_BYTES = 40,
};

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xC0) == 0x80;
}

/* The place at or after from where a word begins; else where a character begins. */
static size_t word_after(struct str s, size_t from, size_t end)
{
	for (size_t i = from; i < end && i < from + WORD_BYTES; i++)
		if (i == 0 || char_is_space(s.data[i - 1]))
			return i;
	while (from < end && is_continuation(s.data[from]))
		from++;
	return from;
}

/* The place at or before to where a word ends; else where a character ends. */
static size_t word_before(struct str s, size_t to, size_t begin)
{
	for (size_t i = to; i > begin && i + WORD_BYTES > to; i--)
		if (i == s.len || char_is_space(s.data[i]))
			return i;
	while (to > begin && to < s.len && is_continuation(s.data[to]))
		to--;
	return to;
}

static void put_line(struct buf *out, struct str text)
{
	bool space = false, open = false;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (char_is_space(c)) {
			space = true;
			continue;
		}
		/* an end without its beginning was cut */
		if (c == RULE_MARK_END && !open)
			continue;
		if (space)
			buf_putc(out, ' ');
		space = false;
		open = c == RULE_MARK_BEGIN ? true : c == RULE_MARK_END ? false : open;
		buf_putc(out, c);
	}
	if (open)
		buf_putc(out, RULE_MARK_END);
}

int snippet_write(struct buf *out, struct str marked)
{
	size_t mark, from = 0, to;

	marked = str_trim(marked);
	mark = str_find_char(marked, RULE_MARK_BEGIN, 0);
	to = marked.len;
	if (mark != STR_NPOS && mark > BEFORE_MARK)
		from = word_after(marked, mark - BEFORE_MARK, mark);
	if (to - from > SNIPPET_BYTES)
		to = word_before(marked, from + SNIPPET_BYTES, mark != STR_NPOS && mark > from ? mark + 1 : from);
	if (from > 0)
		buf_puts(out, "… ");
	put_line(out, str_slice(marked, from, to));
	if (to < marked.len)
		buf_puts(out, " …");
	return out->failed;
}
