/* SPDX-License-Identifier: ISC */
/* A hash table with chains, of a fixed number of heads: it is emptied before it is crowded. */
#include "sitrep/story/posting_buffer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { HEADS_BITS = 15, HEADS = 1 << HEADS_BITS, FIRST_CAPACITY = 2048 };

void posting_buffer_release(struct posting_buffer *b)
{
	free(b->items);
	free(b->next);
	free(b->heads);
	*b = (struct posting_buffer){0};
}

/* Shingles sampled from long texts all end in zeroes: the multiplication spreads their other bits. */
static size_t head_of(uint64_t shingle)
{
	return (size_t)(shingle * UINT64_C(0x9E3779B97F4A7C15) >> (64 - HEADS_BITS));
}

static int grow(struct posting_buffer *b)
{
	size_t cap = b->cap > 0 ? b->cap * 2 : FIRST_CAPACITY;
	struct posting *items;
	uint32_t *next;

	if (b->heads == NULL)
		b->heads = calloc(HEADS, sizeof(*b->heads));
	if (b->heads == NULL)
		return -ENOMEM;
	items = realloc(b->items, cap * sizeof(*items));
	if (items != NULL)
		b->items = items;
	next = realloc(b->next, cap * sizeof(*next));
	if (next != NULL)
		b->next = next;
	if (items == NULL || next == NULL)
		return -ENOMEM;
	b->cap = cap;
	return 0;
}

int posting_buffer_add(struct posting_buffer *b, uint64_t shingle, int64_t item_id)
{
	uint32_t *head;

	if (b->count == POSTING_BUFFER_MAX)
		return -ENOSPC;
	if (b->count == b->cap && grow(b) != 0)
		return -ENOMEM;
	head = &b->heads[head_of(shingle)];
	b->items[b->count] = (struct posting){shingle, item_id};
	b->next[b->count] = *head;
	*head = (uint32_t)++b->count;
	return 0;
}

void posting_buffer_clear(struct posting_buffer *b)
{
	if (b->heads != NULL)
		memset(b->heads, 0, HEADS * sizeof(*b->heads));
	b->count = 0;
}

bool posting_buffer_next(const struct posting_buffer *b, uint64_t shingle, uint32_t *at, int64_t *item_id)
{
	uint32_t place = *at > 0 ? b->next[*at - 1] : b->count > 0 ? b->heads[head_of(shingle)] : 0;

	while (place != 0 && b->items[place - 1].shingle != shingle)
		place = b->next[place - 1];
	*at = place;
	if (place == 0)
		return false;
	*item_id = b->items[place - 1].item_id;
	return true;
}

static int compare_postings(const void *a, const void *b)
{
	const struct posting *x = a, *y = b;

	if (x->shingle != y->shingle)
		return x->shingle < y->shingle ? -1 : 1;
	return x->item_id < y->item_id ? -1 : x->item_id > y->item_id;
}

void posting_buffer_sort(struct posting_buffer *b)
{
	if (b->count > 1)
		qsort(b->items, b->count, sizeof(*b->items), compare_postings);
}
