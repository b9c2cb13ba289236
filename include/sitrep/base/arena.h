/* SPDX-License-Identifier: ISC */
/* arena.h: memory that dies at once.
 *
 * A parsed document, a loaded configuration and a decoded message each live in one arena: everything in
 * it is freed together, nothing in it is freed alone.  An arena has a maximum, so that hostile input runs
 * into a NULL instead of into the machine's memory. */
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

/* Lists of equal elements that grow inside an arena are any struct with members items, count and cap.
 * list_add() gives a zeroed new last element, or NULL past the arena's maximum; old room is left behind,
 * so growth doubles. */
#define list_add(arena, list)                                                                                          \
	((list)->items = arena_list_room((arena), (list)->items, (list)->count, &(list)->cap, sizeof(*(list)->items)), \
		(list)->count < (list)->cap ? &(list)->items[(list)->count++] : NULL)

/* Makes room for count elements at once, if there are fewer: a large list that is known to come leaves no smaller ones
 * behind, and what is not used of it is never touched.  Without memory the list stays as it is. */
#define list_reserve(arena, list, room)                                                                                \
	((list)->items = arena_list_grow(                                                                              \
		 (arena), (list)->items, (list)->count, &(list)->cap, (room), sizeof(*(list)->items)))

/* items with room for as many as grown of size bytes each, not zeroed; unchanged when there is no memory or room
 * enough. */
void *arena_list_grow(struct arena *a, void *items, size_t count, size_t *cap, size_t grown, size_t size);
/* items with room for one more of size bytes, that one zeroed; unchanged, with *cap == count, when there is none. */
void *arena_list_room(struct arena *a, void *items, size_t count, size_t *cap, size_t size);

#endif
