/* SPDX-License-Identifier: ISC */
/* Feeds, their state and health, and outcomes that cannot be kept. */
#include "fixture.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static void add_news(struct draft *d, const char *title, int count)
{
	draft_init(d, title);
	for (int i = 0; i < count; i++) {
		char guid[32], headline[64];

		snprintf(guid, sizeof(guid), "item %d", i);
		snprintf(headline, sizeof(headline), "Exercise number %d", i);
		draft_add(d, guid, NULL, headline,
			"the alliance begins its largest exercise in the region for ten years");
	}
}

static struct poll_outcome *failure_make(
	struct fixture *f, size_t feed, enum poll_failure failure, int status, const char *reason)
{
	struct poll_outcome *o = outcome_make(f, feed, OUTCOME_FAILED);

	o->failure = failure;
	o->http_status = status;
	o->reason = strdup(reason);
	return o;
}

TEST_ON(sync, fixture, f)
{
	struct feed_spec changed[] = {fixture_feeds[CHARLIE], fixture_feeds[ALPHA]};
	struct store_counts counts;
	int64_t alpha = f->feeds[ALPHA].id, charlie = f->feeds[CHARLIE].id, generation;
	struct poll_outcome *o;
	struct draft d;

	assert_string_equal(f->feeds[ALPHA].title, "alpha");
	assert_string_equal(f->feeds[ALPHA].categories, "naval\nus");
	assert_string_equal(f->feeds[CHARLIE].title, "The Charlie");
	assert_int_equal(f->feeds[BRAVO].due_ms, NOW_MS + 1);
	assert_int_equal(f->feeds[BRAVO].health, FEED_NEW);
	assert_int_equal(f->feeds[BRAVO].last_poll_ms, TIME_NONE);
	assert_true(f->feeds[BRAVO].active);

	add_news(&d, "Alpha News", 1);
	o = outcome_now(f, ALPHA, &d);
	o->etag = strdup("\"1\"");
	fixture_take(f, o);
	assert_string_equal(f->feeds[ALPHA].title, "Alpha News");
	assert_string_equal(f->feeds[ALPHA].etag, "\"1\"");

	/* the same again changes nothing */
	generation = fixture_generation(f);
	fixture_sync(f, fixture_feeds, 3);
	assert_int_equal(fixture_generation(f), generation);
	assert_int_equal(f->feeds[ALPHA].due_ms, NOW_MS + HOUR_MS);

	/* one leaves, one gets another URL */
	changed[1].url = "https://alpha.example/new";
	changed[1].first_due_ms = NOW_MS + 77;
	fixture_sync(f, changed, 2);
	assert_int_equal(f->feeds[0].id, charlie);
	assert_int_equal(f->feeds[1].id, alpha);
	assert_null(f->feeds[1].etag);
	assert_int_equal(f->feeds[1].due_ms, NOW_MS + 77);
	assert_int_equal(f->feeds[1].health, FEED_NEW);
	assert_int_equal(f->feeds[1].items, 1);
	assert_int_equal(reader_counts(f->reader, &counts, NULL), 0);
	assert_int_equal(counts.feeds, 2);
	assert_int_equal(counts.items, 1);
	assert_int_equal(counts.stories, 1);
	assert_int_equal(counts.events, 1);
	assert_true(counts.database_bytes > 0);
}

TEST_ON(validators_are_a_pair, fixture, f)
{
	struct poll_outcome *o;
	struct draft d;

	for (int i = 0; i < 2; i++) {
		add_news(&d, "Alpha", 1);
		o = outcome_now(f, ALPHA, &d);
		o->last_modified = strdup("Mon, 23 Nov 2026 10:00:00 GMT");
		o->etag = i == 0 ? strdup("\"1\"") : NULL;
		fixture_take(f, o);
	}
	assert_null(f->feeds[ALPHA].etag);
	assert_non_null(f->feeds[ALPHA].last_modified);
	/* a 304 adds what it says and takes nothing away */
	o = outcome_make(f, ALPHA, OUTCOME_NOT_MODIFIED);
	o->etag = strdup("\"2\"");
	fixture_take(f, o);
	assert_string_equal(f->feeds[ALPHA].etag, "\"2\"");
	assert_non_null(f->feeds[ALPHA].last_modified);
	assert_int_equal(f->feeds[ALPHA].not_modified, 1);
	/* an answer of another URL says nothing about this one */
	o = outcome_make(f, ALPHA, OUTCOME_NOT_MODIFIED);
	o->etag = strdup("\"3\"");
	free(o->url);
	o->url = strdup("https://alpha.example/old");
	fixture_take(f, o);
	assert_string_equal(f->feeds[ALPHA].etag, "\"2\"");
	/* nor does a failure */
	fixture_take(f, failure_make(f, ALPHA, FAILURE_TIMEOUT, 0, "too long"));
	assert_string_equal(f->feeds[ALPHA].etag, "\"2\"");
}

TEST_ON(not_modified_changes_no_generation, fixture, f)
{
	int64_t generation = fixture_generation(f);

	fixture_take(f, outcome_make(f, ALPHA, OUTCOME_NOT_MODIFIED));
	assert_int_equal(fixture_generation(f), generation);
	assert_int_equal(f->feeds[ALPHA].health, FEED_OK);
	assert_events(f, 0, "");
}

TEST_ON(health, fixture, f)
{
	struct poll_report r;
	char *lines;

	r = fixture_take(f, failure_make(f, ALPHA, FAILURE_DNS, 0, "no such host"));
	assert_int_equal(r.before, FEED_NEW);
	assert_int_equal(f->feeds[ALPHA].health, FEED_FAILING);
	assert_int_equal(f->feeds[ALPHA].failing_since_ms, NOW_MS);
	assert_string_equal(f->feeds[ALPHA].reason, "no such host");
	fixture_take(f, failure_make(f, ALPHA, FAILURE_HTTP, 500, "500"));
	assert_int_equal(f->feeds[ALPHA].errors, 2);
	assert_int_equal(f->feeds[ALPHA].failing_since_ms, NOW_MS);
	/* the plan sees the state as it will be */
	assert_int_equal(f->feeds[ALPHA].due_ms, NOW_MS + MINUTE_MS + 3 * HOUR_MS);
	fixture_take(f, outcome_make(f, ALPHA, OUTCOME_NOT_MODIFIED));
	assert_int_equal(f->feeds[ALPHA].errors, 0);
	assert_null(f->feeds[ALPHA].reason);
	assert_int_equal(f->feeds[ALPHA].failing_since_ms, TIME_NONE);
	fixture_take(f, failure_make(f, ALPHA, FAILURE_HTTP, 410, "gone"));
	assert_int_equal(f->feeds[ALPHA].health, FEED_GONE);
	/* it stays so over a start, unless its URL changes */
	fixture_sync(f, fixture_feeds, 3);
	assert_int_equal(f->feeds[ALPHA].health, FEED_GONE);

	assert_events(f, 0, "feed,feed,feed");
	lines = fixture_events(f, 0);
	assert_string_equal(lines,
		"{\"event\":\"feed\",\"cursor\":\"1\",\"time\":\"2026-11-23T10:00:00Z\",\"feed\":{\"name\":\"alpha\","
		"\"state\":\"failing\",\"kind\":\"dns\",\"reason\":\"no such host\"}}\n"
		"{\"event\":\"feed\",\"cursor\":\"2\",\"time\":\"2026-11-23T10:02:00Z\",\"feed\":{\"name\":\"alpha\","
		"\"state\":\"recovered\",\"status\":200}}\n"
		"{\"event\":\"feed\",\"cursor\":\"3\",\"time\":\"2026-11-23T10:03:00Z\",\"feed\":{\"name\":\"alpha\","
		"\"state\":\"gone\",\"kind\":\"http\",\"reason\":\"gone\",\"status\":410}}\n");
}

TEST_ON(markup_in_a_feeds_title, fixture, f)
{
	struct draft d = draft_new("Ships &amp; <b>Shipyards</b>\n&lt;daily&gt;");

	d.d.feed.title.kind = TEXT_HTML;
	d.d.feed.link = STR("https://bravo.example/");
	fixture_poll(f, BRAVO, &d);
	assert_string_equal(f->feeds[BRAVO].title, "Ships & Shipyards <daily>");
	assert_string_equal(f->feeds[BRAVO].link, "https://bravo.example/");
}

TEST_ON(damaged_document_fails_alone, fixture, f)
{
	struct poll_outcome *o[3];
	struct poll_report *r[3] = {NULL}, *all = NULL, **end = &all;
	struct writer_stats stats;
	size_t n = 0;

	/* submitted together, so mostly in one transaction */
	for (size_t i = 0; i < 3; i++) {
		struct draft d;

		add_news(&d, "Feed", 2);
		o[i] = outcome_now(f, i, &d);
		o[i]->etag = strdup("\"x\"");
	}
	buf_truncate(&o[1]->document, o[1]->document.len / 2);
	for (size_t i = 0; i < 3; i++)
		writer_submit(f->writer, o[i]);
	while (n < 3) {
		struct pollfd fd = {.fd = writer_fd(f->writer), .events = POLLIN};
		int64_t cursor;

		assert_int_equal(poll(&fd, 1, WAIT_MS), 1);
		*end = writer_collect(f->writer, &cursor);
		for (; *end != NULL; end = &(*end)->next)
			r[n++] = *end;
	}
	writer_get_stats(f->writer, &stats);
	assert_int_equal(stats.pending, 0);
	assert_int_equal(stats.pending_bytes, 0);
	/* in the order of submission */
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(r[i]->feed_id, f->feeds[i].id);
	assert_int_equal(r[0]->fresh, 2);
	assert_int_equal(r[1]->error.code, -EPROTO);
	assert_int_equal(r[1]->fresh, 0);
	assert_int_equal(r[1]->state.health, FEED_FAILING);
	assert_int_equal(r[1]->state.failure, FAILURE_PARSER);
	assert_null(r[1]->state.etag);
	assert_true(r[1]->state.due_ms > NOW_MS);
	assert_int_equal(r[2]->copies, 2);
	poll_reports_free(all);
	assert_events(
		f, 0, "new:Exercise number 1,new:Exercise number 0,feed,copy:Exercise number 1,copy:Exercise number 0");
}

static struct poll_report move_to(struct fixture *f, const char *url)
{
	struct poll_outcome *o = outcome_make(f, ALPHA, OUTCOME_NOT_MODIFIED);

	o->moved_to = url != NULL ? strdup(url) : NULL;
	return fixture_take(f, o);
}

/* Three answers in a row, over a day: no less is believed, and another word in between begins anew. */
TEST_ON(permanent_redirects, fixture, f)
{
	enum { HALF_A_DAY = 12 * 3600 * 1000 };
	static const char there[] = "https://new.example/feed", elsewhere[] = "https://other.example/feed";

	for (int i = 0; i < 5; i++)
		move_to(f, there);
	assert_int_equal(f->feeds[ALPHA].moved_count, 5);
	assert_false(f->feeds[ALPHA].moved);
	f->now_ms += HALF_A_DAY * 2;
	move_to(f, elsewhere);
	assert_int_equal(f->feeds[ALPHA].moved_count, 1);
	move_to(f, NULL);
	assert_null(f->feeds[ALPHA].moved_url);
	/* two answers are not enough, however far apart, and an error between them counts against it */
	move_to(f, there);
	f->now_ms += HALF_A_DAY * 4;
	move_to(f, there);
	assert_false(f->feeds[ALPHA].moved);
	fixture_take(f, failure_make(f, ALPHA, FAILURE_NOT_A_FEED, 200, "a page for maintenance"));
	assert_null(f->feeds[ALPHA].moved_url);
	assert_events(f, 0, "feed");
	move_to(f, there);
	assert_events(f, 0, "feed,feed");
	f->now_ms += HALF_A_DAY;
	move_to(f, there);
	f->now_ms += HALF_A_DAY;
	assert_false(f->feeds[ALPHA].moved);
	move_to(f, there);
	assert_true(f->feeds[ALPHA].moved);
	assert_string_equal(f->feeds[ALPHA].moved_url, there);
	assert_events(f, 0, "feed,feed,feed");
	/* asked there, it redirects no more; a restart changes nothing */
	move_to(f, NULL);
	assert_true(f->feeds[ALPHA].moved);
	fixture_restart(f);
	assert_true(f->feeds[ALPHA].moved);
	assert_string_equal(f->feeds[ALPHA].moved_url, there);
	/* and it may move on, as slowly */
	move_to(f, elsewhere);
	f->now_ms += HALF_A_DAY;
	fixture_take(f, failure_make(f, ALPHA, FAILURE_HTTP, 502, "502 Bad Gateway"));
	move_to(f, elsewhere);
	f->now_ms += HALF_A_DAY;
	move_to(f, elsewhere);
	f->now_ms += HALF_A_DAY;
	assert_string_equal(f->feeds[ALPHA].moved_url, there);
	/* asked where it was first, for the sake of its credentials, it says nothing new */
	move_to(f, there);
	assert_int_equal(f->feeds[ALPHA].onward_count, 2);
	move_to(f, elsewhere);
	assert_true(f->feeds[ALPHA].moved);
	assert_string_equal(f->feeds[ALPHA].moved_url, elsewhere);
	assert_null(f->feeds[ALPHA].onward_url);
	assert_events(f, 0, "feed,feed,feed,feed,feed,feed");
	move_to(f, NULL);
	assert_true(f->feeds[ALPHA].moved);
	/* what it moved to has gone for good: back to what the configuration says */
	for (int i = 0; i < 5; i++) {
		assert_true(f->feeds[ALPHA].moved);
		fixture_take(f, failure_make(f, ALPHA, FAILURE_DNS, 0, "no such host"));
	}
	assert_false(f->feeds[ALPHA].moved);
	assert_null(f->feeds[ALPHA].moved_url);
}

TEST_ON(unknown_feed, fixture, f)
{
	struct poll_outcome *o = outcome_make(f, ALPHA, OUTCOME_NOT_MODIFIED);
	struct poll_report r;

	o->feed_id = 4711;
	r = fixture_take(f, o);
	assert_int_equal(r.error.code, -ENOENT);
	/* and the next one is taken as ever */
	assert_counts(fixture_take(f, outcome_make(f, ALPHA, OUTCOME_NOT_MODIFIED)), 0, 0, 0, 0);
}

/* What a person says of stories is refused at once, and in plain words. */
static void assert_refused_word(struct fixture *f)
{
	struct request *q = fixture_ask(f, "split", "none", NULL);

	assert_non_null(strstr(q->error.text, "nothing can be stored"));
	request_free(q);
}

static void await_storing(struct fixture *f)
{
	struct writer_storing s = {.stopped = true};

	for (int i = 0; i < 20000 && s.stopped; i++) {
		usleep(1000);
		writer_get_storing(f->writer, &s);
	}
	assert_false(s.stopped);
}

/* A limit on file sizes stands in for a disk that fails; ingest_test.c has a full one. */
TEST_ON(disk_that_fails, fixture, f)
{
	struct rlimit before, small;
	struct writer_storing s;
	struct poll_report r;
	struct stat st;
	struct draft d;
	char wal[300];

	signal(SIGXFSZ, SIG_IGN);
	snprintf(wal, sizeof(wal), "%s/sitrepd.db-wal", f->dir);
	assert_int_equal(stat(wal, &st), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = (rlim_t)st.st_size + 8192;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	add_news(&d, "Feed", 300);
	r = fixture_poll(f, ALPHA, &d);
	assert_int_not_equal(r.error.code, 0);
	assert_int_equal(r.fresh, 0);
	assert_true(r.lost && r.wants_again);
	/* the feed itself has not failed */
	assert_int_equal(f->feeds[ALPHA].errors, 0);
	assert_int_equal(fixture_cursor(f), 0);
	writer_get_storing(f->writer, &s);
	assert_true(s.stopped);
	assert_int_equal(s.stops, 1);
	assert_int_equal(s.lost, 1);
	assert_non_null(strstr(s.reason, "no space left"));

	/* what comes now is refused: of a failure and a 304 nothing is lost that would have to be fetched again */
	r = fixture_take(f, failure_make(f, BRAVO, FAILURE_HTTP, 503, "503"));
	assert_true(r.lost && !r.wants_again);
	assert_int_equal(f->feeds[BRAVO].health, FEED_FAILING);
	assert_int_equal(f->feeds[BRAVO].failure, FAILURE_HTTP);
	assert_string_equal(f->feeds[BRAVO].reason, "503");
	r = fixture_take(f, outcome_make(f, CHARLIE, OUTCOME_NOT_MODIFIED));
	assert_true(r.lost && !r.wants_again);
	assert_int_equal(f->feeds[CHARLIE].health, FEED_OK);
	assert_int_equal(f->feeds[CHARLIE].due_ms, NOW_MS + 2 * MINUTE_MS + HOUR_MS);
	assert_refused_word(f);
	writer_get_storing(f->writer, &s);
	assert_int_equal(s.stops, 1);
	assert_int_equal(s.lost, 3);

	/* it goes on by itself */
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	await_storing(f);
	add_news(&d, "Feed", 300);
	assert_counts(fixture_poll(f, ALPHA, &d), 300, 0, 0, 0);
	assert_int_equal(fixture_cursor(f), 300);
	assert_int_equal(f->feeds[ALPHA].errors, 0);
}

TEST_ON(options_change, fixture, f)
{
	static const struct alert_spec alerts[] = {{.name = "exercise"}};
	struct writer_options o = fixture_options(f->dir);
	struct draft d = draft_new("Alpha");
	char *lines;

	fixture_take(f, outcome_make(f, ALPHA, OUTCOME_NOT_MODIFIED));
	o.alerts.items = alerts;
	o.alerts.count = 1;
	fixture_sync_with(f, fixture_feeds, 3, &o);
	draft_match(&d, draft_add(&d, "0", NULL, "First", "a text of more than eight words to be told by it"),
		"alert/none", "x");
	fixture_poll(f, ALPHA, &d);
	draft_init(&d, "Alpha");
	draft_match(&d, draft_add(&d, "1", NULL, "Second", "another text of more than eight words to be told by it"),
		"alert/exercise", "exercise*");
	fixture_poll(f, ALPHA, &d);
	assert_events(f, 0, "new:First,new:Second,alert:Second");
	lines = fixture_events(f, 2);
	assert_non_null(strstr(lines, "{\"name\":\"exercise\",\"priority\":\"normal\",\"terms\":[\"exercise*\"],"));
}

TEST_ON(state_survives, fixture, f)
{
	struct writer_stats stats;
	struct draft d;

	add_news(&d, "Alpha", 3);
	fixture_poll(f, ALPHA, &d);
	writer_get_stats(f->writer, &stats);
	assert_int_equal(stats.commits, 1);
	assert_int_equal(stats.outcomes, 1);
	fixture_restart(f);
	assert_int_equal(f->feeds[ALPHA].items, 3);
	assert_int_equal(f->feeds[ALPHA].due_ms, NOW_MS + HOUR_MS);
	assert_string_equal(f->feeds[ALPHA].title, "Alpha");
	add_news(&d, "Alpha", 4);
	assert_counts(fixture_poll(f, ALPHA, &d), 1, 0, 0, 3);
	assert_int_equal(fixture_cursor(f), 4);
}
