/* SPDX-License-Identifier: ISC */
/* A feed's history: updated with each outcome, read when the next poll is planned. */
#include "sitrep/schedule/feed_history.h"

#include "sitrep/base/clock.h"
#include "sitrep/base/codec.h"

enum { VERSION = 2, HTTP_IM_USED = 226 };

/* The schedule cuts longer hints anyway. */
static const int64_t hint_max_ms = INT64_C(366) * 24 * 3600 * 1000;
static const double day_ms = 24.0 * 3600 * 1000, hour_ms = 3600.0 * 1000;
/* More posts than any feed ever has. */
static const double awaited_max = 1e9;

void feed_history_init(struct feed_history *h)
{
	*h = (struct feed_history){.retry_after_ms = -1, .fresh_ms = -1, .reason = SCHEDULE_RHYTHM};
	rhythm_init(&h->rhythm);
	validator_trust_init(&h->trust);
}

/* ---- bytes ---- */

static void code_hint(struct code *c, int64_t *ms)
{
	code_time(c, ms);
	c->bad = c->bad || *ms < -1 || *ms > hint_max_ms;
}

static void code_history(struct code *c, struct feed_history *h)
{
	uint8_t reason = (uint8_t)h->reason, hint = (uint8_t)h->hint;

	code_hint(c, &h->hints.ttl_ms);
	code_hint(c, &h->hints.period_ms);
	code_u32(c, &h->hints.skip_hours);
	code_u8(c, &h->hints.skip_days);
	code_u32(c, &h->trust.useless_full_answers);
	code_u32(c, &h->trust.good_304_in_row);
	code_bool(c, &h->trust.false_304);
	code_time(c, &h->trust.full_ms);
	code_time(c, &h->trust.unmodified_ms);
	code_time(c, &h->trust.probed_ms);
	code_double(c, &h->trust.awaited_before, 0, awaited_max);
	code_hint(c, &h->retry_after_ms);
	code_hint(c, &h->fresh_ms);
	code_u8(c, &reason);
	code_u8(c, &hint);
	code_time(c, &h->delay_ms);
	c->bad = c->bad || reason > SCHEDULE_SERVER || hint > HINT_SKIP;
	h->reason = (enum schedule_reason)reason;
	h->hint = (enum schedule_hint)hint;
}

int feed_history_encode(const struct feed_history *h, struct buf *out)
{
	struct code c = {.out = out};
	struct feed_history copy = *h;

	buf_putc(out, VERSION);
	code_history(&c, &copy);
	return rhythm_encode(&h->rhythm, out);
}

void feed_history_decode(struct str bytes, struct feed_history *h)
{
	struct code c = {.in = str_slice(bytes, 1, bytes.len)};

	feed_history_init(h);
	if (bytes.len == 0 || bytes.data[0] != VERSION)
		return;
	code_history(&c, h);
	if (c.bad || rhythm_decode(c.in, &h->rhythm, NULL) != 0)
		feed_history_init(h);
}

/* ---- the clock ---- */

void feed_history_follow_clock(struct feed_history *h, int64_t jump_ms, int64_t now_ms)
{
	int64_t *times[] = {&h->rhythm.seen_ms, &h->rhythm.last_post_ms, &h->rhythm.post_gaps.last_ms,
		&h->trust.full_ms, &h->trust.unmodified_ms, &h->trust.probed_ms};

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		*times[i] = time_follow_clock(*times[i], jump_ms, now_ms);
}

/* ---- outcomes ---- */

/* The number of items expected since the last new one. */
static double awaited_items(const struct feed_history *h, const struct feed_state *state, int64_t now_ms)
{
	double posts;

	if (state->last_new_ms == TIME_NONE || state->last_new_ms >= now_ms)
		return 0;
	posts = rhythm_posts_per_day(&h->rhythm) * (double)(now_ms - state->last_new_ms) / day_ms;
	return posts < awaited_max ? posts : awaited_max;
}

static int64_t earliest_date(const struct poll_news *news)
{
	int64_t first_ms = TIME_NONE;

	for (size_t i = 0; i < news->fresh; i++) {
		int64_t ms = news->published_ms[i];

		if (ms != TIME_NONE && (first_ms == TIME_NONE || ms < first_ms))
			first_ms = ms;
	}
	return first_ms;
}

static int64_t clamp_hint(int64_t ms)
{
	return ms > hint_max_ms ? hint_max_ms : ms < 0 ? -1 : ms;
}

static void note_trust(struct feed_history *h, const struct feed_state *state, const struct poll_outcome *o,
	const struct poll_news *news)
{
	struct validator_answer a = {
		.conditional = o->conditional,
		.not_modified = o->kind == OUTCOME_NOT_MODIFIED,
		.news = news != NULL ? (int)news->fresh + news->updates : 0,
		.oldest_news_ms = news != NULL ? earliest_date(news) : TIME_NONE,
		.awaited = awaited_items(h, state, o->at_ms),
		.at_ms = o->at_ms,
	};

	validator_trust_note(&h->trust, &a);
}

/* A 304 renews the stored answer and its cache hints (RFC 9111, 4.3.4), unless it brings hints of its own; many servers
 * send none. The hints of an error page, or of a page in the feed's place, do not count. */
static void note_head_hints(struct feed_history *h, const struct poll_outcome *o)
{
	h->retry_after_ms = clamp_hint(o->retry_after_ms);
	if (o->kind == OUTCOME_DOCUMENT || o->kind == OUTCOME_LOST ||
		(o->kind == OUTCOME_NOT_MODIFIED && o->fresh_ms >= 0))
		h->fresh_ms = clamp_hint(o->fresh_ms);
}

static bool has_validators(const struct feed_state *state)
{
	return state->etag != NULL || state->last_modified != NULL;
}

void feed_history_note(
	struct feed_history *h, const struct feed_state *state, const struct poll_outcome *o, struct poll_news *news)
{
	struct rhythm_poll poll = {.at_ms = o->at_ms};
	bool is_poll = o->kind != OUTCOME_PUSH;

	if (o->kind == OUTCOME_WEBSUB)
		return;
	if (is_poll)
		note_head_hints(h, o);
	/* The document was not stored and will be fetched again; the history learns from it then. */
	if (o->kind == OUTCOME_LOST)
		return;
	if (o->kind == OUTCOME_FAILED) {
		if (!o->conditional && has_validators(state))
			validator_trust_note_failed(&h->trust, o->at_ms);
		return;
	}
	if (news != NULL) {
		poll.published_ms = news->published_ms;
		poll.fresh = news->fresh;
		/* A push or a delta holds the new items only, not all that the feed shows. */
		poll.shown = is_poll && o->http_status != HTTP_IM_USED ? news->shown : 0;
		if (is_poll)
			h->hints = news->hints;
	}
	if (is_poll)
		note_trust(h, state, o, news);
	rhythm_note_poll(&h->rhythm, &poll);
}

bool feed_history_is_silent(const struct feed_history *h)
{
	return h->rhythm.post_gaps.told;
}

void feed_history_judge_silence(
	struct feed_history *h, const struct poll_outcome *o, bool was_silent, struct feed_silence *silence)
{
	struct post_gaps *p = &h->rhythm.post_gaps;
	double limit = post_gaps_limit(p);
	bool is_good = o->kind == OUTCOME_DOCUMENT || o->kind == OUTCOME_NOT_MODIFIED || o->kind == OUTCOME_PUSH;

	*silence = (struct feed_silence){
		.since_ms = p->last_ms,
		.usual_ms = (int64_t)(post_gaps_usual(p) * hour_ms),
		.limit_ms = (int64_t)(limit * hour_ms),
	};
	if (was_silent && !p->told) {
		silence->news = SILENCE_ENDED;
	} else if (is_good && !p->told && limit > 0 && (double)p->open >= limit) {
		silence->news = SILENCE_BEGUN;
		p->told = true;
	}
}

bool feed_history_wants_unconditional(const struct feed_history *h, const struct feed_state *state, int64_t now_ms)
{
	return validator_trust_wants_unconditional(
		&h->trust, state->etag != NULL, state->last_modified, awaited_items(h, state, now_ms), now_ms);
}

/* ---- the plan ---- */

static struct schedule_input make_input(const struct feed_history *h, const struct feed_state *state,
	const struct schedule_policy *policy, int64_t now_ms)
{
	return (struct schedule_input){
		.policy = policy,
		.state = state,
		.rhythm = &h->rhythm,
		.hints = &h->hints,
		.retry_after_ms = h->retry_after_ms,
		/* After a failed poll the age of the last answer does not delay the next one. */
		.fresh_ms = state->health != FEED_FAILING ? h->fresh_ms : -1,
		.unconditional = !has_validators(state) || validator_trust_is_useless(&h->trust),
		.pushed = state->pushed,
		.now_ms = now_ms,
		.seed = (uint64_t)state->id,
	};
}

struct schedule_plan feed_history_plan(
	struct feed_history *h, const struct feed_state *state, const struct schedule_policy *policy, int64_t now_ms)
{
	struct schedule_input in = make_input(h, state, policy, now_ms);
	struct schedule_plan plan = schedule_next(&in);

	h->reason = plan.reason;
	h->hint = plan.hint;
	h->delay_ms = plan.expected_delay_ms;
	return plan;
}

const char *feed_history_why(const struct feed_history *h)
{
	if (h->reason == SCHEDULE_SERVER && h->hint != HINT_NONE)
		return schedule_hint_name(h->hint);
	return schedule_reason_words(h->reason, h->rhythm.seen_ms != TIME_NONE);
}

int feed_history_explain(const struct feed_history *h, const struct feed_state *state,
	const struct schedule_policy *policy, struct buf *out)
{
	struct schedule_input in;
	struct schedule_plan plan;

	if (state->last_poll_ms == TIME_NONE) {
		buf_puts(out, "It has never been polled; the first polls of new feeds are spread over time.\n");
		return out->failed;
	}
	in = make_input(h, state, policy, state->last_poll_ms);
	plan = schedule_next(&in);
	/* What the last poll led to stands, also after the configuration has changed. */
	if (plan.due_ms != TIME_NONE && state->due_ms > state->last_poll_ms) {
		plan.due_ms = state->due_ms;
		plan.expected_delay_ms = h->delay_ms;
		plan.why = feed_history_why(h);
	}
	if (h->trust.false_304)
		buf_puts(out, "Its server has answered 304 although there were new items, so it is polled without "
			      "validators once a day.\n");
	else if (plan.due_ms != TIME_NONE && feed_history_wants_unconditional(h, state, plan.due_ms))
		buf_puts(out, "It has brought no items for longer than usual, or its Last-Modified is in the "
			      "future, so it is "
			      "next polled without validators, to check whether its 304 is right.\n");
	return schedule_explain(&in, &plan, out);
}
