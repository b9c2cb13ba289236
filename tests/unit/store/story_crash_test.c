/* Killed before every single statement: a child takes a row of documents in and ends at its n-th statement, for each
 * n, from the first one that makes a table to the last one that saves what was counted.  Then the same documents are
 * taken in from the last one that was reported as committed, as the polls after a restart bring them.  In the end
 * everything in the database must be as if nothing had happened. */
#include "story_fixture.h"

#include <sys/mman.h>
#include <sys/wait.h>

#include "../../../daemon/store/keeper.h"

enum { FEEDS = 3, KILLED = 9 };

/* Shared with the child. */
struct progress {
	int committed; /* documents */
	long statements;
	char statement[120]; /* the one that was not run any more */
};
static struct progress *progress;
static long last_statement;

/* ---- what is taken in ---- */

struct report_text {
	const char *guid, *title, *body;
	bool alert;
};

static const struct step {
	size_t feed;
	int64_t after_ms;
	struct report_text texts[4]; /* the newest first */
} steps[] = {
	{ALPHA, 0,
		{
			{"a2", RADAR_TITLE, RADAR("17"), true},
			{"a1", FERRY_TITLE, FERRY, false},
		}},
	/* an edited copy, and the same text */
	{BRAVO, MINUTE_MS,
		{
			{"b2", RADAR_OTHER_TITLE, RADAR_REPRINT("17"), true},
			{"b1", FERRY_TITLE, FERRY, false},
		}},
	/* both on one page, and a headline that says nothing */
	{CHARLIE, MINUTE_MS,
		{
			{"c2", "The week on the coast", QUARRY " " FERRY " " RADAR("17"), false},
			{"c1", "Daily update", "", false},
		}},
	/* a revision, and what looks like one under another identity */
	{ALPHA, HOUR_MS,
		{
			{"a2", RADAR_TITLE, RADAR("18"), true},
			{"a1-again", FERRY_TITLE, FERRY " It sails at noon.", true},
		}},
	/* known texts under another identity, and something new */
	{BRAVO, 2 * DAY_MS,
		{
			{"b3", QUARRY_TITLE, QUARRY, false},
			{"b2-moved", RADAR_OTHER_TITLE, RADAR_REPRINT("17"), true},
			{"b1", FERRY_TITLE, FERRY, false},
		}},
	/* when the window has closed, tables are emptied, counts are halved */
	{CHARLIE, 35 * DAY_MS,
		{
			{"c4", RADAR_TITLE, RADAR_REPRINT("19"), true},
			{"c3", QUARRY_TITLE, QUARRY " The bats are well.", false},
		}},
};
enum { STEPS = sizeof(steps) / sizeof(steps[0]) };

static struct poll_outcome *make_step(int n, const struct feed_state *feeds)
{
	struct poll_outcome *o = calloc(1, sizeof(*o));
	const struct step *step = &steps[n];
	struct draft d;

	assert_non_null(o);
	o->feed_id = feeds[step->feed].id;
	o->at_ms = NOW_MS;
	for (int i = 0; i <= n; i++)
		o->at_ms += steps[i].after_ms;
	o->kind = OUTCOME_DOCUMENT;
	o->http_status = 200;
	o->url = strdup(feeds[step->feed].url);
	draft_init(&d, "Feed");
	for (const struct report_text *t = step->texts; t < step->texts + 4 && t->guid != NULL; t++) {
		struct item *it = draft_add_text(&d, t->guid, NULL, t->title, t->body);

		if (t->alert)
			draft_match(&d, it, "alert/strait", "radar*");
	}
	o->document = draft_encode(&d);
	draft_release(&d);
	return o;
}

/* ---- a life ---- */

static void take(struct keeper *k, struct poll_outcome *o)
{
	struct poll_report report = {0};
	struct error err = {0};

	if (keeper_begin(k, &err) != 0 || keeper_take(k, o, &report, &err) != 0 ||
		keeper_commit(k, o->at_ms, &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(report.error.code, 0);
	feed_state_release(&report.state);
	poll_outcome_free(o);
}

/* Takes the documents from first on in, as one process. */
static void live(const char *dir, int first)
{
	struct writer_options options = fixture_options(dir);
	struct feed_state feeds[FEEDS] = {0};
	struct error err = {0};
	struct keeper k;
	bool changed;

	if (keeper_open(&k, &options, &err) != 0)
		fail_msg("%s", err.text);
	if (keeper_begin(&k, &err) != 0 ||
		feed_store_sync(&k.feeds, fixture_feeds, FEEDS, feeds, &changed, &err) != 0 ||
		keeper_commit(&k, NOW_MS, &err) != 0)
		fail_msg("%s", err.text);
	for (int n = first; n < STEPS; n++) {
		take(&k, make_step(n, feeds));
		progress->committed = n + 1;
	}
	keeper_close(&k);
	for (size_t i = 0; i < FEEDS; i++)
		feed_state_release(&feeds[i]);
}

static int on_statement(unsigned type, void *context, void *statement, void *text)
{
	(void)type;
	(void)context;
	(void)text;
	if (++progress->statements < last_statement)
		return 0;
	(void)snprintf(progress->statement, sizeof(progress->statement), "%s", sqlite3_sql(statement));
	_exit(KILLED);
}

/* Of the form of SQLite's extensions: called with every connection that is opened. */
static int watch(sqlite3 *db, char **message, const void *api)
{
	(void)message;
	(void)api;
	return sqlite3_trace_v2(db, SQLITE_TRACE_STMT, on_statement, NULL);
}

/* Lives in a child that ends at its n-th statement; false when there are no so many. */
static bool live_until(const char *dir, long n)
{
	pid_t child;
	int status;

	*progress = (struct progress){.committed = 0};
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		last_statement = n;
		if (sqlite3_auto_extension((void (*)(void))watch) != SQLITE_OK)
			_exit(1);
		live(dir, 0);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && (WEXITSTATUS(status) == KILLED || WEXITSTATUS(status) == 0));
	return WEXITSTATUS(status) == KILLED;
}

/* ---- what must be there ---- */

/* Polls are counted, and counts of phrases may be forgotten; what has left the window goes when it is convenient. */
static char *dump(const char *dir)
{
	static const char *const but_tables[] = {"near_phrase", "near_sketch", NULL};
	static const char *const but_columns[] = {"polls", NULL};
	struct buf out = BUF_INIT(DOCUMENT_MAX);
	char *most = dump_database(dir, but_tables, but_columns), where[60];
	struct store store;
	int64_t last_ms = ask_database(dir, "SELECT max(time) FROM event");

	(void)buf_printf(&out, "%s", most);
	free(most);
	(void)snprintf(where, sizeof(where), " WHERE seen >= %lld",
		(long long)(last_ms - story_params_default.window_ms));
	assert_int_equal(store_open(&store, dir, STORE_READ, NULL), 0);
	dump_table(&out, store.db, "near_sketch", where, but_columns);
	store_close(&store);
	return buf_take(&out, NULL);
}

/* Sound, and nothing lost that was reported; a process that died before there was anything has nothing to lose. */
static void check_remains(const char *dir, const int64_t *cursors)
{
	struct store store;
	struct error err = {0};

	if (progress->committed == 0)
		return;
	if (store_open(&store, dir, STORE_READ, &err) != 0)
		fail_msg("%s", err.text);
	store_close(&store);
	assert_int_equal(
		ask_database(dir, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"), 0);
	assert_true(ask_database(dir, "SELECT max(cursor) FROM event") >= cursors[progress->committed]);
}

static void killed_before_any_statement_nothing_is_lost_or_doubled(void **state)
{
	char dir[256], *expected, when[200];
	int64_t cursors[STEPS + 1] = {0};
	long n = 1;

	(void)state;
	progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(progress != MAP_FAILED);
	state_dir_make(dir);
	live(dir, 0);
	expected = dump(dir);
	/* all kinds of things have happened */
	assert_int_equal(ask_database(dir, "SELECT count(DISTINCT relation) FROM story_link"), 4);
	assert_int_equal(ask_database(dir, "SELECT count(*) FROM revision"), 1);
	assert_int_equal(ask_database(dir, "SELECT count(DISTINCT kind) FROM event"), 4);
	assert_int_equal(ask_database(dir, "SELECT count(*) FROM ident WHERE alias = 1"), 1);
	for (int i = 0, at = 0; i < STEPS; i++) {
		char query[120];

		at += (int)(steps[i].after_ms / MINUTE_MS);
		(void)snprintf(query, sizeof(query), "SELECT max(cursor) FROM event WHERE time <= %lld",
			(long long)(NOW_MS + at * MINUTE_MS));
		cursors[i + 1] = ask_database(dir, query);
	}
	state_dir_remove(dir);

	for (bool killed = true; killed; n++) {
		char *got;

		state_dir_make(dir);
		killed = live_until(dir, n);
		(void)snprintf(when, sizeof(when), "killed before statement %ld, %s, after document %d", n,
			progress->statement, progress->committed);
		check_remains(dir, cursors);
		live(dir, progress->committed > 0 ? progress->committed - 1 : 0);
		got = dump(dir);
		assert_same_dump(got, expected, when);
		free(got);
		state_dir_remove(dir);
	}
	print_message("killed before each of %ld statements\n", n - 2);
	assert_true(n > 200);
	free(expected);
	(void)munmap(progress, sizeof(*progress));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(killed_before_any_statement_nothing_is_lost_or_doubled)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
