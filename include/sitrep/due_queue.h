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
 * A feed that was set again while it runs waits again when it ends. 0, or -ENOMEM and nothing has changed. */
int due_queue_set(struct due_queue *q, uint32_t feed, struct str host, int64_t due_ms);
void due_queue_remove(struct due_queue *q, uint32_t feed);

/* No feed of this host before that time; a second call overrides the first.  Lasts as long as a feed of the
 * host is in the queue; without one, does nothing. */
int due_queue_pause_host(struct due_queue *q, struct str host, int64_t until_ms);

/* A feed that may go now, marked as running; false when there is none.  Among hosts that have room, the one whose
 * first feed could go earliest: a paused host comes by the end of its pause, so that what piled up behind it
 * does not push to the front. */
bool due_queue_next(struct due_queue *q, int64_t now_ms, uint32_t *feed);
/* It ended: its host's slot is free.  The feed is not planned again until due_queue_set().  Does nothing for a feed
 * that does not run. */
void due_queue_done(struct due_queue *q, uint32_t feed);

/* When due_queue_next() may have something again: INT64_MAX when only a due_queue_done() can change that. */
int64_t due_queue_wakeup(const struct due_queue *q);
size_t due_queue_running(const struct due_queue *q);
/* Feeds that are due and do not run. */
size_t due_queue_waiting(const struct due_queue *q, int64_t now_ms);

#endif
