/* SPDX-License-Identifier: ISC */
/* pool.h: the parse workers, seen from the main loop.
 *
 * N processes of the program sitrep-parse, each on one socket pair.  A worker gets one job at a time, and the next when
 * its answer has been checked (document_check.h) by a thread of the pool's.
 *
 * A worker is not trusted. It has no environment, no descriptor but its socket, and /dev/null for what it prints.  It
 * can read the rules in force, but not change them.  One
 * that dies, hangs past LIMIT_WORKER_WALL_S, exceeds its memory, sends a malformed message, answers before its job was
 * sent, or sends anything else is killed and replaced at once, and its job ends with the reason: the feed's next poll
 * is the next try.  A job whose worker answered another job is tried once more.  Other jobs are not affected. After
 * LIMIT_WORKER_JOBS jobs a worker is replaced in any case.
 *
 * A worker that ends before it was given a job is started again with growing delay, up to a minute; while no worker
 * runs, jobs end with the reason at each failed start.
 *
 * All functions belong to the thread of the event base; callbacks run from the loop, never from inside pool_submit().
 */
#ifndef SITREP_WORKER_POOL_H
#define SITREP_WORKER_POOL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/worker/document_check.h"
#include "sitrep/worker/job.h"

struct event_base;
struct pool;
struct pool_rules;

struct pool_options {
	int program_fd;           /* sitrep-parse, opened O_PATH|O_CLOEXEC at start: an upgrade of the package
				   * does not mix versions. Borrowed, must outlive the pool. */
	unsigned workers;         /* 0: one a processor */
	uint64_t memory_max;      /* address space of a worker, bytes */
	size_t answer_max;        /* largest answer taken, bytes */
	int64_t job_limit_ms;     /* wall time of one job, 0: LIMIT_WORKER_WALL_S */
	unsigned jobs_max;        /* of one process, 0: LIMIT_WORKER_JOBS */
	document_check_fn *check; /* document_check() but in tests */
};

/* The result of a job. */
struct pool_answer {
	int status; /* 0: document holds wire bytes; -EBADMSG: not a feed; -ETIMEDOUT, -ENOMEM, -EPROTO, -ECHILD (died),
		     * -ENOEXEC (does not start) */
	struct buf document; /* checked; the callback may take it */
	struct error error;  /* the sentence when status is not 0 */
};

typedef void pool_answer_fn(void *arg, struct pool_answer *answer);

/* Starts the workers and waits, for ten seconds at most, until each has said hello or ended.  It is an error if no
 * worker starts because the program cannot be executed or has no sandbox, so that the operator sees it at start-up.
 * Workers that are slow or die are started again from the loop. */
struct pool *pool_new(struct event_base *base, const struct pool_options *options, struct error *err);
/* Kills the workers and reaps them.  Jobs not answered get no callback. */
void pool_free(struct pool *p);

/* Rules in the form that workers take, so that using them cannot fail: their image (rule_set_image()), which is copied
 * to sealed memory that all workers map read-only, and rules, in the order of the image.  An empty image: no rules.
 * NULL without memory.  Any thread may call this. */
struct pool_rules *pool_rules_new(const struct rule_source *rules, size_t count, struct str image, struct error *err);
void pool_rules_free(struct pool_rules *r);
/* Takes r over.  Takes effect for every job submitted afterwards.  Returns the rules before, which any thread may free;
 * NULL when jobs under way use them: the last of these frees them. */
struct pool_rules *pool_use_rules(struct pool *p, struct pool_rules *r);

/* Copies all of job but its body, and takes over body (job->body is ignored).  fn(arg) is called exactly
 * once unless the pool is freed first.  Jobs wait in order. -ENOMEM leaves body with the caller. */
int pool_submit(
	struct pool *p, const struct job *job, struct buf *body, pool_answer_fn *fn, void *arg, struct error *err);

/* Jobs waiting or at work, and the bytes of their bodies. */
size_t pool_pending(const struct pool *p);
size_t pool_pending_bytes(const struct pool *p);

/* The process of worker number i, or 0 while it is being replaced. For tests. */
pid_t pool_worker_pid(const struct pool *p, unsigned i);

struct pool_stats {
	uint64_t jobs, failures;
	uint64_t restarts; /* of workers that ended or were odd */
	uint64_t retired;  /* workers replaced after LIMIT_WORKER_JOBS */
	unsigned workers, ready;
	const char *trouble; /* why the last start of a worker failed; NULL since one succeeded */
};
void pool_get_stats(const struct pool *p, struct pool_stats *stats);

#endif
