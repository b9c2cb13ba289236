/* Two levels of heaps.  Each host has its waiting feeds by due time; the queue has the hosts that have room by
 * the time at which their first feed may go (its due time, or the end of the host's pause), and all hosts
 * with waiting feeds by their earliest due time, for counting.  A busy or paused host thus costs nothing
 * while it waits, however many feeds it has, and no call looks at more than O(log n) entries.
 *
 * Room in the heaps is made when a feed comes in, so that no later call can fail. */
#include "sitrep/due_queue.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "heap.h"
#include "sitrep/clock.h"

enum { TABLE_MIN = 64 };

struct host {
	struct host *next; /* in its chain of the table */
	uint64_t hash;
	struct heap feeds;         /* those that wait, by due time */
	struct heap_node by_ready; /* on queue->ready while it has room */
	struct heap_node by_due;   /* on queue->due while feeds wait */
	size_t members;            /* feeds that belong here, waiting or not */
	size_t running;
	int64_t paused_until_ms;
	size_t name_len;
	char name[];
};

struct feed {
	struct heap_node node; /* on host->feeds while it waits */
	uint32_t number;
	struct host *host;         /* where it belongs, NULL: not in the queue */
	struct host *running_host; /* whose slot it holds, NULL: it does not run */
	int64_t again_ms;          /* due time for after its run, TIME_NONE */
};

struct due_queue {
	size_t per_host;
	size_t running;
	struct heap ready;
	struct heap due;
	struct feed **feeds; /* by number, NULL: never seen */
	size_t feeds_size;
	struct host **table;
	size_t table_size; /* a power of two */
	size_t host_count;
	uint64_t seed;
};

static struct host *host_of_ready(struct heap_node *n)
{
	return (struct host *)((char *)n - offsetof(struct host, by_ready));
}

static const struct host *host_of_due(const struct heap_node *n)
{
	return (const struct host *)((const char *)n - offsetof(struct host, by_due));
}

static struct feed *feed_of(struct heap_node *n)
{
	return (struct feed *)((char *)n - offsetof(struct feed, node));
}

/* ---- life ---- */

struct due_queue *due_queue_new(size_t per_host)
{
	struct due_queue *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return NULL;
	q->table = calloc(TABLE_MIN, sizeof(struct host *));
	if (q->table == NULL) {
		free(q);
		return NULL;
	}
	q->table_size = TABLE_MIN;
	q->per_host = per_host > 0 ? per_host : 1;
	/* Names come from outside; without a secret somebody could make them all fall into one chain. */
	if (getrandom(&q->seed, sizeof(q->seed), GRND_NONBLOCK) < 0)
		q->seed = (uint64_t)clock_mono_us();
	return q;
}

static void host_free(struct host *h)
{
	heap_release(&h->feeds);
	free(h);
}

void due_queue_free(struct due_queue *q)
{
	if (q == NULL)
		return;
	for (size_t i = 0; i < q->feeds_size; i++)
		free(q->feeds[i]);
	for (size_t i = 0; i < q->table_size; i++) {
		struct host *next;

		for (struct host *h = q->table[i]; h != NULL; h = next) {
			next = h->next;
			host_free(h);
		}
	}
	heap_release(&q->ready);
	heap_release(&q->due);
	free(q->feeds);
	free(q->table);
	free(q);
}

/* ---- hosts ---- */

static struct host **host_slot(struct due_queue *q, uint64_t hash)
{
	return &q->table[hash & (q->table_size - 1)];
}

static struct host *host_find(struct due_queue *q, struct str name, uint64_t *hash)
{
	*hash = XXH3_64bits_withSeed(name.data != NULL ? name.data : "", name.len, q->seed);
	for (struct host *h = *host_slot(q, *hash); h != NULL; h = h->next)
		if (h->hash == *hash && str_eq(str_make(h->name, h->name_len), name))
			return h;
	return NULL;
}

/* Without memory the chains grow longer instead. */
static void table_grow(struct due_queue *q)
{
	size_t old_size = q->table_size;
	struct host **old = q->table;
	struct host **grown = calloc(old_size * 2, sizeof(struct host *));

	if (grown == NULL)
		return;
	q->table = grown;
	q->table_size = old_size * 2;
	for (size_t i = 0; i < old_size; i++) {
		struct host *next;

		for (struct host *h = old[i]; h != NULL; h = next) {
			struct host **slot = host_slot(q, h->hash);

			next = h->next;
			h->next = *slot;
			*slot = h;
		}
	}
	free(old);
}

static struct host *host_get(struct due_queue *q, struct str name)
{
	uint64_t hash;
	struct host *h = host_find(q, name, &hash);
	struct host **slot;

	if (h != NULL)
		return h;
	if (heap_reserve(&q->ready, q->host_count + 1) != 0 || heap_reserve(&q->due, q->host_count + 1) != 0)
		return NULL;
	h = calloc(1, sizeof(*h) + name.len);
	if (h == NULL)
		return NULL;
	if (q->host_count >= q->table_size)
		table_grow(q);
	h->hash = hash;
	h->by_ready.place = h->by_due.place = HEAP_OUT;
	h->paused_until_ms = INT64_MIN;
	h->name_len = name.len;
	if (name.len > 0)
		memcpy(h->name, name.data, name.len);
	slot = host_slot(q, hash);
	h->next = *slot;
	*slot = h;
	q->host_count++;
	return h;
}

/* Nothing waits for it, runs on it, or will come back to it. */
static void host_drop_unused(struct due_queue *q, struct host *h)
{
	struct host **slot;

	if (h->members > 0 || h->running > 0)
		return;
	for (slot = host_slot(q, h->hash); *slot != h; slot = &(*slot)->next)
		;
	*slot = h->next;
	q->host_count--;
	host_free(h);
}

/* The one place where a host's places in the queue's heaps follow from its state. */
static void host_update(struct due_queue *q, struct host *h)
{
	const struct heap_node *first = heap_top(&h->feeds);

	if (first == NULL) {
		heap_remove(&q->due, &h->by_due);
		heap_remove(&q->ready, &h->by_ready);
		return;
	}
	heap_put(&q->due, &h->by_due, first->key);
	if (h->running < q->per_host)
		heap_put(&q->ready, &h->by_ready, first->key > h->paused_until_ms ? first->key : h->paused_until_ms);
	else
		heap_remove(&q->ready, &h->by_ready);
}

void due_queue_set_per_host(struct due_queue *q, size_t per_host)
{
	q->per_host = per_host > 0 ? per_host : 1;
	for (size_t i = 0; i < q->table_size; i++)
		for (struct host *h = q->table[i]; h != NULL; h = h->next)
			host_update(q, h);
}

int due_queue_pause_host(struct due_queue *q, struct str host, int64_t until_ms)
{
	uint64_t hash;
	struct host *h = host_find(q, host, &hash);

	if (h == NULL)
		return 0;
	h->paused_until_ms = until_ms;
	host_update(q, h);
	return 0;
}

/* ---- feeds ---- */

static struct feed *feed_get(struct due_queue *q, uint32_t number)
{
	struct feed *f;

	if (number >= q->feeds_size) {
		size_t size = q->feeds_size > 0 ? q->feeds_size : 16;
		struct feed **grown;

		while (size <= number)
			size *= 2;
		grown = realloc(q->feeds, size * sizeof(struct feed *));
		if (grown == NULL)
			return NULL;
		memset(grown + q->feeds_size, 0, (size - q->feeds_size) * sizeof(struct feed *));
		q->feeds = grown;
		q->feeds_size = size;
	}
	if (q->feeds[number] != NULL)
		return q->feeds[number];
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		return NULL;
	f->node.place = HEAP_OUT;
	f->number = number;
	f->again_ms = TIME_NONE;
	q->feeds[number] = f;
	return f;
}

/* Takes f away from its host; the slot it may hold stays held. */
static void feed_leave(struct due_queue *q, struct feed *f)
{
	struct host *h = f->host;

	f->again_ms = TIME_NONE;
	if (h == NULL)
		return;
	heap_remove(&h->feeds, &f->node);
	f->host = NULL;
	h->members--;
	host_update(q, h);
	host_drop_unused(q, h);
}

static int feed_join(struct due_queue *q, struct feed *f, struct str name)
{
	struct host *h = host_get(q, name);

	if (h == NULL)
		return -ENOMEM;
	if (h == f->host)
		return 0;
	if (heap_reserve(&h->feeds, h->members + 1) != 0) {
		host_drop_unused(q, h);
		return -ENOMEM;
	}
	h->members++;
	feed_leave(q, f);
	f->host = h;
	return 0;
}

int due_queue_set(struct due_queue *q, uint32_t feed, struct str host, int64_t due_ms)
{
	struct feed *f;

	if (due_ms == TIME_NONE) {
		due_queue_remove(q, feed);
		return 0;
	}
	f = feed_get(q, feed);
	if (f == NULL || feed_join(q, f, host) != 0)
		return -ENOMEM;
	if (f->running_host != NULL) {
		f->again_ms = due_ms;
		return 0;
	}
	heap_put(&f->host->feeds, &f->node, due_ms);
	host_update(q, f->host);
	return 0;
}

void due_queue_remove(struct due_queue *q, uint32_t feed)
{
	if (feed < q->feeds_size && q->feeds[feed] != NULL)
		feed_leave(q, q->feeds[feed]);
}

/* ---- going and coming back ---- */

bool due_queue_next(struct due_queue *q, int64_t now_ms, uint32_t *feed)
{
	struct heap_node *first = heap_top(&q->ready);
	struct host *h;
	struct feed *f;

	if (first == NULL || first->key > now_ms)
		return false;
	h = host_of_ready(first);
	f = feed_of(heap_top(&h->feeds));
	heap_remove(&h->feeds, &f->node);
	f->running_host = h;
	h->running++;
	q->running++;
	host_update(q, h);
	*feed = f->number;
	return true;
}

void due_queue_done(struct due_queue *q, uint32_t feed)
{
	struct feed *f = feed < q->feeds_size ? q->feeds[feed] : NULL;
	struct host *h;

	if (f == NULL || f->running_host == NULL)
		return;
	h = f->running_host;
	f->running_host = NULL;
	h->running--;
	q->running--;
	if (f->again_ms != TIME_NONE) {
		heap_put(&f->host->feeds, &f->node, f->again_ms);
		f->again_ms = TIME_NONE;
		host_update(q, f->host);
	}
	host_update(q, h);
	host_drop_unused(q, h);
}

int64_t due_queue_wakeup(const struct due_queue *q)
{
	const struct heap_node *first = heap_top(&q->ready);

	return first != NULL ? first->key : INT64_MAX;
}

size_t due_queue_running(const struct due_queue *q)
{
	return q->running;
}

struct counting {
	int64_t limit;
	size_t count;
};

static void count_feed(const struct heap_node *n, void *arg)
{
	struct counting *c = arg;

	(void)n;
	c->count++;
}

static void count_host(const struct heap_node *n, void *arg)
{
	struct counting *c = arg;

	heap_each_until(&host_of_due(n)->feeds, c->limit, count_feed, c);
}

size_t due_queue_waiting(const struct due_queue *q, int64_t now_ms)
{
	struct counting c = {.limit = now_ms};

	heap_each_until(&q->due, now_ms, count_host, &c);
	return c.count;
}
