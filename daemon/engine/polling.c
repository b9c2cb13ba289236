/* SPDX-License-Identifier: ISC */
#include "polling.h"

#include <errno.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/log.h"

bool polling_may_ask(const struct polling *p)
{
	return !p->paused && !p->stopping && !p->storing.stopped;
}

int polling_refuse(const struct polling *p, struct error *err)
{
	if (p->paused)
		return error_set(err, -EAGAIN, "polling is paused, \"sitrep resume\" ends that");
	if (p->storing.stopped)
		return error_set(err, -EAGAIN, "nothing is polled while nothing can be stored: %s", p->storing.reason);
	return 0;
}

bool polling_set_paused(struct polling *p, bool paused)
{
	if (paused == p->paused)
		return false;
	p->paused = paused;
	p->paused_ms = clock_wall_ms();
	log_emit(LOG_LEVEL_NOTICE, paused ? "polling is paused, by command" : "polling goes on, by command", NULL);
	return true;
}

void polling_end(struct polling *p)
{
	p->stopping = true;
}

enum polling_change polling_look_at_storing(struct polling *p, struct writer *w)
{
	struct writer_storing *now = &p->storing;
	bool was_stopped = now->stopped;
	uint64_t stops = now->stops;

	writer_get_storing(w, now);
	/* Storing may have stopped and resumed since the last call. */
	if (!was_stopped && now->stops != stops)
		log_emit(LOG_LEVEL_ERROR, "storing stopped, polling waits", "reason", now->reason, NULL);
	if (now->stopped)
		return was_stopped ? POLLING_UNCHANGED : POLLING_STORING_STOPPED;
	return was_stopped || now->stops != stops ? POLLING_STORING_AGAIN : POLLING_UNCHANGED;
}

void polling_follow_clock(struct polling *p, int64_t jump_ms, int64_t now_ms)
{
	p->paused_ms = time_follow_clock(p->paused_ms, jump_ms, now_ms);
}
