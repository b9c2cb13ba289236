/* SPDX-License-Identifier: ISC */
/* pool_state.h: the members of the pool, its workers and its jobs. */
#ifndef SITREP_WORKER_POOL_STATE_H
#define SITREP_WORKER_POOL_STATE_H

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

/* Rules for the workers.  The pool uses the newest; a worker, the ones that it was sent or is being sent. */
struct pool_rules {
	int fd; /* of the sealed memory with their image; -1: no rules */
	uint8_t message[MESSAGE_RULES_LEN];
	struct known_rules known;
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

#endif
