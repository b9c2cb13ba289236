/* SPDX-License-Identifier: ISC */
/* retry_queue.h: events on their way to another program, and the place up to which all have arrived.
 *
 * Events come in the order of the log.  Several are delivered at once, those of one story one after the other.  One
 * that fails is tried again after 1 s, then 2, 4 ... up to 5 min; meanwhile the later ones of its story wait.  The
 * place moves on over the oldest events only, so a program that begins there again gets each event at least once. */
#ifndef SITREP_CLI_RETRY_QUEUE_H
#define SITREP_CLI_RETRY_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client.h"
#include "sitrep/base/str.h"

enum {
	RETRY_QUEUE_MAX = 256,                    /* events that wait or are on their way */
	RETRY_QUEUE_BYTES_MAX = 16 * 1024 * 1024, /* of their bodies; one is always taken */
	RETRY_FIRST_MS = 1000,
	RETRY_LONGEST_MS = 5 * 60 * 1000,
};

struct delivery {
	char *body; /* owned, NUL-terminated */
	size_t len;
	struct cursor_place place;
	char kind[32];
	uint64_t story;    /* a digest; 0: of no story */
	unsigned attempts; /* that have failed */
	int64_t due_ms;    /* monotonic */
	enum { DELIVERY_WAITS, DELIVERY_RUNS, DELIVERY_DONE } state;
};

struct retry_queue {
	struct delivery ring[RETRY_QUEUE_MAX];
	size_t first, count;
	size_t bytes;
	size_t running, at_once;
};

/* at_once: 1 to RETRY_QUEUE_MAX. NULL without memory. */
struct retry_queue *retry_queue_new(size_t at_once);
void retry_queue_free(struct retry_queue *d);

/* True when no more may be added. */
bool retry_queue_is_full(const struct retry_queue *d);

/* Adds the next event, and owns body from here on; NULL: there is nothing to deliver, and only the place moves on.
 * story is STR_NONE for an event of no story. */
void retry_queue_add(struct retry_queue *d, const struct cursor_place *place, const char *kind, struct str story,
	char *body, size_t len);

/* Takes the next event to deliver, which then counts as running; NULL: none can begin now.  Borrowed until one of the
 * next two functions reports its end. */
struct delivery *retry_queue_start(struct retry_queue *d, int64_t now_ms);
void retry_queue_done(struct retry_queue *d, struct delivery *one);
/* The event is tried again, not before wait_ms if the receiver asked for that.  Returns the wait. */
int64_t retry_queue_failed(struct retry_queue *d, struct delivery *one, int64_t now_ms, int64_t wait_ms);

/* Drops the oldest ones that are done. True: *place is the last one's. */
bool retry_queue_arrived(struct retry_queue *d, struct cursor_place *place);

/* Milliseconds until one that waits for its next attempt is due; -1: none does. */
int64_t retry_queue_wait_ms(const struct retry_queue *d, int64_t now_ms);

#endif
