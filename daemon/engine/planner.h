/* SPDX-License-Identifier: ISC */
/* planner.h: puts feeds into the due queue: when each is due in elapsed time, and which site and server it belongs to.
 *
 * The due queue counts elapsed time.  A due time in the database is wall time; it is converted once, when a feed is
 * planned.  After a poll in this run the planned pause is added to the time of that poll; else the wall clock decides.
 * Neither is longer than the schedule's longest pause. */
#ifndef SITREP_ENGINE_PLANNER_H
#define SITREP_ENGINE_PLANNER_H

#include "stages.h"

struct planner {
	const struct stages *stages;
	bool has_unplanned; /* feeds are unplanned, for lack of memory */
	size_t lost_feeds;  /* losses since storing was resumed */
};

struct due_queue_limits planner_limits(const struct config *c);

/* The URL to poll: the configured one, or the one that the feed has moved to.  A feed with credentials is always polled
 * at the configured URL. */
const char *planner_feed_url(const struct feed *f);
/* url, an address that the feed leads to, in the form that may be shown; the caller releases it. */
struct buf planner_show_url(const struct feed *f, const char *url);
/* How long ago the feed's last poll was; -1: never polled. */
int64_t planner_polled_ago_ms(const struct feed *f);

/* Puts the feed into the queue by its state's due time, and holds its site back after a 429 or 503; c is the
 * configuration from now on.  Without memory planner_retry() does it later. */
void planner_plan(struct planner *p, struct feed *f, const struct config *c);
void planner_retry(struct planner *p);
/* Moves a feed that is in the queue, after its due time has changed. */
void planner_move(struct planner *p, struct feed *f);
/* The feed is polled now, or as soon as its site allows. */
void planner_ask_now(struct planner *p, const struct feed *f);
/* The feed is polled once, wait_ms after its last poll, unless a poll is planned sooner or under way. */
void planner_ask_once(struct planner *p, struct feed *f, int64_t wait_ms);
/* A poll could not begin for lack of memory: it is tried again after [poll] min. */
void planner_put_off(struct planner *p, struct feed *f);
/* The feed leaves the configuration. */
void planner_forget(struct planner *p, struct feed *f);

/* The feed's answer came from that address; text that is no IP address is ignored. */
void planner_note_server(struct planner *p, const struct feed *f, const struct config *c, const char *address);

/* f's last document was lost: it becomes due again. */
void planner_note_lost(struct planner *p, struct feed *f);
/* The document of f was stored. */
void planner_note_stored(struct feed *f);
/* A push to f was lost: f is due as soon as its server allows. */
void planner_note_push_lost(struct planner *p, struct feed *f);
/* The outcome of f could not be read or stored: f waits for the default interval ([poll] default). */
void planner_note_unreadable(struct planner *p, struct feed *f);
/* Storing was resumed: feeds with a lost document are polled again, one after the other. */
void planner_fetch_lost(struct planner *p);

#endif
