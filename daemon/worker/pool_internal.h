/* pool_internal.h: the pool's members, and the functions that pool.c and pool_talk.c share. */
#ifndef SITREP_WORKER_POOL_INTERNAL_H
#define SITREP_WORKER_POOL_INTERNAL_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "pool_check.h"
#include "pool_worker.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/worker/job.h"
#include "sitrep/worker/pool.h"

enum {
	/* Sanitized workers on a busy machine take their time. */
	START_LIMIT_MS = 30000,
};

struct pool_job {
	uint32_t number; /* random, so that a worker cannot answer a job before it was sent */
	bool again;      /* its first worker answered another job, so this is its second try */
	struct buf head;
	struct buf body;
	pool_answer_fn *fn;
	void *arg;
	struct pool_job *next;
};

/* A body for MESSAGE_RULES.  The pool uses the newest; a worker, the one that it was sent or is being sent. */
struct pool_rules {
	struct buf bytes;
	struct known_rules known; /* in bytes */
	unsigned users;
};

struct pool_worker {
	struct worker_process process;
	struct pool *pool;
	struct pool_job *job;     /* WORKER_BUSY, WORKER_ANSWERED */
	struct check *check;      /* WORKER_ANSWERED */
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
	struct pool_checker *checker;
	struct error trouble; /* why the last worker did not start; code 0 since one did */
	struct pool_stats stats;
};

/* ---- pool.c: jobs ---- */

void pool_set_timer(struct event *timer, int64_t ms);
void pool_dispatch_soon(struct pool *p);
void pool_drop_rules(struct pool_rules **r);
/* Puts the job back at the head of the queue. */
void pool_put_back(struct pool *p, struct pool_job *j);
void pool_finish_job(struct pool *p, struct pool_job *j, struct pool_answer *answer);
void pool_fail_job(struct pool *p, struct pool_job *j, const struct error *why);

/* ---- pool_talk.c: workers ---- */

bool member_has_started(const struct pool_worker *w);
void member_start(struct pool_worker *w);
/* Ends the process and forgets its state; how gets the cause of its death. */
void member_end(struct pool_worker *w, struct error *how);
/* Ends the worker and starts another; its job fails. why: the reason; NULL: the worker ended by itself. */
void member_replace(struct pool_worker *w, const struct error *why);
/* Reads the worker's messages, and replaces the worker after a wrong one. */
void member_hear(struct pool_worker *w);
/* The worker's timer: the job took too long, or the pause before the next start is over. */
void member_on_timer(evutil_socket_t fd, short what, void *arg);
/* A pool_checker callback, arg is the pool: hands the answer out, or replaces the worker. */
void member_on_checked(void *arg, struct check *c);
/* The number of bytes of its job that worker_process_send() has yet to send. */
void member_update_events(struct pool_worker *w, int sent);

#endif
