/* due_queue.h: which feed goes next, within the limits in all and per host.
 *
 * Holds the numbers of all feeds by due time (a heap), and those that are due but wait for their host's
 * slot or for the end of their host's pause.  Knows no clock and starts nothing: the engine asks with the
 * time, and says what began and what ended. */
#ifndef SITREP_DUE_QUEUE_H
#define SITREP_DUE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/str.h"

struct due_queue;

struct due_queue *due_queue_new(size_t per_host);
void due_queue_free(struct due_queue *q);
void due_queue_set_per_host(struct due_queue *q, size_t per_host);

/* feed: the engine's number for it, small and dense.  host is copied.  Due at TIME_NONE takes it out.
 * A feed that was set again while it runs goes back into the heap when it ends. 0 or -ENOMEM. */
int due_queue_set(struct due_queue *q, uint32_t feed, struct str host, int64_t due_ms);
void due_queue_remove(struct due_queue *q, uint32_t feed);

/* No feed of this host before that time. */
int due_queue_pause_host(struct due_queue *q, struct str host, int64_t until_ms);

/* A feed that may go now, marked as running; false when there is none. The earliest due first among those whose host has room. */
bool due_queue_next(struct due_queue *q, int64_t now_ms, uint32_t *feed);
/* It ended: its host's slot is free. The feed is not planned again until due_queue_set(). */
void due_queue_done(struct due_queue *q, uint32_t feed);

/* When due_queue_next() may have something again: INT64_MAX when only a due_queue_done() can change that. */
int64_t due_queue_wakeup(const struct due_queue *q);
size_t due_queue_running(const struct due_queue *q);
size_t due_queue_waiting(const struct due_queue *q, int64_t now_ms);

#endif
