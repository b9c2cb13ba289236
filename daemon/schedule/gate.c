/* Gates and the table that finds them: chains of a keyed hash, since names come from outside and without a
 * secret somebody could make them all fall into one chain. */
#include "gate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "sitrep/base/clock.h"

enum { TABLE_MIN = 64 };

int gate_table_init(struct gate_table *t)
{
	*t = (struct gate_table){.slots = calloc(TABLE_MIN, sizeof(struct gate *)), .size = TABLE_MIN};
	if (t->slots == NULL) {
		t->size = 0;
		return -ENOMEM;
	}
	if (getrandom(&t->seed, sizeof(t->seed), GRND_NONBLOCK) < 0)
		t->seed = (uint64_t)clock_mono_us();
	return 0;
}

static void gate_free(struct gate *g)
{
	heap_release(&g->waiting);
	free(g);
}

void gate_table_release(struct gate_table *t)
{
	for (size_t i = 0; i < t->size; i++) {
		struct gate *next;

		for (struct gate *g = t->slots[i]; g != NULL; g = next) {
			next = g->next;
			gate_free(g);
		}
	}
	free(t->slots);
	*t = (struct gate_table){0};
}

static struct gate **slot_of(const struct gate_table *t, uint64_t hash)
{
	return &t->slots[hash & (t->size - 1)];
}

static uint64_t hash_of(const struct gate_table *t, struct str name)
{
	return XXH3_64bits_withSeed(name.data != NULL ? name.data : "", name.len, t->seed);
}

static struct gate *find_hashed(const struct gate_table *t, struct str name, uint64_t hash)
{
	for (struct gate *g = *slot_of(t, hash); g != NULL; g = g->next)
		if (g->hash == hash && str_eq(str_make(g->name, g->name_len), name))
			return g;
	return NULL;
}

struct gate *gate_find(const struct gate_table *t, struct str name)
{
	return find_hashed(t, name, hash_of(t, name));
}

/* Without memory the chains grow longer instead. */
static void grow(struct gate_table *t)
{
	struct gate **old = t->slots;
	size_t old_size = t->size;
	struct gate **grown = calloc(old_size * 2, sizeof(struct gate *));

	if (grown == NULL)
		return;
	t->slots = grown;
	t->size = old_size * 2;
	for (size_t i = 0; i < old_size; i++) {
		struct gate *next;

		for (struct gate *g = old[i]; g != NULL; g = next) {
			struct gate **slot = slot_of(t, g->hash);

			next = g->next;
			g->next = *slot;
			*slot = g;
		}
	}
	free(old);
}

struct gate *gate_get(struct gate_table *t, struct str name)
{
	uint64_t hash = hash_of(t, name);
	struct gate *g = find_hashed(t, name, hash);
	struct gate **slot;

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

void gate_drop(struct gate_table *t, struct gate *g)
{
	struct gate **slot;

	for (slot = slot_of(t, g->hash); *slot != g; slot = &(*slot)->next)
		;
	*slot = g->next;
	t->count--;
	gate_free(g);
}

struct gate *gate_next(const struct gate_table *t, const struct gate *g)
{
	if (g != NULL && g->next != NULL)
		return g->next;
	for (size_t i = g != NULL ? (g->hash & (t->size - 1)) + 1 : 0; i < t->size; i++)
		if (t->slots[i] != NULL)
			return t->slots[i];
	return NULL;
}

int64_t gate_opens_ms(const struct gate *g)
{
	const struct heap_node *first = heap_top(&g->waiting);
	int64_t opens_ms;

	if (first == NULL)
		return INT64_MAX;
	opens_ms = g->closed_until_ms > g->gap_until_ms ? g->closed_until_ms : g->gap_until_ms;
	return first->key > opens_ms ? first->key : opens_ms;
}
