/* planner.h: puts feeds into the due queue: when each is due in time that passes, and whom its requests bother.
 *
 * The due queue counts elapsed time.  A due time that the database kept is in wall time and is turned into that once,
 * when a feed is planned: by the pause that was planned at its last poll where that was in this run, else by the clock,
 * within what the schedule may plan at all. */
#ifndef SITREP_ENGINE_PLANNER_H
#define SITREP_ENGINE_PLANNER_H

#include "stages.h"

struct planner {
	const struct stages *stages;
	bool has_unplanned; /* feeds */
	size_t lost_feeds;  /* since storing went on */
};

struct due_queue_limits planner_limits(const struct config *c);

/* Where the feed is asked: as configured, or where it has moved to, but secrets are for the host that the configuration
 * names. */
const char *planner_feed_url(const struct feed *f);
/* An address that the feed leads to, as other people may see it; the caller releases. */
struct buf planner_show_url(const struct feed *f, const char *url);
/* How long ago its last poll was; -1: never. */
int64_t planner_polled_ago_ms(const struct feed *f);

/* Puts the feed into the queue by its state's due time, and leaves its site alone if its state says so; c is the
 * configuration from now on.  Without memory it is done later, by planner_retry(). */
void planner_plan(struct planner *p, struct feed *f, const struct config *c);
void planner_retry(struct planner *p);
/* The same for a feed that is planned, whose due time is another one. */
void planner_move(struct planner *p, struct feed *f);
/* It is asked now, or as soon as its site allows. */
void planner_ask_now(struct planner *p, const struct feed *f);
/* It is asked once, wait_ms after its last poll, unless that is planned sooner or a poll is under way. */
void planner_ask_once(struct planner *p, struct feed *f, int64_t wait_ms);
/* A poll could not begin for lack of memory: it is tried again later. */
void planner_put_off(struct planner *p, struct feed *f);
/* The feed leaves the configuration. */
void planner_forget(struct planner *p, struct feed *f);

/* The feed's answer came from that address; what is none is passed over. */
void planner_note_server(struct planner *p, const struct feed *f, const struct config *c, const char *address);

/* f's last document was lost: it becomes due again. */
void planner_note_lost(struct planner *p, struct feed *f);
/* The document of f was stored. */
void planner_note_stored(struct feed *f);
/* A push to f was lost: f is due as soon as its server allows. */
void planner_note_push_lost(struct planner *p, struct feed *f);
/* The outcome of f could not be read or stored: f waits as long as one of which nothing is known. */
void planner_note_unreadable(struct planner *p, struct feed *f);
/* Storing goes on: what was lost is fetched again, one feed after the other. */
void planner_fetch_lost(struct planner *p);

#endif
