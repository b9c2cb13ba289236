/* SPDX-License-Identifier: ISC */
/* thread.h: a thread beside the main loop.
 *
 * The main loop handles all signals: a thread that took one would interrupt its own work, and the loop would not see
 * it.  So each thread blocks them all from its first instruction. */
#ifndef SITREP_BASE_THREAD_H
#define SITREP_BASE_THREAD_H

#include <pthread.h>

/* Starts run(arg) in a thread that gets no signals; those of the caller are as before.  0 or a negative code: then
 * *thread is not to be joined. */
int thread_start(pthread_t *thread, void *(*run)(void *), void *arg);

#endif
