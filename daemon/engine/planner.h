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
	bool has_unplanned; /* a feed is in no queue, for lack of memory */
	size_t lost_feeds;  /* documents lost since storing was resumed */
};

struct due_queue_limits planner_limits(const struct config *c);

/* The URL to poll: the configured one, or the one that the feed has moved to.  A feed with credentials is always polled
 * at the configured URL. */
const char *planner_feed_url(const struct feed *f);
/* The form of url that may be shown, without secrets; the caller releases it.  url: where the feed leads to. */
struct buf planner_show_url(const struct feed *f, const char *url);
/* How long ago the feed's last poll was; -1: never polled. */
int64_t planner_polled_ago_ms(const struct feed *f);

/* Puts the feed into the queue by its state's due time, and holds its site back after a 429 or 503.  c is the
 * configuration that is or comes into force.  Without memory planner_retry() does it later. */
void planner_plan(struct planner *p, struct feed *f, const struct config *c);
void planner_retry(struct planner *p);
/* Moves a feed that is in the queue, after its due time has changed. */
void planner_move(struct planner *p, struct feed *f);
/* Makes the feed due now; it is polled as soon as its site allows. */
void planner_ask_now(struct planner *p, struct feed *f);
/* Makes the feed due at a part (0 to 1) of its first pause after a failure, unless it is due sooner or polled now. */
void planner_ask_within_first_pause(struct planner *p, struct feed *f, double part);
/* Makes the feed due wait_ms after its last poll, once, unless a poll is planned sooner or under way. */
void planner_ask_once(struct planner *p, struct feed *f, int64_t wait_ms);
/* Puts off a poll that could not begin for lack of memory, by [poll] min. */
void planner_put_off(struct planner *p, struct feed *f);
/* Takes a feed that leaves the configuration out of the queue. */
void planner_forget(struct planner *p, struct feed *f);

/* Notes the address that the feed's answer came from; text that is no IP address is ignored. */
void planner_note_server(struct planner *p, const struct feed *f, const struct config *c, const char *address);

/* True when the answer came from a server of the operator's own: it is not public, and allow or allow-private let it
 * in. */
bool planner_is_own_server(const struct feed *f, const struct config *c, const char *address);

/* Makes a feed due again whose last document was lost. */
void planner_note_lost(struct planner *p, struct feed *f);
/* Forgets that f's document was lost: one was stored. */
void planner_note_stored(struct feed *f);
/* Makes a feed due, as soon as its server allows, when a push to it was lost. */
void planner_note_push_lost(struct planner *p, struct feed *f);
/* Makes a feed whose row could not be read or stored wait for [poll] default. */
void planner_note_unreadable(struct planner *p, struct feed *f);
/* To be called when storing was resumed: makes all feeds with a lost document due again, one after the other. */
void planner_fetch_lost(struct planner *p);

#endif
