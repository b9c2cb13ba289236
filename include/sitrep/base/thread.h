/* SPDX-License-Identifier: ISC */
/* thread.h: a thread beside the main loop.
 *
 * The main loop handles all signals: a thread that took one would interrupt its own work, and the loop would not see
 * it.  So each thread blocks them all from its first instruction. */
#ifndef SITREP_BASE_THREAD_H
#define SITREP_BASE_THREAD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Starts run(arg) in a thread that gets no signals; those of the caller are as before.  0 or a negative code: then
 * *thread is not to be joined. */
int thread_start(pthread_t *thread, void *(*run)(void *), void *arg);

/* The end of a thread that rests between its steps:
 *
 *     while (thread_end_wait(&end, rest_ms))          in the thread
 *             ...
 *     thread_end_ask(&end); pthread_join(...);        in the thread that started it
 */
struct thread_end {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	atomic_bool asked; /* may be read in the middle of a step */
};

void thread_end_init(struct thread_end *e);
void thread_end_release(struct thread_end *e); /* after the thread was joined, or did not start */
/* Rests for ms, or until the end is asked for.  False: the thread has to end. */
bool thread_end_wait(struct thread_end *e, int64_t ms);
void thread_end_ask(struct thread_end *e);

#endif
