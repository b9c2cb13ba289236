/* SPDX-License-Identifier: ISC */
#include "index_word.h"

#include "sitrep/base/utf8.h"
#include "sitrep/identity/canon.h"
#include "term_block.h"

static bool cut(struct buf *out)
{
	bool is_whole = out->len <= TERM_WORD_MAX;

	buf_truncate(out, is_whole ? out->len : TERM_WORD_MAX);
	return is_whole;
}

bool index_word_make(struct buf *out, enum index_word_kind kind, struct str word)
{
	buf_clear(out);
	if (kind != WORD_TEXT)
		buf_putc(out, (char)kind);
	buf_add(out, word);
	return cut(out);
}

bool index_word_make_feed(struct buf *out, int64_t feed_id)
{
	buf_clear(out);
	buf_putc(out, WORD_FEED);
	buf_put_int(out, feed_id);
	return cut(out);
}

bool index_word_make_pair(struct buf *out, struct str first, struct str second)
{
	buf_clear(out);
	buf_putc(out, WORD_PAIR);
	buf_add(out, first);
	buf_add(out, second);
	return cut(out);
}

bool index_word_is_single(struct str word)
{
	size_t pos = 0;

	return word.len > 0 && canon_is_single(utf8_next(word, &pos));
}
