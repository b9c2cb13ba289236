/* SPDX-License-Identifier: ISC */
/* What a poll changes of what is remembered of its feed: a row for each rule, with the state before and after. */
#include "../test.h"
#include "sitrep/base/clock.h"
#include "sitrep/model/feed_progress.h"

#define URL "https://feed.example/"
#define ONE "https://one.example/"
#define TWO "https://two.example/"

enum { HOUR_MS = 3600 * 1000 };
static const int64_t now_ms = INT64_C(1700000000000);

/* A state, as far as polls change it.  Times are hours ago; 0 is now, -1 never. */
struct facts {
	enum feed_health health;
	enum poll_failure failure;
	int errors;
	int failing_h, success_h, new_h;
	const char *etag, *last_modified;
	enum feed_emptiness emptiness;
	bool moved;
	const char *moved_url;
	int moved_h, moved_count;
	const char *onward_url;
	int onward_h, onward_count;
	int64_t wait_ms;
	int not_modified;
	bool has_news, has_moved; /* as the poll is told of */
};

/* An outcome, and what its document brought. */
struct answer {
	unsigned kind;
	enum poll_failure failure;
	int http_status;
	const char *url, *etag, *last_modified, *moved_to;
	int64_t retry_after_ms, fresh_ms, early_ms;
	int outage;
	size_t shown, left_out;
};

struct row {
	const char *name;
	struct facts before;
	struct answer answer;
	struct facts after;
};

#define UNSAID .retry_after_ms = -1, .fresh_ms = -1
#define DOCUMENT .kind = OUTCOME_DOCUMENT, .http_status = 200, .url = URL, .shown = 5
#define UNCHANGED .kind = OUTCOME_NOT_MODIFIED, .http_status = 304, .url = URL
#define FAILED .kind = OUTCOME_FAILED, .url = URL
/* of a feed that is well: when it last was, and had news */
#define HEALTHY(well, news) .health = FEED_OK, .failing_h = -1, .success_h = (well), .new_h = (news)
/* Of a feed that is well and has been for long. */
#define WELL HEALTHY(1, 2)
#define WELL_NOW HEALTHY(0, 2)
#define STILL .moved_h = -1, .onward_h = -1
/* of a feed that fails: why, how often in a row, since when, when it last was well, and had news */
#define FAILING(reason, count, since, well, news)                                                                      \
	.health = FEED_FAILING, .failure = (reason), .errors = (count), .failing_h = (since), .success_h = (well),     \
	.new_h = (news)
/* where it redirects to, since when, how often in a row; and whereto from there */
#define MOVED(url, since, count) .moved_url = (url), .moved_h = (since), .moved_count = (count)
#define ONWARD(url, since, count) .onward_url = (url), .onward_h = (since), .onward_count = (count)

static const struct row rows[] = {
	{.name = "the first document",
		{.health = FEED_NEW, .failing_h = -1, .success_h = -1, .new_h = -1, STILL},
		{DOCUMENT, UNSAID, .etag = "\"a\"", .last_modified = "Mon"},
		{HEALTHY(0, -1), STILL, .etag = "\"a\"", .last_modified = "Mon", .has_news = true}},
	{.name = "validators are a pair: a document without one forgets it",
		{WELL, STILL, .etag = "\"a\"", .last_modified = "Mon"},
		{DOCUMENT, UNSAID, .etag = "\"b\""},
		{WELL_NOW, STILL, .etag = "\"b\"", .has_news = true}},
	{.name = "a 304 keeps what it does not renew",
		{WELL, STILL, .etag = "\"a\"", .last_modified = "Mon"},
		{UNCHANGED, UNSAID, .etag = "\"b\""},
		{WELL_NOW, STILL, .etag = "\"b\"", .last_modified = "Mon", .not_modified = 1}},
	{.name = "validators of another URL are not this one's",
		{WELL, STILL, .etag = "\"a\""},
		{.kind = OUTCOME_DOCUMENT, .url = ONE, .shown = 5, UNSAID, .etag = "\"b\""},
		{WELL_NOW, STILL, .etag = "\"a\"", .has_news = true}},
	{.name = "items that were left out are to come back",
		{WELL, STILL, .etag = "\"a\"", .last_modified = "Mon"},
		{DOCUMENT, UNSAID, .left_out = 2, .etag = "\"b\"", .last_modified = "Tue"},
		{WELL_NOW, STILL, .has_news = true}},
	{.name = "a bare 304 leaves the server's wish in force",
		{WELL, STILL, .wait_ms = 900},
		{UNCHANGED, UNSAID},
		{WELL_NOW, STILL, .wait_ms = 900, .not_modified = 1}},
	{.name = "a 304 with a wish replaces it",
		{WELL, STILL, .wait_ms = 900},
		{UNCHANGED, .retry_after_ms = -1, .fresh_ms = 300},
		{WELL_NOW, STILL, .wait_ms = 300, .not_modified = 1}},
	{.name = "the longer of two wishes counts",
		{WELL, STILL},
		{DOCUMENT, .retry_after_ms = 700, .fresh_ms = 300, .etag = "\"a\""},
		{WELL_NOW, STILL, .wait_ms = 700, .etag = "\"a\"", .has_news = true}},
	{.name = "a document without a wish ends it",
		{WELL, STILL, .wait_ms = 900},
		{DOCUMENT, UNSAID},
		{WELL_NOW, STILL, .has_news = true}},

	{.name = "the first failure",
		{WELL, STILL, .etag = "\"a\""},
		{FAILED, UNSAID, .failure = FAILURE_DNS},
		{FAILING(FAILURE_DNS, 1, 0, 1, 2), STILL, .etag = "\"a\""}},
	{.name = "one's own network is away: the first pause again",
		{FAILING(FAILURE_CONNECT, 5, 9, 10, 12), STILL},
		{FAILED, UNSAID, .failure = FAILURE_DNS, .outage = OUTAGE_FAILS_WITH_IT},
		{FAILING(FAILURE_DNS, 1, 9, 10, 12), STILL}},
	{.name = "one's own network is away: what the feed failed with before stands",
		{FAILING(FAILURE_HTTP, 5, 9, 10, 12), STILL, .wait_ms = 900},
		{FAILED, UNSAID, .failure = FAILURE_DNS, .outage = OUTAGE_FAILED_BEFORE},
		{FAILING(FAILURE_HTTP, 5, 9, 10, 12), STILL, .wait_ms = 900}},
	{.name = "by hand, before the feed was due",
		{FAILING(FAILURE_DNS, 3, 9, 10, 12), STILL},
		{FAILED, UNSAID, .failure = FAILURE_CONNECT, .early_ms = 1},
		{FAILING(FAILURE_CONNECT, 3, 9, 10, 12), STILL}},
	{.name = "one more in a row",
		{FAILING(FAILURE_DNS, 3, 9, 10, 12), STILL},
		{FAILED, .retry_after_ms = 60, .fresh_ms = -1, .failure = FAILURE_HTTP, .http_status = 503},
		{FAILING(FAILURE_HTTP, 4, 9, 10, 12), STILL, .wait_ms = 60}},
	{.name = "410 is for good",
		{WELL, STILL},
		{FAILED, UNSAID, .failure = FAILURE_HTTP, .http_status = 410},
		{.health = FEED_GONE,
			.failure = FAILURE_HTTP,
			.errors = 1,
			.failing_h = 0,
			.success_h = 1,
			.new_h = 2,
			STILL}},
	{.name = "a success ends the row",
		{FAILING(FAILURE_HTTP, 4, 9, 10, 12), STILL},
		{UNCHANGED, UNSAID},
		{HEALTHY(0, 12), STILL, .not_modified = 1}},
	{.name = "a bare 304 after a failure has no wish to leave in force",
		{FAILING(FAILURE_HTTP, 1, 1, 2, 12), STILL, .wait_ms = 900},
		{UNCHANGED, UNSAID},
		{HEALTHY(0, 12), STILL, .not_modified = 1}},

	{.name = "items that were there are lost",
		{WELL, STILL, .etag = "\"a\""},
		{.kind = OUTCOME_DOCUMENT, .url = URL, UNSAID, .etag = "\"b\""},
		{FAILING(FAILURE_EMPTY, 1, 0, 1, 2), STILL, .etag = "\"a\"", .emptiness = EMPTINESS_SUSPECT}},
	{.name = "they are back: it is a feed that is empty at times",
		{FAILING(FAILURE_EMPTY, 1, 1, 2, 2), STILL, .emptiness = EMPTINESS_SUSPECT},
		{DOCUMENT, UNSAID},
		{WELL_NOW, STILL, .emptiness = EMPTINESS_KNOWN, .has_news = true}},
	{.name = "such a feed may be empty",
		{WELL, STILL, .emptiness = EMPTINESS_KNOWN},
		{.kind = OUTCOME_DOCUMENT, .url = URL, UNSAID},
		{WELL_NOW, STILL, .emptiness = EMPTINESS_KNOWN, .has_news = true}},
	{.name = "a feed that never had items may be empty",
		{HEALTHY(1, -1), STILL},
		{.kind = OUTCOME_DOCUMENT, .url = URL, UNSAID},
		{HEALTHY(0, -1), STILL, .has_news = true}},

	{.name = "a redirect is noted",
		{WELL, STILL},
		{DOCUMENT, UNSAID, .moved_to = ONE},
		{WELL_NOW, MOVED(ONE, 0, 1), .onward_h = -1, .has_news = true}},
	{.name = "three times within a day are not enough",
		{WELL, MOVED(ONE, 23, 2), .onward_h = -1},
		{DOCUMENT, UNSAID, .moved_to = ONE},
		{WELL_NOW, MOVED(ONE, 23, 3), .onward_h = -1, .has_news = true}},
	{.name = "twice over a day are not enough",
		{WELL, MOVED(ONE, 48, 1), .onward_h = -1},
		{DOCUMENT, UNSAID, .moved_to = ONE},
		{WELL_NOW, MOVED(ONE, 48, 2), .onward_h = -1, .has_news = true}},
	{.name = "three times over a day are believed",
		{WELL, MOVED(ONE, 24, 2), .onward_h = -1},
		{UNCHANGED, UNSAID, .moved_to = ONE},
		{WELL_NOW, .moved = true, MOVED(ONE, 24, 3), .onward_h = -1, .not_modified = 1, .has_moved = true}},
	{.name = "another target begins anew",
		{WELL, MOVED(ONE, 30, 2), .onward_h = -1},
		{DOCUMENT, UNSAID, .moved_to = TWO},
		{WELL_NOW, MOVED(TWO, 0, 1), .onward_h = -1, .has_news = true}},
	{.name = "an answer without a redirect ends it",
		{WELL, MOVED(ONE, 30, 2), .onward_h = -1},
		{DOCUMENT, UNSAID},
		{WELL_NOW, STILL, .has_news = true}},
	{.name = "a failure ends it",
		{WELL, MOVED(ONE, 30, 2), .onward_h = -1},
		{FAILED, UNSAID, .failure = FAILURE_TIMEOUT},
		{FAILING(FAILURE_TIMEOUT, 1, 0, 1, 2), STILL}},
	{.name = "what moved may move on",
		{WELL, .moved = true, MOVED(ONE, 99, 3), ONWARD(TWO, 25, 2)},
		{DOCUMENT, UNSAID, .moved_to = TWO},
		{WELL_NOW, .moved = true, MOVED(TWO, 25, 3), .onward_h = -1, .has_news = true, .has_moved = true}},
	{.name = "the first address leads to where it is known to be",
		{WELL, .moved = true, MOVED(ONE, 99, 3), ONWARD(TWO, 25, 2)},
		{DOCUMENT, UNSAID, .moved_to = ONE},
		{WELL_NOW, .moved = true, MOVED(ONE, 99, 3), ONWARD(TWO, 25, 2), .has_news = true}},
	{.name = "a move outlives four failures",
		{FAILING(FAILURE_HTTP, 3, 9, 10, 12), .moved = true, MOVED(ONE, 99, 3), ONWARD(TWO, 25, 2)},
		{FAILED, UNSAID, .failure = FAILURE_HTTP, .http_status = 404},
		{FAILING(FAILURE_HTTP, 4, 9, 10, 12), .moved = true, MOVED(ONE, 99, 3), .onward_h = -1}},
	{.name = "the fifth ends the belief",
		{FAILING(FAILURE_HTTP, 4, 9, 10, 12), .moved = true, MOVED(ONE, 99, 3), .onward_h = -1},
		{FAILED, UNSAID, .failure = FAILURE_HTTP, .http_status = 404},
		{FAILING(FAILURE_HTTP, 5, 9, 10, 12), STILL}},

	{.name = "what was lost changes nothing but the wish",
		{WELL, .etag = "\"a\"", MOVED(ONE, 30, 2), .onward_h = -1},
		{.kind = OUTCOME_LOST,
			.url = URL,
			.retry_after_ms = 60,
			.fresh_ms = -1,
			.etag = "\"b\"",
			.moved_to = ONE},
		{WELL, .etag = "\"a\"", MOVED(ONE, 30, 2), .onward_h = -1, .wait_ms = 60}},
};

static int64_t hours_ago(int hours)
{
	return hours < 0 ? TIME_NONE : now_ms - (int64_t)hours * HOUR_MS;
}

static char *copy(const char *text)
{
	return text != NULL ? strdup(text) : NULL;
}

static struct feed_state state_of(const struct facts *f)
{
	return (struct feed_state){
		.url = copy(URL),
		.health = f->health,
		.failure = f->failure,
		.errors = f->errors,
		.failing_since_ms = hours_ago(f->failing_h),
		.first_poll_ms = TIME_NONE,
		.last_success_ms = hours_ago(f->success_h),
		.last_new_ms = hours_ago(f->new_h),
		.etag = copy(f->etag),
		.last_modified = copy(f->last_modified),
		.moved = f->moved,
		.moved_url = copy(f->moved_url),
		.moved_since_ms = hours_ago(f->moved_h),
		.moved_count = f->moved_count,
		.onward_url = copy(f->onward_url),
		.onward_since_ms = hours_ago(f->onward_h),
		.onward_count = f->onward_count,
		.server_wait_ms = f->wait_ms,
		.not_modified = f->not_modified,
	};
}

static void assert_text(const char *name, const char *found, const char *wanted)
{
	if ((found == NULL) != (wanted == NULL) || (found != NULL && strcmp(found, wanted) != 0))
		fail_msg("%s: found %s, wanted %s", name, found != NULL ? found : "-", wanted != NULL ? wanted : "-");
}

static void assert_number(const char *name, const char *what, int64_t found, int64_t wanted)
{
	if (found != wanted)
		fail_msg("%s: %s is %lld, wanted %lld", name, what, (long long)found, (long long)wanted);
}

static void assert_state(const char *name, const struct feed_state *s, const struct facts *f)
{
	assert_number(name, "health", s->health, f->health);
	assert_number(name, "failure", s->failure, f->failure);
	assert_number(name, "errors", s->errors, f->errors);
	assert_number(name, "failing since", s->failing_since_ms, hours_ago(f->failing_h));
	assert_number(name, "last success", s->last_success_ms, hours_ago(f->success_h));
	assert_number(name, "last new", s->last_new_ms, hours_ago(f->new_h));
	assert_text(name, s->etag, f->etag);
	assert_text(name, s->last_modified, f->last_modified);
	assert_number(name, "moved", s->moved, f->moved);
	assert_text(name, s->moved_url, f->moved_url);
	assert_number(name, "moved since", s->moved_since_ms, hours_ago(f->moved_h));
	assert_number(name, "moved count", s->moved_count, f->moved_count);
	assert_text(name, s->onward_url, f->onward_url);
	assert_number(name, "onward since", s->onward_since_ms, hours_ago(f->onward_h));
	assert_number(name, "onward count", s->onward_count, f->onward_count);
	assert_number(name, "wait", s->server_wait_ms, f->wait_ms);
	assert_number(name, "not modified", s->not_modified, f->not_modified);
}

static void test_row(const struct row *row)
{
	const struct answer *a = &row->answer;
	struct feed_state s = state_of(&row->before);
	enum feed_emptiness emptiness = row->before.emptiness;
	struct poll_news news = {.shown = a->shown, .left_out = a->left_out};
	struct poll_outcome *o = calloc(1, sizeof(*o));
	struct feed_progress p;

	assert_non_null(o);
	*o = (struct poll_outcome){.at_ms = now_ms,
		.failure = a->failure,
		.http_status = a->http_status,
		.url = copy(a->url),
		.etag = copy(a->etag),
		.last_modified = copy(a->last_modified),
		.moved_to = copy(a->moved_to),
		.retry_after_ms = a->retry_after_ms,
		.fresh_ms = a->fresh_ms,
		.early_ms = a->early_ms,
		.bytes = 100};
	o->kind = a->kind;
	o->outage = a->outage;
	s.reason = row->before.failure != FAILURE_NONE ? copy("as before") : NULL;
	if (a->kind == OUTCOME_FAILED)
		o->reason = copy("no answer");
	feed_progress_asked(&s, o);
	p = feed_progress_ended(&s, &emptiness, o, a->kind == OUTCOME_DOCUMENT ? &news : NULL);
	assert_state(row->name, &s, &row->after);
	assert_number(row->name, "emptiness", emptiness, row->after.emptiness);
	assert_number(row->name, "has news", p.has_news, row->after.has_news);
	assert_number(row->name, "has moved", p.has_moved, row->after.has_moved);
	/* A failure has its reason, and nothing else has one. */
	assert_number(row->name, "reason", s.reason != NULL, s.failure != FAILURE_NONE);
	/* Each poll counts. */
	assert_number(row->name, "polls", s.polls, 1);
	assert_number(row->name, "bytes", s.bytes, 100);
	assert_number(row->name, "status", s.http_status, a->http_status);
	assert_number(row->name, "first poll", s.first_poll_ms, now_ms);
	assert_number(row->name, "last poll", s.last_poll_ms, now_ms);
	poll_outcome_free(o);
	feed_state_release(&s);
}

TEST(rows)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		test_row(&rows[i]);
}

TEST(items)
{
	struct feed_state s = {.last_new_ms = TIME_NONE};

	feed_progress_items(&s, 0, now_ms);
	assert_int_equal(s.items, 0);
	assert_int_equal(s.last_new_ms, TIME_NONE);
	feed_progress_items(&s, 3, now_ms);
	assert_int_equal(s.items, 3);
	assert_int_equal(s.last_new_ms, now_ms);
	feed_progress_items(&s, 0, now_ms + 1);
	assert_int_equal(s.items, 3);
	assert_int_equal(s.last_new_ms, now_ms);
}
