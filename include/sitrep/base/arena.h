/* SPDX-License-Identifier: ISC */
/* arena.h: memory that is freed all at once.
 *
 * A parsed document, a loaded configuration and a decoded message each live in one arena.  Nothing in an arena is
 * freed alone.  An arena has a maximum: past it an allocation gives NULL, so that hostile input cannot fill the
 * machine's memory. */
#ifndef SITREP_BASE_ARENA_H
#define SITREP_BASE_ARENA_H

#include <stddef.h>

#include "sitrep/base/str.h"

struct arena_block;

struct arena {
	struct arena_block *head; /* newest block first */
	size_t used;              /* bytes handed out */
	size_t max;
};

#define ARENA_INIT(max_bytes) ((struct arena){.max = (max_bytes)})
void arena_init(struct arena *a, size_t max);
void arena_release(struct arena *a);
/* As arena_release(), but keeps one block for reuse. */
void arena_clear(struct arena *a);

/* Zeroed memory aligned for any type, or NULL past the maximum or without memory. */
void *arena_alloc(struct arena *a, size_t size);
void *arena_alloc_array(struct arena *a, size_t count, size_t size);
/* A copy of s with a NUL byte behind it; data is NULL when there was no memory.  STR_NONE stays STR_NONE. */
struct str arena_str(struct arena *a, struct str s);
char *arena_cstr(struct arena *a, struct str s);

/* A list of equal elements that grows inside an arena: LIST(struct folder) folders;  Any struct with members items,
 * count and cap is one. */
#define LIST(type)                                                                                                     \
	struct {                                                                                                       \
		type *items;                                                                                           \
		size_t count, cap;                                                                                     \
	}

/* list_add() gives a zeroed new last element, or NULL past the arena's maximum.  A list that grows is copied and its
 * old memory stays in the arena, so its room is doubled each time. */
#define list_add(arena, list)                                                                                          \
	((list)->items = arena_list_room((arena), (list)->items, (list)->count, &(list)->cap, sizeof(*(list)->items)), \
		(list)->count < (list)->cap ? &(list)->items[(list)->count++] : NULL)

/* Makes room for room elements in all, so that a list of known length is not copied while it grows.  Memory of unused
 * elements is never touched.  Without memory the list stays as it is. */
#define list_reserve(arena, list, room)                                                                                \
	((list)->items = arena_list_grow(                                                                              \
		 (arena), (list)->items, (list)->count, &(list)->cap, (room), sizeof(*(list)->items)))

/* For the macros above.  Returns items with room for grown elements of size bytes each, not zeroed; items unchanged
 * when they have that room, or when there is no memory. */
void *arena_list_grow(struct arena *a, void *items, size_t count, size_t *cap, size_t grown, size_t size);
/* For list_add().  Returns items with room for one more element of size bytes, which is zeroed.  Without memory items
 * are unchanged and *cap == count. */
void *arena_list_room(struct arena *a, void *items, size_t count, size_t *cap, size_t size);

#endif
