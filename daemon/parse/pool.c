/* The pool: jobs in a queue, workers at the other end of sockets, and a replacement for each that dies.
 *
 * A job is given to a worker whole; its body is sent from where the transfer left it and freed when the
 * answer is there.  New rules go to each worker ahead of its next job. */
#include "sitrep/pool.h"

#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pool_worker.h"
#include "sitrep/clock.h"
#include "sitrep/limits.h"
#include "sitrep/log.h"

enum {
	/* Sanitized workers on a busy machine take their time. */
	START_LIMIT_MS = 30000,
	RESTART_FIRST_MS = 100,
	RESTART_LONGEST_MS = 60000,
	WORKERS_MAX = 256,
	HEAD_MAX = 1024 * 1024,
	RULES_MESSAGE_MAX = 256 * 1024 * 1024,
};

struct pool_job {
	uint32_t number;
	struct buf head;
	struct buf body;
	pool_answer_fn *fn;
	void *arg;
	struct pool_job *next;
};

/* A body for MESSAGE_RULES.  The pool uses the newest; a worker, the one that it was sent or is being sent. */
struct pool_rules {
	struct buf bytes;
	unsigned users;
};

struct pool_worker {
	struct worker_process process;
	struct pool *pool;
	struct pool_job *job;     /* WORKER_BUSY */
	struct pool_rules *rules; /* NULL: none yet */
};

struct pool {
	struct event_base *base;
	struct pool_options options;
	struct pool_worker *workers;
	unsigned count;
	struct pool_job *first, **last;
	struct event *dispatch;
	size_t pending, pending_bytes;
	uint32_t numbers;
	struct pool_rules *rules;
	struct pool_stats stats;
};

static void dispatch_soon(struct pool *p)
{
	event_active(p->dispatch, EV_TIMEOUT, 0);
}

static void set_timer(struct event *timer, int64_t ms)
{
	struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};

	(void)event_add(timer, &tv);
}

static void drop_rules(struct pool_rules **r)
{
	if (*r != NULL && --(*r)->users == 0) {
		buf_release(&(*r)->bytes);
		free(*r);
	}
	*r = NULL;
}

/* ---- the end of a job ---- */

static void free_job(struct pool_job *j)
{
	buf_release(&j->head);
	buf_release(&j->body);
	free(j);
}

static void finish_job(struct pool *p, struct pool_job *j, struct pool_answer *answer)
{
	p->pending--;
	p->pending_bytes -= j->body.len;
	p->stats.jobs++;
	p->stats.failures += answer->status != 0;
	j->fn(j->arg, answer);
	buf_release(&answer->document);
	free_job(j);
}

static void fail_job(struct pool *p, struct pool_job *j, const struct error *why)
{
	struct pool_answer answer = {.status = why->code, .error = *why};

	finish_job(p, j, &answer);
}

/* ---- workers that end ---- */

static void watch(struct pool_worker *w);

static void start_or_wait(struct pool_worker *w)
{
	struct pool *p = w->pool;
	struct error err = {0};

	if (w->process.failed_starts == 0 &&
		worker_process_start(&w->process, p->options.program_fd, p->options.memory_max, &err) == 0) {
		watch(w);
		return;
	}
	if (w->process.failed_starts == 0)
		w->process.failed_starts = 1;
	if (w->process.failed_starts == 1)
		log_emit(LOG_LEVEL_ERROR, "a parse worker does not start", "reason",
			err.code != 0 ? err.text : "it ended at once", NULL);
	unsigned doublings = w->process.failed_starts > 10 ? 10 : w->process.failed_starts - 1;
	int64_t wait_ms = (int64_t)RESTART_FIRST_MS << doublings;

	set_timer(w->process.timer, wait_ms < RESTART_LONGEST_MS ? wait_ms : RESTART_LONGEST_MS);
}

/* why: what is known already; NULL: it went by itself. */
static void replace(struct pool_worker *w, const struct error *why)
{
	struct pool *p = w->pool;
	struct pool_job *j = w->job;
	bool had_started = w->process.state != WORKER_STARTING;
	struct error how = {0};

	event_free(w->process.readable);
	event_free(w->process.writable);
	w->process.readable = w->process.writable = NULL;
	(void)event_del(w->process.timer);
	worker_process_end(&w->process, &how);
	drop_rules(&w->rules);
	if (why == NULL || why->code == -ECHILD)
		why = &how;
	p->stats.restarts++;
	w->job = NULL;
	w->process.failed_starts = had_started ? 0 : w->process.failed_starts + 1;
	log_emit(LOG_LEVEL_WARNING, "parse worker replaced", "reason", why->text, NULL);
	start_or_wait(w);
	if (j != NULL)
		fail_job(p, j, why);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct pool_worker *w = arg;
	struct error why;

	(void)fd;
	(void)what;
	if (w->process.state == WORKER_DEAD) {
		/* The wait is over; a failure is counted on from here. */
		struct error err = {0};

		if (worker_process_start(&w->process, w->pool->options.program_fd, w->pool->options.memory_max, &err) ==
			0) {
			watch(w);
			return;
		}
		w->process.failed_starts++;
		start_or_wait(w);
		return;
	}
	(void)error_set(&why, -ETIMEDOUT, "the parse worker did not answer within %lld ms",
		(long long)w->pool->options.job_limit_ms);
	replace(w, &why);
}

/* ---- talking ---- */

static void update_events(struct pool_worker *w, int sent)
{
	if (sent > 0)
		(void)event_add(w->process.writable, NULL);
	else
		(void)event_del(w->process.writable);
}

static void take_answer(struct pool_worker *w)
{
	struct pool *p = w->pool;
	struct pool_job *j = w->job;
	struct pool_answer answer = {0};

	w->job = NULL;
	w->process.state = WORKER_IDLE;
	(void)event_del(w->process.timer);
	if (w->process.in.kind == MESSAGE_DOCUMENT) {
		answer.document = w->process.body;
		w->process.body = BUF_INIT(0);
	} else {
		(void)failure_decode(buf_str(&w->process.body), &answer.error);
		answer.status = answer.error.code;
		buf_release(&w->process.body);
	}
	dispatch_soon(p);
	finish_job(p, j, &answer);
}

/* False when the worker is not to be believed. */
static bool take_message(struct pool_worker *w)
{
	const struct message_header *h = &w->process.in;

	if (w->process.state == WORKER_STARTING && h->kind == MESSAGE_HELLO) {
		w->process.state = WORKER_IDLE;
		w->process.failed_starts = 0;
		buf_release(&w->process.body);
		(void)event_del(w->process.timer);
		dispatch_soon(w->pool);
		return true;
	}
	if (w->process.state != WORKER_BUSY || h->job != w->job->number ||
		(h->kind != MESSAGE_DOCUMENT && h->kind != MESSAGE_FAILURE))
		return false;
	take_answer(w);
	return true;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct pool_worker *w = arg;
	struct error why = {0};
	int got = worker_process_receive(&w->process, w->pool->options.answer_max, &why);

	(void)fd;
	(void)what;
	if (got > 0 && !take_message(w))
		got = error_set(&why, -EPROTO, "the parse worker answered what it was not asked");
	if (got < 0)
		replace(w, &why);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct pool_worker *w = arg;
	int sent = worker_process_send(&w->process);

	(void)fd;
	(void)what;
	if (sent < 0)
		replace(w, NULL);
	else
		update_events(w, sent);
}

static void watch(struct pool_worker *w)
{
	w->process.readable = event_new(w->pool->base, w->process.fd, EV_READ | EV_PERSIST, on_readable, w);
	w->process.writable = event_new(w->pool->base, w->process.fd, EV_WRITE | EV_PERSIST, on_writable, w);
	set_timer(w->process.timer, START_LIMIT_MS);
	if (w->process.readable == NULL || w->process.writable == NULL || event_add(w->process.readable, NULL) != 0) {
		struct error why;

		(void)error_set(&why, -ENOMEM, "no memory to watch a parse worker");
		if (w->process.readable != NULL && w->process.writable != NULL)
			replace(w, &why);
	}
}

/* ---- giving work ---- */

static void add_piece(struct outgoing *o, const void *data, size_t len)
{
	o->pieces[o->count++] = (struct iovec){.iov_base = (void *)data, .iov_len = len};
}

static void give(struct pool_worker *w, struct pool_job *j)
{
	struct pool *p = w->pool;
	struct outgoing *o = &w->process.out;
	struct message_header rules = {.kind = MESSAGE_RULES, .length = (uint32_t)p->rules->bytes.len};
	struct message_header job = {
		.kind = MESSAGE_JOB, .job = j->number, .length = (uint32_t)(j->head.len + j->body.len)};
	int sent;

	w->job = j;
	w->process.state = WORKER_BUSY;
	*o = (struct outgoing){0};
	if (w->rules != p->rules) {
		message_header_encode(w->process.out_headers[0], &rules);
		add_piece(o, w->process.out_headers[0], MESSAGE_HEADER_LEN);
		add_piece(o, p->rules->bytes.data, p->rules->bytes.len);
		drop_rules(&w->rules);
		w->rules = p->rules;
		w->rules->users++;
	}
	message_header_encode(w->process.out_headers[1], &job);
	add_piece(o, w->process.out_headers[1], MESSAGE_HEADER_LEN);
	add_piece(o, j->head.data, j->head.len);
	add_piece(o, j->body.data, j->body.len);
	set_timer(w->process.timer, p->options.job_limit_ms);
	sent = worker_process_send(&w->process);
	if (sent < 0)
		replace(w, NULL);
	else
		update_events(w, sent);
}

static void on_dispatch(evutil_socket_t fd, short what, void *arg)
{
	struct pool *p = arg;

	(void)fd;
	(void)what;
	for (unsigned i = 0; i < p->count && p->first != NULL; i++) {
		struct pool_job *j = p->first;

		if (p->workers[i].process.state != WORKER_IDLE)
			continue;
		p->first = j->next;
		if (p->first == NULL)
			p->last = &p->first;
		give(&p->workers[i], j);
	}
}

int pool_submit(
	struct pool *p, const struct job *job, struct buf *body, pool_answer_fn *fn, void *arg, struct error *err)
{
	struct pool_job *j = calloc(1, sizeof(*j));

	if (j == NULL)
		return error_sys(err, -ENOMEM, "cannot queue a document");
	buf_init(&j->head, HEAD_MAX);
	if (job_encode_head(&j->head, job) != 0) {
		int failed = j->head.failed;

		free_job(j);
		return error_sys(err, failed, "cannot queue a document");
	}
	j->body = *body;
	*body = BUF_INIT(body->max);
	j->number = ++p->numbers;
	j->fn = fn;
	j->arg = arg;
	*p->last = j;
	p->last = &j->next;
	p->pending++;
	p->pending_bytes += j->body.len;
	dispatch_soon(p);
	return 0;
}

struct pool_rules *pool_rules_new(const struct rule_source *rules, size_t count, struct error *err)
{
	struct pool_rules *fresh = calloc(1, sizeof(*fresh));

	if (fresh == NULL) {
		(void)error_sys(err, -ENOMEM, "cannot hand the rules to the parse workers");
		return NULL;
	}
	fresh->users = 1;
	buf_init(&fresh->bytes, RULES_MESSAGE_MAX);
	if (rules_encode(&fresh->bytes, rules, count) != 0) {
		(void)error_sys(err, fresh->bytes.failed, "cannot hand the rules to the parse workers");
		drop_rules(&fresh);
	}
	return fresh;
}

void pool_rules_free(struct pool_rules *r)
{
	drop_rules(&r);
}

void pool_use_rules(struct pool *p, struct pool_rules *r)
{
	drop_rules(&p->rules);
	p->rules = r;
}

/* ---- life ---- */

static int await_hellos(struct pool *p, struct error *err)
{
	int64_t deadline_ms = clock_mono_ms() + START_LIMIT_MS;

	for (unsigned i = 0; i < p->count; i++) {
		struct pool_worker *w = &p->workers[i];

		while (w->process.state == WORKER_STARTING) {
			struct pollfd ready = {.fd = w->process.fd, .events = POLLIN};
			int got;

			if (clock_mono_ms() > deadline_ms)
				return error_set(err, -ETIMEDOUT, "a parse worker did not start within %d s",
					START_LIMIT_MS / 1000);
			(void)poll(&ready, 1, 100);
			got = worker_process_receive(&w->process, p->options.answer_max, err);
			if (got == 0)
				continue;
			if (got > 0 && w->process.in.kind == MESSAGE_FAILURE)
				return error_set(err, -ECHILD, "a parse worker did not start: %.*s",
					STR_ARG(buf_str(&w->process.body)));
			if (got < 0 || !take_message(w))
				return error_set(err, -ECHILD, "a parse worker did not start");
		}
	}
	return 0;
}

static unsigned processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : (unsigned)(n < WORKERS_MAX ? n : WORKERS_MAX);
}

struct pool *pool_new(struct event_base *base, const struct pool_options *options, struct error *err)
{
	struct pool *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		(void)error_sys(err, -ENOMEM, "cannot start the parse workers");
		return NULL;
	}
	p->base = base;
	p->options = *options;
	if (p->options.job_limit_ms == 0)
		p->options.job_limit_ms = LIMIT_WORKER_WALL_S * INT64_C(1000);
	p->last = &p->first;
	p->count = options->workers > 0 ? options->workers : processors();
	p->workers = calloc(p->count, sizeof(*p->workers));
	p->dispatch = event_new(base, -1, 0, on_dispatch, p);
	if (p->workers == NULL || p->dispatch == NULL) {
		(void)error_sys(err, -ENOMEM, "cannot start the parse workers");
		goto failed;
	}
	for (unsigned i = 0; i < p->count; i++) {
		p->workers[i].pool = p;
		p->workers[i].process.timer = evtimer_new(base, on_timer, &p->workers[i]);
		if (p->workers[i].process.timer == NULL) {
			(void)error_sys(err, -ENOMEM, "cannot start the parse workers");
			goto failed;
		}
		if (worker_process_start(&p->workers[i].process, options->program_fd, options->memory_max, err) != 0)
			goto failed;
		watch(&p->workers[i]);
	}
	p->rules = pool_rules_new(NULL, 0, err);
	if (p->rules == NULL || await_hellos(p, err) != 0)
		goto failed;
	return p;

failed:
	pool_free(p);
	return NULL;
}

static void free_event(struct event *ev)
{
	if (ev != NULL)
		event_free(ev);
}

void pool_free(struct pool *p)
{
	if (p == NULL)
		return;
	for (unsigned i = 0; p->workers != NULL && i < p->count; i++) {
		struct pool_worker *w = &p->workers[i];

		free_event(w->process.readable);
		free_event(w->process.writable);
		free_event(w->process.timer);
		if (w->process.pid > 0)
			worker_process_end(&w->process, NULL);
		if (w->job != NULL)
			free_job(w->job);
		drop_rules(&w->rules);
	}
	while (p->first != NULL) {
		struct pool_job *j = p->first;

		p->first = j->next;
		free_job(j);
	}
	free_event(p->dispatch);
	drop_rules(&p->rules);
	free(p->workers);
	free(p);
}

size_t pool_pending(const struct pool *p)
{
	return p->pending;
}

size_t pool_pending_bytes(const struct pool *p)
{
	return p->pending_bytes;
}

pid_t pool_worker_pid(const struct pool *p, unsigned i)
{
	return i < p->count ? p->workers[i].process.pid : 0;
}

void pool_get_stats(const struct pool *p, struct pool_stats *stats)
{
	*stats = p->stats;
	stats->workers = p->count;
}
