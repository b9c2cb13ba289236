/* SPDX-License-Identifier: ISC */
/* Killed before every single statement: a child takes a document in and ends at its n-th statement, for each n, from
 * the first one that makes a table to the last one that saves what was counted.  Then the same documents are taken in
 * once more, as the polls after a restart bring them, from the last one that was reported as committed.  In the
 * end everything in the database must be as if nothing had happened. */
#include "story_fixture.h"

#include <sys/mman.h>
#include <sys/wait.h>

#include "../../../daemon/ingest/ingest.h"

enum { FEEDS = 3, KILLED = 9 };

/* Sanitized processes are slow to fork: every fifth kill will do where memory is what is looked at. */
#ifdef __SANITIZE_ADDRESS__
enum { STRIDE = 5 };
#else
enum { STRIDE = 1 };
#endif

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
	const struct step *step = &steps[n];
	struct draft d = draft_new("Feed");
	int64_t at_ms = NOW_MS;

	for (int i = 0; i <= n; i++)
		at_ms += steps[i].after_ms;
	for (const struct report_text *t = step->texts; t < step->texts + 4 && t->guid != NULL; t++) {
		struct item *it = draft_add_text(&d, t->guid, NULL, t->title, t->body);

		if (t->alert)
			draft_match(&d, it, "alert/strait", "radar*");
	}
	return outcome_of(&feeds[step->feed], at_ms, &d);
}

/* ---- a life ---- */

static void take(struct ingest *k, struct poll_outcome *o)
{
	struct poll_report report = {0};
	struct error err = {0};

	assert_ok(ingest_begin(k, &err) == 0 && ingest_take(k, o, &report, &err) == 0 &&
			  ingest_commit(k, o->at_ms, &err) == 0,
		err);
	assert_int_equal(report.error.code, 0);
	feed_state_release(&report.state);
	poll_outcome_free(o);
}

/* Takes the documents from first up to last in, as one process, and ends in order or just ends. */
static void live(const char *dir, int first, int last, bool in_order)
{
	struct writer_options options = fixture_options(dir);
	struct feed_state feeds[FEEDS] = {0};
	struct error err = {0};
	struct ingest k;
	bool changed;

	assert_ok(ingest_open(&k, &options, &err) == 0, err);
	assert_ok(ingest_begin(&k, &err) == 0 &&
			  feed_store_sync(&k.feeds, fixture_feeds, FEEDS, feeds, &changed, &err) == 0 &&
			  ingest_commit(&k, NOW_MS, &err) == 0,
		err);
	for (int n = first; n <= last; n++) {
		take(&k, make_step(n, feeds));
		progress->committed = n + 1;
	}
	if (in_order)
		ingest_close(&k);
}

static int on_statement(unsigned type, void *context, void *statement, void *text)
{
	(void)type;
	(void)context;
	(void)text;
	if (++progress->statements < last_statement)
		return 0;
	snprintf(progress->statement, sizeof(progress->statement), "%s", sqlite3_sql(statement));
	_exit(KILLED);
}

/* Of the form of SQLite's extensions: called with every connection that is opened. */
static int watch(sqlite3 *db, char **message, const void *api)
{
	(void)message;
	(void)api;
	return sqlite3_trace_v2(db, SQLITE_TRACE_STMT, on_statement, NULL);
}

/* Lives in a child, which ends at its n-th statement when n is not 0; true when it came to that. */
static bool live_until(const char *dir, int first, int last, bool in_order, long n)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		last_statement = n;
		progress->statements = 0;
		if (n != 0 && sqlite3_auto_extension((void (*)(void))watch) != SQLITE_OK)
			_exit(1);
		live(dir, first, last, in_order);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && (WEXITSTATUS(status) == KILLED || WEXITSTATUS(status) == 0));
	return WEXITSTATUS(status) == KILLED;
}

static void copy_file(const char *from_dir, const char *to_dir, const char *name)
{
	char path[400], bytes[16 * 1024];
	FILE *from, *to;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", from_dir, name);
	from = fopen(path, "rb");
	if (from == NULL)
		return;
	snprintf(path, sizeof(path), "%s/%s", to_dir, name);
	to = fopen(path, "wb");
	assert_non_null(to);
	while ((n = fread(bytes, 1, sizeof(bytes), from)) > 0)
		assert_int_equal(fwrite(bytes, 1, n, to), n);
	assert_int_equal(fclose(to), 0);
	fclose(from);
}

/* A database as somebody left it who is no more. */
static void copy_database(const char *from_dir, const char *to_dir)
{
	copy_file(from_dir, to_dir, "sitrepd.db");
	copy_file(from_dir, to_dir, "sitrepd.db-wal");
}

/* ---- what must be there ---- */

/* Polls are counted, and counts of phrases may be forgotten; what has left the window goes when it is convenient.  Each
 * database draws an instance of its own. */
static char *dump(const char *dir)
{
	static const char *const but_tables[] = {"near_phrase", "near_sketch", "near_state", NULL};
	static const char *const but_columns[] = {"polls", "identity_trust", NULL};
	struct buf out = BUF_INIT(DOCUMENT_MAX);
	char *most = dump_database(dir, but_tables, but_columns), where[60];
	struct store store;
	int64_t last_ms = ask_database(dir, "SELECT max(time) FROM event");

	buf_printf(&out, "%s", most);
	free(most);
	snprintf(where, sizeof(where), " WHERE seen >= %lld", (long long)(last_ms - story_params_default.window_ms));
	assert_int_equal(store_open(&store, dir, STORE_READ, NULL), 0);
	dump_table(&out, store.db, "near_sketch", where, but_columns);
	dump_table(&out, store.db, "near_state", " WHERE name <> 'instance'", but_columns);
	store_close(&store);
	return buf_take(&out, NULL);
}

/* Sound, and nothing lost that was reported; who died before there was anything had nothing to lose. */
static void check_remains(const char *dir, int64_t cursor)
{
	if (progress->committed == 0)
		return;
	assert_int_equal(
		ask_database(dir, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"), 0);
	assert_true(ask_database(dir, "SELECT max(cursor) FROM event") >= cursor);
}

/* What has happened after a number of documents. */
struct milestone {
	char dir[256];
	char *dump;
	int64_t cursor;
};

/* Kills at statement after statement of one document's life, until one is survived. */
static long kill_in_step(int step, const struct milestone *before, const struct milestone *after)
{
	bool is_last = step == STEPS - 1, killed = true;
	long n, count = 0;

	for (n = 1; killed; n += STRIDE, count++) {
		char dir[256], when[250], *got;

		state_dir_make(dir);
		copy_database(before->dir, dir);
		progress->committed = step;
		killed = live_until(dir, step, step, is_last, n);
		check_remains(dir, progress->committed == step ? before->cursor : after->cursor);
		assert_false(live_until(dir, step > 0 ? step - 1 : 0, step, false, 0));
		snprintf(when, sizeof(when), "document %d, killed before statement %ld, %s", step, n,
			killed ? progress->statement : "none");
		got = dump(dir);
		assert_same_dump(got, after->dump, when);
		free(got);
		state_dir_remove(dir);
		/* one page of what was counted is like the other */
		if (killed && strstr(progress->statement, "INTO near_phrase") != NULL)
			n += 40;
	}
	return count - 1;
}

static void reach(struct milestone *m, const struct milestone *before, int step)
{
	state_dir_make(m->dir);
	if (before == NULL)
		return;
	copy_database(before->dir, m->dir);
	assert_false(live_until(m->dir, step, step, false, 0));
	m->dump = dump(m->dir);
	m->cursor = ask_database(m->dir, "SELECT max(cursor) FROM event");
}

TEST(killed_before_any_statement_nothing_is_lost_or_doubled)
{
	struct milestone m[STEPS + 1] = {0};
	long count = 0;

	progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(progress != MAP_FAILED);
	for (int i = 0; i <= STEPS; i++)
		reach(&m[i], i > 0 ? &m[i - 1] : NULL, i - 1);
	/* all kinds of things have happened */
	assert_int_equal(ask_database(m[STEPS].dir, "SELECT count(DISTINCT relation) FROM story_link"), 5);
	assert_int_equal(ask_database(m[STEPS].dir, "SELECT count(*) FROM revision"), 1);
	assert_int_equal(ask_database(m[STEPS].dir, "SELECT count(DISTINCT kind) FROM event"), 4);
	assert_int_equal(ask_database(m[STEPS].dir, "SELECT count(*) FROM ident WHERE alias = 1"), 1);

	for (int i = 0; i < STEPS; i++)
		count += kill_in_step(i, &m[i], &m[i + 1]);
	print_message("killed before %ld statements\n", count);
	assert_true(count > 200 / STRIDE);
	for (int i = 0; i <= STEPS; i++) {
		state_dir_remove(m[i].dir);
		free(m[i].dump);
	}
	munmap(progress, sizeof(*progress));
}

/* A process that ends leaves to the system what it wrote; disks add nothing to that but waiting. */
static void use_memory_folder(void)
{
	if (access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 0);
}

TEST_GROUP(use_memory_folder, NULL)
