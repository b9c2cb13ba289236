/* SPDX-License-Identifier: ISC */
/* pool_test.c: what the workers answer, and what becomes of a job whose worker does not. */
#include "pool_fixture.h"
#include "sitrep/rules/rule.h"

/* ---- answers ---- */

TEST_ON(answer, fixture, f)
{
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

TEST_ON(no_feed, fixture, f)
{
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

TEST_ON(jobs_wait_in_order, fixture, f)
{
	struct outcome *jobs[8];

	start(f, 1, 0);
	for (size_t i = 0; i < 8; i++) {
		char title[16];

		snprintf(title, sizeof(title), "job %zu", i);
		jobs[i] = submit_title(f, title);
		assert_int_equal(pool_pending(f->pool), i + 1);
	}
	await(f, jobs[7]);
	for (size_t i = 0; i < 8; i++) {
		char title[16];

		snprintf(title, sizeof(title), "job %zu", i);
		assert_title(f, jobs[i], title);
		assert_int_equal(jobs[i]->turn, i);
	}
	assert_int_equal(pool_pending(f->pool), 0);
}

TEST_ON(large_body, fixture, f)
{
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

TEST_ON(several_workers, fixture, f)
{
	start(f, 3, 0);
	assert_int_equal(stats_of(f).workers, 3);
	for (unsigned i = 0; i < 3; i++)
		for (unsigned k = 0; k < i; k++)
			assert_int_not_equal(pool_worker_pid(f->pool, i), pool_worker_pid(f->pool, k));
	assert_int_equal(pool_worker_pid(f->pool, 3), 0);
	for (int i = 0; i < 12; i++)
		submit_title(f, "one");
	while (f->answered < 12)
		turn(f);
	for (int i = 0; i < 12; i++)
		assert_title(f, &f->outcomes[i], "one");
}

/* ---- workers that do not answer ---- */

/* Kills the first worker, and waits for the one in its place. */
static void kill_idle(struct fixture *f)
{
	pid_t pid = pool_worker_pid(f->pool, 0);

	assert_int_equal(kill(pid, SIGKILL), 0);
	await_new_pid(f, 0, pid);
}

TEST_ON(killed_while_idle, fixture, f)
{
	start(f, 1, 0);
	kill_idle(f);
	await_title(f, submit_title(f, "After"), "After");
	assert_int_equal(stats_of(f).restarts, 1);
	assert_int_equal(stats_of(f).failures, 0);
}

TEST_ON(killed_at_work, fixture, f)
{
	struct outcome *lost, *after;
	pid_t pid;

	start(f, 1, 0);
	pid = stop_worker(f, 0);
	lost = submit_title(f, "Lost");
	after = submit_title(f, "After");
	turn(f);
	assert_int_equal(lost->calls, 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	await_failure(f, lost, -ECHILD);
	assert_non_null(strstr(lost->error.text, "signal 9"));
	await_title(f, after, "After");
	assert_int_equal(stats_of(f).restarts, 1);
	assert_int_equal(stats_of(f).failures, 1);
	assert_int_equal(stats_of(f).jobs, 2);
}

TEST_ON(killed_again_and_again, fixture, f)
{
	start(f, 1, 0);
	for (unsigned i = 1; i <= 5; i++) {
		pid_t pid = stop_worker(f, 0);
		struct outcome *lost = submit_title(f, "Lost");

		turn(f);
		assert_int_equal(kill(pid, SIGKILL), 0);
		await_failure(f, lost, -ECHILD);
		await_title(f, submit_title(f, "After"), "After");
		assert_int_equal(stats_of(f).restarts, i);
	}
}

TEST_ON(hanging, fixture, f)
{
	struct outcome *hanging, *after;
	pid_t pid;

	start(f, 1, HANG_LIMIT_MS);
	pid = stop_worker(f, 0);
	hanging = submit_title(f, "Hanging");
	after = submit_title(f, "After");
	await_failure(f, hanging, -ETIMEDOUT);
	assert_int_not_equal(pool_worker_pid(f->pool, 0), pid);
	await_title(f, after, "After");
	assert_int_equal(stats_of(f).restarts, 1);
}

/* It does not even take its job, of which a part still waits to be sent. */
TEST_ON(hanging_at_the_door, fixture, f)
{
	struct buf body = large_body(LARGE_BODY);
	struct outcome *hanging, *after;

	start(f, 1, HANG_LIMIT_MS);
	stop_worker(f, 0);
	hanging = submit_body(f, &body);
	after = submit_title(f, "After");
	await_failure(f, hanging, -ETIMEDOUT);
	await_title(f, after, "After");
	assert_int_equal(pool_pending_bytes(f->pool), 0);
}

TEST_ON(others_do_not_notice, fixture, f)
{
	struct outcome *stuck;
	pid_t pid;

	start(f, 2, 0);
	pid = stop_worker(f, 0);
	stuck = submit_title(f, "Stuck");
	for (int i = 0; i < 10; i++)
		submit_title(f, "Other");
	while (f->answered < 10)
		turn(f);
	assert_int_equal(stuck->calls, 0);
	assert_int_equal(pool_pending(f->pool), 1);
	for (int i = 1; i <= 10; i++)
		assert_title(f, &f->outcomes[i], "Other");
	assert_int_equal(stats_of(f).restarts, 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	await_failure(f, stuck, -ECHILD);
}

TEST_ON(more_than_its_memory, fixture, f)
{
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

TEST_ON(answer_over_its_limit, fixture, f)
{
	struct pool_options options = usual(f, 1);
	struct outcome *wordy, *after;
	struct buf body = BUF_INIT(64 * 1024);

	options.answer_max = 600;
	start_with(f, &options);
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

/* What the worker finds in an item of that title. */
static void assert_rule_for(struct fixture *f, const char *title, const char *rule)
{
	const struct outcome *o = submit_title(f, title);

	await(f, o);
	assert_matches(f, o, rule);
}

static void use_rules(struct fixture *f, const struct rule_source *rules, size_t count)
{
	struct rule_set *set = rule_set_new();
	struct pool_rules *r;

	assert_non_null(set);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(rule_set_add(set, rules[i].name, rules[i].expression, NULL), 0);
	assert_int_equal(rule_set_finish(set, NULL), 0);
	r = pool_rules_new(rules, count, rule_set_image(set), NULL);
	rule_set_free(set);
	assert_non_null(r);
	pool_rules_free(pool_use_rules(f->pool, r));
}

TEST_ON(rules, fixture, f)
{
	static const struct rule_source first[] = {
		{{"alert/strait", 12}, {"frigate*", 8}}, {{"alert/other", 11}, {"submarine", 9}}};
	static const struct rule_source second[] = {{{"output/us", 9}, {"category:us", 11}}};
	struct outcome *one;

	start(f, 1, 0);
	assert_rule_for(f, "Frigates turn back", NULL);
	use_rules(f, first, 2);
	one = submit_title(f, "Frigates turn back");
	await(f, one);
	assert_matches(f, one, "alert/strait");
	assert_true(str_eq(read_document(f, one).items.items[0].matches.items[0].terms, STR("frigate*")));
	/* a new worker has them too */
	kill_idle(f);
	assert_rule_for(f, "A submarine", "alert/other");
	use_rules(f, second, 1);
	assert_rule_for(f, "Frigates turn back", "output/us");
	use_rules(f, NULL, 0);
	assert_rule_for(f, "Frigates turn back", NULL);
}

TEST_ON(rules_reach_every_worker, fixture, f)
{
	static const struct rule_source rules[] = {{{"alert/strait", 12}, {"frigate*", 8}}};
	pid_t pid;

	start(f, 2, 0);
	use_rules(f, rules, 1);
	/* so that the second one gets the next */
	pid = stop_worker(f, 0);
	submit_title(f, "Stuck");
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
TEST_ON(new_rules_while_old_ones_are_sent, fixture, f)
{
	static char long_rule[16 * 1024];
	static struct rule_source many[LARGE_BODY / sizeof(long_rule)];
	static const struct rule_source rules[] = {{{"alert/strait", 12}, {"frigate*", 8}}};
	struct outcome *stuck, *after;
	pid_t pid;

	start(f, 1, 0);
	memset(long_rule, 'x', sizeof(long_rule));
	for (size_t i = 0; i < sizeof(many) / sizeof(many[0]); i++)
		many[i] = (struct rule_source){STR("alert/none"), str_make(long_rule, sizeof(long_rule))};
	use_rules(f, many, sizeof(many) / sizeof(many[0]));
	pid = stop_worker(f, 0);
	stuck = submit_title(f, "Frigates turn back");
	turn(f);
	use_rules(f, rules, 1);
	after = submit_title(f, "Frigates turn back");
	assert_int_equal(kill(pid, SIGCONT), 0);
	await(f, after);
	assert_matches(f, stuck, NULL);
	assert_matches(f, after, "alert/strait");
}

/* ---- beginning and end ---- */

/* A program that cannot be executed is a fault of the installation, and told at once. */
TEST_ON(program_that_is_none, fixture, f)
{
	struct pool_options options = usual(f, 2);
	struct error err = {0};

	options.program_fd = open("/dev/null", O_PATH | O_CLOEXEC);
	assert_true(options.program_fd >= 0);
	assert_null(pool_new(f->base, &options, &err));
	assert_int_equal(err.code, -ECHILD);
	assert_non_null(strstr(err.text, "cannot be executed"));
	close(options.program_fd);
}

/* One that dies at its start is tried again; jobs end with the reason meanwhile. */
TEST_ON(program_that_dies_at_its_start, fixture, f)
{
	struct pool_options options = usual(f, 2);
	struct outcome *o;

	options.program_fd = open("/bin/true", O_PATH | O_CLOEXEC);
	assert_true(options.program_fd >= 0);
	start_with(f, &options);
	assert_int_equal(stats_of(f).ready, 0);
	assert_non_null(strstr(stats_of(f).trouble, "status 0"));
	o = submit_title(f, "Nobody there");
	await_failure(f, o, -ECHILD);
	assert_non_null(strstr(o->error.text, "no parse worker starts"));
	pool_free(f->pool);
	f->pool = NULL;
	close(options.program_fd);
}

/* After its share of jobs a worker goes, with nothing lost. */
TEST_ON(workers_retire, fixture, f)
{
	struct pool_options options = usual(f, 1);
	pid_t first;

	options.jobs_max = 3;
	start_with(f, &options);
	first = pool_worker_pid(f->pool, 0);
	for (int i = 0; i < 3; i++)
		submit_title(f, "one");
	submit(f, "no feed");
	for (int i = 0; i < 3; i++)
		submit_title(f, "one");
	while (f->answered < 7)
		turn(f);
	assert_int_not_equal(pool_worker_pid(f->pool, 0), first);
	assert_int_equal(stats_of(f).retired, 2);
	assert_int_equal(stats_of(f).restarts, 0);
	assert_int_equal(stats_of(f).failures, 1);
}

TEST_ON(end_with_jobs_waiting, fixture, f)
{
	struct buf body = large_body(LARGE_BODY);

	start(f, 1, 0);
	stop_worker(f, 0);
	submit_body(f, &body);
	submit_title(f, "Waiting");
	turn(f);
	pool_free(f->pool);
	f->pool = NULL;
	assert_int_equal(f->answered, 0);
	pool_free(NULL);
}
