/* host_limit.h: a place where feeds wait together, such as a site or a server, found by its name.
 *
 * A host limit has room for so many at a time, lets the next one pass only after a gap, and can be closed for a
 * while.  What waits before it, feeds or the limits of a lower level, is ordered by when it could go. */
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
	struct host_limit *parent; /* before which this one waits; NULL: before the queue itself */
	struct heap waiting;       /* feeds or host limits, by when they could go */
	struct heap_node by_ready; /* where it waits itself, while it has room */
	struct heap_node by_due;   /* for the owner's use */
	size_t members;            /* feeds or host limits that belong here, waiting or not */
	size_t running;
	int64_t closed_until_ms; /* somebody asked to be left alone */
	int64_t gap_until_ms;    /* the last one went just now */
	bool is_server;          /* sites wait before it, not feeds */
	bool is_own;             /* the operator's own network: no gaps */
	size_t name_len;
	char name[];
};

/* A zeroed struct is none; see host_limit_table_init(). */
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
/* Made when it is not there; NULL without memory. */
struct host_limit *host_limit_get(struct host_limit_table *t, struct str name);
/* Takes g, before which nobody waits, out of the table and frees it. */
void host_limit_drop(struct host_limit_table *t, struct host_limit *g);
/* The one after g in the table, in no order; the first for NULL; NULL at the end. */
struct host_limit *host_limit_next(const struct host_limit_table *t, const struct host_limit *g);

/* When the first that waits could go, as far as time is concerned; INT64_MAX when nobody waits. */
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
