/* pool_test.c: the pool with the real workers: what they answer, and what becomes of a job whose worker does not.
 *
 * Nothing here waits for a while and hopes: the loop runs until what was waited for has happened, and an alarm ends
 * the test when it never does.  A worker is made to hang by stopping its process, so that the test decides when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sitrep/document.h"
#include "sitrep/limits.h"
#include "sitrep/pool.h"
#include "sitrep/utf8.h"
#include "sitrep/wire.h"

enum {
	JOBS_MAX = 32,
	MEMORY_MAX = 256 * 1024 * 1024,
	ARENA_MAX = 64 * 1024 * 1024,
	/* Longer than any healthy job of these takes under a sanitizer on a busy machine. */
	PATIENCE_S = 120,
	HANG_LIMIT_MS = 3000,
	/* More than a socket takes when nobody reads. */
	LARGE_BODY = 8 * 1024 * 1024,
};

/* What became of one job. */
struct outcome {
	struct fixture *fixture;
	int calls;
	int status;
	size_t turn; /* how many were answered before it */
	struct buf document;
	struct error error;
};

struct fixture {
	struct event_base *base;
	struct event *alarm;
	struct pool *pool;
	int program_fd;
	struct outcome outcomes[JOBS_MAX];
	size_t submitted, answered;
	struct arena arena;
};

/* The worker of the same build: B/sitrep-parse beside B/tests/unit/parse/pool_test. */
static int open_worker(void)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 32);

	assert_true(len > 0);
	path[len] = '\0';
	for (int i = 0; i < 4; i++) {
		char *slash = strrchr(path, '/');

		assert_non_null(slash);
		*slash = '\0';
	}
	(void)strncat(path, "/sitrep-parse", sizeof(path) - strlen(path) - 1);
	return open(path, O_PATH | O_CLOEXEC);
}

static void on_alarm(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	fail_msg("what was waited for did not happen within %d s", PATIENCE_S);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->base = event_base_new();
	assert_non_null(f->base);
	f->alarm = evtimer_new(f->base, on_alarm, f);
	assert_non_null(f->alarm);
	f->program_fd = open_worker();
	assert_true(f->program_fd >= 0);
	arena_init(&f->arena, ARENA_MAX);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	pool_free(f->pool);
	for (size_t i = 0; i < JOBS_MAX; i++)
		buf_release(&f->outcomes[i].document);
	arena_release(&f->arena);
	event_free(f->alarm);
	event_base_free(f->base);
	(void)close(f->program_fd);
	free(f);
	/* all workers were reaped */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	return 0;
}

static void start(struct fixture *f, unsigned workers, int64_t job_limit_ms)
{
	const struct pool_options options = {
		.program_fd = f->program_fd,
		.workers = workers,
		.memory_max = MEMORY_MAX,
		.answer_max = LIMIT_WIRE_DOCUMENT,
		.job_limit_ms = job_limit_ms,
	};
	struct error err = {0};

	f->pool = pool_new(f->base, &options, &err);
	if (f->pool == NULL)
		fail_msg("%s", err.text);
}

static void on_answer(void *arg, struct pool_answer *answer)
{
	struct outcome *o = arg;

	o->calls++;
	o->status = answer->status;
	o->error = answer->error;
	o->turn = o->fixture->answered++;
	/* the callback may take it */
	o->document = answer->document;
	answer->document = BUF_INIT(0);
}

static struct outcome *submit_body(struct fixture *f, struct buf *body)
{
	const struct job job = {
		.feed = STR("alpha"), .categories = STR("naval\nus"), .url = STR("https://a.example/feed.xml")};
	struct error err = {0};
	struct outcome *o = &f->outcomes[f->submitted++];
	size_t answered = f->answered;

	assert_true(f->submitted <= JOBS_MAX);
	o->fixture = f;
	if (pool_submit(f->pool, &job, body, on_answer, o, &err) != 0)
		fail_msg("%s", err.text);
	/* the body is the pool's now, and no callback comes from inside */
	assert_null(body->data);
	assert_int_equal(f->answered, answered);
	return o;
}

static struct outcome *submit(struct fixture *f, const char *text)
{
	struct buf body = BUF_INIT(1024 * 1024);

	assert_int_equal(buf_puts(&body, text), 0);
	return submit_body(f, &body);
}

static struct outcome *submit_title(struct fixture *f, const char *title)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
		"<rss version=\"2.0\"><channel><title>Alpha</title><item><title>%s</title>"
		"<guid>%s</guid></item></channel></rss>",
		title, title);
	return submit(f, text);
}

/* A feed with one item and much white space. */
static struct buf large_body(size_t size)
{
	static const char head[] = "<rss version=\"2.0\"><channel><item><title>Large</title></item>";
	static const char tail[] = "</channel></rss>";
	struct buf body = BUF_INIT(2 * size + 1024);

	assert_int_equal(buf_puts(&body, head), 0);
	assert_int_equal(buf_reserve(&body, size + sizeof(tail)), 0);
	memset(body.data + body.len, ' ', size);
	body.len += size;
	assert_int_equal(buf_puts(&body, tail), 0);
	return body;
}

/* One turn of the loop, or the end of the test's patience. */
static void turn(struct fixture *f)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};

	assert_int_equal(event_add(f->alarm, &patience), 0);
	assert_true(event_base_loop(f->base, EVLOOP_ONCE) >= 0);
	(void)event_del(f->alarm);
}

static void await(struct fixture *f, const struct outcome *o)
{
	while (o->calls == 0)
		turn(f);
}

static void await_new_pid(struct fixture *f, unsigned worker, pid_t old)
{
	while (pool_worker_pid(f->pool, worker) == old || pool_worker_pid(f->pool, worker) == 0)
		turn(f);
}

static struct document read_document(struct fixture *f, const struct outcome *o)
{
	struct document d;
	struct error err = {0};

	assert_int_equal(o->calls, 1);
	if (o->status != 0)
		fail_msg("the job failed: %s", o->error.text);
	arena_clear(&f->arena);
	if (wire_decode_document(buf_str(&o->document), &f->arena, &d, &err) != 0)
		fail_msg("%s", err.text);
	return d;
}

static void assert_title(struct fixture *f, const struct outcome *o, const char *title)
{
	struct document d = read_document(f, o);

	assert_int_equal(d.items.count, 1);
	assert_true(str_eq(d.items.items[0].plain_title, str_from(title)));
}

static void assert_failed(const struct outcome *o, int status)
{
	assert_int_equal(o->calls, 1);
	assert_int_equal(o->status, status);
	assert_int_equal(o->error.code, status);
	assert_true(o->error.text[0] != '\0' && utf8_valid(str_from(o->error.text)));
	assert_null(o->document.data);
}

/* The worker does nothing more, until it is killed. */
static pid_t stop_worker(struct fixture *f, unsigned worker)
{
	pid_t pid = pool_worker_pid(f->pool, worker);
	siginfo_t info;

	assert_true(pid > 0);
	assert_int_equal(kill(pid, SIGSTOP), 0);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WSTOPPED), 0);
	return pid;
}

static struct pool_stats stats_of(const struct fixture *f)
{
	struct pool_stats stats;

	pool_get_stats(f->pool, &stats);
	return stats;
}

/* ---- answers ---- */

static void test_answer(void **state)
{
	struct fixture *f = *state;
	struct outcome *o;
	struct document d;

	start(f, 1, 0);
	assert_int_equal(pool_pending(f->pool), 0);
	o = submit_title(f, "Frigates turn back");
	assert_int_equal(pool_pending(f->pool), 1);
	assert_true(pool_pending_bytes(f->pool) > 0);
	await(f, o);
	d = read_document(f, o);
	assert_int_equal(d.format, FORMAT_RSS);
	assert_int_equal(d.items.count, 1);
	assert_true(str_eq(d.feed.title.value, STR("Alpha")));
	assert_true(str_eq(d.items.items[0].plain_title, STR("Frigates turn back")));
	/* the worker has examined it */
	assert_int_equal(d.items.items[0].identity_kind, IDENTITY_GUID);
	assert_int_equal(d.items.items[0].identity.len, SHA256_LEN);
	assert_int_equal(d.items.items[0].digest.len, SHA256_LEN);
	assert_int_equal(d.items.items[0].matches.count, 0);
	assert_int_equal(pool_pending(f->pool), 0);
	assert_int_equal(pool_pending_bytes(f->pool), 0);
	assert_int_equal(stats_of(f).jobs, 1);
	assert_int_equal(stats_of(f).failures, 0);
	assert_int_equal(stats_of(f).restarts, 0);
	assert_int_equal(stats_of(f).workers, 1);
}

static void test_no_feed(void **state)
{
	struct fixture *f = *state;
	pid_t pid;
	struct outcome *page, *nothing, *after;

	start(f, 1, 0);
	pid = pool_worker_pid(f->pool, 0);
	page = submit(f, "<!DOCTYPE html><html><head><title>Not found</title></head><body>No.</body></html>");
	nothing = submit(f, "");
	after = submit_title(f, "After");
	await(f, after);
	assert_failed(page, -EBADMSG);
	assert_non_null(strstr(page->error.text, "Not found"));
	assert_failed(nothing, -EBADMSG);
	assert_title(f, after, "After");
	/* that is the worker's daily work, no reason to replace it */
	assert_int_equal(pool_worker_pid(f->pool, 0), pid);
	assert_int_equal(stats_of(f).failures, 2);
	assert_int_equal(stats_of(f).restarts, 0);
}

static void test_jobs_wait_in_order(void **state)
{
	struct fixture *f = *state;
	struct outcome *jobs[8];

	start(f, 1, 0);
	for (size_t i = 0; i < 8; i++) {
		char title[16];

		(void)snprintf(title, sizeof(title), "job %zu", i);
		jobs[i] = submit_title(f, title);
		assert_int_equal(pool_pending(f->pool), i + 1);
	}
	await(f, jobs[7]);
	for (size_t i = 0; i < 8; i++) {
		char title[16];

		(void)snprintf(title, sizeof(title), "job %zu", i);
		assert_title(f, jobs[i], title);
		assert_int_equal(jobs[i]->turn, i);
	}
	assert_int_equal(pool_pending(f->pool), 0);
}

static void test_large_body(void **state)
{
	struct fixture *f = *state;
	struct buf body = large_body(LARGE_BODY);
	size_t len = body.len;
	struct outcome *large, *after;

	start(f, 1, 0);
	large = submit_body(f, &body);
	assert_int_equal(pool_pending_bytes(f->pool), len);
	after = submit_title(f, "After");
	await(f, after);
	assert_title(f, large, "Large");
	assert_title(f, after, "After");
	assert_int_equal(pool_pending_bytes(f->pool), 0);
}

static void test_several_workers(void **state)
{
	struct fixture *f = *state;

	start(f, 3, 0);
	assert_int_equal(stats_of(f).workers, 3);
	for (unsigned i = 0; i < 3; i++)
		for (unsigned k = 0; k < i; k++)
			assert_int_not_equal(pool_worker_pid(f->pool, i), pool_worker_pid(f->pool, k));
	assert_int_equal(pool_worker_pid(f->pool, 3), 0);
	for (int i = 0; i < 12; i++)
		(void)submit_title(f, "one");
	while (f->answered < 12)
		turn(f);
	for (int i = 0; i < 12; i++)
		assert_title(f, &f->outcomes[i], "one");
}

/* ---- workers that do not answer ---- */

static void test_killed_while_idle(void **state)
{
	struct fixture *f = *state;
	struct outcome *o;
	pid_t pid;

	start(f, 1, 0);
	pid = pool_worker_pid(f->pool, 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	await_new_pid(f, 0, pid);
	o = submit_title(f, "After");
	await(f, o);
	assert_title(f, o, "After");
	assert_int_equal(stats_of(f).restarts, 1);
	assert_int_equal(stats_of(f).failures, 0);
}

static void test_killed_at_work(void **state)
{
	struct fixture *f = *state;
	struct outcome *lost, *after;
	pid_t pid;

	start(f, 1, 0);
	pid = stop_worker(f, 0);
	lost = submit_title(f, "Lost");
	after = submit_title(f, "After");
	turn(f);
	assert_int_equal(lost->calls, 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	await(f, lost);
	assert_failed(lost, -ECHILD);
	assert_non_null(strstr(lost->error.text, "signal 9"));
	await(f, after);
	assert_title(f, after, "After");
	assert_int_equal(stats_of(f).restarts, 1);
	assert_int_equal(stats_of(f).failures, 1);
	assert_int_equal(stats_of(f).jobs, 2);
}

static void test_killed_again_and_again(void **state)
{
	struct fixture *f = *state;

	start(f, 1, 0);
	for (unsigned i = 1; i <= 5; i++) {
		pid_t pid = stop_worker(f, 0);
		struct outcome *lost = submit_title(f, "Lost"), *after;

		turn(f);
		assert_int_equal(kill(pid, SIGKILL), 0);
		await(f, lost);
		assert_failed(lost, -ECHILD);
		after = submit_title(f, "After");
		await(f, after);
		assert_title(f, after, "After");
		assert_int_equal(stats_of(f).restarts, i);
	}
}

static void test_hanging(void **state)
{
	struct fixture *f = *state;
	struct outcome *hanging, *after;
	pid_t pid;

	start(f, 1, HANG_LIMIT_MS);
	pid = stop_worker(f, 0);
	hanging = submit_title(f, "Hanging");
	after = submit_title(f, "After");
	await(f, hanging);
	assert_failed(hanging, -ETIMEDOUT);
	assert_int_not_equal(pool_worker_pid(f->pool, 0), pid);
	await(f, after);
	assert_title(f, after, "After");
	assert_int_equal(stats_of(f).restarts, 1);
}

/* It does not even take its job, of which a part still waits to be sent. */
static void test_hanging_at_the_door(void **state)
{
	struct fixture *f = *state;
	struct buf body = large_body(LARGE_BODY);
	struct outcome *hanging, *after;

	start(f, 1, HANG_LIMIT_MS);
	(void)stop_worker(f, 0);
	hanging = submit_body(f, &body);
	after = submit_title(f, "After");
	await(f, hanging);
	assert_failed(hanging, -ETIMEDOUT);
	await(f, after);
	assert_title(f, after, "After");
	assert_int_equal(pool_pending_bytes(f->pool), 0);
}

static void test_others_do_not_notice(void **state)
{
	struct fixture *f = *state;
	struct outcome *stuck;
	pid_t pid;

	start(f, 2, 0);
	pid = stop_worker(f, 0);
	stuck = submit_title(f, "Stuck");
	for (int i = 0; i < 10; i++)
		(void)submit_title(f, "Other");
	while (f->answered < 10)
		turn(f);
	assert_int_equal(stuck->calls, 0);
	assert_int_equal(pool_pending(f->pool), 1);
	for (int i = 1; i <= 10; i++)
		assert_title(f, &f->outcomes[i], "Other");
	assert_int_equal(stats_of(f).restarts, 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	await(f, stuck);
	assert_failed(stuck, -ECHILD);
}

static void test_more_than_its_memory(void **state)
{
	struct fixture *f = *state;
	struct buf body = large_body(MEMORY_MAX);
	struct outcome *huge, *after;

	start(f, 1, 0);
	huge = submit_body(f, &body);
	after = submit_title(f, "After");
	await(f, after);
	assert_int_equal(huge->calls, 1);
	/* without a limit, as a sanitizer has it, it may come through */
	if (huge->status != 0)
		assert_failed(huge, huge->error.code);
	assert_title(f, after, "After");
}

static void test_answer_over_its_limit(void **state)
{
	struct fixture *f = *state;
	const struct pool_options options = {
		.program_fd = f->program_fd, .workers = 1, .memory_max = MEMORY_MAX, .answer_max = 600};
	struct outcome *wordy, *after;
	struct buf body = BUF_INIT(64 * 1024);

	f->pool = pool_new(f->base, &options, NULL);
	assert_non_null(f->pool);
	assert_int_equal(buf_puts(&body, "<rss version=\"2.0\"><channel><item><title>x</title><description>"), 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(buf_puts(&body, "More words than fit. "), 0);
	assert_int_equal(buf_puts(&body, "</description></item></channel></rss>"), 0);
	wordy = submit_body(f, &body);
	after = submit(f, "no feed");
	await(f, after);
	assert_failed(wordy, -EPROTO);
	assert_failed(after, -EBADMSG);
	assert_int_equal(stats_of(f).restarts, 1);
}

/* ---- rules ---- */

static void assert_matches(struct fixture *f, const struct outcome *o, const char *rule)
{
	struct document d = read_document(f, o);

	assert_int_equal(d.items.count, 1);
	assert_int_equal(d.items.items[0].matches.count, rule != NULL ? 1 : 0);
	if (rule != NULL)
		assert_true(str_eq(d.items.items[0].matches.items[0].rule, str_from(rule)));
}

static void test_rules(void **state)
{
	static const struct rule_source first[] = {
		{{"alert/strait", 12}, {"frigate*", 8}}, {{"alert/other", 11}, {"submarine", 9}}};
	static const struct rule_source second[] = {{{"output/us", 9}, {"category:us", 11}}};
	struct fixture *f = *state;
	struct outcome *none, *one, *two, *three, *four;
	pid_t pid;

	start(f, 1, 0);
	none = submit_title(f, "Frigates turn back");
	await(f, none);
	assert_matches(f, none, NULL);
	assert_int_equal(pool_set_rules(f->pool, first, 2, NULL), 0);
	one = submit_title(f, "Frigates turn back");
	await(f, one);
	assert_matches(f, one, "alert/strait");
	assert_true(str_eq(read_document(f, one).items.items[0].matches.items[0].terms, STR("frigate*")));
	/* a new worker has them too */
	pid = pool_worker_pid(f->pool, 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	await_new_pid(f, 0, pid);
	two = submit_title(f, "A submarine");
	await(f, two);
	assert_matches(f, two, "alert/other");
	assert_int_equal(pool_set_rules(f->pool, second, 1, NULL), 0);
	three = submit_title(f, "Frigates turn back");
	await(f, three);
	assert_matches(f, three, "output/us");
	assert_int_equal(pool_set_rules(f->pool, NULL, 0, NULL), 0);
	four = submit_title(f, "Frigates turn back");
	await(f, four);
	assert_matches(f, four, NULL);
}

static void test_rules_reach_every_worker(void **state)
{
	static const struct rule_source rules[] = {{{"alert/strait", 12}, {"frigate*", 8}}};
	struct fixture *f = *state;
	pid_t pid;

	start(f, 2, 0);
	assert_int_equal(pool_set_rules(f->pool, rules, 1, NULL), 0);
	/* so that the second one gets the next */
	pid = stop_worker(f, 0);
	(void)submit_title(f, "Stuck");
	for (int i = 1; i <= 4; i++)
		await(f, submit_title(f, "Frigates turn back"));
	assert_int_equal(kill(pid, SIGCONT), 0);
	while (f->answered < 5)
		turn(f);
	for (int i = 1; i <= 4; i++)
		assert_matches(f, &f->outcomes[i], "alert/strait");
	assert_matches(f, &f->outcomes[0], NULL);
}

/* The old rules are under way to a worker that does not read: new ones wait for nobody. */
static void test_new_rules_while_old_ones_are_sent(void **state)
{
	static char long_rule[16 * 1024];
	static struct rule_source many[LARGE_BODY / sizeof(long_rule)];
	static const struct rule_source rules[] = {{{"alert/strait", 12}, {"frigate*", 8}}};
	struct fixture *f = *state;
	struct outcome *stuck, *after;
	pid_t pid;

	start(f, 1, 0);
	memset(long_rule, 'x', sizeof(long_rule));
	for (size_t i = 0; i < sizeof(many) / sizeof(many[0]); i++)
		many[i] = (struct rule_source){STR("alert/none"), str_make(long_rule, sizeof(long_rule))};
	assert_int_equal(pool_set_rules(f->pool, many, sizeof(many) / sizeof(many[0]), NULL), 0);
	pid = stop_worker(f, 0);
	stuck = submit_title(f, "Frigates turn back");
	turn(f);
	assert_int_equal(pool_set_rules(f->pool, rules, 1, NULL), 0);
	after = submit_title(f, "Frigates turn back");
	assert_int_equal(kill(pid, SIGCONT), 0);
	await(f, after);
	assert_matches(f, stuck, NULL);
	assert_matches(f, after, "alert/strait");
}

/* ---- beginning and end ---- */

static void test_program_that_is_no_worker(void **state)
{
	struct fixture *f = *state;
	struct pool_options options = {
		.program_fd = open("/bin/true", O_PATH | O_CLOEXEC), .workers = 2, .answer_max = LIMIT_WIRE_DOCUMENT};
	struct error err = {0};

	assert_true(options.program_fd >= 0);
	assert_null(pool_new(f->base, &options, &err));
	assert_int_equal(err.code, -ECHILD);
	assert_true(err.text[0] != '\0');
	(void)close(options.program_fd);
	memset(&err, 0, sizeof(err));
	options.program_fd = open("/dev/null", O_PATH | O_CLOEXEC);
	assert_null(pool_new(f->base, &options, &err));
	assert_true(err.code < 0 && err.text[0] != '\0');
	(void)close(options.program_fd);
}

static void test_end_with_jobs_waiting(void **state)
{
	struct fixture *f = *state;
	struct buf body = large_body(LARGE_BODY);

	start(f, 1, 0);
	(void)stop_worker(f, 0);
	(void)submit_body(f, &body);
	(void)submit_title(f, "Waiting");
	turn(f);
	pool_free(f->pool);
	f->pool = NULL;
	assert_int_equal(f->answered, 0);
	pool_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_feed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_jobs_wait_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_large_body, setup, teardown),
		cmocka_unit_test_setup_teardown(test_several_workers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_killed_while_idle, setup, teardown),
		cmocka_unit_test_setup_teardown(test_killed_at_work, setup, teardown),
		cmocka_unit_test_setup_teardown(test_killed_again_and_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hanging, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hanging_at_the_door, setup, teardown),
		cmocka_unit_test_setup_teardown(test_others_do_not_notice, setup, teardown),
		cmocka_unit_test_setup_teardown(test_more_than_its_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_answer_over_its_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rules, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rules_reach_every_worker, setup, teardown),
		cmocka_unit_test_setup_teardown(test_new_rules_while_old_ones_are_sent, setup, teardown),
		cmocka_unit_test_setup_teardown(test_program_that_is_no_worker, setup, teardown),
		cmocka_unit_test_setup_teardown(test_end_with_jobs_waiting, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
