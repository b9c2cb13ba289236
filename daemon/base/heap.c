/* SPDX-License-Identifier: ISC */
/* The heap is an array: the children of place i are at 2i + 1 and 2i + 2. */
#include "sitrep/base/heap.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "sitrep/base/array.h"

void heap_release(struct heap *h)
{
	free(h->nodes);
	*h = (struct heap){0};
}

int heap_reserve(struct heap *h, size_t count)
{
	return array_reserve(&h->nodes, &h->cap, count, sizeof(struct heap_node *));
}

static bool before(const struct heap_node *a, const struct heap_node *b)
{
	return a->key != b->key ? a->key < b->key : a->turn < b->turn;
}

static void set_place(struct heap *h, struct heap_node *n, size_t place)
{
	h->nodes[place] = n;
	n->place = place;
}

static void sift_up(struct heap *h, struct heap_node *n)
{
	size_t at = n->place;

	while (at > 0 && before(n, h->nodes[(at - 1) / 2])) {
		set_place(h, h->nodes[(at - 1) / 2], at);
		at = (at - 1) / 2;
	}
	set_place(h, n, at);
}

static void sift_down(struct heap *h, struct heap_node *n)
{
	size_t at = n->place;
	size_t child;

	while ((child = 2 * at + 1) < h->count) {
		if (child + 1 < h->count && before(h->nodes[child + 1], h->nodes[child]))
			child++;
		if (!before(h->nodes[child], n))
			break;
		set_place(h, h->nodes[child], at);
		at = child;
	}
	set_place(h, n, at);
}

void heap_put(struct heap *h, struct heap_node *n, int64_t key)
{
	if (n->place == HEAP_OUT) {
		assert(h->count < h->cap);
		n->place = h->count++;
		n->turn = h->turns++;
	} else if (n->key == key) {
		return;
	} else {
		n->turn = h->turns++;
	}
	n->key = key;
	sift_up(h, n);
	sift_down(h, n);
}

void heap_remove(struct heap *h, struct heap_node *n)
{
	struct heap_node *last;

	if (n->place == HEAP_OUT)
		return;
	last = h->nodes[--h->count];
	if (last != n) {
		last->place = n->place;
		sift_up(h, last);
		sift_down(h, last);
	}
	n->place = HEAP_OUT;
}

/* The recursion is as deep as the heap: at most 64 calls. */
static void visit_until(
	const struct heap *h, size_t at, int64_t limit, void (*fn)(const struct heap_node *n, void *arg), void *arg)
{
	if (at >= h->count || h->nodes[at]->key > limit)
		return;
	fn(h->nodes[at], arg);
	visit_until(h, 2 * at + 1, limit, fn, arg);
	visit_until(h, 2 * at + 2, limit, fn, arg);
}

void heap_each_until(const struct heap *h, int64_t limit, void (*fn)(const struct heap_node *n, void *arg), void *arg)
{
	visit_until(h, 0, limit, fn, arg);
}
