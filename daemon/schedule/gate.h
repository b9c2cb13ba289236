/* gate.h: a place where feeds wait together, such as a site or a server, found by its name.
 *
 * A gate has room for so many at a time, lets the next one pass only after a gap, and can be closed for a
 * while.  What waits before it, feeds or the gates of a lower level, is ordered by when it could go. */
#ifndef SITREP_SCHEDULE_GATE_H
#define SITREP_SCHEDULE_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/heap.h"
#include "sitrep/base/str.h"

struct gate {
	struct gate *next; /* in its chain of the table */
	uint64_t hash;
	struct gate *parent;       /* before which this one waits; NULL: before the queue itself */
	struct heap waiting;       /* feeds or gates, by when they could go */
	struct heap_node by_ready; /* where it waits itself, while it has room */
	struct heap_node by_due;   /* for the owner's use */
	size_t members;            /* feeds or gates that belong here, waiting or not */
	size_t running;
	int64_t closed_until_ms; /* somebody asked to be left alone */
	int64_t gap_until_ms;    /* the last one went just now */
	bool is_server;          /* sites wait before it, not feeds */
	bool is_own;             /* the operator's own network: no gaps */
	size_t name_len;
	char name[];
};

/* A zeroed struct is none; see gate_table_init(). */
struct gate_table {
	struct gate **slots;
	size_t size; /* a power of two */
	size_t count;
	uint64_t seed;
};

int gate_table_init(struct gate_table *t);
/* Frees the gates as well. */
void gate_table_release(struct gate_table *t);

struct gate *gate_find(const struct gate_table *t, struct str name);
/* Made when it is not there; NULL without memory. */
struct gate *gate_get(struct gate_table *t, struct str name);
/* Takes g, before which nobody waits, out of the table and frees it. */
void gate_drop(struct gate_table *t, struct gate *g);
/* The one after g in the table, in no order; the first for NULL; NULL at the end. */
struct gate *gate_next(const struct gate_table *t, const struct gate *g);

/* When the first that waits could go, as far as time is concerned; INT64_MAX when nobody waits. */
int64_t gate_opens_ms(const struct gate *g);

static inline struct gate *gate_of_ready(struct heap_node *n)
{
	return (struct gate *)((char *)n - offsetof(struct gate, by_ready));
}

static inline const struct gate *gate_of_due(const struct heap_node *n)
{
	return (const struct gate *)((const char *)n - offsetof(struct gate, by_due));
}

#endif
