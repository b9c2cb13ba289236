/* SPDX-License-Identifier: ISC */
/* Detects that the wall clock was set, and moves all wall times in memory along.
 *
 * Waits are kept in elapsed time (clock.h), so setting the clock does not change them.  Stored, shown and logged times
 * are wall time. */
#include "engine_internal.h"

#include "poll_plan.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/log.h"
#include "sitrep/base/units.h"

static void log_jump(int64_t jump_ms)
{
	char text[TIME_TEXT_MAX];

	/* in whole seconds */
	duration_format(text, (jump_ms < 0 ? -jump_ms : jump_ms) / 1000 * 1000);
	log_emit(LOG_LEVEL_NOTICE, "the clock was set", jump_ms < 0 ? "back" : "ahead", text, NULL);
}

void engine_init_clock(struct engine *e)
{
	struct clock_mark now = clock_mark_now();

	e->clock = (struct clock_watch){.mark = now, .started_ms = now.wall_ms, .started_us = clock_mono_us()};
}

void engine_look_at_clock(struct engine *e)
{
	struct clock_mark now = clock_mark_now();
	int64_t jump_ms = clock_jump_ms(e->clock.mark, now);
	struct feed *f;

	e->clock.mark = now;
	if (jump_ms == 0)
		return;
	log_jump(jump_ms);
	e->clock.started_ms = time_follow_clock(e->clock.started_ms, jump_ms, now.wall_ms);
	polling_follow_clock(&e->polling, jump_ms, now.wall_ms);
	feed_table_follow_clock(e->stages.feeds, jump_ms, now.wall_ms, poll_plan_follow_clock);
	for (size_t at = 0; (f = feed_table_next(e->stages.feeds, &at)) != NULL;)
		pipeline_follow_clock(f, jump_ms, now.wall_ms);
	websub_feeds_follow_clock(e->stages.websub, jump_ms, now.wall_ms);
	/* Cached answers carry dates of the old clock. */
	publish_follow_clock(e->stages.publish);
}
