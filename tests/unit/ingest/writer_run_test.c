/* SPDX-License-Identifier: ISC */
/* Functions in the writer's thread: their transaction, their order, their end; and a configuration as one of them. */
#include "fixture.h"

#include <pthread.h>

#include "../../../daemon/ingest/ingest.h"
#include "sitrep/sql/sql.h"

struct call {
	struct error end;
	pthread_t thread;
	int code;                    /* what the function returns */
	int64_t cursor;              /* the newest event when it ran */
	pthread_mutex_t *host_limit; /* NULL; else it waits for it */
};

static int note(void *arg, struct ingest *k, struct error *err)
{
	struct call *c = arg;

	c->thread = pthread_self();
	c->cursor = k->counters.cursor;
	if (c->host_limit != NULL) {
		assert_int_equal(pthread_mutex_lock(c->host_limit), 0);
		assert_int_equal(pthread_mutex_unlock(c->host_limit), 0);
	}
	assert_int_equal(sql_exec(k->store.db, "UPDATE feed SET polls = polls + 1000", err, "test"), 0);
	return c->code == 0 ? 0 : error_set(err, c->code, "as the test wants it");
}

static void submit_news(struct fixture *f, const char *guid)
{
	struct draft d = draft_new("Alpha");

	draft_add(&d, guid, NULL, guid, "a text of more than eight words to be told apart by it");
	writer_submit(f->writer, outcome_now(f, ALPHA, &d));
}

static int64_t polls_of_alpha(struct fixture *f)
{
	fixture_sync(f, fixture_feeds, 3);
	return f->feeds[ALPHA].polls;
}

TEST_ON(a_transaction, fixture, f)
{
	struct call good = {0}, bad = {.code = -EINVAL};

	assert_int_equal(writer_run(f->writer, note, fixture_note_end, &good), 0);
	fixture_await(f, &good.end);
	assert_int_equal(good.end.code, 1);
	assert_false(pthread_equal(good.thread, pthread_self()));
	assert_int_equal(polls_of_alpha(f), 1000);
	assert_int_equal(writer_run(f->writer, note, fixture_note_end, &bad), 0);
	fixture_await(f, &bad.end);
	assert_int_equal(bad.end.code, -EINVAL);
	assert_string_equal(bad.end.text, "as the test wants it");
	assert_int_equal(polls_of_alpha(f), 1000);
}

/* It runs behind what was submitted before and ahead of what was submitted after, and ends are told in that order. */
TEST_ON(order, fixture, f)
{
	pthread_mutex_t host_limit = PTHREAD_MUTEX_INITIALIZER;
	struct call held = {.host_limit = &host_limit}, between = {0};
	struct writer_stats stats;
	size_t before = 0, after = 0;

	assert_int_equal(pthread_mutex_lock(&host_limit), 0);
	assert_int_equal(writer_run(f->writer, note, fixture_note_end, &held), 0);
	submit_news(f, "one");
	submit_news(f, "two");
	assert_int_equal(writer_run(f->writer, note, fixture_note_end, &between), 0);
	/* one transaction holds less than all of these */
	for (int i = 0; i < 600; i++)
		writer_submit(f->writer, outcome_make(f, BRAVO, OUTCOME_NOT_MODIFIED));
	/* the thread is held, and this one is not */
	writer_get_stats(f->writer, &stats);
	assert_int_equal(stats.pending, 602);
	assert_int_equal(pthread_mutex_unlock(&host_limit), 0);
	while (before + after < 602) {
		struct pollfd fd = {.fd = writer_fd(f->writer), .events = POLLIN};
		struct poll_report *first;
		int64_t cursor;

		assert_int_equal(poll(&fd, 1, WAIT_MS), 1);
		first = writer_collect(f->writer, &cursor);
		for (struct poll_report *r = first; r != NULL; r = r->next) {
			if (r->done != NULL)
				r->done(r->done_arg, &r->error);
			else if (between.end.code == 0)
				before++;
			else
				after++;
		}
		poll_reports_free(first);
	}
	assert_int_equal(held.cursor, 0);
	assert_int_equal(between.cursor, 2);
	/* later outcomes may share the transaction of the earlier ones, but not more than that */
	assert_true(before >= 2 && before <= 256);
	assert_true(after >= 602 - 256);
}

/* What is handed over is done, also when the end is near. */
TEST_ON(at_the_end, fixture, f)
{
	struct call c = {0};

	assert_int_equal(writer_run(f->writer, note, fixture_note_end, &c), 0);
	fixture_close(f);
	assert_int_equal(c.end.code, 0);
	fixture_open(f);
	assert_int_equal(polls_of_alpha(f), 1000);
}

static int refuse(void *arg, int64_t highest_id)
{
	struct error *end = arg;

	assert_true(highest_id >= 4);
	assert_int_equal(end->code, 0);
	return -ENOMEM;
}

/* Feeds, subscriptions and options hold together, or not at all. */
TEST_ON(a_change_is_whole, fixture, f)
{
	static const struct feed_spec other[] = {
		{.name = "alpha", .url = "https://alpha.example/new", .first_due_ms = NOW_MS},
		{.name = "delta", .url = "https://delta.example/", .first_due_ms = NOW_MS},
	};
	static const struct alert_spec alerts[] = {{.name = "exercise", .priority = "low"}};
	struct writer_options options = fixture_options(f->dir);
	struct error end = {0};
	struct writer_change c = {.feeds = other, .count = 2, .reserve = refuse, .done = fixture_note_end, .arg = &end};
	struct store_counts counts;

	options.alerts.items = alerts;
	options.alerts.count = 1;
	assert_int_equal(writer_change_set_options(&c, &options), 0);
	assert_int_equal(writer_apply(f->writer, &c), 0);
	fixture_await(f, &end);
	assert_int_equal(end.code, -ENOMEM);
	assert_null(c.states);
	writer_change_release(&c);
	assert_int_equal(reader_counts(f->reader, &counts, NULL), 0);
	assert_int_equal(counts.feeds, 3);
	for (int i = 0; i < 2; i++) {
		struct draft d = draft_new("Alpha");
		char guid[16];

		snprintf(guid, sizeof(guid), "%d", i);
		draft_match(&d, draft_add(&d, guid, NULL, guid, "a text of more than eight words to be told by it"),
			"alert/exercise", "x");
		assert_counts(fixture_poll(f, ALPHA, &d), 1, 0, 0, 0);
		if (i == 0)
			fixture_sync_with(f, fixture_feeds, 3, &options);
	}
	/* the first came by the old options */
	assert_events(f, 0, "new:0,new:1,alert:1");
}

/* An operator's request overtakes polls that wait, and a function that waits for these. */
TEST_ON(requests_go_ahead, fixture, f)
{
	pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
	struct call held = {.host_limit = &gate}, between = {0};
	struct request *q = story_request_new("why", STR("none"), STR_NONE);
	struct error answered = {0};
	struct pollfd fd = {.fd = writer_fd(f->writer), .events = POLLIN};
	int polls = 0;

	assert_non_null(q);
	q->done = fixture_note_answer;
	q->arg = &answered;
	assert_int_equal(pthread_mutex_lock(&gate), 0);
	assert_int_equal(writer_run(f->writer, note, fixture_note_end, &held), 0);
	submit_news(f, "one");
	submit_news(f, "two");
	assert_int_equal(writer_run(f->writer, note, fixture_note_end, &between), 0);
	assert_int_equal(request_submit(q, f->writer), 0);
	assert_int_equal(pthread_mutex_unlock(&gate), 0);
	while (between.end.code == 0) {
		struct poll_report *first;
		int64_t cursor;

		assert_int_equal(poll(&fd, 1, WAIT_MS), 1);
		first = writer_collect(f->writer, &cursor);
		for (struct poll_report *r = first; r != NULL; r = r->next) {
			if (r->done == NULL) {
				assert_int_not_equal(answered.code, 0);
				polls++;
				continue;
			}
			r->done(r->done_arg, &r->error);
			if (between.end.code != 0)
				assert_int_equal(polls, 2);
		}
		poll_reports_free(first);
	}
	assert_int_equal(answered.code, -ENOENT);
	assert_int_equal(between.end.code, 1);
	request_free(q);
}
