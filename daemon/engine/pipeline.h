/* SPDX-License-Identifier: ISC */
/* pipeline.h: the phases of a poll.  A due feed gets a transfer; the body goes to a parse worker; the document goes to
 * the writer.  Every stage answers by a callback from the loop, which moves the feed to its next phase.
 *
 * Work under way is limited in one place, the start of transfers: when a stage cannot keep up, no new transfer starts.
 * So memory is bounded and no stage drops work. */
#ifndef SITREP_ENGINE_PIPELINE_H
#define SITREP_ENGINE_PIPELINE_H

#include "network.h"
#include "planner.h"
#include "polling.h"
#include "stages.h"

struct pipeline {
	const struct stages *stages;
	const struct polling *polling;
	struct planner *planner;
	struct network network;
	struct event *timer; /* for the next feed that is due */
	int64_t moved_us;    /* when a poll changed its phase, or polls could begin again; monotonic */
	uint64_t polls, polls_failed, polls_not_modified, bytes_received;
	struct histogram poll_durations; /* of the transfers, with redirects; of work */
};

/* 0 or -ENOMEM with err. */
int pipeline_init(struct pipeline *p, const struct stages *stages, const struct polling *polling,
	struct planner *planner, struct error *err);
void pipeline_release(struct pipeline *p);

/* Starts polls that are due, as far as there is room.  To be called at the end of each turn of the loop. */
void pipeline_pump(struct pipeline *p);
/* True when parse pool and writer have room for one more body. */
bool pipeline_has_room(const struct pipeline *p);
/* To be called when polls can begin again: sets moved_us to now. */
void pipeline_note_go(struct pipeline *p);

/* To be called when the outcome of f's poll is committed. */
void pipeline_done(struct pipeline *p, struct feed *f);
/* To be called when f leaves the configuration.  Its transfer is cancelled; parsing or writing goes on. */
void pipeline_forget(struct pipeline *p, struct feed *f);
/* True at the first call for f: "feed's document is larger than [keep] size allows" is logged once a run. */
bool pipeline_first_cut(struct feed *f);
/* The clock was set by jump_ms and shows now_ms (clock.h): moves the times of f's unfinished outcome along. */
void pipeline_follow_clock(struct feed *f, int64_t jump_ms, int64_t now_ms);

#endif
