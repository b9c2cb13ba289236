/* SPDX-License-Identifier: ISC */
/* due_queue.h: which feed goes next, within the limits of every site and every server.
 *
 * Holds the numbers of all feeds by due time (a heap), and those that are due but wait: for a slot of their site
 * or server, for the gap since the last request there, or for the end of its cool-down.  A site is a
 * registrable domain; a server is an address, where many sites may live: hosters of newsletters and feed
 * proxies count their callers over all of them.  Knows no clock and starts nothing: the engine asks with the
 * time, and says what began and what ended. */
#ifndef SITREP_SCHEDULE_DUE_QUEUE_H
#define SITREP_SCHEDULE_DUE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/str.h"

struct due_queue;

struct due_queue_limits {
	size_t per_site;       /* at a time; at least 1 */
	size_t per_server;     /* the same */
	int64_t site_gap_ms;   /* between the starts of two requests */
	int64_t server_gap_ms; /* the same */
};

struct due_queue *due_queue_new(const struct due_queue_limits *limits);
void due_queue_free(struct due_queue *q);
/* A changed gap holds from the next start on. */
void due_queue_set_limits(struct due_queue *q, const struct due_queue_limits *limits);

/* feed: the engine's number for it, small and dense.  site is copied.  Due at TIME_NONE takes it out.
 * A feed that was set again while it runs waits again when it ends. 0, or -ENOMEM and nothing has changed. */
int due_queue_set(struct due_queue *q, uint32_t feed, struct str site, int64_t due_ms);
void due_queue_remove(struct due_queue *q, uint32_t feed);

/* The site was seen at this address (any text that names it); until then, and without memory, only the site's own
 * limits hold.  With is_own, the operator's own network, no gaps are kept.  Does nothing for a site without feeds. */
int due_queue_place(struct due_queue *q, struct str site, struct str address, bool is_own);

/* The site asks to be left alone until then: no feed of it before that; of several calls the one that asks for longest
 * counts, since answers that were under way together come in any order.  Its server is spared too, since it may count
 * for all its sites: for at most SERVER_COOL_DOWN_MS, and as long as asked when a second site there says the same
 * meanwhile.  Lasts as long as a feed of the site is in the queue; without one, does nothing. */
enum { SERVER_COOL_DOWN_MS = 10 * 60 * 1000 };
void due_queue_cool_down(struct due_queue *q, struct str site, int64_t now_ms, int64_t until_ms);

/* A feed that may go now, marked as running; false when there is none.  Among those that have room, the one that could
 * go earliest: a site that was closed comes by the end of that, so that what piled up behind it does not push to the
 * front. */
bool due_queue_next(struct due_queue *q, int64_t now_ms, uint32_t *feed);
/* It ended: its slots are free.  The feed is not planned again until due_queue_set().  Does nothing for a feed
 * that does not run. */
void due_queue_done(struct due_queue *q, uint32_t feed);

/* When due_queue_next() may have something again: INT64_MAX when only a due_queue_done() can change that. */
int64_t due_queue_wakeup(const struct due_queue *q);
size_t due_queue_running(const struct due_queue *q);
/* Feeds that are due and do not run. */
size_t due_queue_waiting(const struct due_queue *q, int64_t now_ms);
/* Until when no feed of the site may go, and whether for its server's sake; INT64_MIN when it is free to. */
int64_t due_queue_closed_until(const struct due_queue *q, struct str site, bool *is_server);

/* Whether the site is in the operator's own network, by due_queue_place(). */
bool due_queue_is_own(const struct due_queue *q, struct str site);

#endif
