/* SPDX-License-Identifier: ISC */
#include "segment_merge.h"

#include <errno.h>
#include <stdlib.h>

#include "doc.h"
#include "posting.h"
#include "segment_write.h"
#include "term_block.h"

enum { WORDS_AT_ONCE = 1024 };
static const uint32_t left_out = UINT32_MAX;

static const char cannot_merge[] = "cannot merge parts of the search index";

/* One of the segments that are merged. */
struct source {
	const struct segment *segment;
	uint64_t *dead;
	uint32_t *number; /* of a text in the new segment, or left_out, by its number in this one */
	uint32_t block;   /* the next one */
	struct buf bytes; /* of the present block */
	struct term_reader terms;
	bool at_end;
};

/* A living text. */
struct living {
	struct doc doc;
	uint32_t source, number;
};

struct merge {
	struct index_file *file;
	struct source sources[MERGE_MAX];
	size_t source_count;
	struct living *living;
	size_t count;
	uint32_t *numbers, *one; /* of a word: in the new segment, in one source */
	struct error *err;
};

/* ---- the choice ---- */

static unsigned tier_of(uint32_t docs)
{
	unsigned tier = 0;

	for (; docs >= MERGE_FANOUT; docs /= MERGE_FANOUT)
		tier++;
	return tier;
}

static bool is_mostly_dead(const struct segment *s)
{
	return s->dead * 2 > s->docs;
}

static void swap(struct segment *a, struct segment *b)
{
	struct segment kept = *a;

	*a = *b;
	*b = kept;
}

void segment_merge_choose(struct segment *segments, size_t all, size_t *count)
{
	*count = 0;
	for (size_t i = 0; i < all; i++)
		if (is_mostly_dead(&segments[i])) {
			swap(&segments[0], &segments[i]);
			*count = 1;
			return;
		}
	for (unsigned tier = 0; tier < tier_of(SEGMENT_DOCS_MAX); tier++) {
		uint64_t docs = 0;
		size_t found = 0;

		for (size_t i = 0; i < all && found < MERGE_MAX; i++) {
			uint32_t alive = segments[i].docs - segments[i].dead;

			if (tier_of(alive) != tier || docs + alive > SEGMENT_DOCS_MAX)
				continue;
			docs += alive;
			swap(&segments[found++], &segments[i]);
		}
		if (found >= MERGE_FANOUT) {
			*count = found;
			return;
		}
	}
}

/* ---- texts ---- */

static int load_docs(struct merge *m, uint32_t number)
{
	struct source *s = &m->sources[number];
	uint32_t docs = s->segment->docs;
	int result = index_file_dead(m->file, s->segment, s->dead, m->err);

	for (uint32_t c = 0; result == 0 && c * DOC_CHUNK < docs; c++) {
		struct str chunk;
		int64_t first;

		result = index_file_chunk(m->file, s->segment, c, &first, &chunk, m->err);
		for (uint32_t i = c * DOC_CHUNK; result == 0 && i < docs && i < (c + 1) * DOC_CHUNK; i++) {
			struct living *to = &m->living[m->count];

			s->number[i] = left_out;
			if ((s->dead[i / 64] >> i % 64 & 1) != 0)
				continue;
			*to = (struct living){.source = number, .number = i};
			doc_chunk_get(chunk, first, i % DOC_CHUNK, &to->doc);
			m->count++;
		}
	}
	return result;
}

static int by_item(const void *a, const void *b)
{
	const struct living *left = a, *right = b;

	return (left->doc.item_id > right->doc.item_id) - (left->doc.item_id < right->doc.item_id);
}

/* ---- words ---- */

/* Goes to the next word of the source, or to its end. */
static int next_word(struct merge *m, struct source *s)
{
	struct str block;
	int result = term_reader_next(&s->terms);

	while (result == 0 && s->block < s->segment->blocks) {
		result = index_file_block(m->file, s->segment->id, s->block++, &block, m->err);
		if (result != 0)
			return result;
		buf_clear(&s->bytes);
		if (buf_add(&s->bytes, block) != 0)
			return error_sys(m->err, -ENOMEM, cannot_merge);
		term_reader_init(&s->terms, buf_str(&s->bytes), s->segment->docs);
		result = term_reader_next(&s->terms);
	}
	s->at_end = result == 0;
	return result < 0 ? error_set(m->err, result, "%s: a block of words is damaged", cannot_merge) : 0;
}

static struct str word_of(const struct source *s)
{
	return str_make(s->terms.word, s->terms.word_len);
}

static const struct source *first_of(const struct merge *m)
{
	const struct source *first = NULL;

	for (size_t i = 0; i < m->source_count; i++) {
		const struct source *s = &m->sources[i];

		if (!s->at_end && (first == NULL || str_cmp(word_of(s), word_of(first)) < 0))
			first = s;
	}
	return first;
}

static int by_number(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

/* Adds the living texts of the source's word to m->numbers, and goes on. */
static int take_word(struct merge *m, struct source *s, size_t *count, bool *in_order)
{
	size_t n;

	if (!posting_take(&s->terms.rest, s->segment->docs, m->one, &n))
		return error_set(m->err, -EUCLEAN, "%s: a list of texts is damaged", cannot_merge);
	for (size_t i = 0; i < n; i++) {
		uint32_t number = s->number[m->one[i]];

		if (number == left_out)
			continue;
		*in_order = *in_order && (*count == 0 || m->numbers[*count - 1] < number);
		m->numbers[(*count)++] = number;
	}
	return next_word(m, s);
}

static int merge_words(struct merge *m, struct segment_write *to, const atomic_bool *stop)
{
	const struct source *first;
	char word[TERM_WORD_MAX];
	size_t words = 0;
	int result = 0;

	for (size_t i = 0; i < m->source_count && result == 0; i++)
		result = next_word(m, &m->sources[i]);
	while (result == 0 && (first = first_of(m)) != NULL) {
		struct str text = str_make(word, first->terms.word_len);
		size_t count = 0;
		bool in_order = true;

		if (++words % WORDS_AT_ONCE == 0 && atomic_load(stop))
			return -ECANCELED;
		memcpy(word, first->terms.word, text.len);
		for (size_t i = 0; i < m->source_count && result == 0; i++)
			if (!m->sources[i].at_end && str_eq(word_of(&m->sources[i]), text))
				result = take_word(m, &m->sources[i], &count, &in_order);
		if (!in_order)
			qsort(m->numbers, count, sizeof(*m->numbers), by_number);
		if (result == 0 && count > 0)
			result = segment_write_word(to, text, m->numbers, count);
	}
	return result;
}

/* ---- a merge ---- */

static int make_room(struct merge *m, const struct segment *segments, size_t count)
{
	size_t docs = 0;

	for (size_t i = 0; i < count; i++) {
		struct source *s = &m->sources[i];

		s->segment = &segments[i];
		s->dead = calloc(SEGMENT_BITMAP_WORDS, sizeof(*s->dead));
		s->number = calloc(segments[i].docs, sizeof(*s->number));
		buf_init(&s->bytes, TERM_BLOCK_MAX);
		docs += segments[i].docs;
		if (s->dead == NULL || s->number == NULL)
			return error_sys(m->err, -ENOMEM, cannot_merge);
	}
	m->living = calloc(docs, sizeof(*m->living));
	m->numbers = calloc(docs, sizeof(*m->numbers));
	m->one = calloc(SEGMENT_DOCS_MAX, sizeof(*m->one));
	return m->living == NULL || m->numbers == NULL || m->one == NULL ? error_sys(m->err, -ENOMEM, cannot_merge) : 0;
}

static void release(struct merge *m)
{
	for (size_t i = 0; i < m->source_count; i++) {
		free(m->sources[i].dead);
		free(m->sources[i].number);
		buf_release(&m->sources[i].bytes);
	}
	free(m->living);
	free(m->numbers);
	free(m->one);
}

static int write_segment(struct merge *m, const atomic_bool *stop)
{
	struct segment_write to;
	int result = segment_write_begin(&to, m->file, (uint32_t)m->count, m->err);

	for (size_t i = 0; i < m->count && result == 0; i++) {
		const struct living *l = &m->living[i];

		m->sources[l->source].number[l->number] = (uint32_t)i;
		result = segment_write_doc(&to, &l->doc);
	}
	if (result == 0)
		result = merge_words(m, &to, stop);
	return segment_write_end(&to, result);
}

int segment_merge(
	struct index_file *f, const struct segment *segments, size_t count, const atomic_bool *stop, struct error *err)
{
	struct merge m = {.file = f, .source_count = count, .err = err};
	int result = make_room(&m, segments, count);

	for (size_t i = 0; i < count && result == 0; i++)
		result = load_docs(&m, (uint32_t)i);
	if (result == 0 && m.count > 0) {
		qsort(m.living, m.count, sizeof(*m.living), by_item);
		result = write_segment(&m, stop);
	}
	for (size_t i = 0; i < count && result == 0; i++)
		result = index_file_drop_segment(f, segments[i].id, err);
	release(&m);
	return result;
}
