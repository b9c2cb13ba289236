/* SPDX-License-Identifier: ISC */
/* pool_check.h: the thread that checks the workers' answers, so that the main loop need not.  Private to the pool.
 *
 * The queue holds at most one document for each worker, since a worker gets no other job before its answer has been
 * checked. */
#ifndef SITREP_WORKER_POOL_CHECK_H
#define SITREP_WORKER_POOL_CHECK_H

#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/worker/document_check.h"

struct event_base;
struct pool_checker;

/* One answer.  Belongs to the checker from pool_checker_submit() until it is handed back. */
struct check {
	struct buf document;
	const struct known_rules *known; /* that the worker was sent; must stay */
	void *worker;                    /* the caller's; NULL: nobody waits for it any more */
	void *rules;                     /* the caller's */
	struct error error;              /* code 0: the document passed the check */
	struct check *next;
};

/* Called from the loop with each finished check; the callee owns it then. */
typedef void checked_fn(void *arg, struct check *c);

struct pool_checker *pool_checker_new(
	struct event_base *base, document_check_fn *check, checked_fn *fn, void *arg, struct error *err);
/* Waits for the check under way, which is bounded by the document's size; fn gets all remaining answers, checked or
 * not. */
void pool_checker_free(struct pool_checker *k);
void pool_checker_submit(struct pool_checker *k, struct check *c);

#endif
