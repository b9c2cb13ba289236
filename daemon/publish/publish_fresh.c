/* SPDX-License-Identifier: ISC */
/* How long a reader may keep a document: until the next poll of a feed whose stories it has. */
#include <stdlib.h>

#include "publish_state.h"
#include "sitrep/base/clock.h"

enum {
	/* A poll takes a while, and another feed's rhythm may change. */
	FRESH_MIN_S = 30,
	FRESH_MAX_S = 600,
	/* A hub delivers at any time. */
	PUSHED_MAX_MS = 60 * 1000,
	/* Time between two looks at the feeds for one document. */
	LOOK_AGAIN_MS = 10 * 1000,
};

/* Milliseconds until a poll of the feed may bring news. */
static int64_t wait_for(const struct feed *f, int64_t now_ms)
{
	int64_t wait_ms = INT64_MAX;

	if (f == NULL)
		return INT64_MAX;
	if (f->phase != PHASE_IDLE)
		return 0;
	if (f->state.due_ms != TIME_NONE)
		wait_ms = f->state.due_ms > now_ms ? f->state.due_ms - now_ms : 0;
	return f->state.pushed && wait_ms > PUSHED_MAX_MS ? PUSHED_MAX_MS : wait_ms;
}

static int64_t shortest_wait(const struct publish *p, const struct selection *s)
{
	int64_t now_ms = clock_wall_ms(), shortest_ms = INT64_MAX;
	size_t at = 0;
	const struct feed *f;

	for (size_t i = 0; s->feed_ids != NULL && i < s->feed_count; i++) {
		int64_t wait_ms = wait_for(feed_table_by_id(p->feeds, s->feed_ids[i]), now_ms);

		if (wait_ms < shortest_ms)
			shortest_ms = wait_ms;
	}
	while (s->feed_ids == NULL && shortest_ms > 0 && (f = feed_table_next(p->feeds, &at)) != NULL) {
		int64_t wait_ms = wait_for(f, now_ms);

		if (wait_ms < shortest_ms)
			shortest_ms = wait_ms;
	}
	return shortest_ms;
}

unsigned publish_fresh_s(struct publish *p, struct cached *c)
{
	int64_t now_ms = clock_mono_ms(), left_s;
	struct selection s = {0};

	if (c->fresh_looked_ms == 0 || now_ms - c->fresh_looked_ms >= LOOK_AGAIN_MS) {
		int64_t wait_ms = publish_select(p, str_from(c->path), &s) == 0 ? shortest_wait(p, &s) : 0;

		free(s.feed_ids);
		c->fresh_looked_ms = now_ms;
		c->fresh_until_ms = now_ms + (wait_ms < FRESH_MAX_S * 1000 ? wait_ms : FRESH_MAX_S * 1000);
	}
	left_s = (c->fresh_until_ms - now_ms) / 1000;
	return left_s > FRESH_MIN_S ? (unsigned)left_s : FRESH_MIN_S;
}
