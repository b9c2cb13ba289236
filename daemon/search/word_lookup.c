/* SPDX-License-Identifier: ISC */
#include "word_lookup.h"

#include <errno.h>
#include <stdlib.h>

#include "posting.h"
#include "sitrep/base/array.h"
#include "term_block.h"

enum { DIRECTORY_MAX = 4 * 1024 * 1024 };

static const char cannot_search[] = "cannot search";

void word_lookup_init(struct word_lookup *l, struct index_file *file)
{
	*l = (struct word_lookup){.file = file};
}

static void directory_release(struct directory *d)
{
	buf_release(&d->words);
	free(d->ends);
}

void word_lookup_release(struct word_lookup *l)
{
	for (size_t i = 0; i < l->count; i++)
		directory_release(&l->directories[i]);
	free(l->directories);
	*l = (struct word_lookup){.file = l->file};
}

static bool is_among(int64_t id, const struct segment *segments, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (segments[i].id == id)
			return true;
	return false;
}

void word_lookup_keep(struct word_lookup *l, const struct segment *segments, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->count; i++) {
		if (is_among(l->directories[i].segment, segments, count))
			l->directories[kept++] = l->directories[i];
		else
			directory_release(&l->directories[i]);
	}
	l->count = kept;
}

static int add_first_word(void *arg, struct str word)
{
	struct directory *d = arg;

	if (array_reserve(&d->ends, &d->cap, d->count + 1, sizeof(*d->ends)) != 0 || buf_add(&d->words, word) != 0)
		return -ENOMEM;
	d->ends[d->count++] = (uint32_t)d->words.len;
	return 0;
}

static int find_directory(
	struct word_lookup *l, const struct segment *s, const struct directory **out, struct error *err)
{
	struct directory d = {.segment = s->id, .words = BUF_INIT(DIRECTORY_MAX)};
	int result;

	for (size_t i = 0; i < l->count; i++)
		if (l->directories[i].segment == s->id) {
			*out = &l->directories[i];
			return 0;
		}
	result = index_file_first_words(l->file, s->id, add_first_word, &d, err);
	if (result == 0 && d.count != s->blocks)
		result = error_set(err, -EUCLEAN, "%s: the index is damaged", cannot_search);
	if (result == 0 && array_reserve(&l->directories, &l->cap, l->count + 1, sizeof(d)) != 0)
		result = -ENOMEM;
	if (result != 0) {
		directory_release(&d);
		return result == -ENOMEM ? error_sys(err, result, cannot_search) : result;
	}
	l->directories[l->count] = d;
	*out = &l->directories[l->count++];
	return 0;
}

static struct str first_word(const struct directory *d, size_t n)
{
	size_t from = n == 0 ? 0 : d->ends[n - 1];

	return str_slice(buf_str(&d->words), from, d->ends[n]);
}

/* The block that has the word, if any does: the last one whose first word is not behind it. */
static size_t block_of(const struct directory *d, struct str word)
{
	size_t low = 0, high = d->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (str_cmp(first_word(d, mid), word) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low > 0 ? low - 1 : 0;
}

static int damaged(struct error *err)
{
	return error_set(err, -EUCLEAN, "%s: a block of words is damaged", cannot_search);
}

/* Reads the block's words from word on, those that begin with it, or with is_prefix false the word alone.  1: the words
 * behind may be in the next block. */
static int read_block(struct word_lookup *l, const struct segment *s, size_t number, struct str word, bool is_prefix,
	uint64_t *bits, struct error *err)
{
	struct term_reader r;
	struct str block;
	int result = index_file_block(l->file, s->id, (uint32_t)number, &block, err);

	if (result != 0)
		return result;
	term_reader_init(&r, block, s->docs);
	while ((result = term_reader_next(&r)) == 1) {
		struct str at = str_make(r.word, r.word_len);
		bool wanted = is_prefix ? str_starts(at, word) : str_eq(at, word);

		if (!wanted && str_cmp(at, word) > 0)
			return 0;
		if (!(wanted ? posting_take_bits(&r.rest, s->docs, bits) : posting_skip(&r.rest, s->docs)))
			return damaged(err);
		if (wanted && !is_prefix)
			return 0;
	}
	return result < 0 ? damaged(err) : is_prefix;
}

int word_lookup_find(struct word_lookup *l, const struct segment *s, struct str word, uint64_t *bits, struct error *err)
{
	const struct directory *d;
	int result = find_directory(l, s, &d, err);

	return result == 0 && d->count > 0 ? read_block(l, s, block_of(d, word), word, false, bits, err) : result;
}

int word_lookup_find_all(
	struct word_lookup *l, const struct segment *s, struct str prefix, uint64_t *bits, struct error *err)
{
	const struct directory *d;
	int result = find_directory(l, s, &d, err);

	if (result != 0 || d->count == 0)
		return result;
	result = 1;
	for (size_t n = block_of(d, prefix); result == 1 && n < d->count; n++)
		result = read_block(l, s, n, prefix, true, bits, err);
	return result < 0 ? result : 0;
}
