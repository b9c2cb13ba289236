/* pipeline.h: the way of a feed.  A feed that is due gets a transfer; its bytes go to a parse worker; the document goes
 * to the writer.  Every stage answers by a callback from the loop, which moves the feed to its next phase.
 *
 * How much is under way is bounded in one place: a stage that cannot keep up makes the first one wait, so memory is
 * bounded without any stage dropping work. */
#ifndef SITREP_ENGINE_PIPELINE_H
#define SITREP_ENGINE_PIPELINE_H

#include "planner.h"
#include "polling.h"
#include "stages.h"

struct pipeline {
	const struct stages *stages;
	const struct polling *polling;
	struct planner *planner;
	struct event *timer; /* for the next feed that is due */
	int64_t moved_us;    /* when a poll began or ended, or could begin again; monotonic */
	uint64_t polls, polls_failed, polls_not_modified, bytes_received;
};

/* 0 or -ENOMEM with err. */
int pipeline_init(struct pipeline *p, const struct stages *stages, const struct polling *polling,
	struct planner *planner, struct error *err);
void pipeline_release(struct pipeline *p);

/* Starts what is due and has room.  To be called at the end of each turn of the loop. */
void pipeline_pump(struct pipeline *p);
/* What is in the parse pool and waits for the writer leaves room for more. */
bool pipeline_has_room(const struct pipeline *p);
/* Polls could not begin until now. */
void pipeline_note_go(struct pipeline *p);

/* The outcome of f's poll is committed. */
void pipeline_done(struct pipeline *p, struct feed *f);
/* f leaves the configuration: its transfer ends; what is parsed or written goes on. */
void pipeline_forget(struct pipeline *p, struct feed *f);
/* Whether it was not told yet that f shows more than the database has room for; once a run. */
bool pipeline_first_cut(struct feed *f);
/* The clock was set by jump_ms and shows now_ms (clock.h): moves the outcome that is being filled along. */
void pipeline_follow_clock(struct feed *f, int64_t jump_ms, int64_t now_ms);

#endif
