/* SPDX-License-Identifier: ISC */
/* pool_talk.h: the pool's side of one worker, from its start to its end. */
#ifndef SITREP_WORKER_POOL_TALK_H
#define SITREP_WORKER_POOL_TALK_H

#include "pool_state.h"

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
