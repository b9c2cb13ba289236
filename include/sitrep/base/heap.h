/* SPDX-License-Identifier: ISC */
/* A binary heap of nodes that live inside other structs and know their place, so that any of them can be
 * moved or taken out in O(log n).  Equal keys leave in the order they came. */
#ifndef SITREP_BASE_HEAP_H
#define SITREP_BASE_HEAP_H

#include <stddef.h>
#include <stdint.h>

#define HEAP_OUT SIZE_MAX

struct heap_node {
	int64_t key;
	uint64_t turn; /* breaks ties */
	size_t place;  /* HEAP_OUT: in no heap */
};

/* A zeroed struct is an empty heap. */
struct heap {
	struct heap_node **nodes;
	size_t count;
	size_t cap;
	uint64_t turns;
};

/* Frees the heap, not its nodes. */
void heap_release(struct heap *h);
/* Room for that many nodes in all, so that heap_put() cannot fail. 0 or -ENOMEM. */
int heap_reserve(struct heap *h, size_t count);

/* Puts n in, or moves it to its new key when it is in already. */
void heap_put(struct heap *h, struct heap_node *n, int64_t key);
/* Does nothing when n is not in. */
void heap_remove(struct heap *h, struct heap_node *n);

/* The node with the least key; NULL when empty. */
static inline struct heap_node *heap_top(const struct heap *h)
{
	return h->count > 0 ? h->nodes[0] : NULL;
}

/* Calls fn for each node with a key of at most limit, in no order; looks at no more than twice as many. */
void heap_each_until(const struct heap *h, int64_t limit, void (*fn)(const struct heap_node *n, void *arg), void *arg);

#endif
