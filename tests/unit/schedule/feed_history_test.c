/* SPDX-License-Identifier: ISC */
/* A feed's history over polls in virtual time, and as bytes. */
#include "../scratch.h"
#include "sitrep/base/clock.h"
#include "sitrep/schedule/feed_history.h"

static const int64_t minute = INT64_C(60) * 1000;
static const int64_t hour = INT64_C(3600) * 1000;
static const int64_t day = INT64_C(24) * 3600 * 1000;
static const int64_t start = INT64_C(1795392000000); /* Mon, 23 Nov 2026 00:00:00 UTC */

static const struct schedule_policy policy = {
	.min_ms = 5 * 60 * 1000, .max_ms = 6 * 3600 * 1000, .default_ms = 30 * 60 * 1000};

/* Members of an outcome. */
#define SILENT .retry_after_ms = -1, .fresh_ms = -1
#define UNCHANGED .kind = OUTCOME_NOT_MODIFIED, .conditional = true
#define FAILED(reason, status) .kind = OUTCOME_FAILED, .failure = (reason), .http_status = (status)

/* A feed and what is known of it. */
struct feed {
	struct feed_history history;
	struct feed_state state;
	int64_t now_ms;
};

static void feed_init(struct feed *f)
{
	feed_history_init(&f->history);
	f->state = (struct feed_state){
		.id = 7,
		.health = FEED_OK,
		.failing_since_ms = TIME_NONE,
		.first_poll_ms = start,
		.last_poll_ms = TIME_NONE,
		.last_new_ms = TIME_NONE,
		.moved_since_ms = TIME_NONE,
	};
	f->now_ms = start;
}

FIXTURE(feed, feed_init, (void))

static struct schedule_plan take(struct feed *f, const struct poll_outcome *o, struct poll_news *news)
{
	struct poll_outcome at = *o;

	at.at_ms = f->now_ms;
	f->state.polls++;
	f->state.last_poll_ms = f->now_ms;
	f->state.health = o->kind == OUTCOME_FAILED ? FEED_FAILING : FEED_OK;
	f->state.errors = o->kind == OUTCOME_FAILED ? f->state.errors + 1 : 0;
	if (news != NULL && news->fresh > 0)
		f->state.last_new_ms = f->now_ms;
	feed_history_note(&f->history, &f->state, &at, news);
	return feed_history_plan(&f->history, &f->state, &policy, f->now_ms);
}

static struct schedule_plan unmodified(struct feed *f)
{
	const struct poll_outcome o = {UNCHANGED, SILENT};

	return take(f, &o, NULL);
}

static struct schedule_plan document(struct feed *f, size_t fresh, int64_t published_ms, struct feed_hints hints)
{
	const struct poll_outcome o = {.kind = OUTCOME_DOCUMENT, SILENT};
	int64_t times[16];
	struct poll_news news = {.fresh = fresh, .published_ms = times, .shown = 40, .hints = hints};

	for (size_t i = 0; i < fresh; i++)
		times[i] = published_ms;
	return take(f, &o, &news);
}

static void fill(struct feed *f)
{
	feed_init(f);
	document(f, 10, start - 3 * hour, (struct feed_hints){.ttl_ms = hour, .skip_hours = 0x81, .skip_days = 1});
	for (int i = 0; i < 40; i++) {
		f->now_ms += hour;
		if (i % 3 == 0)
			document(f, 1, f->now_ms - 20 * minute, f->history.hints);
		else
			unmodified(f);
	}
}

TEST(bytes)
{
	struct feed f;
	struct feed_history back;
	struct buf *bytes = scratch(4096), *again = scratch(4096);

	fill(&f);
	assert_int_equal(feed_history_encode(&f.history, bytes), 0);
	feed_history_decode(buf_str(bytes), &back);
	assert_int_equal(feed_history_encode(&back, again), 0);
	assert_int_equal(bytes->len, again->len);
	assert_memory_equal(bytes->data, again->data, bytes->len);
	assert_int_equal(back.hints.ttl_ms, hour);
	assert_int_equal(back.hints.skip_hours, 0x81);
	assert_int_equal(back.trust.unmodified_ms, f.history.trust.unmodified_ms);
	assert_true(back.rhythm.seen_ms == f.now_ms);
}

/* Cut anywhere, or with any byte changed, they are a history with sound numbers or none. */
TEST(damaged_bytes)
{
	struct feed f;
	struct feed_history h;
	struct buf *bytes = scratch(4096);

	fill(&f);
	assert_int_equal(feed_history_encode(&f.history, bytes), 0);
	for (size_t len = 0; len < bytes->len; len++) {
		feed_history_decode(str_make(bytes->data, len), &h);
		assert_true(h.rhythm.seen_ms == TIME_NONE && h.trust.full_ms == TIME_NONE && h.hints.ttl_ms == 0);
	}
	for (size_t i = 0; i < bytes->len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			struct schedule_plan plan;

			bytes->data[i] = (char)(bytes->data[i] ^ 1 << bit);
			feed_history_decode(buf_str(bytes), &h);
			plan = feed_history_plan(&h, &f.state, &policy, f.now_ms);
			/* skipped days at most lie between */
			assert_in_range(plan.due_ms, f.now_ms + policy.min_ms, f.now_ms + 8 * day);
			bytes->data[i] = (char)(bytes->data[i] ^ 1 << bit);
		}
	}
	feed_history_decode(STR_NONE, &h);
	assert_true(h.rhythm.seen_ms == TIME_NONE);
}

/* Times and durations that no calendar has are no history: sums of them would overflow. */
TEST(damaged_times)
{
	const int64_t never[] = {INT64_MIN + 1, INT64_MIN + hour, INT64_MAX - 1, INT64_MAX, 400000 * 366 * day};
	struct feed f;
	struct feed_history h;
	struct buf *bytes = scratch(4096);

	fill(&f);
	h = f.history;
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		int64_t *const times[] = {&h.trust.full_ms, &h.trust.unmodified_ms, &h.trust.probed_ms, &h.delay_ms,
			&h.rhythm.seen_ms, &h.rhythm.last_post_ms};

		for (size_t k = 0; k < sizeof(times) / sizeof(times[0]); k++) {
			struct feed_history back;

			h = f.history;
			*times[k] = never[i];
			buf_clear(bytes);
			assert_int_equal(feed_history_encode(&h, bytes), 0);
			feed_history_decode(buf_str(bytes), &back);
			assert_true(back.rhythm.seen_ms == TIME_NONE && back.trust.full_ms == TIME_NONE);
		}
	}
}

TEST_ON(hints_outlive_304, feed, f)
{
	struct schedule_plan plan;
	const struct poll_outcome told = {FAILED(FAILURE_HTTP, 503), .retry_after_ms = 2 * hour, .fresh_ms = -1};

	plan = document(f, 3, start - hour, (struct feed_hints){.ttl_ms = 3 * hour});
	assert_int_equal(plan.hint, HINT_TTL);
	assert_true(plan.due_ms >= start + 3 * hour);
	assert_string_equal(feed_history_why(&f->history), "ttl");
	f->now_ms += 3 * hour;
	plan = unmodified(f);
	assert_int_equal(plan.hint, HINT_TTL);
	/* what a server says about its error page is forgotten with it, what the feed says is not */
	f->now_ms += 3 * hour;
	plan = take(f, &told, NULL);
	assert_int_equal(plan.hint, HINT_TTL);
	assert_int_equal(f->history.retry_after_ms, 2 * hour);
	f->now_ms += 3 * hour;
	unmodified(f);
	assert_int_equal(f->history.retry_after_ms, -1);
	/* and a document that does not say it any more takes it back */
	f->now_ms += 3 * hour;
	plan = document(f, 1, f->now_ms - minute, (struct feed_hints){0});
	assert_int_equal(plan.hint, HINT_NONE);
}

/* What the head of an answer said holds for as long as the answer does. */
TEST_ON(freshness_outlives_a_bare_304, feed, f)
{
	const struct poll_outcome fresh = {.kind = OUTCOME_DOCUMENT, .retry_after_ms = -1, .fresh_ms = 4 * hour};
	const struct poll_outcome other = {UNCHANGED, .retry_after_ms = -1, .fresh_ms = 5 * hour};
	const struct poll_outcome taken_back = {UNCHANGED, .retry_after_ms = -1, .fresh_ms = 0};
	const struct poll_outcome broken = {FAILED(FAILURE_HTTP, 500), .conditional = true, SILENT};
	const struct poll_outcome page = {
		FAILED(FAILURE_NOT_A_FEED, 200), .conditional = true, .retry_after_ms = -1, .fresh_ms = day};
	struct poll_news nothing = {.shown = 40};

	assert_true(take(f, &fresh, &nothing).due_ms >= f->now_ms + 4 * hour);
	f->now_ms += 4 * hour;
	assert_true(unmodified(f).due_ms >= f->now_ms + 4 * hour);
	/* an error is asked about sooner than that, and takes nothing away */
	f->now_ms += 4 * hour;
	assert_true(take(f, &broken, NULL).due_ms < f->now_ms + hour);
	f->now_ms += hour;
	/* nor does a page for maintenance that may be kept for a day add to it */
	assert_true(take(f, &page, NULL).due_ms < f->now_ms + 3 * hour);
	f->now_ms += 3 * hour;
	assert_int_equal(unmodified(f).hint_ms, 4 * hour);
	f->now_ms += 4 * hour;
	assert_true(unmodified(f).due_ms >= f->now_ms + 4 * hour);
	f->now_ms += 4 * hour;
	assert_true(take(f, &other, NULL).due_ms >= f->now_ms + 5 * hour);
	f->now_ms += 5 * hour;
	assert_int_equal(take(f, &taken_back, NULL).hint, HINT_NONE);
	f->now_ms += hour;
	assert_int_equal(unmodified(f).hint, HINT_NONE);
	/* a full answer that says nothing says that, too */
	take(f, &fresh, &nothing);
	f->now_ms += 4 * hour;
	assert_int_equal(document(f, 1, f->now_ms - minute, (struct feed_hints){0}).hint, HINT_NONE);
}

/* A delta of one item says nothing about how much the feed shows, nor that items were missed. */
TEST(delta)
{
	const struct poll_outcome delta = {.kind = OUTCOME_DOCUMENT, .http_status = 226, .conditional = true, SILENT};
	struct feed f;

	fill(&f);
	assert_int_equal(f.history.rhythm.shown, 40);
	for (int i = 0; i < 20; i++) {
		float watched = f.history.rhythm.observed_days;
		int64_t times[] = {f.now_ms + 6 * hour - minute};
		struct poll_news news = {.fresh = 1, .published_ms = times, .shown = 1};

		f.now_ms += 6 * hour;
		take(&f, &delta, &news);
		assert_int_equal(f.history.rhythm.shown, 40);
		assert_true(f.history.rhythm.observed_days > watched + 0.24F);
	}
}

/* A request without validators that fails counts as the one of the day. */
TEST_ON(a_probe_that_fails_counts, feed, f)
{
	static char future[] = "Wed, 01 Dec 2027 00:00:00 GMT";
	const struct poll_outcome refused = {FAILED(FAILURE_HTTP, 503), SILENT};
	struct buf *bytes = scratch(4096);

	/* before there are validators every request is without, and none is a probe */
	take(f, &refused, NULL);
	assert_true(f->history.trust.probed_ms == TIME_NONE);
	document(f, 3, start - hour, (struct feed_hints){0});
	f->state.last_modified = future;
	f->now_ms += day;
	assert_true(feed_history_wants_unconditional(&f->history, &f->state, f->now_ms));
	take(f, &refused, NULL);
	assert_int_equal(feed_history_encode(&f->history, bytes), 0);
	feed_history_decode(buf_str(bytes), &f->history);
	assert_false(feed_history_wants_unconditional(&f->history, &f->state, f->now_ms + day - 1));
	assert_true(feed_history_wants_unconditional(&f->history, &f->state, f->now_ms + day));
}

/* A push teaches the rhythm, and changes nothing else. */
TEST_ON(push, feed, f)
{
	struct feed_history before;
	int64_t times[] = {start + hour - minute};
	struct poll_news news = {.fresh = 1, .published_ms = times, .shown = 1};
	const struct poll_outcome push = {.kind = OUTCOME_PUSH, .at_ms = start + hour};
	const struct poll_outcome subscribed = {.kind = OUTCOME_WEBSUB, .at_ms = start + 2 * hour};

	document(f, 3, start - hour, (struct feed_hints){.ttl_ms = 3 * hour});
	before = f->history;
	feed_history_note(&f->history, &f->state, &push, &news);
	assert_int_equal(f->history.hints.ttl_ms, 3 * hour);
	assert_int_equal(f->history.rhythm.shown, before.rhythm.shown);
	assert_true(f->history.trust.full_ms == before.trust.full_ms);
	assert_true(f->history.rhythm.last_post_ms == times[0]);
	before = f->history;
	feed_history_note(&f->history, &f->state, &subscribed, NULL);
	assert_memory_equal(&before, &f->history, sizeof(before));
}

/* A feed that always posts falls silent: a day later one request goes without validators, and the hidden items of its
 * answer prove the 304 wrong. */
TEST_ON(304_for_ever, feed, f)
{
	static char etag[] = "\"same\"";
	int polls = 0;

	f->state.etag = etag;
	document(f, 10, start - hour, (struct feed_hints){0});
	for (int i = 0; i < 24 * 14; i++) {
		f->now_ms += hour;
		document(f, 2, f->now_ms - 20 * minute, (struct feed_hints){0});
		assert_false(feed_history_wants_unconditional(&f->history, &f->state, f->now_ms + hour));
	}
	do {
		f->now_ms += hour;
		unmodified(f);
		polls++;
		assert_true(polls < 40);
	} while (!feed_history_wants_unconditional(&f->history, &f->state, f->now_ms));
	assert_in_range(polls, 24, 30);
	document(f, 10, f->now_ms - 15 * hour, (struct feed_hints){0});
	assert_true(f->history.trust.false_304);
	assert_false(feed_history_wants_unconditional(&f->history, &f->state, f->now_ms + day - 1));
	assert_true(feed_history_wants_unconditional(&f->history, &f->state, f->now_ms + day));
}

TEST_ON(useless_validators_make_polls_rarer, feed, f)
{
	static char etag[] = "\"another one each time\"";
	const struct poll_outcome whole = {.kind = OUTCOME_DOCUMENT, .conditional = true, SILENT};
	struct poll_news nothing = {.shown = 40};
	struct schedule_plan first, later;

	f->state.etag = etag;
	first = document(f, 3, start - hour, (struct feed_hints){0});
	for (int i = 0; i < 6; i++) {
		f->now_ms += hour;
		later = take(f, &whole, &nothing);
	}
	assert_true(validator_trust_is_useless(&f->history.trust));
	assert_true(later.due_ms - f->now_ms > 2 * (first.due_ms - start));
}

static const char *explained(struct feed *f)
{
	struct buf *text = scratch(1 << 16);

	assert_int_equal(feed_history_explain(&f->history, &f->state, &policy, text), 0);
	return text->data;
}

TEST_ON(explanation, feed, f)
{
	static char future[] = "Wed, 01 Dec 2027 00:00:00 GMT";
	const char *text;

	assert_non_null(strstr(explained(f), "never been polled"));
	fill(f);
	f->history.trust.false_304 = true;
	assert_non_null(strstr(explained(f), "without validators once a day"));
	f->history.trust.false_304 = false;
	assert_null(strstr(explained(f), "validators"));
	f->state.last_modified = future;
	f->history.trust.full_ms = f->now_ms - day;
	text = explained(f);
	assert_non_null(strstr(text, "next polled without validators"));
	assert_non_null(strstr(text, "posts"));
	assert_non_null(strstr(text, "Its next poll is"));
}

static void weekly_posts(struct feed *f, int weeks, struct feed_silence *silence)
{
	for (int i = 0; i < weeks; i++) {
		const struct poll_outcome o = {.kind = OUTCOME_DOCUMENT, .at_ms = f->now_ms + 7 * day, SILENT};

		f->now_ms += 7 * day;
		document(f, 1, f->now_ms - hour, (struct feed_hints){0});
		feed_history_judge_silence(&f->history, &o, false, silence);
		assert_int_equal(silence->news, SILENCE_NO_NEWS);
	}
}

TEST_ON(silence_begins_once_and_ends_with_a_post, feed, f)
{
	const struct poll_outcome failed = {.kind = OUTCOME_FAILED}, good = {.kind = OUTCOME_NOT_MODIFIED};
	struct feed_silence silence;
	int64_t posted_ms;

	weekly_posts(f, 10, &silence);
	posted_ms = f->now_ms - hour;
	f->now_ms += 13 * day;
	unmodified(f);
	feed_history_judge_silence(&f->history, &good, false, &silence);
	assert_int_equal(silence.news, SILENCE_NO_NEWS);
	f->now_ms += 5 * day;
	unmodified(f);
	feed_history_judge_silence(&f->history, &failed, false, &silence);
	assert_int_equal(silence.news, SILENCE_NO_NEWS);
	feed_history_judge_silence(&f->history, &good, false, &silence);
	assert_int_equal(silence.news, SILENCE_BEGUN);
	assert_int_equal(silence.since_ms, posted_ms);
	assert_in_range(silence.usual_ms, 5 * day, 9 * day);
	assert_in_range(silence.limit_ms, 12 * day, 20 * day);
	assert_true(feed_history_is_silent(&f->history));
	feed_history_judge_silence(&f->history, &good, true, &silence);
	assert_int_equal(silence.news, SILENCE_NO_NEWS);
	f->now_ms += day;
	document(f, 1, f->now_ms - hour, (struct feed_hints){0});
	feed_history_judge_silence(&f->history, &good, true, &silence);
	assert_int_equal(silence.news, SILENCE_ENDED);
	assert_int_equal(silence.since_ms, f->now_ms - hour);
}
