/* SPDX-License-Identifier: ISC */
/* pool_jobs.h: the queue of jobs, and the end of each. */
#ifndef SITREP_WORKER_POOL_JOBS_H
#define SITREP_WORKER_POOL_JOBS_H

#include "pool_state.h"

void pool_set_timer(struct event *timer, int64_t ms);
void pool_dispatch_soon(struct pool *p);
void pool_drop_rules(struct pool_rules **r);
/* The first job of the queue, which must hold one. */
struct pool_job *pool_take_first(struct pool *p);
/* Puts the job back at the head of the queue. */
void pool_put_back(struct pool *p, struct pool_job *j);
void pool_finish_job(struct pool *p, struct pool_job *j, struct pool_answer *answer);
void pool_fail_job(struct pool *p, struct pool_job *j, const struct error *why);
void pool_free_job(struct pool_job *j);

#endif
