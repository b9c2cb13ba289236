/* SPDX-License-Identifier: ISC */
/* host_limit.h: limits the requests to a site or a server, which is found by its name.
 *
 * A host limit has a number of slots, a gap between two starts, and can be closed for a while.  Feeds, or limits of
 * a lower level, wait for it in the order of the time at which they may go. */
#ifndef SITREP_SCHEDULE_HOST_LIMIT_H
#define SITREP_SCHEDULE_HOST_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/heap.h"
#include "sitrep/base/str.h"

struct host_limit {
	struct host_limit *next; /* in its chain of the table */
	uint64_t hash;
	struct host_limit *parent; /* the limit of the next level, for which this one waits; NULL: the queue itself */
	struct heap waiting;       /* feeds or host limits, by when they could go */
	struct heap_node by_ready; /* where it waits itself, while it has room */
	struct heap_node by_due;   /* for the owner's use */
	size_t members;            /* feeds or host limits that belong here, waiting or not */
	size_t running;
	int64_t closed_until_ms; /* closed until this time, on a server's request */
	int64_t gap_until_ms;    /* no start before this time: the gap since the last one */
	bool is_server;          /* sites wait for it, not feeds */
	bool is_own;             /* the operator's own network: no gaps */
	size_t name_len;
	char name[];
};

/* To be made by host_limit_table_init(); a zeroed struct is no table. */
struct host_limit_table {
	struct host_limit **slots;
	size_t size; /* a power of two */
	size_t count;
	uint64_t seed;
};

int host_limit_table_init(struct host_limit_table *t);
/* Frees the limits as well. */
void host_limit_table_release(struct host_limit_table *t);

struct host_limit *host_limit_find(const struct host_limit_table *t, struct str name);
/* Finds or makes the limit of that name; NULL without memory. */
struct host_limit *host_limit_get(struct host_limit_table *t, struct str name);
/* Takes g, for which no feed may be waiting, out of the table and frees it. */
void host_limit_drop(struct host_limit_table *t, struct host_limit *g);
/* The one after g in the table, in no order; the first for NULL; NULL at the end. */
struct host_limit *host_limit_next(const struct host_limit_table *t, const struct host_limit *g);

/* The earliest time at which a waiting feed may go; INT64_MAX when no feed waits. */
int64_t host_limit_opens_ms(const struct host_limit *g);

static inline struct host_limit *host_limit_of_ready(struct heap_node *n)
{
	return (struct host_limit *)((char *)n - offsetof(struct host_limit, by_ready));
}

static inline const struct host_limit *host_limit_of_due(const struct heap_node *n)
{
	return (const struct host_limit *)((const char *)n - offsetof(struct host_limit, by_due));
}

#endif
