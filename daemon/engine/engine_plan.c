/* When a feed is asked next, and why: the schedule with what the database remembers of the feed's history.
 *
 * Plans are made in the writer's thread, within the transaction that keeps what they were made from.  The loop
 * only reads what came back with the commit. */
#include "engine_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/schedule/feed_history.h"

/* What a feed's history take as bytes, with room to grow; and the reasoning as text. */
enum { FEED_HISTORY_MAX = 4096, EXPLANATION_MAX = 64 * 1024 };

static void read_habits(const struct feed_state *s, struct feed_history *h)
{
	feed_history_decode(str_make((const char *)s->history, s->history_len), h);
}

/* Without memory the feed keeps the history it had. */
static void save_habits(struct feed_state *s, const struct feed_history *h)
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

/* A document that could not be kept is fetched again as soon as the server allows, a minute after the last time at
 * the earliest, or after the feed's own interval. */
static int64_t plan_again(
	struct feed_history *h, const struct feed_state *state, const struct schedule_policy *policy, int64_t now_ms)
{
	struct schedule_policy soon = *policy;
	struct feed_state answered = *state;
	int64_t own_ms = policy->interval_ms > 0 ? policy->interval_ms : policy->min_ms;

	soon.interval_ms = own_ms < ENGINE_DEMAND_GAP_MS ? own_ms : ENGINE_DEMAND_GAP_MS;
	answered.health = FEED_OK;
	return feed_history_plan(h, &answered, &soon, now_ms).due_ms;
}

void engine_plan_next(void *arg, struct feed_state *state, const struct poll_outcome *outcome, struct poll_news *news)
{
	struct schedule_policy policy = feed_policies_get(arg, state->id);
	struct feed_history h;

	read_habits(state, &h);
	feed_history_note(&h, state, outcome, news);
	if (outcome->kind == OUTCOME_LOST)
		state->due_ms = plan_again(&h, state, &policy, outcome->at_ms);
	else
		state->due_ms = feed_history_plan(&h, state, &policy, outcome->at_ms).due_ms;
	save_habits(state, &h);
}

void engine_follow_habits(struct feed_state *state, int64_t jump_ms, int64_t now_ms)
{
	struct feed_history h;

	read_habits(state, &h);
	feed_history_follow_clock(&h, jump_ms, now_ms);
	save_habits(state, &h);
}

bool engine_wants_whole(const struct feed_state *state)
{
	struct feed_history h;

	read_habits(state, &h);
	return feed_history_want_whole(&h, state, clock_wall_ms());
}

/* ---- reports ---- */

void engine_write_habits(const struct feed_state *s, struct jsonw *w)
{
	struct feed_history h;
	uint32_t recent[RHYTHM_RECENT];

	if (s->last_poll_ms == TIME_NONE)
		return;
	read_habits(s, &h);
	jsonw_kv_cstr(w, "why", feed_history_why(&h));
	/* What is taken for granted of a feed that was never seen is no number to show. */
	if (h.rhythm.seen_ms != TIME_NONE) {
		jsonw_key(w, "posts_per_day");
		jsonw_real(w, rhythm_posts_per_day(&h.rhythm));
		jsonw_key(w, "expected_delay_s");
		jsonw_int(w, h.delay_ms / 1000);
	}
	rhythm_recent(&h.rhythm, clock_wall_ms(), recent);
	jsonw_key(w, "recent");
	jsonw_array(w);
	for (size_t i = 0; i < RHYTHM_RECENT; i++)
		jsonw_int(w, recent[i]);
	jsonw_array_end(w);
}

/* What holds a feed back beside its own plan. */
static void explain_site(const struct engine *e, const struct feed *f, struct buf *out)
{
	char when[TIME_TEXT_MAX];
	bool is_server;
	int64_t now_ms = clock_elapsed_ms();
	int64_t until_ms = due_queue_closed_until(e->queue, str_from(f->site), &is_server);

	if (until_ms > now_ms)
		(void)buf_printf(out, "%s%s has asked to be left alone; nothing is asked there before %s.\n",
			is_server ? "The server of " : "", f->site,
			time_format_rfc3339(when, clock_wall_ms() + until_ms - now_ms));
	if (e->paused)
		(void)buf_puts(out, "Polling is paused, by command, until resume.\n");
	if (e->storing.stopped)
		(void)buf_printf(out, "Nothing is polled while nothing can be stored: %s.\n", e->storing.reason);
	if (f->phase != PHASE_IDLE)
		(void)buf_puts(out, "It is being asked right now.\n");
}

static void explain_identity(const struct feed_state *s, struct buf *out)
{
	if (s->identity == FEED_BY_URL)
		(void)buf_puts(out, "Its guids change although its items do not: they are known by their links.\n");
	else if (s->identity == FEED_BY_DIGEST)
		(void)buf_puts(
			out, "Its guids and links change although its items do not: they are known by their texts.\n");
}

int engine_explain(void *arg, struct str feed, struct jsonw *w, struct error *err)
{
	struct engine *e = arg;
	const struct feed *f = feed.data != NULL ? feed_table_find(e->feeds, feed) : NULL;
	struct buf text = BUF_INIT(EXPLANATION_MAX);
	const struct feed_state *s;
	struct schedule_policy policy;
	struct feed_history h;
	struct str rest, line;
	char when[TIME_TEXT_MAX];

	if (f == NULL)
		return error_set(err, feed.data != NULL ? -ENOENT : -EINVAL,
			feed.data != NULL ? "no feed is named %.*s" : "which feed?%.*s", STR_ARG(feed));
	s = &f->state;
	policy = feed_policies_get(e->policies, s->id);
	read_habits(s, &h);
	(void)feed_history_explain(&h, s, &policy, &text);
	(void)buf_printf(&text, "It is planned for %s.\n",
		s->due_ms != TIME_NONE ? time_format_rfc3339(when, s->due_ms) : "no time at all");
	explain_identity(s, &text);
	explain_site(e, f, &text);
	jsonw_array(w);
	for (rest = buf_str(&text); str_split(&rest, '\n', &line);)
		if (!str_empty(line))
			jsonw_str(w, line);
	jsonw_array_end(w);
	buf_release(&text);
	return 0;
}
