/* SPDX-License-Identifier: ISC */
/* Outcomes and functions go from the main loop to the writer's thread in one queue, and reports come back in another.
 * Both are lists under one mutex that is never held while the database works. */
#include <errno.h>
#include <unistd.h>

#include "writer_state.h"

/* ---- to the thread ---- */

void writer_submit(struct writer *w, struct poll_outcome *o)
{
	o->next = NULL;
	pthread_mutex_lock(&w->lock);
	*w->queue.end = o;
	w->queue.end = &o->next;
	w->stats.pending++;
	w->stats.pending_bytes += o->document.len;
	pthread_cond_signal(&w->work);
	pthread_mutex_unlock(&w->lock);
}

int writer_enqueue(struct writer *w, struct writer_job *j)
{
	struct poll_outcome **at = &w->queue.first;

	if (j == NULL)
		return -ENOMEM;
	j->place.job = j;
	pthread_mutex_lock(&w->lock);
	while (j->at_once && *at != NULL && (*at)->job != NULL && (*at)->job->at_once)
		at = &(*at)->next;
	if (!j->at_once)
		at = w->queue.end;
	j->place.next = *at;
	*at = &j->place;
	if (j->place.next == NULL)
		w->queue.end = &j->place.next;
	pthread_cond_signal(&w->work);
	pthread_mutex_unlock(&w->lock);
	return 0;
}

struct poll_outcome *writer_take(struct writer *w, bool wants_job)
{
	struct poll_outcome *o;

	pthread_mutex_lock(&w->lock);
	o = w->queue.first;
	if (o != NULL && (o->job != NULL) != wants_job)
		o = NULL;
	if (o != NULL) {
		w->queue.first = o->next;
		if (o->next == NULL)
			w->queue.end = &w->queue.first;
		o->next = NULL;
	}
	pthread_mutex_unlock(&w->lock);
	return o;
}

/* ---- to the loop ---- */

void writer_tell_loop(struct writer *w)
{
	uint64_t one = 1;

	w->newest_cursor = w->ingest.counters.cursor;
	w->shown = w->shown || w->ingest.visible;
	pthread_mutex_unlock(&w->lock);
	/* An eventfd: fails only when its counter is full, after 2^64 writes without a read. */
	(void)!write(w->fd, &one, sizeof(one));
}

int writer_fd(const struct writer *w)
{
	return w->fd;
}

struct poll_report *writer_collect(struct writer *w, int64_t *newest_cursor)
{
	struct poll_report *first;
	uint64_t count;

	/* Read before the list is taken: a report that is added later makes the descriptor readable again. */
	(void)!read(w->fd, &count, sizeof(count));
	pthread_mutex_lock(&w->lock);
	first = w->reports.first;
	w->reports.first = NULL;
	w->reports.end = &w->reports.first;
	*newest_cursor = w->newest_cursor;
	pthread_mutex_unlock(&w->lock);
	return first;
}

bool writer_take_shown(struct writer *w)
{
	bool shown;

	pthread_mutex_lock(&w->lock);
	shown = w->shown;
	w->shown = false;
	pthread_mutex_unlock(&w->lock);
	return shown;
}
