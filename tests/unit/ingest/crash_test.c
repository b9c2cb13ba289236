/* SPDX-License-Identifier: ISC */
/* Killed at any instant: a child takes documents in as fast as it can and is killed at a random moment,
 * many times over on one database.  Afterwards everything must fit together: what was reported is there,
 * the log has no hole and names nothing that is missing, and taking the same documents in once more
 * changes nothing. */
#include "seed.h"

#include "fixture.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

enum { KILLS = 60, FEEDS = 3, ITEMS = 12, LIFE_MAX_US = 60 * 1000 };

/* What feed says in round: the last ITEMS of an endless row of articles; every third is carried by all
 * feeds, and the newest but one is corrected once. */
static struct poll_outcome *make_round(const struct feed_state *feed, int round)
{
	struct draft d = draft_new("Feed");
	struct poll_outcome *o;
	char etag[32];

	for (int i = round; i > round - ITEMS && i >= 0; i--) {
		char guid[64], title[128];
		bool shared = i % 3 == 0;

		snprintf(guid, sizeof(guid), "%s/%d", feed->name, i);
		snprintf(title, sizeof(title), "Report %d of %s%s", i, shared ? "the agency" : feed->name,
			!shared && i < round ? ", corrected" : "");
		draft_add(&d, guid, NULL, title, "the fleet has begun its yearly exercise off the northern coast");
	}
	o = outcome_of(feed, NOW_MS + round * MINUTE_MS, &d);
	snprintf(etag, sizeof(etag), "%d", round);
	o->etag = strdup(etag);
	return o;
}

/* The round that a feed's validator stands for, -1 before the first. */
static int round_of(const struct feed_state *feed)
{
	return feed->etag != NULL ? (int)strtol(feed->etag, NULL, 10) : -1;
}

static int64_t ask(struct sql_db *db, const char *text)
{
	return ask_number(db, text);
}

struct promise {
	int64_t cursor; /* reported as committed */
	int32_t feed;
	int32_t round;
};

/* Runs rounds from where the feeds stand, and tells what was reported, until it is killed. */
static void live(struct fixture *f, int out)
{
	for (;;) {
		int got = 0;

		for (size_t i = 0; i < FEEDS; i++) {
			writer_submit(f->writer, make_round(&f->feeds[i], round_of(&f->feeds[i]) + 1));
		}
		while (got < FEEDS) {
			struct pollfd fd = {.fd = writer_fd(f->writer), .events = POLLIN};
			struct poll_report *all;
			int64_t cursor;

			poll(&fd, 1, WAIT_MS);
			all = writer_collect(f->writer, &cursor);
			for (struct poll_report *r = all; r != NULL; r = r->next, got++) {
				for (int32_t i = 0; i < FEEDS; i++) {
					struct promise p = {.cursor = cursor, .feed = i};

					if (f->feeds[i].id != r->feed_id)
						continue;
					feed_state_release(&f->feeds[i]);
					f->feeds[i] = r->state;
					r->state = (struct feed_state){0};
					p.round = round_of(&f->feeds[i]);
					(void)!write(out, &p, sizeof(p));
				}
			}
			poll_reports_free(all);
		}
	}
}

static void open_all(struct fixture *f)
{
	fixture_open(f);
	fixture_sync(f, fixture_feeds, FEEDS);
}

static void check(struct fixture *f, const struct promise *promised)
{
	struct error err = {0};
	int64_t generation;
	struct store s;

	assert_int_equal(store_open(&s, f->dir, STORE_READ, &err), 0);
	assert_int_equal(ask(s.db, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"), 0);
	assert_int_equal(ask(s.db, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
	assert_int_equal(ask(s.db, "SELECT coalesce(max(cursor) - count(*), 0) FROM event"), 0);
	assert_int_equal(ask(s.db, "SELECT cursor - (SELECT coalesce(max(cursor), 0) FROM event) FROM counter"), 0);
	assert_int_equal(ask(s.db, "SELECT count(*) FROM event e WHERE item_id IS NOT NULL"
				   " AND NOT EXISTS(SELECT 1 FROM item WHERE id = e.item_id)"),
		0);
	assert_int_equal(ask(s.db, "SELECT (SELECT count(*) FROM item) - count(*) FROM event WHERE kind IN (1, 2)"), 0);
	assert_int_equal(ask(s.db, "SELECT count(*) - count(DISTINCT item_id) FROM event WHERE kind IN (1, 2)"), 0);
	assert_int_equal(ask(s.db, "SELECT items - (SELECT count(*) FROM item) FROM counter"), 0);
	assert_int_equal(ask(s.db, "SELECT stories - (SELECT count(*) FROM story) FROM counter"), 0);
	assert_int_equal(ask(s.db, "SELECT count(*) FROM story t WHERE reports <> (SELECT count(*) FROM item"
				   " WHERE story_id = t.id) OR sources <> (SELECT count(DISTINCT feed_id) FROM item"
				   " WHERE story_id = t.id)"),
		0);
	/* the validators stand for items that are there: round n means n + 1 articles of that feed */
	assert_int_equal(ask(s.db, "SELECT count(*) FROM feed f WHERE coalesce(CAST(etag AS INTEGER), -1) + 1 <>"
				   " (SELECT count(*) FROM item WHERE feed_id = f.id)"),
		0);
	assert_true(ask(s.db, "SELECT cursor FROM counter") >= promised[0].cursor);
	for (size_t i = 0; i < FEEDS; i++)
		assert_true(round_of(&f->feeds[i]) >= promised[i].round);
	store_close(&s);

	/* the same documents once more */
	generation = fixture_generation(f);
	for (size_t i = 0; i < FEEDS; i++) {
		int64_t cursor = fixture_cursor(f);
		struct poll_report r;

		if (f->feeds[i].etag == NULL)
			continue;
		r = fixture_take(f, make_round(&f->feeds[i], round_of(&f->feeds[i])));
		assert_int_equal(r.error.code, 0);
		assert_int_equal(r.fresh + r.copies + r.updates, 0);
		assert_int_equal(fixture_cursor(f), cursor);
	}
	assert_int_equal(fixture_generation(f), generation);
}

static void collect_promises(int in, struct promise *promised)
{
	struct promise p;

	while (read(in, &p, sizeof(p)) == (ssize_t)sizeof(p)) {
		promised[p.feed].round = p.round;
		if (p.cursor > promised[0].cursor)
			promised[0].cursor = p.cursor;
	}
}

TEST(kills)
{
	struct promise promised[FEEDS] = {{.round = -1}, {.round = -1}, {.round = -1}};
	struct fixture f = {.now_ms = NOW_MS};
	uint64_t seed = seed_choose();

	state_dir_make(f.dir);
	for (int n = 0; n < KILLS; n++) {
		int pipe_fd[2];
		pid_t child;
		struct timespec life;

		life = (struct timespec){.tv_nsec = (long)seed_below(&seed, LIFE_MAX_US) * 1000};
		assert_int_equal(pipe(pipe_fd), 0);
		child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			close(pipe_fd[0]);
			open_all(&f);
			live(&f, pipe_fd[1]);
		}
		close(pipe_fd[1]);
		/* a random moment is what is tested here; on a busy machine each of them could come before the first
		 * report, so every other one comes after it */
		if (n % 2 == 1)
			assert_int_equal(poll(&(struct pollfd){.fd = pipe_fd[0], .events = POLLIN}, 1, WAIT_MS), 1);
		nanosleep(&life, NULL);
		assert_int_equal(kill(child, SIGKILL), 0);
		assert_int_equal(waitpid(child, NULL, 0), child);
		collect_promises(pipe_fd[0], promised);
		close(pipe_fd[0]);

		open_all(&f);
		check(&f, promised);
		fixture_close(&f);
	}
	print_message("%d kills, %d rounds of the first feed\n", KILLS, round_of(&f.feeds[0]) + 1);
	assert_true(round_of(&f.feeds[0]) > 0);
	fixture_release_states(&f);
	state_dir_remove(f.dir);
}
