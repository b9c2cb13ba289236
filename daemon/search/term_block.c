/* SPDX-License-Identifier: ISC */
#include "term_block.h"

#include <errno.h>

#include "posting.h"
#include "sitrep/sql/seal.h"

void term_writer_init(struct term_writer *w, uint32_t docs, term_block_fn *fn, void *arg)
{
	*w = (struct term_writer){.docs = docs, .fn = fn, .arg = arg};
	buf_init(&w->block, TERM_BLOCK_MAX);
	buf_init(&w->list, TERM_BLOCK_MAX);
}

void term_writer_release(struct term_writer *w)
{
	buf_release(&w->block);
	buf_release(&w->list);
}

static size_t common_length(const struct term_writer *w, struct str word)
{
	size_t n = 0;

	while (n < w->last_len && n < word.len && w->last[n] == word.data[n])
		n++;
	return n;
}

int term_writer_end(struct term_writer *w)
{
	int result;

	if (w->block.len == 0)
		return 0;
	result = seal_add(&w->block);
	if (result == 0)
		result = w->fn(w->arg, str_make(w->first, w->first_len), buf_str(&w->block));
	buf_clear(&w->block);
	return result;
}

int term_writer_add(struct term_writer *w, struct str word, const uint32_t *numbers, size_t count)
{
	size_t common;
	int result;

	buf_clear(&w->list);
	result = posting_put(&w->list, numbers, count, w->docs);
	if (result == 0 && w->block.len > 0 && w->block.len + w->list.len + word.len > TERM_BLOCK_BYTES)
		result = term_writer_end(w);
	if (result != 0)
		return result;
	common = w->block.len == 0 ? 0 : common_length(w, word);
	if (w->block.len == 0) {
		memcpy(w->first, word.data, word.len);
		w->first_len = word.len;
	}
	memcpy(w->last, word.data, word.len);
	w->last_len = word.len;
	buf_putc(&w->block, (char)common);
	buf_putc(&w->block, (char)(word.len - common));
	buf_add(&w->block, str_slice(word, common, word.len));
	return buf_add(&w->block, buf_str(&w->list));
}

void term_reader_init(struct term_reader *r, struct str bytes, uint32_t docs)
{
	*r = (struct term_reader){.rest = bytes, .docs = docs};
}

int term_reader_next(struct term_reader *r)
{
	size_t common, len;

	if (r->rest.len == 0)
		return 0;
	if (r->rest.len < 2)
		return -EUCLEAN;
	common = (unsigned char)r->rest.data[0];
	len = (unsigned char)r->rest.data[1];
	if (common > r->word_len || common + len > TERM_WORD_MAX || len + 2 > r->rest.len)
		return -EUCLEAN;
	memcpy(r->word + common, r->rest.data + 2, len);
	r->word_len = common + len;
	r->rest = str_slice(r->rest, 2 + len, r->rest.len);
	return 1;
}
