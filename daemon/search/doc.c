/* SPDX-License-Identifier: ISC */
#include "doc.h"

#include <errno.h>
#include <math.h>

#include "sitrep/base/le.h"
#include "sitrep/sql/seal.h"

/* item - first item, story's time in seconds, item - story, feed, language, length */
enum { DOC_BYTES = 4 + 4 + 4 + 4 + DOC_LANGUAGE_MAX + 1 };

static uint32_t clamp(int64_t number)
{
	return number < 0 ? 0 : number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
}

int doc_chunk_put(struct buf *out, const struct doc *docs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct doc *d = &docs[i];

		le_append(out, clamp(d->item_id - docs[0].item_id), 4);
		le_append(out, clamp(d->sort_ms / 1000), 4);
		le_append(out, d->story_id == 0 ? UINT32_MAX : clamp(d->item_id - d->story_id), 4);
		le_append(out, clamp(d->feed_id), 4);
		buf_append(out, d->language, DOC_LANGUAGE_MAX);
		buf_putc(out, (char)d->length);
	}
	return seal_add(out);
}

int doc_chunk_open(struct str bytes, size_t count, struct str *chunk)
{
	return seal_open(bytes, chunk) == 1 && chunk->len == count * DOC_BYTES ? 0 : -EUCLEAN;
}

int64_t doc_chunk_item(struct str chunk, int64_t first, size_t n)
{
	return first + (int64_t)le_get(chunk.data + n * DOC_BYTES, 4);
}

void doc_chunk_get(struct str chunk, int64_t first, size_t n, struct doc *d)
{
	const char *at = chunk.data + n * DOC_BYTES;
	int64_t back = (int64_t)le_get(at + 8, 4);

	*d = (struct doc){
		.item_id = first + (int64_t)le_get(at, 4),
		.sort_ms = (int64_t)le_get(at + 4, 4) * 1000,
		.feed_id = (int64_t)le_get(at + 12, 4),
		.length = (uint8_t)at[16 + DOC_LANGUAGE_MAX],
	};
	d->story_id = back == UINT32_MAX ? 0 : d->item_id - back;
	memcpy(d->language, at + 16, DOC_LANGUAGE_MAX);
}

uint8_t doc_length_code(size_t words)
{
	double code = 4 * log2((double)words + 1);

	return (uint8_t)(code > 255 ? 255 : code);
}

double doc_length_of(uint8_t code)
{
	return exp2(code / 4.0) - 1;
}
