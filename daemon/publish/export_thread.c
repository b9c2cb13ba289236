/* SPDX-License-Identifier: ISC */
#include "export_thread.h"

#include <errno.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "sitrep/base/thread.h"

struct export_thread {
	export_work_fn *work, *done;
	void *arg;
	pthread_t thread;
	bool runs;
	pthread_mutex_t lock; /* of the next two */
	pthread_cond_t wanted;
	bool goes, ends;
	int fd; /* readable when work has ended */
	struct event *event;
};

static void *run_thread(void *arg)
{
	struct export_thread *t = arg;
	const uint64_t one = 1;

	for (;;) {
		bool ends;

		pthread_mutex_lock(&t->lock);
		while (!t->goes && !t->ends)
			pthread_cond_wait(&t->wanted, &t->lock);
		ends = t->ends;
		t->goes = false;
		pthread_mutex_unlock(&t->lock);
		if (ends)
			return NULL;
		t->work(t->arg);
		/* The write fails only when the descriptor is readable already. */
		(void)!write(t->fd, &one, sizeof(one));
	}
}

static void on_done(evutil_socket_t fd, short what UNUSED, void *arg)
{
	struct export_thread *t = arg;
	uint64_t count;

	if (read(fd, &count, sizeof(count)) == (ssize_t)sizeof(count))
		t->done(t->arg);
}

struct export_thread *export_thread_new(
	struct event_base *base, export_work_fn *work, export_work_fn *done, void *arg, struct error *err)
{
	struct export_thread *t = calloc(1, sizeof(*t));
	int result = -ENOMEM;

	if (t == NULL)
		return error_sys_null(err, result, "cannot write static files");
	*t = (struct export_thread){.work = work, .done = done, .arg = arg};
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->wanted, NULL);
	t->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (t->fd < 0)
		result = -errno;
	else
		t->event = event_new(base, t->fd, EV_READ | EV_PERSIST, on_done, t);
	if (t->event != NULL && event_add(t->event, NULL) == 0)
		result = thread_start(&t->thread, run_thread, t);
	t->runs = result == 0;
	if (result == 0)
		return t;
	error_sys(err, result, "cannot write static files");
	export_thread_free(t);
	return NULL;
}

void export_thread_go(struct export_thread *t)
{
	pthread_mutex_lock(&t->lock);
	t->goes = true;
	pthread_cond_signal(&t->wanted);
	pthread_mutex_unlock(&t->lock);
}

void export_thread_free(struct export_thread *t)
{
	if (t == NULL)
		return;
	pthread_mutex_lock(&t->lock);
	t->ends = true;
	pthread_cond_signal(&t->wanted);
	pthread_mutex_unlock(&t->lock);
	if (t->runs)
		pthread_join(t->thread, NULL);
	if (t->event != NULL)
		event_free(t->event);
	if (t->fd >= 0)
		close(t->fd);
	pthread_cond_destroy(&t->wanted);
	pthread_mutex_destroy(&t->lock);
	free(t);
}
