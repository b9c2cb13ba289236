/* SPDX-License-Identifier: ISC */
/* polling.h: whether feeds and hubs may be asked now: not while an operator has paused polling, nor while storing is
 * stopped. */
#ifndef SITREP_ENGINE_POLLING_H
#define SITREP_ENGINE_POLLING_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/ingest/writer.h"

struct polling {
	bool stopping; /* the daemon ends */
	bool paused;
	int64_t paused_ms;             /* when paused last changed, wall clock */
	struct writer_storing storing; /* as of the last polling_look_at_storing() */
};

bool polling_may_ask(const struct polling *p);
/* 0 when an operator may have a feed polled now; else -EAGAIN with a sentence for him. */
int polling_refuse(const struct polling *p, struct error *err);

/* False when already in that state. */
bool polling_set_paused(struct polling *p, bool paused);
void polling_end(struct polling *p);

enum polling_change { POLLING_UNCHANGED, POLLING_STORING_STOPPED, POLLING_STORING_AGAIN };
/* Reads the writer's state, and returns whether storing has stopped or resumed since the last call. */
enum polling_change polling_look_at_storing(struct polling *p, struct writer *w);

/* The clock was set by jump_ms and shows now_ms (clock.h). */
void polling_follow_clock(struct polling *p, int64_t jump_ms, int64_t now_ms);

#endif
