/* SPDX-License-Identifier: ISC */
/* heap.h: a binary heap of nodes that live inside other structs.  Each node knows its place, so that it can be moved
 * or removed in O(log n).  Nodes with equal keys leave in the order in which they were put in. */
#ifndef SITREP_BASE_HEAP_H
#define SITREP_BASE_HEAP_H

#include <stddef.h>
#include <stdint.h>

#define HEAP_OUT SIZE_MAX

struct heap_node {
	int64_t key;
	uint64_t turn; /* of two equal keys, the lower turn comes first */
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

/* Calls fn for each node with a key of at most limit, in no order.  n such nodes cost at most 2n + 1 comparisons. */
void heap_each_until(const struct heap *h, int64_t limit, void (*fn)(const struct heap_node *n, void *arg), void *arg);

#endif
