/* SPDX-License-Identifier: ISC */
/* The checking thread: an input queue, an output queue, and a descriptor that wakes the loop.  The lists are under one
 * mutex, which is not held while a document is checked. */
#include "pool_check.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/thread.h"
#include "sitrep/model/document.h"

enum {
	/* The largest feeds decode to less than this; a document that needs more has false list lengths. */
	DECODED_MAX = 192 * 1024 * 1024,
	/* Memory that the arena keeps between two documents. */
	DECODED_KEPT = 1024 * 1024,
};

struct list {
	struct check *first, **last;
};

struct pool_checker {
	document_check_fn *check;
	checked_fn *fn;
	void *arg;
	int fd;
	struct event *event;
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct list waiting, done; /* under lock */
	bool ending;               /* the same */
	struct arena arena;        /* the thread's */
};

static void list_put(struct list *l, struct check *c)
{
	c->next = NULL;
	*l->last = c;
	l->last = &c->next;
}

static struct check *list_take(struct list *l)
{
	struct check *c = l->first;

	if (c == NULL)
		return NULL;
	l->first = c->next;
	if (l->first == NULL)
		l->last = &l->first;
	return c;
}

static void check_one(struct pool_checker *k, struct check *c)
{
	struct document d;

	c->error = (struct error){0};
	(void)k->check(buf_str(&c->document), c->known, &k->arena, &d, &c->error);
	if (k->arena.used > DECODED_KEPT)
		arena_release(&k->arena);
	else
		arena_clear(&k->arena);
}

static void *run_checks(void *arg)
{
	const uint64_t one = 1;
	struct pool_checker *k = arg;

	pthread_mutex_lock(&k->lock);
	while (!k->ending) {
		struct check *c = list_take(&k->waiting);

		if (c == NULL) {
			pthread_cond_wait(&k->work, &k->lock);
			continue;
		}
		pthread_mutex_unlock(&k->lock);
		check_one(k, c);
		pthread_mutex_lock(&k->lock);
		list_put(&k->done, c);
		/* The write fails only when the descriptor is readable already. */
		(void)!write(k->fd, &one, sizeof(one));
	}
	pthread_mutex_unlock(&k->lock);
	return NULL;
}

static void on_done(evutil_socket_t fd, short what UNUSED, void *arg)
{
	struct pool_checker *k = arg;
	struct check *c;
	uint64_t count;

	(void)!read(fd, &count, sizeof(count));
	pthread_mutex_lock(&k->lock);
	c = k->done.first;
	k->done = (struct list){.last = &k->done.first};
	pthread_mutex_unlock(&k->lock);
	while (c != NULL) {
		struct check *next = c->next;

		k->fn(k->arg, c);
		c = next;
	}
}

struct pool_checker *pool_checker_new(
	struct event_base *base, document_check_fn *check, checked_fn *fn, void *arg, struct error *err)
{
	struct pool_checker *k = calloc(1, sizeof(*k));
	int result = -ENOMEM;

	if (k == NULL)
		return error_sys_null(err, result, "cannot start the checking of documents");
	k->check = check;
	k->fn = fn;
	k->arg = arg;
	k->waiting.last = &k->waiting.first;
	k->done.last = &k->done.first;
	pthread_mutex_init(&k->lock, NULL);
	pthread_cond_init(&k->work, NULL);
	arena_init(&k->arena, DECODED_MAX);
	k->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (k->fd < 0)
		result = -errno;
	else
		k->event = event_new(base, k->fd, EV_READ | EV_PERSIST, on_done, k);
	if (k->event != NULL && event_add(k->event, NULL) == 0)
		result = thread_start(&k->thread, run_checks, k);
	k->has_thread = result == 0;
	if (result != 0) {
		error_sys(err, result, "cannot start the checking of documents");
		pool_checker_free(k);
		return NULL;
	}
	return k;
}

void pool_checker_free(struct pool_checker *k)
{
	struct check *c;

	if (k == NULL)
		return;
	if (k->has_thread) {
		pthread_mutex_lock(&k->lock);
		k->ending = true;
		pthread_cond_signal(&k->work);
		pthread_mutex_unlock(&k->lock);
		pthread_join(k->thread, NULL);
	}
	while ((c = list_take(&k->done)) != NULL || (c = list_take(&k->waiting)) != NULL)
		k->fn(k->arg, c);
	if (k->event != NULL)
		event_free(k->event);
	if (k->fd >= 0)
		close(k->fd);
	arena_release(&k->arena);
	pthread_cond_destroy(&k->work);
	pthread_mutex_destroy(&k->lock);
	free(k);
}

void pool_checker_submit(struct pool_checker *k, struct check *c)
{
	pthread_mutex_lock(&k->lock);
	list_put(&k->waiting, c);
	pthread_cond_signal(&k->work);
	pthread_mutex_unlock(&k->lock);
}
