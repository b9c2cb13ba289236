/* SPDX-License-Identifier: ISC */
#include "sitrep/base/thread.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

int thread_start(pthread_t *thread, void *(*run)(void *), void *arg)
{
	sigset_t all, before;
	int code;

	/* A new thread begins with the mask of the one that made it. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	code = pthread_create(thread, NULL, run, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -code;
}

void thread_end_init(struct thread_end *e)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_mutex_init(&e->lock, NULL);
	pthread_cond_init(&e->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	atomic_init(&e->asked, false);
}

void thread_end_release(struct thread_end *e)
{
	pthread_cond_destroy(&e->wake);
	pthread_mutex_destroy(&e->lock);
}

bool thread_end_wait(struct thread_end *e, int64_t ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(ms / 1000);
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&e->lock);
	while (!atomic_load(&e->asked) && pthread_cond_timedwait(&e->wake, &e->lock, &until) != ETIMEDOUT)
		;
	pthread_mutex_unlock(&e->lock);
	return !atomic_load(&e->asked);
}

void thread_end_ask(struct thread_end *e)
{
	pthread_mutex_lock(&e->lock);
	atomic_store(&e->asked, true);
	pthread_cond_signal(&e->wake);
	pthread_mutex_unlock(&e->lock);
}
