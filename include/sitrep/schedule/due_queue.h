/* SPDX-License-Identifier: ISC */
/* due_queue.h: which feed goes next, within the limits of every site and every server.
 *
 * Holds the numbers of all feeds by due time (a heap), and those that are due but wait: for a slot of their site
 * or server, for the gap since the last request there, or for the end of its cool-down.  A site is a
 * registrable domain; a server is an address, where many sites may live: hosters of newsletters and feed
 * proxies count their callers over all of them.  It reads no clock and starts no poll: the engine passes the time, and
 * reports each poll that began or ended. */
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

/* feed: the engine's number for it; numbers are small and dense. site is copied. Due at TIME_NONE takes the feed out. A
 * feed that is set while it runs waits again when it ends. 0, or -ENOMEM with nothing changed. */
int due_queue_set(struct due_queue *q, uint32_t feed, struct str site, int64_t due_ms);
void due_queue_remove(struct due_queue *q, uint32_t feed);

/* The site has this address (any text that names it). Before this call, and without memory, only the site's own limits
 * apply.  With is_own, the operator's own network, no gaps are kept.  Does nothing for a site without feeds. */
int due_queue_place(struct due_queue *q, struct str site, struct str address, bool is_own);

/* The site asked us to wait until then: no feed of it is polled before. Of several calls the latest time counts, since
 * answers come in any order. Its server is spared too, since it may count requests over all its sites: for at most
 * SERVER_COOL_DOWN_MS, or for the whole time when a second site there asks the same meanwhile. This lasts as long as a
 * feed of the site is in the queue; without such a feed the call does nothing. */
enum { SERVER_COOL_DOWN_MS = 10 * 60 * 1000 };
void due_queue_cool_down(struct due_queue *q, struct str site, int64_t now_ms, int64_t until_ms);

/* Takes a feed that may go now and marks it as running; false when no feed may. It is the one that could have gone
 * earliest: for a site that was closed the end of that time counts, so that the feeds that piled up behind it do not
 * come first. */
bool due_queue_next(struct due_queue *q, int64_t now_ms, uint32_t *feed);
/* The feed's poll ended: frees its slots. The feed is out of the queue until due_queue_set(). Does nothing for a feed
 * that does not run. */
void due_queue_done(struct due_queue *q, uint32_t feed);

/* When due_queue_next() may find a feed again; INT64_MAX: not before a due_queue_done(). */
int64_t due_queue_wakeup(const struct due_queue *q);
size_t due_queue_running(const struct due_queue *q);
/* The number of feeds that are due and do not run. */
size_t due_queue_waiting(const struct due_queue *q, int64_t now_ms);
/* The time before which no feed of the site may go, and whether its server is the reason; INT64_MIN when it may. */
int64_t due_queue_closed_until(const struct due_queue *q, struct str site, bool *is_server);

/* Whether the site is in the operator's own network, by due_queue_place(). */
bool due_queue_is_own(const struct due_queue *q, struct str site);

#endif
