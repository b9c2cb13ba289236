/* SPDX-License-Identifier: ISC */
/* A feed's history: updated with each outcome, read when the next poll is planned. */
#include "sitrep/schedule/feed_history.h"

#include "sitrep/base/clock.h"
#include "sitrep/base/codec.h"

enum { VERSION = 2, HTTP_IM_USED = 226 };

/* The schedule cuts longer hints anyway. */
static const int64_t word_max_ms = INT64_C(366) * 24 * 3600 * 1000;
static const double day_ms = 24.0 * 3600 * 1000;
/* More than any feed posts in all its life. */
static const double awaited_max = 1e9;

void feed_history_init(struct feed_history *h)
{
	*h = (struct feed_history){.retry_after_ms = -1, .fresh_ms = -1, .reason = SCHEDULE_RHYTHM};
	rhythm_init(&h->rhythm);
	validator_trust_init(&h->trust);
}

/* ---- bytes ---- */

static void code_word(struct code *c, int64_t *ms)
{
	code_time(c, ms);
	c->bad = c->bad || *ms < -1 || *ms > word_max_ms;
}

static void code_habits(struct code *c, struct feed_history *h)
{
	uint8_t reason = (uint8_t)h->reason, word = (uint8_t)h->word;

	code_word(c, &h->hints.ttl_ms);
	code_word(c, &h->hints.period_ms);
	code_u32(c, &h->hints.skip_hours);
	code_u8(c, &h->hints.skip_days);
	code_u32(c, &h->trust.useless_full_answers);
	code_u32(c, &h->trust.good_304_in_row);
	code_bool(c, &h->trust.false_304);
	code_time(c, &h->trust.whole_ms);
	code_time(c, &h->trust.unmodified_ms);
	code_time(c, &h->trust.probed_ms);
	code_double(c, &h->trust.doubted, 0, awaited_max);
	code_word(c, &h->retry_after_ms);
	code_word(c, &h->fresh_ms);
	code_u8(c, &reason);
	code_u8(c, &word);
	code_time(c, &h->delay_ms);
	c->bad = c->bad || reason > SCHEDULE_SERVER || word > WORD_SKIP;
	h->reason = (enum schedule_reason)reason;
	h->word = (enum schedule_word)word;
}

int feed_history_encode(const struct feed_history *h, struct buf *out)
{
	struct code c = {.out = out};
	struct feed_history copy = *h;

	(void)buf_putc(out, VERSION);
	code_habits(&c, &copy);
	return rhythm_encode(&h->rhythm, out);
}

void feed_history_decode(struct str bytes, struct feed_history *h)
{
	struct code c = {.in = str_slice(bytes, 1, bytes.len)};

	feed_history_init(h);
	if (bytes.len == 0 || bytes.data[0] != VERSION)
		return;
	code_habits(&c, h);
	if (c.bad || rhythm_decode(c.in, &h->rhythm, NULL) != 0)
		feed_history_init(h);
}

/* ---- the clock ---- */

void feed_history_follow_clock(struct feed_history *h, int64_t jump_ms, int64_t now_ms)
{
	int64_t *times[] = {&h->rhythm.seen_ms, &h->rhythm.last_post_ms, &h->trust.whole_ms, &h->trust.unmodified_ms,
		&h->trust.probed_ms};

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		*times[i] = time_follow_clock(*times[i], jump_ms, now_ms);
}

/* ---- outcomes ---- */

/* The number of items expected since the last new one. */
static double awaited(const struct feed_history *h, const struct feed_state *state, int64_t now_ms)
{
	double posts;

	if (state->last_new_ms == TIME_NONE || state->last_new_ms >= now_ms)
		return 0;
	posts = rhythm_posts_per_day(&h->rhythm) * (double)(now_ms - state->last_new_ms) / day_ms;
	return posts < awaited_max ? posts : awaited_max;
}

static int64_t earliest(const struct poll_news *news)
{
	int64_t first_ms = TIME_NONE;

	for (size_t i = 0; i < news->fresh; i++) {
		int64_t ms = news->published_ms[i];

		if (ms != TIME_NONE && (first_ms == TIME_NONE || ms < first_ms))
			first_ms = ms;
	}
	return first_ms;
}

static int64_t cut_word(int64_t ms)
{
	return ms > word_max_ms ? word_max_ms : ms < 0 ? -1 : ms;
}

static void note_trust(struct feed_history *h, const struct feed_state *state, const struct poll_outcome *o,
	const struct poll_news *news)
{
	struct validator_answer a = {
		.conditional = o->conditional,
		.not_modified = o->kind == OUTCOME_NOT_MODIFIED,
		.news = news != NULL ? (int)news->fresh + news->updates : 0,
		.oldest_news_ms = news != NULL ? earliest(news) : TIME_NONE,
		.awaited = awaited(h, state, o->at_ms),
		.at_ms = o->at_ms,
	};

	validator_trust_note(&h->trust, &a);
}

/* A 304 renews the stored answer and its cache hints (RFC 9111, 4.3.4), unless it brings hints of its own; many servers
 * send none. The hints of an error page, or of a page in the feed's place, do not count. */
static void note_words(struct feed_history *h, const struct poll_outcome *o)
{
	h->retry_after_ms = cut_word(o->retry_after_ms);
	if (o->kind == OUTCOME_DOCUMENT || o->kind == OUTCOME_LOST ||
		(o->kind == OUTCOME_NOT_MODIFIED && o->fresh_ms >= 0))
		h->fresh_ms = cut_word(o->fresh_ms);
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
		note_words(h, o);
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

bool feed_history_want_whole(const struct feed_history *h, const struct feed_state *state, int64_t now_ms)
{
	return validator_trust_wants_whole(
		&h->trust, state->etag != NULL, state->last_modified, awaited(h, state, now_ms), now_ms);
}

/* ---- the plan ---- */

static struct schedule_input input(const struct feed_history *h, const struct feed_state *state,
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
	struct schedule_input in = input(h, state, policy, now_ms);
	struct schedule_plan plan = schedule_next(&in);

	h->reason = plan.reason;
	h->word = plan.word;
	h->delay_ms = plan.expected_delay_ms;
	return plan;
}

const char *feed_history_why(const struct feed_history *h)
{
	if (h->reason == SCHEDULE_SERVER && h->word != WORD_NONE)
		return schedule_word_name(h->word);
	return schedule_reason_words(h->reason, h->rhythm.seen_ms != TIME_NONE);
}

int feed_history_explain(const struct feed_history *h, const struct feed_state *state,
	const struct schedule_policy *policy, struct buf *out)
{
	struct schedule_input in;
	struct schedule_plan plan;

	if (state->last_poll_ms == TIME_NONE) {
		(void)buf_puts(
			out, "It has never been asked; new feeds take their turns, so as not to come all at once.\n");
		return out->failed;
	}
	in = input(h, state, policy, state->last_poll_ms);
	plan = schedule_next(&in);
	if (h->trust.false_304)
		(void)buf_puts(out, "Its server has said 304 although there was news, so it is asked without "
				    "validators once a day.\n");
	else if (plan.due_ms != TIME_NONE && feed_history_want_whole(h, state, plan.due_ms))
		(void)buf_puts(out,
			"It has been silent against its habits, or its Last-Modified lies in the future, so it is "
			"next asked without validators, to see whether its 304 can be believed.\n");
	return schedule_explain(&in, &plan, out);
}
