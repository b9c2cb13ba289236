/* SPDX-License-Identifier: ISC */
/* The pool: a queue of jobs, a socket to each worker, and a new worker for each that dies.
 *
 * Each job goes to one worker. Its body is sent from the transfer's buffer without a copy, and freed when the answer
 * has come.  New rules go to each worker ahead of its next job: the descriptor of memory that holds their image.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "pool_jobs.h"
#include "pool_talk.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/limits.h"

enum {
	/* The daemon's start waits this long for the hello of all workers, then goes on. */
	START_PATIENCE_MS = 10000,
	WORKERS_MAX = 256,
	HEAD_MAX = 1024 * 1024,
};

/* ---- giving work ---- */

static void add_piece(struct outgoing *o, const void *data, size_t len)
{
	o->pieces[o->count++] = (struct iovec){.iov_base = (void *)data, .iov_len = len};
}

static void give_job(struct pool_worker *w, struct pool_job *j)
{
	struct pool *p = w->pool;
	struct outgoing *o = &w->process.out;
	struct message_header rules = {.kind = MESSAGE_RULES, .length = MESSAGE_RULES_LEN};
	struct message_header job = {
		.kind = MESSAGE_JOB, .job = j->number, .length = (uint32_t)(j->head.len + j->body.len)};
	int sent;

	w->job = j;
	w->process.state = WORKER_BUSY;
	w->process.jobs++;
	w->process.idle_ends = 0;
	*o = (struct outgoing){.fd = -1};
	if (w->rules != p->rules) {
		message_header_encode(w->process.out_headers[0], &rules);
		add_piece(o, w->process.out_headers[0], MESSAGE_HEADER_LEN);
		add_piece(o, p->rules->message, sizeof(p->rules->message));
		o->fd = p->rules->fd;
		pool_drop_rules(&w->rules);
		w->rules = p->rules;
		w->rules->users++;
	}
	message_header_encode(w->process.out_headers[1], &job);
	add_piece(o, w->process.out_headers[1], MESSAGE_HEADER_LEN);
	add_piece(o, j->head.data, j->head.len);
	add_piece(o, j->body.data, j->body.len);
	pool_set_timer(w->process.timer, p->options.job_limit_ms);
	sent = worker_process_send(&w->process);
	if (sent < 0)
		member_replace(w, NULL);
	else
		member_update_events(w, sent);
}

static void on_dispatch(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct pool *p = arg;

	for (unsigned i = 0; i < p->count && p->first != NULL; i++) {
		struct pool_worker *w = &p->workers[i];

		/* Messages that the worker has sent since its last answer are read first. */
		if (w->process.state == WORKER_IDLE && !worker_process_is_silent(&w->process))
			member_hear(w);
		if (w->process.state == WORKER_IDLE)
			give_job(w, pool_take_first(p));
	}
}

/* Only the worker that was sent the job knows its number. */
static uint32_t make_number(struct pool *p)
{
	uint32_t number;

	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) != (ssize_t)sizeof(number))
		number = ++p->numbers;
	return number;
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

		pool_free_job(j);
		return error_sys(err, failed, "cannot queue a document");
	}
	j->body = *body;
	*body = BUF_INIT(body->max);
	j->number = make_number(p);
	j->fn = fn;
	j->arg = arg;
	*p->last = j;
	p->last = &j->next;
	p->pending++;
	p->pending_bytes += j->body.len;
	pool_dispatch_soon(p);
	return 0;
}

/* Puts the image into memory that nobody can change any more, and that each worker may map. */
static int seal_image(struct str image, int *fd)
{
	enum { SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };
	int made = memfd_create("sitrep-rules", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (made < 0)
		return -errno;
	while (image.len > 0) {
		ssize_t n = write(made, image.data, image.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		image = str_slice(image, (size_t)n, image.len);
	}
	if (image.len > 0 || fcntl(made, F_ADD_SEALS, SEALS) != 0) {
		int result = errno != 0 ? -errno : -EIO;

		close(made);
		return result;
	}
	*fd = made;
	return 0;
}

struct pool_rules *pool_rules_new(const struct rule_source *rules, size_t count, struct str image, struct error *err)
{
	struct pool_rules *fresh = calloc(1, sizeof(*fresh));
	int result = -ENOMEM;

	if (fresh != NULL) {
		*fresh = (struct pool_rules){.fd = -1, .users = 1};
		rules_message_encode(fresh->message, image.len);
		result = known_rules_make(&fresh->known, rules, count);
	}
	if (result == 0 && image.len > 0)
		result = seal_image(image, &fresh->fd);
	if (result != 0) {
		error_sys(err, result, "cannot hand the rules to the parse workers");
		pool_drop_rules(&fresh);
	}
	return fresh;
}

void pool_rules_free(struct pool_rules *r)
{
	pool_drop_rules(&r);
}

struct pool_rules *pool_use_rules(struct pool *p, struct pool_rules *r)
{
	struct pool_rules *before = p->rules;

	p->rules = r;
	if (before != NULL && before->users > 1)
		pool_drop_rules(&before);
	return before;
}

/* ---- life ---- */

static bool any_started(const struct pool *p)
{
	for (unsigned i = 0; i < p->count; i++)
		if (member_has_started(&p->workers[i]))
			return true;
	return false;
}

/* Waits until each worker has said hello or ended. If no worker can start, the installation or the configuration is at
 * fault; workers that are slow or died are started again later. */
static int await_hellos(struct pool *p, struct error *err)
{
	int64_t deadline_ms = clock_mono_ms() + START_PATIENCE_MS;

	for (;;) {
		struct pollfd ready[WORKERS_MAX];
		nfds_t count = 0;

		for (unsigned i = 0; i < p->count; i++)
			if (p->workers[i].process.state == WORKER_STARTING)
				ready[count++] = (struct pollfd){.fd = p->workers[i].process.fd, .events = POLLIN};
		if (count == 0 || clock_mono_ms() > deadline_ms)
			break;
		poll(ready, count, 100);
		for (unsigned i = 0; i < p->count; i++)
			if (p->workers[i].process.state == WORKER_STARTING)
				member_hear(&p->workers[i]);
	}
	if (any_started(p) || p->trouble.code != -ENOEXEC)
		return 0;
	return error_set(err, -ECHILD, "no parse worker starts: %s", p->trouble.text);
}

static unsigned processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : (unsigned)(n < WORKERS_MAX ? n : WORKERS_MAX);
}

struct pool *pool_new(struct event_base *base, const struct pool_options *options, struct error *err)
{
	struct pool *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return error_sys_null(err, -ENOMEM, "cannot start the parse workers");
	p->base = base;
	p->options = *options;
	if (p->options.job_limit_ms == 0)
		p->options.job_limit_ms = LIMIT_WORKER_WALL_S * INT64_C(1000);
	if (p->options.jobs_max == 0)
		p->options.jobs_max = LIMIT_WORKER_JOBS;
	p->last = &p->first;
	p->count = options->workers > 0 ? options->workers : processors();
	p->workers = calloc(p->count, sizeof(*p->workers));
	p->dispatch = event_new(base, -1, 0, on_dispatch, p);
	if (p->workers == NULL || p->dispatch == NULL) {
		error_sys(err, -ENOMEM, "cannot start the parse workers");
		goto failed;
	}
	p->checker = pool_checker_new(base, p->options.check, member_on_checked, p, err);
	if (p->checker == NULL)
		goto failed;
	p->rules = pool_rules_new(NULL, 0, STR_NONE, err);
	if (p->rules == NULL)
		goto failed;
	for (unsigned i = 0; i < p->count; i++) {
		p->workers[i].pool = p;
		p->workers[i].process.timer = evtimer_new(base, member_on_timer, &p->workers[i]);
		if (p->workers[i].process.timer == NULL) {
			error_sys(err, -ENOMEM, "cannot start the parse workers");
			goto failed;
		}
		member_start(&p->workers[i]);
	}
	if (await_hellos(p, err) != 0)
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

		if (w->process.pid > 0)
			member_end(w, NULL);
		free_event(w->process.timer);
		if (w->job != NULL)
			pool_free_job(w->job);
	}
	/* A check that was under way comes back and has no job any more. */
	pool_checker_free(p->checker);
	while (p->first != NULL) {
		struct pool_job *j = p->first;

		p->first = j->next;
		pool_free_job(j);
	}
	free_event(p->dispatch);
	pool_drop_rules(&p->rules);
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
	for (unsigned i = 0; i < p->count; i++)
		stats->ready += member_has_started(&p->workers[i]);
	stats->trouble = p->trouble.code != 0 ? p->trouble.text : NULL;
}
