/* SPDX-License-Identifier: ISC */
/* Words are in a hash table.  Each has a chain of the texts that have it, the last one first. */
#include "batch.h"

#include <errno.h>
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "index_word.h"
#include "segment_write.h"
#include "sitrep/base/arena.h"
#include "sitrep/base/array.h"
#include "sitrep/rules/rule_plan.h"
#include "term_block.h"

enum {
	PLACES_MIN = 1024,
	WORDS_MEMORY_MAX = 64 * 1024 * 1024,
	/* Words of one text that are taken in; a text of more words, some 8 MB, is found by its first ones. */
	TEXT_WORDS_MAX = 1024 * 1024,
};

/* Ends the chain of a word. */
static const uint32_t no_posting = UINT32_MAX;

struct batch_word {
	struct str text;
	uint32_t last;  /* of its chain, a place in postings */
	uint32_t count; /* texts in the chain */
	uint32_t times; /* in the text at hand */
};

struct batch_posting {
	uint32_t doc;
	uint32_t before; /* in the chain, or no_posting */
};

struct batch {
	struct arena arena; /* of the words */
	struct batch_word *words;
	size_t word_count, word_cap;
	uint32_t *places; /* open hash: the number of a word + 1; 0: a free place */
	size_t place_count;
	struct batch_posting *postings;
	size_t posting_count, posting_cap;
	struct doc *docs;
	size_t doc_count, doc_cap;
	/* -- of the text at hand */
	size_t text_words;
	struct buf word; /* as it is indexed */
	struct buf pair; /* the word before, when it is of a script without spaces */
	enum rule_word_kind pair_kind;
};

struct batch *batch_new(void)
{
	struct batch *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return NULL;
	arena_init(&b->arena, WORDS_MEMORY_MAX);
	buf_init(&b->word, 1024 * 1024);
	buf_init(&b->pair, 1024);
	return b;
}

void batch_free(struct batch *b)
{
	if (b == NULL)
		return;
	arena_release(&b->arena);
	buf_release(&b->word);
	buf_release(&b->pair);
	free(b->words);
	free(b->places);
	free(b->postings);
	free(b->docs);
	free(b);
}

size_t batch_count(const struct batch *b)
{
	return b->doc_count;
}

bool batch_is_full(const struct batch *b)
{
	return b->doc_count >= BATCH_DOCS_MAX || b->posting_count >= BATCH_POSTINGS_MAX;
}

void batch_clear(struct batch *b)
{
	arena_clear(&b->arena);
	if (b->places != NULL)
		memset(b->places, 0, b->place_count * sizeof(*b->places));
	b->word_count = b->posting_count = b->doc_count = 0;
}

/* ---- words ---- */

static uint32_t *find_place(const struct batch *b, uint32_t *places, size_t count, struct str word)
{
	size_t at = (size_t)XXH3_64bits(word.data, word.len) & (count - 1);

	while (places[at] != 0 && !str_eq(b->words[places[at] - 1].text, word))
		at = (at + 1) & (count - 1);
	return &places[at];
}

static int grow_places(struct batch *b)
{
	size_t count = b->place_count == 0 ? PLACES_MIN : 2 * b->place_count;
	uint32_t *places = calloc(count, sizeof(*places));

	if (places == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < b->word_count; i++)
		*find_place(b, places, count, b->words[i].text) = (uint32_t)i + 1;
	free(b->places);
	b->places = places;
	b->place_count = count;
	return 0;
}

static struct batch_word *find_word(struct batch *b, struct str text)
{
	uint32_t *place;
	struct batch_word *word;

	if (2 * b->word_count >= b->place_count && grow_places(b) != 0)
		return NULL;
	place = find_place(b, b->places, b->place_count, text);
	if (*place != 0)
		return &b->words[*place - 1];
	if (array_reserve(&b->words, &b->word_cap, b->word_count + 1, sizeof(*b->words)) != 0)
		return NULL;
	word = &b->words[b->word_count];
	*word = (struct batch_word){.text = arena_str(&b->arena, text), .last = no_posting};
	if (word->text.data == NULL)
		return NULL;
	*place = (uint32_t)++b->word_count;
	return word;
}

static bool has_word(const struct batch *b, struct str text)
{
	const uint32_t *place = find_place(b, b->places, b->place_count, text);
	const struct batch_word *word = *place == 0 ? NULL : &b->words[*place - 1];

	return word != NULL && word->last != no_posting && b->postings[word->last].doc == b->doc_count;
}

/* Notes that the text at hand has the word in b->word; *times: how often until now. */
static int put_word(struct batch *b, uint32_t *times)
{
	uint32_t doc = (uint32_t)b->doc_count;
	struct batch_word *word = find_word(b, buf_str(&b->word));

	if (word == NULL || b->word.failed != 0)
		return -ENOMEM;
	if (word->last != no_posting && b->postings[word->last].doc == doc) {
		*times = ++word->times;
		return 0;
	}
	if (array_reserve(&b->postings, &b->posting_cap, b->posting_count + 1, sizeof(*b->postings)) != 0)
		return -ENOMEM;
	b->postings[b->posting_count] = (struct batch_posting){.doc = doc, .before = word->last};
	word->last = (uint32_t)b->posting_count++;
	word->count++;
	*times = word->times = 1;
	return 0;
}

static int put_kind(struct batch *b, enum index_word_kind kind, struct str word)
{
	uint32_t times;

	index_word_make(&b->word, kind, word);
	return put_word(b, &times);
}

/* A pair of neighbours in a script without spaces. */
static int put_pair(struct batch *b, enum rule_word_kind kind, struct str word)
{
	uint32_t times;
	int result = 0;

	if (!index_word_is_single(word)) {
		buf_clear(&b->pair);
		return 0;
	}
	if (b->pair.len > 0 && b->pair_kind == kind) {
		index_word_make_pair(&b->word, buf_str(&b->pair), word);
		result = put_word(b, &times);
	}
	buf_clear(&b->pair);
	buf_add(&b->pair, word);
	b->pair_kind = kind;
	return result;
}

static int put_text_word(struct batch *b, enum rule_word_kind kind, struct str word, bool is_form)
{
	uint32_t times;
	int result;

	index_word_make(&b->word, WORD_TEXT, word);
	result = put_word(b, &times);
	if (result == 0 && times == WORD_OFTEN_COUNT)
		result = put_kind(b, WORD_OFTEN, word);
	if (result == 0 && kind == RULE_WORD_TITLE)
		result = put_kind(b, WORD_TITLE, word);
	return result == 0 && !is_form ? put_pair(b, kind, word) : result;
}

static int take_word(void *arg, enum rule_word_kind kind, struct str word, bool is_form)
{
	struct batch *b = arg;

	if (++b->text_words > TEXT_WORDS_MAX)
		return 0;
	switch (kind) {
	case RULE_WORD_TITLE:
	case RULE_WORD_BODY:
		return put_text_word(b, kind, word, is_form);
	case RULE_WORD_OTHER:
		index_word_make(&b->word, WORD_TEXT, word);
		return b->place_count > 0 && has_word(b, buf_str(&b->word)) ? 0 : put_kind(b, WORD_OTHER, word);
	case RULE_WORD_LANGUAGE:
		return put_kind(b, WORD_LANGUAGE, word);
	case RULE_WORD_PUBLISHER:
		return put_kind(b, WORD_PUBLISHER, word);
	}
	return 0;
}

/* ---- texts ---- */

/* "en" of "en-GB"; "" when it is longer than two or three letters, or no letters. */
static void set_language(struct doc *d, struct str tag)
{
	size_t len = str_find_char(tag, '-', 0);

	len = len == STR_NPOS ? tag.len : len;
	if (len < 2 || len > DOC_LANGUAGE_MAX)
		return;
	for (size_t i = 0; i < len; i++)
		if (!char_is_alpha(tag.data[i]))
			return;
	for (size_t i = 0; i < len; i++)
		d->language[i] = char_lower(tag.data[i]);
}

static size_t count_words(struct str tokens)
{
	size_t count = 0;

	for (size_t i = 0; i < tokens.len; i++)
		count += tokens.data[i] == ' ';
	return count;
}

int batch_add(struct batch *b, const struct doc *doc, const struct rule_subject *subject)
{
	struct doc *d;
	uint32_t times;
	int result;

	if (array_reserve(&b->docs, &b->doc_cap, b->doc_count + 1, sizeof(*b->docs)) != 0)
		return -ENOMEM;
	d = &b->docs[b->doc_count];
	*d = *doc;
	memset(d->language, 0, sizeof(d->language));
	set_language(d, subject->language);
	d->length = doc_length_code(count_words(subject->title_tokens) + count_words(subject->body_tokens));
	b->text_words = 0;
	buf_clear(&b->pair);
	index_word_make_feed(&b->word, d->feed_id);
	result = put_word(b, &times);
	if (result == 0)
		result = rule_words_of(subject, take_word, b);
	if (result != 0)
		return -ENOMEM;
	b->doc_count++;
	return 0;
}

/* ---- the segment ---- */

static int by_text(const void *a, const void *b)
{
	const struct batch_word *left = a, *right = b;

	return str_cmp(left->text, right->text);
}

static int write_word(const struct batch *b, const struct batch_word *w, uint32_t *numbers, struct segment_write *to)
{
	size_t at = w->count;

	for (uint32_t p = w->last; p != no_posting; p = b->postings[p].before)
		numbers[--at] = b->postings[p].doc;
	return segment_write_word(to, w->text, numbers, w->count);
}

int batch_write(struct batch *b, struct index_file *f, struct error *err)
{
	uint32_t *numbers = calloc(b->doc_count + 1, sizeof(*numbers));
	struct segment_write w;
	int result = segment_write_begin(&w, f, (uint32_t)b->doc_count, err);

	if (result == 0 && numbers == NULL)
		result = error_sys(err, -ENOMEM, "cannot build the search index");
	for (size_t i = 0; i < b->doc_count && result == 0; i++)
		result = segment_write_doc(&w, &b->docs[i]);
	/* the hash table is of no use once the words are in order */
	qsort(b->words, b->word_count, sizeof(*b->words), by_text);
	for (size_t i = 0; i < b->word_count && result == 0; i++)
		result = write_word(b, &b->words[i], numbers, &w);
	result = segment_write_end(&w, result);
	free(numbers);
	batch_clear(b);
	return result;
}
