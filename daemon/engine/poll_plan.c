/* SPDX-License-Identifier: ISC */
/* Plans are made in the writer's thread, in the transaction that stores the poll's outcome.  The loop only reads the
 * state that comes back with the commit. */
#include "poll_plan.h"

#include <stdlib.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/schedule/feed_history.h"
#include "stages.h"

/* Largest encoded history, with room to grow. */
enum { FEED_HISTORY_MAX = 4096 };

static void read_history(const struct feed_state *s, struct feed_history *h)
{
	feed_history_decode(str_make((const char *)s->history, s->history_len), h);
}

/* Without memory the feed keeps the history it had. */
static void save_history(struct feed_state *s, const struct feed_history *h)
{
	struct buf bytes = BUF_INIT(FEED_HISTORY_MAX);
	size_t len;
	char *taken;

	if (feed_history_encode(h, &bytes) == 0 && (taken = buf_take(&bytes, &len)) != NULL) {
		free(s->history);
		s->history = (unsigned char *)taken;
		s->history_len = len;
	}
	buf_release(&bytes);
}

/* A document that could not be stored is fetched again as soon as the server allows, after a minute or after the feed's
 * own interval, whichever is shorter. */
static int64_t plan_again(
	struct feed_history *h, const struct feed_state *state, const struct schedule_policy *policy, int64_t now_ms)
{
	struct schedule_policy soon = *policy;
	struct feed_state answered = *state;
	int64_t own_ms = policy->interval_ms > 0 ? policy->interval_ms : policy->min_ms;

	soon.interval_ms = own_ms < DEMAND_GAP_MS ? own_ms : DEMAND_GAP_MS;
	answered.health = FEED_OK;
	return feed_history_plan(h, &answered, &soon, now_ms).due_ms;
}

/* A failed poll by hand does not put the next poll off, unless the server asks for that. */
static int64_t keep_due(const struct schedule_plan *plan, const struct poll_outcome *o)
{
	int64_t wait_ms = plan->hint_ms > o->early_ms ? plan->hint_ms : o->early_ms;
	bool is_longer = o->early_ms > 0 && plan->due_ms != TIME_NONE && plan->due_ms > o->at_ms + wait_ms;

	return o->kind == OUTCOME_FAILED && is_longer && plan->hint != HINT_SKIP ? o->at_ms + wait_ms : plan->due_ms;
}

void poll_plan_next(void *arg, struct feed_state *state, const struct poll_outcome *outcome, struct poll_news *news)
{
	struct schedule_policy policy = feed_policies_get(arg, state->id);
	struct schedule_plan plan;
	struct feed_history h;
	bool was_silent;

	read_history(state, &h);
	was_silent = feed_history_is_silent(&h);
	feed_history_note(&h, state, outcome, news);
	feed_history_judge_silence(&h, outcome, was_silent, &state->silence);
	if (outcome->kind == OUTCOME_LOST) {
		state->due_ms = plan_again(&h, state, &policy, outcome->at_ms);
	} else {
		plan = feed_history_plan(&h, state, &policy, outcome->at_ms);
		state->due_ms = keep_due(&plan, outcome);
	}
	save_history(state, &h);
}

void poll_plan_follow_clock(struct feed_state *state, int64_t jump_ms, int64_t now_ms)
{
	struct feed_history h;

	read_history(state, &h);
	feed_history_follow_clock(&h, jump_ms, now_ms);
	save_history(state, &h);
}

bool poll_plan_wants_unconditional(const struct feed_state *state)
{
	struct feed_history h;

	read_history(state, &h);
	return feed_history_wants_unconditional(&h, state, clock_wall_ms());
}

/* ---- reports ---- */

void poll_plan_write(const struct feed_state *s, struct jsonw *w)
{
	struct feed_history h;
	uint32_t recent[RHYTHM_RECENT];

	if (s->last_poll_ms == TIME_NONE)
		return;
	read_history(s, &h);
	jsonw_kv_cstr(w, "why", feed_history_why(&h));
	/* Before the first document the rhythm is an assumption, so it is not shown. */
	if (h.rhythm.seen_ms != TIME_NONE) {
		jsonw_kv_real(w, "posts_per_day", rhythm_posts_per_day(&h.rhythm));
		jsonw_key(w, "expected_delay_s");
		jsonw_int(w, h.delay_ms / 1000);
	}
	rhythm_recent(&h.rhythm, clock_wall_ms(), recent);
	jsonw_kv_array(w, "recent");
	for (size_t i = 0; i < RHYTHM_RECENT; i++)
		jsonw_int(w, recent[i]);
	jsonw_array_end(w);
}

static void explain_identity(const struct feed_state *s, struct buf *out)
{
	if (s->identity == FEED_BY_URL)
		buf_puts(out, "Its guids change although its items do not: items are known by their links.\n");
	else if (s->identity == FEED_BY_DIGEST)
		buf_puts(
			out, "Its guids and links change although its items do not: items are known by their texts.\n");
}

void poll_plan_explain(const struct feed_state *s, const struct schedule_policy *policy, struct buf *out)
{
	struct feed_history h;
	char when[TIME_TEXT_MAX];

	read_history(s, &h);
	feed_history_explain(&h, s, policy, out);
	if (s->last_poll_ms == TIME_NONE && s->due_ms != TIME_NONE)
		buf_printf(out, "Its first poll is planned for %s.\n", time_format_rfc3339(when, s->due_ms));
	explain_identity(s, out);
}
