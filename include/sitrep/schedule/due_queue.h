/* SPDX-License-Identifier: ISC */
/* due_queue.h: chooses the feed to poll next, within the limits of each site and each server.
 *
 * The queue holds all feeds by due time.  A feed that is due may have to wait for a slot of its site or server, for the
 * gap after the last request there, or for the end of a cool-down.  A site is a registrable domain.  A server is an
 * address, and may serve many sites: hosters of newsletters and feed proxies count the requests of all their sites
 * together.  The queue reads no clock and starts no poll: the engine passes the time, and reports each poll that began
 * or ended. */
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

/* Puts a feed into the queue, or changes its due time; TIME_NONE takes it out.  feed: the engine's number for it;
 * numbers are small and dense.  site is copied.  A feed that is set while it runs goes back into the queue when it
 * ends.  0, or -ENOMEM with nothing changed. */
int due_queue_set(struct due_queue *q, uint32_t feed, struct str site, int64_t due_ms);
void due_queue_remove(struct due_queue *q, uint32_t feed);

/* Sets the address of the site's server, as any text that names it.  Before this call, and after -ENOMEM, only the
 * site's own limits apply.  is_own: the address is in the operator's own network, where no gaps are kept.  Does nothing
 * for a site without feeds. */
int due_queue_place(struct due_queue *q, struct str site, struct str address, bool is_own);

/* Closes the site until until_ms, since its server asked us to wait: none of its feeds is polled before.  Of several
 * calls the latest time counts, since answers come in any order.  The server is closed too, since it may count the
 * requests of all its sites together: for SERVER_COOL_DOWN_MS at most, or until until_ms when a second site there asks
 * the same meanwhile.  The site stays closed as long as one of its feeds is in the queue.  Does nothing for a site
 * without feeds. */
enum { SERVER_COOL_DOWN_MS = 10 * 60 * 1000 };
void due_queue_cool_down(struct due_queue *q, struct str site, int64_t now_ms, int64_t until_ms);

/* Takes the next feed that may be polled now, and marks it as running; false when there is none.  It is the feed that
 * could have been polled earliest.  For a site that was closed, the end of that time counts, so that the feeds that
 * waited there do not go before all others. */
bool due_queue_next(struct due_queue *q, int64_t now_ms, uint32_t *feed);
/* Frees the slots of a feed whose poll has ended.  The feed is out of the queue until due_queue_set().  Does nothing
 * for a feed that does not run. */
void due_queue_done(struct due_queue *q, uint32_t feed);

/* The time from which due_queue_next() may find a feed; INT64_MAX: only after a due_queue_done(). */
int64_t due_queue_wakeup(const struct due_queue *q);
size_t due_queue_running(const struct due_queue *q);
/* The number of feeds that are due and do not run. */
size_t due_queue_waiting(const struct due_queue *q, int64_t now_ms);
/* The time until which the site is closed, and whether its server is the reason; INT64_MIN: it is open. */
int64_t due_queue_closed_until(const struct due_queue *q, struct str site, bool *is_server);

/* A number for the site's server, or for the site while its server is unknown; 0 for a site without feeds. */
uint64_t due_queue_server(const struct due_queue *q, struct str site);

/* Whether the site is in the operator's own network, by due_queue_place(). */
bool due_queue_is_own(const struct due_queue *q, struct str site);

#endif
