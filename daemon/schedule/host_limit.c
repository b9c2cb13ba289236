/* SPDX-License-Identifier: ISC */
/* Host limits and the hash table that finds them. The hash is keyed with a secret: host names come from outside, and a
 * known hash would let an attacker put all names into one chain. */
#include "host_limit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "sitrep/base/clock.h"

enum { TABLE_MIN = 64 };

int host_limit_table_init(struct host_limit_table *t)
{
	*t = (struct host_limit_table){.slots = calloc(TABLE_MIN, sizeof(struct host_limit *)), .size = TABLE_MIN};
	if (t->slots == NULL) {
		t->size = 0;
		return -ENOMEM;
	}
	if (getrandom(&t->seed, sizeof(t->seed), GRND_NONBLOCK) < 0)
		t->seed = (uint64_t)clock_mono_us();
	return 0;
}

static void host_limit_free(struct host_limit *g)
{
	heap_release(&g->waiting);
	free(g);
}

void host_limit_table_release(struct host_limit_table *t)
{
	for (size_t i = 0; i < t->size; i++) {
		struct host_limit *next;

		for (struct host_limit *g = t->slots[i]; g != NULL; g = next) {
			next = g->next;
			host_limit_free(g);
		}
	}
	free(t->slots);
	*t = (struct host_limit_table){0};
}

static struct host_limit **slot_of(const struct host_limit_table *t, uint64_t hash)
{
	return &t->slots[hash & (t->size - 1)];
}

static uint64_t hash_of(const struct host_limit_table *t, struct str name)
{
	return XXH3_64bits_withSeed(name.data != NULL ? name.data : "", name.len, t->seed);
}

static struct host_limit *find_hashed(const struct host_limit_table *t, struct str name, uint64_t hash)
{
	for (struct host_limit *g = *slot_of(t, hash); g != NULL; g = g->next)
		if (g->hash == hash && str_eq(str_make(g->name, g->name_len), name))
			return g;
	return NULL;
}

struct host_limit *host_limit_find(const struct host_limit_table *t, struct str name)
{
	return find_hashed(t, name, hash_of(t, name));
}

/* Without memory for a larger table the chains grow longer instead. */
static void grow(struct host_limit_table *t)
{
	struct host_limit **old = t->slots;
	size_t old_size = t->size;
	struct host_limit **grown = calloc(old_size * 2, sizeof(struct host_limit *));

	if (grown == NULL)
		return;
	t->slots = grown;
	t->size = old_size * 2;
	for (size_t i = 0; i < old_size; i++) {
		struct host_limit *next;

		for (struct host_limit *g = old[i]; g != NULL; g = next) {
			struct host_limit **slot = slot_of(t, g->hash);

			next = g->next;
			g->next = *slot;
			*slot = g;
		}
	}
	free(old);
}

struct host_limit *host_limit_get(struct host_limit_table *t, struct str name)
{
	uint64_t hash = hash_of(t, name);
	struct host_limit *g = find_hashed(t, name, hash);
	struct host_limit **slot;

	if (g != NULL)
		return g;
	g = calloc(1, sizeof(*g) + name.len);
	if (g == NULL)
		return NULL;
	if (t->count >= t->size)
		grow(t);
	g->hash = hash;
	g->by_ready.place = g->by_due.place = HEAP_OUT;
	g->closed_until_ms = g->gap_until_ms = INT64_MIN;
	g->name_len = name.len;
	if (name.len > 0)
		memcpy(g->name, name.data, name.len);
	slot = slot_of(t, hash);
	g->next = *slot;
	*slot = g;
	t->count++;
	return g;
}

void host_limit_drop(struct host_limit_table *t, struct host_limit *g)
{
	struct host_limit **slot;

	for (slot = slot_of(t, g->hash); *slot != g; slot = &(*slot)->next)
		;
	*slot = g->next;
	t->count--;
	host_limit_free(g);
}

struct host_limit *host_limit_next(const struct host_limit_table *t, const struct host_limit *g)
{
	if (g != NULL && g->next != NULL)
		return g->next;
	for (size_t i = g != NULL ? (size_t)(g->hash & (t->size - 1)) + 1 : 0; i < t->size; i++)
		if (t->slots[i] != NULL)
			return t->slots[i];
	return NULL;
}

int64_t host_limit_opens_ms(const struct host_limit *g)
{
	const struct heap_node *first = heap_top(&g->waiting);
	int64_t opens_ms;

	if (first == NULL)
		return INT64_MAX;
	opens_ms = g->closed_until_ms > g->gap_until_ms ? g->closed_until_ms : g->gap_until_ms;
	return first->key > opens_ms ? first->key : opens_ms;
}
