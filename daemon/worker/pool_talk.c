/* SPDX-License-Identifier: ISC */
/* Messages from workers, and the end of workers that break the protocol.
 *
 * The worker's state decides which messages it may send and how long they may be (judge()); any other message ends the
 * worker. A document is checked by a thread (pool_check.h) before it is passed on. */
#include "pool_talk.h"

#include <errno.h>
#include <stdlib.h>

#include "pool_jobs.h"
#include "sitrep/base/log.h"

enum {
	RESTART_FIRST_MS = 100,
	RESTART_LONGEST_MS = 60000,
	/* A version, and a sentence with its code. */
	HELLO_MAX = 64,
	FAILURE_MAX = 4 + ERROR_TEXT_MAX,
	/* The error of an answer to another job: the worker's own job is not to blame and is tried once more. */
	ANOTHER_JOB = -ESTALE,
};

/* ---- workers that end ---- */

static void watch(struct pool_worker *w);

bool member_has_started(const struct pool_worker *w)
{
	return w->process.state != WORKER_DEAD && w->process.state != WORKER_STARTING;
}

/* While no worker runs, waiting jobs end with the reason. */
static void fail_waiting(struct pool *p)
{
	struct pool_job *j = p->first;

	for (unsigned i = 0; i < p->count; i++)
		if (member_has_started(&p->workers[i]) ||
			(p->workers[i].process.state == WORKER_STARTING && p->workers[i].process.idle_ends == 0))
			return;
	/* Jobs that the callbacks add wait for the next start. */
	p->first = NULL;
	p->last = &p->first;
	while (j != NULL) {
		struct pool_job *next = j->next;
		struct error why;

		error_set(&why, p->trouble.code, "no parse worker starts: %s", p->trouble.text);
		pool_fail_job(p, j, &why);
		j = next;
	}
}

/* The process ended before it got a job: each further start waits longer. */
static void wait_to_start(struct pool_worker *w)
{
	unsigned doublings = w->process.idle_ends < 10 ? w->process.idle_ends : 10;
	int64_t wait_ms = (int64_t)RESTART_FIRST_MS << doublings;

	w->process.idle_ends++;
	pool_set_timer(w->process.timer, wait_ms < RESTART_LONGEST_MS ? wait_ms : RESTART_LONGEST_MS);
}

static void note_trouble(struct pool_worker *w, const struct error *why)
{
	struct pool *p = w->pool;

	if (p->trouble.code == 0)
		log_emit(LOG_LEVEL_ERROR, "a parse worker does not start", "reason", why->text, NULL);
	p->trouble = *why;
	wait_to_start(w);
	fail_waiting(p);
}

void member_start(struct pool_worker *w)
{
	const struct pool_options *o = &w->pool->options;
	struct error err = {0};

	if (worker_process_start(&w->process, o->program_fd, o->memory_max, &err) != 0)
		note_trouble(w, &err);
	else
		watch(w);
}

static void drop_check(struct check *c)
{
	struct pool_rules *rules = c->rules;

	pool_drop_rules(&rules);
	buf_release(&c->document);
	free(c);
}

void member_end(struct pool_worker *w, struct error *how)
{
	if (w->process.readable != NULL)
		event_free(w->process.readable);
	if (w->process.writable != NULL)
		event_free(w->process.writable);
	w->process.readable = w->process.writable = NULL;
	event_del(w->process.timer);
	worker_process_end(&w->process, how);
	pool_drop_rules(&w->rules);
	if (w->check != NULL)
		w->check->worker = NULL;
	w->check = NULL;
}

void member_replace(struct pool_worker *w, const struct error *why)
{
	struct pool *p = w->pool;
	struct pool_job *j = w->job;
	bool had_started = member_has_started(w);
	struct error how = {0};

	member_end(w, &how);
	if (why == NULL || why->code == -ECHILD)
		why = &how;
	p->stats.restarts++;
	w->job = NULL;
	if (!had_started) {
		note_trouble(w, why);
		return;
	}
	log_emit(LOG_LEVEL_WARNING, "parse worker replaced", "reason", why->text, NULL);
	if (j == NULL) {
		wait_to_start(w);
		return;
	}
	member_start(w);
	if (why->code == ANOTHER_JOB && !j->again) {
		j->again = true;
		pool_put_back(p, j);
	} else {
		how = *why;
		how.code = why->code == ANOTHER_JOB ? -EPROTO : why->code;
		pool_fail_job(p, j, &how);
	}
}

/* A worker is replaced after LIMIT_WORKER_JOBS jobs, even without a fault (limits.h). */
static void retire(struct pool_worker *w)
{
	member_end(w, NULL);
	w->pool->stats.retired++;
	member_start(w);
}

void member_on_timer(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct pool_worker *w = arg;
	struct error why;

	if (w->process.state == WORKER_DEAD) {
		member_start(w);
		return;
	}
	if (w->process.state == WORKER_STARTING)
		error_set(&why, -ETIMEDOUT, "the parse worker did not say hello within %d s", START_LIMIT_MS / 1000);
	else
		error_set(&why, -ETIMEDOUT, "the parse worker did not answer within %lld ms",
			(long long)w->pool->options.job_limit_ms);
	member_replace(w, &why);
}

/* ---- talking ---- */

void member_update_events(struct pool_worker *w, int sent)
{
	if (sent > 0)
		event_add(w->process.writable, NULL);
	else
		event_del(w->process.writable);
}

static void answer_job(struct pool_worker *w, struct pool_answer *answer)
{
	struct pool *p = w->pool;
	struct pool_job *j = w->job;

	w->job = NULL;
	w->process.state = WORKER_IDLE;
	if (w->process.jobs >= p->options.jobs_max)
		retire(w);
	pool_dispatch_soon(p);
	pool_finish_job(p, j, answer);
}

void member_on_checked(void *arg UNUSED, struct check *c)
{
	struct pool_worker *w = c->worker;
	struct pool_answer answer = {0};

	if (w != NULL) {
		w->check = NULL;
		if (c->error.code != 0) {
			member_replace(w, &c->error);
		} else {
			answer.document = c->document;
			c->document = BUF_INIT(0);
			answer_job(w, &answer);
		}
	}
	drop_check(c);
}

static int take_document(struct pool_worker *w, struct error *why)
{
	struct check *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return error_sys(why, -ENOMEM, "cannot check a document");
	c->document = w->process.body;
	w->process.body = BUF_INIT(0);
	c->rules = w->rules;
	c->known = &w->rules->known;
	w->rules->users++;
	c->worker = w;
	w->check = c;
	w->process.state = WORKER_ANSWERED;
	event_del(w->process.timer);
	pool_checker_submit(w->pool->checker, c);
	return 0;
}

static int take_failure(struct pool_worker *w, struct error *why)
{
	struct pool_answer answer = {0};

	if (failure_decode(buf_str(&w->process.body), &answer.error) != 0) {
		*why = answer.error;
		return -EPROTO;
	}
	answer.status = answer.error.code;
	buf_release(&w->process.body);
	event_del(w->process.timer);
	answer_job(w, &answer);
	return 0;
}

static int take_hello(struct pool_worker *w, struct error *why)
{
	struct str version = buf_str(&w->process.body);

	for (size_t i = 0; i < version.len; i++)
		if (version.data[i] <= ' ' || version.data[i] >= 0x7f)
			return error_set(why, -EPROTO, "the parse worker's hello is damaged");
	w->process.state = WORKER_IDLE;
	if (w->pool->trouble.code != 0)
		log_emit(LOG_LEVEL_NOTICE, "a parse worker has started", NULL);
	w->pool->trouble.code = 0;
	buf_release(&w->process.body);
	event_del(w->process.timer);
	pool_dispatch_soon(w->pool);
	return 0;
}

/* Whether a message with this header may come now: 0, or -EPROTO with a sentence. */
static int judge(const struct pool_worker *w, struct error *why)
{
	const struct message_header *h = &w->process.in;
	size_t most = FAILURE_MAX;

	if (w->process.state == WORKER_STARTING) {
		if ((h->kind != MESSAGE_HELLO && h->kind != MESSAGE_FAILURE) || h->job != 0)
			return error_set(why, -EPROTO, "the parse worker began with another message than its hello");
		most = h->kind == MESSAGE_HELLO ? HELLO_MAX : FAILURE_MAX;
	} else if (w->process.state != WORKER_BUSY) {
		return error_set(why, -EPROTO, "the parse worker spoke without being asked");
	} else if (h->kind != MESSAGE_DOCUMENT && h->kind != MESSAGE_FAILURE) {
		return error_set(why, -EPROTO, "the parse worker sent a message that no worker sends");
	} else if (h->job != w->job->number) {
		return error_set(why, ANOTHER_JOB, "the parse worker answered another job than it was given");
	} else if (!worker_process_has_sent(&w->process)) {
		return error_set(why, -EPROTO, "the parse worker answered before it was sent its whole job");
	} else if (h->kind == MESSAGE_DOCUMENT) {
		most = w->pool->options.answer_max;
	}
	return h->length <= most
		       ? 0
		       : error_set(why, -EPROTO, "the parse worker's message of %u bytes is over the limit of %zu",
				 h->length, most);
}

static int take_message(struct pool_worker *w, struct error *why)
{
	struct error said = {0};

	switch (w->process.in.kind) {
	case MESSAGE_HELLO:
		return take_hello(w, why);
	case MESSAGE_DOCUMENT:
		return take_document(w, why);
	case MESSAGE_FAILURE:
		if (w->process.state == WORKER_BUSY)
			return take_failure(w, why);
		failure_decode(buf_str(&w->process.body), &said);
		return error_set(why, -ENOEXEC, "%s", said.text);
	case MESSAGE_RULES:
	case MESSAGE_JOB:
		break;
	}
	return -EPROTO;
}

/* Reads the bytes that are there. Negative when the worker has ended or broken the protocol. */
static int receive(struct pool_worker *w, struct error *why)
{
	bool may_speak = w->process.state == WORKER_STARTING || w->process.state == WORKER_BUSY;
	int got = worker_process_receive_header(&w->process, why);

	if (got == 0 && w->process.in_header_len > 0 && !may_speak)
		return error_set(why, -EPROTO, "the parse worker spoke without being asked");
	if (got <= 0)
		return got;
	got = judge(w, why);
	if (got == 0)
		got = worker_process_receive_body(&w->process, why);
	return got > 0 ? take_message(w, why) : got;
}

void member_hear(struct pool_worker *w)
{
	struct error why = {0};

	if (receive(w, &why) < 0)
		member_replace(w, &why);
}

static void on_readable(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	member_hear(arg);
}

static void on_writable(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct pool_worker *w = arg;
	int sent = worker_process_send(&w->process);

	if (sent < 0)
		member_replace(w, NULL);
	else
		member_update_events(w, sent);
}

static void watch(struct pool_worker *w)
{
	struct error why;

	w->process.readable = event_new(w->pool->base, w->process.fd, EV_READ | EV_PERSIST, on_readable, w);
	w->process.writable = event_new(w->pool->base, w->process.fd, EV_WRITE | EV_PERSIST, on_writable, w);
	pool_set_timer(w->process.timer, START_LIMIT_MS);
	if (w->process.readable == NULL || w->process.writable == NULL || event_add(w->process.readable, NULL) != 0) {
		error_set(&why, -ENOMEM, "no memory to watch a parse worker");
		member_replace(w, &why);
	}
}
