/* SPDX-License-Identifier: ISC */
/* Three levels of heaps.  Each site has a heap of its waiting feeds, by due time. Each server has a heap of its sites
 * that have room, by the time at which their first feed may go. The queue has a heap of the servers that have room, and
 * of the sites without a known server, by the same time. Another heap has all sites with waiting feeds by their
 * earliest due time, for counting. So a busy or closed site costs nothing while it waits, and each call takes O(log n)
 * steps.
 *
 * Room in the heaps is made when a feed is added, so that no later call can fail. */
#include "sitrep/schedule/due_queue.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "host_limit.h"
#include "sitrep/base/clock.h"

struct feed {
	struct heap_node node; /* in its site's heap while it waits */
	uint32_t number;
	struct host_limit *site;           /* the site it belongs to; NULL: not in the queue */
	struct host_limit *running_site;   /* the site whose slot it holds; NULL: it does not run */
	struct host_limit *running_server; /* the server whose slot it holds; NULL: none was known when it began */
	int64_t again_ms;                  /* its next due time, set while it runs; TIME_NONE: not set */
};

struct due_queue {
	struct due_queue_limits limits;
	size_t running;
	struct heap ready;
	struct heap due;
	struct feed **feeds; /* by number, NULL: never seen */
	size_t feeds_size;
	struct host_limit_table sites;
	struct host_limit_table servers;
};

static struct feed *feed_of(struct heap_node *n)
{
	return (struct feed *)((char *)n - offsetof(struct feed, node));
}

/* ---- life ---- */

static struct due_queue_limits sane(const struct due_queue_limits *limits)
{
	struct due_queue_limits l = *limits;

	l.per_site = l.per_site > 0 ? l.per_site : 1;
	l.per_server = l.per_server > 0 ? l.per_server : 1;
	return l;
}

struct due_queue *due_queue_new(const struct due_queue_limits *limits)
{
	struct due_queue *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return NULL;
	q->limits = sane(limits);
	if (host_limit_table_init(&q->sites) != 0 || host_limit_table_init(&q->servers) != 0) {
		due_queue_free(q);
		return NULL;
	}
	return q;
}

void due_queue_free(struct due_queue *q)
{
	if (q == NULL)
		return;
	for (size_t i = 0; i < q->feeds_size; i++)
		free(q->feeds[i]);
	host_limit_table_release(&q->sites);
	host_limit_table_release(&q->servers);
	heap_release(&q->ready);
	heap_release(&q->due);
	free(q->feeds);
	free(q);
}

/* ---- host limits ---- */

/* Moves a host limit to its place in the heap of the next level, after its state has changed. */
static void host_limit_update(struct due_queue *q, struct host_limit *g, size_t limit)
{
	struct heap *above = g->parent != NULL ? &g->parent->waiting : &q->ready;

	if (heap_top(&g->waiting) != NULL && g->running < limit)
		heap_put(above, &g->by_ready, host_limit_opens_ms(g));
	else
		heap_remove(above, &g->by_ready);
}

static void server_update(struct due_queue *q, struct host_limit *server)
{
	if (server != NULL)
		host_limit_update(q, server, q->limits.per_server);
}

static void site_update(struct due_queue *q, struct host_limit *site)
{
	const struct heap_node *first = heap_top(&site->waiting);

	if (first != NULL)
		heap_put(&q->due, &site->by_due, first->key);
	else
		heap_remove(&q->due, &site->by_due);
	host_limit_update(q, site, q->limits.per_site);
	server_update(q, site->parent);
}

/* No feed waits for it, runs in it or will return to it. */
static void server_drop_unused(struct due_queue *q, struct host_limit *server)
{
	if (server->members > 0 || server->running > 0)
		return;
	heap_remove(&q->ready, &server->by_ready);
	host_limit_drop(&q->servers, server);
}

static void site_leave_server(struct due_queue *q, struct host_limit *site)
{
	struct host_limit *server = site->parent;

	heap_remove(server != NULL ? &server->waiting : &q->ready, &site->by_ready);
	site->parent = NULL;
	if (server == NULL)
		return;
	server->members--;
	server_update(q, server);
	server_drop_unused(q, server);
}

static void site_drop_unused(struct due_queue *q, struct host_limit *site)
{
	if (site->members > 0 || site->running > 0)
		return;
	site_leave_server(q, site);
	host_limit_drop(&q->sites, site);
}

static int reserve_places(struct due_queue *q)
{
	if (heap_reserve(&q->ready, q->sites.count + q->servers.count + 1) != 0)
		return -ENOMEM;
	return heap_reserve(&q->due, q->sites.count + 1);
}

int due_queue_place(struct due_queue *q, struct str site, struct str address, bool is_own)
{
	struct host_limit *s = host_limit_find(&q->sites, site);
	struct host_limit *server;

	if (s == NULL || str_empty(address))
		return 0;
	s->is_own = is_own;
	if (s->parent != NULL && str_eq(str_make(s->parent->name, s->parent->name_len), address))
		return 0;
	if (reserve_places(q) != 0)
		return -ENOMEM;
	server = host_limit_get(&q->servers, address);
	if (server == NULL)
		return -ENOMEM;
	if (heap_reserve(&server->waiting, server->members + 1) != 0) {
		server_drop_unused(q, server);
		return -ENOMEM;
	}
	server->members++;
	server->is_server = true;
	server->is_own = is_own;
	site_leave_server(q, s);
	s->parent = server;
	site_update(q, s);
	return 0;
}

void due_queue_set_limits(struct due_queue *q, const struct due_queue_limits *limits)
{
	q->limits = sane(limits);
	for (struct host_limit *s = host_limit_next(&q->sites, NULL); s != NULL; s = host_limit_next(&q->sites, s))
		site_update(q, s);
}

void due_queue_cool_down(struct due_queue *q, struct str site, int64_t now_ms, int64_t until_ms)
{
	struct host_limit *s = host_limit_find(&q->sites, site);
	struct host_limit *server;
	int64_t spare_ms = until_ms;

	if (s == NULL)
		return;
	server = s->parent;
	if (server != NULL) {
		/* The server is closed for longer than the site, so another site has closed it. */
		bool is_second = server->closed_until_ms > now_ms && s->closed_until_ms < server->closed_until_ms;

		if (!is_second && until_ms > now_ms + SERVER_COOL_DOWN_MS)
			spare_ms = now_ms + SERVER_COOL_DOWN_MS;
		if (spare_ms > server->closed_until_ms)
			server->closed_until_ms = spare_ms;
	}
	if (until_ms > s->closed_until_ms)
		s->closed_until_ms = until_ms;
	site_update(q, s);
}

int64_t due_queue_closed_until(const struct due_queue *q, struct str site, bool *is_server)
{
	const struct host_limit *s = host_limit_find(&q->sites, site);

	*is_server = s != NULL && s->parent != NULL && s->parent->closed_until_ms > s->closed_until_ms;
	if (s == NULL)
		return INT64_MIN;
	return *is_server ? s->parent->closed_until_ms : s->closed_until_ms;
}

uint64_t due_queue_server(const struct due_queue *q, struct str site)
{
	const struct host_limit *s = host_limit_find(&q->sites, site);

	if (s == NULL)
		return 0;
	return s->parent != NULL ? s->parent->hash : s->hash;
}

bool due_queue_is_own(const struct due_queue *q, struct str site)
{
	const struct host_limit *s = host_limit_find(&q->sites, site);

	return s != NULL && s->is_own;
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

/* Takes f away from its site; it keeps the slots that it holds. */
static void feed_leave(struct due_queue *q, struct feed *f)
{
	struct host_limit *site = f->site;

	f->again_ms = TIME_NONE;
	if (site == NULL)
		return;
	heap_remove(&site->waiting, &f->node);
	f->site = NULL;
	site->members--;
	site_update(q, site);
	site_drop_unused(q, site);
}

static int feed_join(struct due_queue *q, struct feed *f, struct str name)
{
	struct host_limit *site;

	if (reserve_places(q) != 0)
		return -ENOMEM;
	site = host_limit_get(&q->sites, name);
	if (site == NULL)
		return -ENOMEM;
	if (site == f->site)
		return 0;
	if (heap_reserve(&site->waiting, site->members + 1) != 0) {
		site_drop_unused(q, site);
		return -ENOMEM;
	}
	site->members++;
	feed_leave(q, f);
	f->site = site;
	return 0;
}

int due_queue_set(struct due_queue *q, uint32_t feed, struct str site, int64_t due_ms)
{
	struct feed *f;

	if (due_ms == TIME_NONE) {
		due_queue_remove(q, feed);
		return 0;
	}
	f = feed_get(q, feed);
	if (f == NULL || feed_join(q, f, site) != 0)
		return -ENOMEM;
	if (f->running_site != NULL) {
		f->again_ms = due_ms;
		return 0;
	}
	heap_put(&f->site->waiting, &f->node, due_ms);
	site_update(q, f->site);
	return 0;
}

void due_queue_remove(struct due_queue *q, uint32_t feed)
{
	if (feed < q->feeds_size && q->feeds[feed] != NULL)
		feed_leave(q, q->feeds[feed]);
}

/* ---- going and coming back ---- */

static void take_slot(struct host_limit *g, int64_t now_ms, int64_t gap_ms)
{
	g->running++;
	if (gap_ms > 0 && !g->is_own)
		g->gap_until_ms = now_ms + gap_ms;
}

bool due_queue_next(struct due_queue *q, int64_t now_ms, uint32_t *feed)
{
	struct heap_node *first = heap_top(&q->ready);
	struct host_limit *site, *server = NULL;
	struct feed *f;

	if (first == NULL || first->key > now_ms)
		return false;
	site = host_limit_of_ready(first);
	if (site->is_server) {
		server = site;
		site = host_limit_of_ready(heap_top(&server->waiting));
		take_slot(server, now_ms, q->limits.server_gap_ms);
	}
	take_slot(site, now_ms, q->limits.site_gap_ms);
	f = feed_of(heap_top(&site->waiting));
	heap_remove(&site->waiting, &f->node);
	f->running_site = site;
	f->running_server = server;
	q->running++;
	site_update(q, site);
	*feed = f->number;
	return true;
}

void due_queue_done(struct due_queue *q, uint32_t feed)
{
	struct feed *f = feed < q->feeds_size ? q->feeds[feed] : NULL;
	struct host_limit *site, *server;

	if (f == NULL || f->running_site == NULL)
		return;
	site = f->running_site;
	server = f->running_server;
	f->running_site = f->running_server = NULL;
	q->running--;
	if (f->again_ms != TIME_NONE) {
		heap_put(&f->site->waiting, &f->node, f->again_ms);
		f->again_ms = TIME_NONE;
		site_update(q, f->site);
	}
	if (server != NULL) {
		server->running--;
		server_update(q, server);
		server_drop_unused(q, server);
	}
	site->running--;
	site_update(q, site);
	site_drop_unused(q, site);
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

static void count_feed(const struct heap_node *n UNUSED, void *arg)
{
	struct counting *c = arg;

	c->count++;
}

static void count_site(const struct heap_node *n, void *arg)
{
	struct counting *c = arg;

	heap_each_until(&host_limit_of_due(n)->waiting, c->limit, count_feed, c);
}

size_t due_queue_waiting(const struct due_queue *q, int64_t now_ms)
{
	struct counting c = {.limit = now_ms};

	heap_each_until(&q->due, now_ms, count_site, &c);
	return c.count;
}
