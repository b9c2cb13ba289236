/* SPDX-License-Identifier: ISC */
#include "segment_write.h"

#include <errno.h>
#include <stdlib.h>

#include "sitrep/sql/seal.h"

static const char cannot_write[] = "cannot build the search index";

static int write_block(void *arg, struct str first, struct str block)
{
	struct segment_write *w = arg;

	return index_file_add_block(w->file, w->segment.id, w->segment.blocks++, first, block, w->err);
}

int segment_write_begin(struct segment_write *w, struct index_file *f, uint32_t docs, struct error *err)
{
	int result;

	*w = (struct segment_write){.file = f, .docs = docs, .err = err};
	buf_init(&w->bytes, 64 * DOC_CHUNK + SEAL_BYTES);
	term_writer_init(&w->terms, docs, write_block, w);
	w->chunk = calloc(DOC_CHUNK, sizeof(*w->chunk));
	if (w->chunk == NULL)
		return error_sys(err, -ENOMEM, cannot_write);
	result = index_file_get(f, INDEX_SEGMENT, &w->segment.id, err);
	w->segment.id++;
	return result == 0 ? index_file_set(f, INDEX_SEGMENT, w->segment.id, err) : result;
}

static int write_chunk(struct segment_write *w, size_t count)
{
	uint32_t number = (w->segment.docs - 1) / DOC_CHUNK;
	int result;

	buf_clear(&w->bytes);
	result = doc_chunk_put(&w->bytes, w->chunk, count);
	if (result != 0)
		return error_sys(w->err, result, cannot_write);
	return index_file_add_chunk(w->file, w->segment.id, number, w->chunk[0].item_id, w->chunk[count - 1].item_id,
		buf_str(&w->bytes), w->err);
}

int segment_write_doc(struct segment_write *w, const struct doc *d)
{
	struct segment *s = &w->segment;
	size_t at = s->docs % DOC_CHUNK;

	w->chunk[at] = *d;
	if (s->docs == 0) {
		s->first_item = d->item_id;
		s->first_ms = s->last_ms = d->sort_ms;
	}
	s->last_item = d->item_id;
	s->first_ms = d->sort_ms < s->first_ms ? d->sort_ms : s->first_ms;
	s->last_ms = d->sort_ms > s->last_ms ? d->sort_ms : s->last_ms;
	s->docs++;
	return at + 1 == DOC_CHUNK || s->docs == w->docs ? write_chunk(w, at + 1) : 0;
}

int segment_write_word(struct segment_write *w, struct str word, const uint32_t *numbers, size_t count)
{
	int result = term_writer_add(&w->terms, word, numbers, count);

	return result == -ENOMEM ? error_sys(w->err, result, cannot_write) : result;
}

int segment_write_end(struct segment_write *w, int result)
{
	if (result == 0)
		result = term_writer_end(&w->terms);
	if (result == 0)
		result = index_file_add_segment(w->file, &w->segment, w->err);
	term_writer_release(&w->terms);
	buf_release(&w->bytes);
	free(w->chunk);
	return result;
}
