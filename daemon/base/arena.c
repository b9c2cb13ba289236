/* SPDX-License-Identifier: ISC */
/* Blocks grow with demand.  Memory comes from the newest block; older blocks are kept only until they are freed.  A
 * large allocation gets a block of its own behind the newest, so that the newest keeps its free bytes. */
#include "sitrep/base/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/pages.h"

enum { FIRST_BLOCK = 1024, LARGEST_BLOCK = 256 * 1024, ALIGNMENT = _Alignof(max_align_t) };

struct arena_block {
	struct arena_block *older;
	size_t size;
	size_t used;
	_Alignas(max_align_t) char data[];
};

void arena_init(struct arena *a, size_t max)
{
	*a = (struct arena){.max = max};
}

static void free_blocks(struct arena_block *b)
{
	while (b != NULL) {
		struct arena_block *older = b->older;

		free(b);
		b = older;
	}
}

void arena_release(struct arena *a)
{
	free_blocks(a->head);
	arena_init(a, a->max);
}

void arena_clear(struct arena *a)
{
	struct arena_block *head = a->head;

	if (head != NULL && head->size > LARGEST_BLOCK) {
		arena_release(a);
		return;
	}
	if (head != NULL) {
		free_blocks(head->older);
		head->older = NULL;
		head->used = 0;
	}
	a->used = 0;
}

static struct arena_block *new_block(size_t size)
{
	struct arena_block *b = malloc(sizeof(*b) + size);

	if (b != NULL) {
		b->older = NULL;
		b->size = size;
		b->used = 0;
	}
	return b;
}

static void *take_unzeroed(struct arena *a, size_t size)
{
	struct arena_block *b = a->head;
	size_t rounded;
	char *p;

	if (size > a->max - a->used || size > SIZE_MAX - ALIGNMENT - sizeof(*b))
		return NULL;
	rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (b == NULL || rounded > b->size - b->used) {
		size_t next = b == NULL ? FIRST_BLOCK : b->size * 2;
		bool alone = rounded > LARGEST_BLOCK / 2;

		if (next > LARGEST_BLOCK)
			next = LARGEST_BLOCK;
		if (next < rounded)
			next = rounded;
		b = new_block(alone ? rounded : next);
		if (b == NULL)
			return NULL;
		if (alone && a->head != NULL) {
			b->older = a->head->older;
			a->head->older = b;
		} else {
			b->older = a->head;
			a->head = b;
		}
	}
	p = b->data + b->used;
	b->used += rounded;
	a->used += rounded < a->max - a->used ? rounded : a->max - a->used;
	return p;
}

void *arena_alloc(struct arena *a, size_t size)
{
	void *p = take_unzeroed(a, size);

	if (p != NULL)
		memset(p, 0, size);
	return p;
}

void *arena_alloc_array(struct arena *a, size_t count, size_t size)
{
	return size != 0 && count > SIZE_MAX / size ? NULL : arena_alloc(a, count * size);
}

struct str arena_str(struct arena *a, struct str s)
{
	char *p;

	if (s.data == NULL)
		return STR_NONE;
	p = s.len < SIZE_MAX ? take_unzeroed(a, s.len + 1) : NULL;
	if (p == NULL)
		return STR_NONE;
	memcpy(pages_take(p, s.len), s.data, s.len);
	p[s.len] = '\0';
	return str_make(p, s.len);
}

char *arena_cstr(struct arena *a, struct str s)
{
	return (char *)arena_str(a, s).data;
}

void *arena_list_grow(struct arena *a, void *items, size_t count, size_t *cap, size_t grown, size_t size)
{
	char *p = grown <= *cap || (size != 0 && grown > SIZE_MAX / size) ? NULL : take_unzeroed(a, grown * size);

	if (p == NULL)
		return items;
	if (count > 0)
		memcpy(p, items, count * size);
	*cap = grown;
	return p;
}

void *arena_list_room(struct arena *a, void *items, size_t count, size_t *cap, size_t size)
{
	if (count == *cap)
		items = arena_list_grow(a, items, count, cap, *cap == 0 ? 2 : *cap * 2, size);
	/* zeroes the new element alone: most lists never fill the room that they have */
	if (count < *cap)
		memset((char *)items + count * size, 0, size);
	return items;
}
