/* SPDX-License-Identifier: ISC */
/* pool_fixture.h: a pool of real workers, jobs for it, and what became of them.
 *
 * Nothing here waits for a while and hopes: the loop runs until what was waited for has happened, and an alarm ends
 * the test when it never does.  A worker is made to hang by stopping its process, so that the test decides when. */
#ifndef TEST_POOL_FIXTURE_H
#define TEST_POOL_FIXTURE_H

#include <event2/event.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/wait.h>

#include "../test.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/utf8.h"
#include "sitrep/model/document.h"
#include "sitrep/model/wire.h"
#include "sitrep/worker/pool.h"

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
static inline int open_worker(void)
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
	snprintf(path + strlen(path), sizeof(path) - strlen(path), "/sitrep-parse");
	return open(path, O_PATH | O_CLOEXEC);
}

static inline void on_alarm(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	fail_msg("what was waited for did not happen within %d s", PATIENCE_S);
}

static inline void setup(struct fixture *f)
{
	f->base = event_base_new();
	assert_non_null(f->base);
	f->alarm = evtimer_new(f->base, on_alarm, f);
	assert_non_null(f->alarm);
	f->program_fd = open_worker();
	assert_true(f->program_fd >= 0);
	arena_init(&f->arena, ARENA_MAX);
}

static inline void teardown(struct fixture *f)
{
	pool_free(f->pool);
	for (size_t i = 0; i < JOBS_MAX; i++)
		buf_release(&f->outcomes[i].document);
	arena_release(&f->arena);
	event_free(f->alarm);
	event_base_free(f->base);
	close(f->program_fd);
	/* all workers were reaped */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

FIXTURE(fixture, setup, teardown)

/* What is inside of a document is document_check()'s, and tested there. */
static inline int check_bytes(
	struct str bytes, const struct known_rules *rules, struct arena *a, struct document *d, struct error *err)
{
	int result = wire_decode_document(bytes, a, d, err);

	for (size_t i = 0; result == 0 && i < d->items.count; i++)
		for (size_t k = 0; k < d->items.items[i].matches.count; k++)
			if (known_rules_find(rules, d->items.items[i].matches.items[k].rule) == NULL)
				return error_set(err, -EPROTO, "unknown rule");
	return result;
}

/* What a pool is usually started with. */
static inline struct pool_options usual(const struct fixture *f, unsigned workers)
{
	return (struct pool_options){
		.program_fd = f->program_fd,
		.workers = workers,
		.memory_max = MEMORY_MAX,
		.answer_max = LIMIT_WIRE_DOCUMENT,
		.check = check_bytes,
	};
}

static inline void start_with(struct fixture *f, const struct pool_options *options)
{
	struct error err = {0};

	f->pool = pool_new(f->base, options, &err);
	assert_ok(f->pool != NULL, err);
}

static inline void start(struct fixture *f, unsigned workers, int64_t job_limit_ms)
{
	struct pool_options options = usual(f, workers);

	options.job_limit_ms = job_limit_ms;
	start_with(f, &options);
}

static inline void on_answer(void *arg, struct pool_answer *answer)
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

static inline struct outcome *submit_body(struct fixture *f, struct buf *body)
{
	const struct job job = {
		.feed = STR("alpha"), .categories = STR("naval\nus"), .url = STR("https://a.example/feed.xml")};
	struct error err = {0};
	struct outcome *o = &f->outcomes[f->submitted++];
	size_t answered = f->answered;

	assert_true(f->submitted <= JOBS_MAX);
	o->fixture = f;
	assert_ok(pool_submit(f->pool, &job, body, on_answer, o, &err) == 0, err);
	/* the body is the pool's now, and no callback comes from inside */
	assert_null(body->data);
	assert_int_equal(f->answered, answered);
	return o;
}

static inline struct outcome *submit(struct fixture *f, const char *text)
{
	struct buf body = BUF_INIT(1024 * 1024);

	assert_int_equal(buf_puts(&body, text), 0);
	return submit_body(f, &body);
}

static inline struct outcome *submit_title(struct fixture *f, const char *title)
{
	char text[512];

	snprintf(text, sizeof(text),
		"<rss version=\"2.0\"><channel><title>Alpha</title><item><title>%s</title>"
		"<guid>%s</guid></item></channel></rss>",
		title, title);
	return submit(f, text);
}

/* A feed with one item and much white space. */
static inline struct buf large_body(size_t size)
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
static inline void turn(struct fixture *f)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};

	assert_int_equal(event_add(f->alarm, &patience), 0);
	assert_true(event_base_loop(f->base, EVLOOP_ONCE) >= 0);
	event_del(f->alarm);
}

static inline void await(struct fixture *f, const struct outcome *o)
{
	while (o->calls == 0)
		turn(f);
}

static inline void await_new_pid(struct fixture *f, unsigned worker, pid_t old)
{
	while (pool_worker_pid(f->pool, worker) == old || pool_worker_pid(f->pool, worker) == 0)
		turn(f);
}

static inline struct document read_document(struct fixture *f, const struct outcome *o)
{
	struct document d;
	struct error err = {0};

	assert_int_equal(o->calls, 1);
	if (o->status != 0)
		fail_msg("the job failed: %s", o->error.text);
	arena_clear(&f->arena);
	assert_ok(wire_decode_document(buf_str(&o->document), &f->arena, &d, &err) == 0, err);
	return d;
}

static inline void assert_title(struct fixture *f, const struct outcome *o, const char *title)
{
	struct document d = read_document(f, o);

	assert_int_equal(d.items.count, 1);
	assert_true(str_eq(d.items.items[0].plain_title, str_from(title)));
}

static inline void assert_failed(const struct outcome *o, int status)
{
	assert_int_equal(o->calls, 1);
	assert_int_equal(o->status, status);
	assert_int_equal(o->error.code, status);
	assert_true(o->error.text[0] != '\0' && utf8_valid(str_from(o->error.text)));
	assert_null(o->document.data);
}

static inline void await_title(struct fixture *f, const struct outcome *o, const char *title)
{
	await(f, o);
	assert_title(f, o, title);
}

static inline void await_failure(struct fixture *f, const struct outcome *o, int status)
{
	await(f, o);
	assert_failed(o, status);
}

/* The worker does nothing more, until it is killed. */
static inline pid_t stop_worker(struct fixture *f, unsigned worker)
{
	pid_t pid = pool_worker_pid(f->pool, worker);
	siginfo_t info;

	assert_true(pid > 0);
	assert_int_equal(kill(pid, SIGSTOP), 0);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WSTOPPED), 0);
	return pid;
}

static inline struct pool_stats stats_of(const struct fixture *f)
{
	struct pool_stats stats;

	pool_get_stats(f->pool, &stats);
	return stats;
}

#endif
