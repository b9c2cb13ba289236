/* SPDX-License-Identifier: ISC */
/* Runs of RUN words of the first text are looked up by hash; from each that the second text has, the passage is
 * followed in both directions as far as it goes. */
#include "sitrep/identity/shared_passages.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "sitrep/base/utf8.h"
#include "sitrep/identity/canon.h"

enum {
	RUN = 4,
	/* Places of one run of the first text that are compared. */
	PLACES_MAX = 8,
	/* What a word weighs, and a character that is one by itself. */
	WEIGHT_WORD = 2,
	WEIGHT_SINGLE = 1,
	TOKENS_MAX = 4096,
};

struct word {
	struct passage place;
	uint64_t hash;
	uint32_t next; /* the place before with the same run's slot, plus 1 */
	uint8_t weight;
	bool shared;
};

struct words {
	struct word *items;
	size_t count;
};

/* ---- words ---- */

/* The end of the word at from: a character that is a word by itself, or all up to a space or such a character. */
static size_t end_of_word(struct str s, size_t from, bool *single)
{
	size_t end = from;

	*single = canon_is_single(utf8_next(s, &end));
	if (*single)
		return end;
	for (size_t next = end; next < s.len; end = next) {
		uint32_t cp = utf8_next(s, &next);

		if (utf8_is_space(cp) || canon_is_single(cp))
			break;
	}
	return end;
}

/* A word without tokens, as a dash, belongs to the one before it. */
static int add_word(struct words *w, struct str s, struct passage place, bool single, struct buf *tokens)
{
	size_t count = 0;

	buf_clear(tokens);
	if (canon_tokens(tokens, str_slice(s, place.from, place.to), &count) == -ENOMEM)
		return -ENOMEM;
	if (count > 0)
		w->items[w->count++] = (struct word){
			.place = place,
			.hash = XXH3_64bits(tokens->data, tokens->len),
			.weight = single ? WEIGHT_SINGLE : WEIGHT_WORD,
		};
	else if (w->count > 0)
		w->items[w->count - 1].place.to = place.to;
	return 0;
}

static int find_words(struct str s, struct words *w)
{
	size_t most = s.len < SHARED_PASSAGES_TEXT_MAX ? s.len : SHARED_PASSAGES_TEXT_MAX;
	struct buf tokens = BUF_INIT(TOKENS_MAX);
	int result = 0;

	w->items = calloc(most + 1, sizeof(*w->items));
	if (w->items == NULL)
		return -ENOMEM;
	for (size_t at = 0; at < s.len && w->count < most && result == 0;) {
		size_t next = at;
		bool single;

		if (utf8_is_space(utf8_next(s, &next))) {
			at = next;
			continue;
		}
		next = end_of_word(s, at, &single);
		result = add_word(w, s, (struct passage){at, next}, single, &tokens);
		at = next;
	}
	buf_release(&tokens);
	return result;
}

/* ---- runs ---- */

struct table {
	uint32_t *slots; /* the last place of a run, plus 1 */
	size_t mask;
};

static size_t slot_of(const struct table *t, const struct words *w, size_t at)
{
	uint64_t hash = 0;

	for (size_t i = 0; i < RUN; i++)
		hash = (hash ^ w->items[at + i].hash) * UINT64_C(0x9e3779b97f4a7c15);
	return (size_t)(hash >> 32) & t->mask;
}

static int fill_table(struct table *t, struct words *w)
{
	size_t size = 64;

	while (size < 2 * w->count)
		size *= 2;
	t->mask = size - 1;
	t->slots = calloc(size, sizeof(*t->slots));
	if (t->slots == NULL)
		return -ENOMEM;
	for (size_t i = 0; i + RUN <= w->count; i++) {
		uint32_t *slot = &t->slots[slot_of(t, w, i)];

		w->items[i].next = *slot;
		*slot = (uint32_t)i + 1;
	}
	return 0;
}

static size_t common_at(const struct words *a, size_t i, const struct words *b, size_t j)
{
	size_t n = 0;

	while (i + n < a->count && j + n < b->count && a->items[i + n].hash == b->items[j + n].hash)
		n++;
	return n;
}

static size_t weight_of(const struct words *w, size_t from, size_t count)
{
	size_t weight = 0;

	for (size_t i = from; i < from + count; i++)
		weight += w->items[i].weight;
	return weight;
}

static void mark(struct words *w, size_t from, size_t count)
{
	for (size_t i = from; i < from + count; i++)
		w->items[i].shared = true;
}

/* The longest passage of a that begins with the words of b at j; its length in *count. */
static size_t find_longest(const struct table *t, const struct words *a, const struct words *b, size_t j, size_t *count)
{
	size_t best = 0;

	*count = 0;
	if (j + RUN > b->count)
		return 0;
	for (uint32_t at = t->slots[slot_of(t, b, j)], n = 0; at != 0 && n < PLACES_MAX; n++) {
		size_t same = common_at(a, at - 1, b, j);

		if (same > *count) {
			*count = same;
			best = at - 1;
		}
		at = a->items[at - 1].next;
	}
	return best;
}

static void mark_shared(const struct table *t, struct words *a, struct words *b)
{
	for (size_t j = 0; j < b->count;) {
		size_t count, i = find_longest(t, a, b, j, &count);

		if (count < RUN || weight_of(b, j, count) < SHARED_PASSAGE_WORDS * WEIGHT_WORD) {
			j++;
			continue;
		}
		mark(a, i, count);
		mark(b, j, count);
		j += count;
	}
}

/* ---- passages ---- */

static int list_passages(const struct words *w, struct passage_list *list)
{
	list->items = calloc(w->count / 2 + 1, sizeof(*list->items));
	if (list->items == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < w->count; i++) {
		list->words += w->items[i].weight;
		if (!w->items[i].shared)
			continue;
		list->shared += w->items[i].weight;
		if (i > 0 && w->items[i - 1].shared)
			list->items[list->count - 1].to = w->items[i].place.to;
		else
			list->items[list->count++] = w->items[i].place;
	}
	list->words /= WEIGHT_WORD;
	list->shared /= WEIGHT_WORD;
	return 0;
}

int shared_passages(struct str a, struct str b, struct passage_list *in_a, struct passage_list *in_b)
{
	struct words of_a = {0}, of_b = {0};
	struct table t = {0};
	int result = find_words(a, &of_a);

	*in_a = *in_b = (struct passage_list){0};
	if (result == 0)
		result = find_words(b, &of_b);
	if (result == 0)
		result = fill_table(&t, &of_a);
	if (result == 0) {
		mark_shared(&t, &of_a, &of_b);
		result = list_passages(&of_a, in_a);
	}
	if (result == 0)
		result = list_passages(&of_b, in_b);
	free(of_a.items);
	free(of_b.items);
	free(t.slots);
	return result;
}
