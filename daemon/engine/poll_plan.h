/* SPDX-License-Identifier: ISC */
/* poll_plan.h: when a feed is polled next, by the schedule and the history in the feed's row. */
#ifndef SITREP_ENGINE_POLL_PLAN_H
#define SITREP_ENGINE_POLL_PLAN_H

#include "sitrep/base/jsonw.h"
#include "sitrep/model/poll.h"
#include "sitrep/schedule/feed_policies.h"

/* writer_plan_fn, with the struct feed_policies as arg: runs in the writer's thread. */
void poll_plan_next(void *arg, struct feed_state *state, const struct poll_outcome *outcome, struct poll_news *news);
/* writer_follow_clock_fn */
void poll_plan_follow_clock(struct feed_state *state, int64_t jump_ms, int64_t now_ms);
/* True when the next request omits the validators, since the server's 304 answers cannot be trusted. */
bool poll_plan_wants_unconditional(const struct feed_state *state);
/* Writes members of the feed's object in the control socket's answer. */
void poll_plan_write(const struct feed_state *s, struct jsonw *w);
/* Appends the reasons for the time of the feed's next poll, one sentence a line. */
void poll_plan_explain(const struct feed_state *s, const struct schedule_policy *policy, struct buf *out);

#endif
