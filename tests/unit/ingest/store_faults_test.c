/* SPDX-License-Identifier: ISC */
/* What the store does when any one allocation or system call fails: at its start, while it takes in a document, and
 * while it is read.  Nothing of ours crashes; what was told is kept; what was not kept comes with the next poll, once.
 */
#include "../../faults/fault_loop.h"
#include "fixture.h"

/* Three feeds of one document each; what is tried is the poll after it. */
struct faulty {
	struct fixture f;
	int64_t round;
};

/* One item that is the same at each round, one that is new in each, one whose text is another in each. */
static struct poll_outcome *make_outcome(struct faulty *t, size_t feed)
{
	struct poll_outcome *o;
	char guid[64], link[96], title[128], body[256];
	struct draft draft = draft_new("Outlet");
	struct item *it;

	draft_add(&draft, "same", "https://a.example/same", "The treaty is signed at last",
		"Both houses voted for the treaty that the ministers had signed in spring");
	snprintf(guid, sizeof(guid), "guid-%lld", (long long)t->round);
	snprintf(link, sizeof(link), "https://a.example/%lld", (long long)t->round);
	snprintf(title, sizeof(title), "Convoy %lld leaves the harbour for the strait", (long long)t->round);
	snprintf(body, sizeof(body), "Ships of convoy %lld left the harbour this morning with an escort of frigates",
		(long long)t->round);
	it = draft_add(&draft, guid, link, title, body);
	draft_match(&draft, it, "alert/strait", "strait");
	snprintf(body, sizeof(body), "The count of vessels in the gulf stands at %lld now as the navy says today",
		(long long)t->round);
	draft_add(&draft, "changing", "https://a.example/changing", "Count of vessels in the gulf", body);
	o = outcome_now(&t->f, feed, &draft);
	o->etag = strdup("\"1\"");
	return o;
}

/* True when it was kept. */
static bool settle(struct faulty *t, struct poll_outcome *o)
{
	struct poll_report *r;
	bool kept;

	writer_submit(t->f.writer, o);
	r = fixture_wait(&t->f);
	kept = r->error.code == 0;
	poll_reports_free(r);
	t->f.now_ms += MINUTE_MS;
	return kept;
}

/* After a transaction that was lost nothing is kept until a small write has been tried. */
static void settle_in_the_end(struct faulty *t)
{
	const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};

	for (int tries = 0; !settle(t, make_outcome(t, ALPHA)); tries++) {
		assert_true(tries < 1000);
		nanosleep(&pause, NULL);
	}
}

static int count_new(void *arg, const struct event_record *e)
{
	int *counts = arg;

	counts[e->kind]++;
	return 0;
}

/* Events after the cursor: each new item is told once, with one alert. */
static void assert_told_once(struct faulty *t, int64_t after)
{
	int counts[EVENT_FEED + 1] = {0};
	struct error err = {0};
	int64_t last;

	assert_int_equal(reader_events(t->f.reader, after, 1000, &last, count_new, counts, &err), 0);
	assert_int_equal(counts[EVENT_NEW], 1);
	assert_int_equal(counts[EVENT_ALERT], 1);
	assert_true(counts[EVENT_UPDATED] <= 1);
}

static int64_t poll_once(void *arg, uint32_t kinds, int64_t n)
{
	struct faulty *t = arg;
	int64_t after = fixture_cursor(&t->f), failed;
	struct poll_outcome *o;

	t->round++;
	o = make_outcome(t, ALPHA);
	fault_arm(kinds, n, 1);
	settle(t, o);
	failed = fault_disarm();
	/* The next poll brings what could not be kept, and nothing twice. */
	settle_in_the_end(t);
	assert_told_once(t, after);
	return failed;
}

static void setup(struct faulty *t)
{
	fixture_setup(&t->f);
}

static void teardown(struct faulty *t)
{
	fixture_teardown(&t->f);
}

FIXTURE(faulty, setup, teardown)

TEST_ON(take, faulty, t)
{
	settle_in_the_end(t);
	t->round++;
	settle_in_the_end(t);
	fault_each("poll", 1, poll_once, t);
}

static int64_t start_once(void *arg, uint32_t kinds, int64_t n)
{
	struct faulty *t = arg;
	struct writer_options options = fixture_options(t->f.dir);
	struct error err = {0};
	struct writer *w;
	struct reader *r;
	int64_t failed;

	fixture_close(&t->f);
	fault_arm(kinds, n, 1);
	w = writer_new(&options, &err);
	if (w == NULL) {
		assert_int_not_equal(err.code, 0);
		assert_string_not_equal(err.text, "");
	}
	r = w != NULL ? reader_new(t->f.dir, &err) : NULL;
	reader_free(r);
	writer_free(w);
	failed = fault_disarm();
	fixture_open(&t->f);
	return failed;
}

TEST_ON(start, faulty, t)
{
	int64_t before;

	settle_in_the_end(t);
	before = fixture_cursor(&t->f);
	fault_each("start", 10, start_once, t);
	assert_int_equal(fixture_cursor(&t->f), before);
}

static int64_t create_once(void *arg, uint32_t kinds, int64_t n)
{
	struct fixture f = {.now_ms = NOW_MS};
	struct writer_options options;
	struct error err = {0};
	struct writer *w;
	int64_t failed;

	(void)arg;
	state_dir_make(f.dir);
	options = fixture_options(f.dir);
	fault_arm(kinds, n, 1);
	w = writer_new(&options, &err);
	failed = fault_disarm();
	if (w == NULL)
		assert_string_not_equal(err.text, "");
	writer_free(w);
	/* What a start that failed left behind is no hindrance to the next. */
	fixture_open(&f);
	fixture_sync(&f, fixture_feeds, 3);
	fixture_teardown(&f);
	return failed;
}

TEST(create)
{
	fault_each("first start", 50, create_once, NULL);
}

static int take_story(void *arg, const struct story *s)
{
	*(int *)arg += (int)s->report_count;
	return 0;
}

static int take_event(void *arg, const struct event_record *e)
{
	(void)e;
	*(int *)arg += 1;
	return 0;
}

static int read_all(struct reader *r, int *seen, struct error *err)
{
	struct story_query q = {.before_sort_ms = INT64_MAX, .limit = 100};
	struct store_counts counts;
	int64_t last, oldest, newest;
	int result = read_stories(r, &q, take_story, seen, err);

	if (result == 0)
		result = reader_events(r, 0, 1000, &last, take_event, seen, err);
	if (result == 0)
		result = reader_cursors(r, &oldest, &newest, err);
	if (result == 0)
		result = reader_counts(r, &counts, err);
	return result;
}

static int64_t read_once(void *arg, uint32_t kinds, int64_t n)
{
	struct faulty *t = arg;
	struct error err = {0};
	int whole = 0, seen = 0, result;
	int64_t failed;

	assert_int_equal(read_all(t->f.reader, &whole, &err), 0);
	fault_arm(kinds, n, 1);
	result = read_all(t->f.reader, &seen, &err);
	failed = fault_disarm();
	/* Either all of it, or an error that is told. */
	if (result == 0)
		assert_int_equal(seen, whole);
	else
		assert_string_not_equal(err.text, "");
	return failed;
}

TEST_ON(read, faulty, t)
{
	for (t->round = 0; t->round < 5; t->round++)
		settle_in_the_end(t);
	fault_each("reading", 1, read_once, t);
}

TEST_GROUP(fault_use_memory_folder, NULL)
