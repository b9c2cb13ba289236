/* SPDX-License-Identifier: ISC */
#include "sitrep/search/search_desk.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "sitrep/base/thread.h"

enum { QUERY_MAX = 64 * 1024 };

struct search_job {
	struct search_desk *desk;
	struct search_job *next; /* in desk->first */
	struct arena arena;      /* of the query */
	struct search_query query;
	enum { JOB_WAITS, JOB_RUNS, JOB_DONE } state;
	bool dropped; /* by its owner while it ran: the thread frees it */
	int code;
	struct error error;
	struct search_result result;
};

struct search_desk {
	struct searcher *searcher;
	pthread_t thread;
	pthread_mutex_t lock; /* of the rest, and of the jobs' states */
	pthread_cond_t wake;
	struct search_job *first; /* the waiting jobs, the oldest first */
	size_t waiting;
	bool stop;
};

static void free_job(struct search_job *j)
{
	search_result_release(&j->result);
	arena_release(&j->arena);
	free(j);
}

/* The next job that waits, marked as running; NULL: the thread has to end. */
static struct search_job *take_job(struct search_desk *d)
{
	struct search_job *j = NULL;

	pthread_mutex_lock(&d->lock);
	while (!d->stop && d->first == NULL)
		pthread_cond_wait(&d->wake, &d->lock);
	if (!d->stop) {
		j = d->first;
		d->first = j->next;
		d->waiting--;
		j->state = JOB_RUNS;
	}
	pthread_mutex_unlock(&d->lock);
	return j;
}

static void end_job(struct search_desk *d, struct search_job *j)
{
	bool dropped;

	pthread_mutex_lock(&d->lock);
	j->state = JOB_DONE;
	dropped = j->dropped;
	pthread_mutex_unlock(&d->lock);
	if (dropped)
		free_job(j);
}

static void *run_desk(void *arg)
{
	struct search_desk *d = arg;
	struct search_job *j;

	while ((j = take_job(d)) != NULL) {
		j->code = searcher_run(d->searcher, &j->query, &j->result, &j->error);
		end_job(d, j);
	}
	return NULL;
}

struct search_desk *search_desk_new(const char *state_dir, struct error *err)
{
	struct search_desk *d = calloc(1, sizeof(*d));
	int result;

	if (d == NULL)
		return error_sys_null(err, -ENOMEM, "cannot start the search");
	d->searcher = searcher_new(state_dir, err);
	if (d->searcher == NULL) {
		free(d);
		return NULL;
	}
	pthread_mutex_init(&d->lock, NULL);
	pthread_cond_init(&d->wake, NULL);
	result = thread_start(&d->thread, run_desk, d);
	if (result == 0)
		return d;
	error_sys(err, result, "cannot start the search");
	searcher_free(d->searcher);
	free(d);
	return NULL;
}

void search_desk_free(struct search_desk *d)
{
	if (d == NULL)
		return;
	pthread_mutex_lock(&d->lock);
	d->stop = true;
	pthread_cond_signal(&d->wake);
	pthread_mutex_unlock(&d->lock);
	pthread_join(d->thread, NULL);
	searcher_free(d->searcher);
	pthread_cond_destroy(&d->wake);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

/* False without memory. */
static bool copy_query(struct search_job *j, const struct search_query *q)
{
	const struct str from[] = {q->rule, q->feeds, q->categories, q->languages};
	struct str *to[] = {&j->query.rule, &j->query.feeds, &j->query.categories, &j->query.languages};

	j->query = *q;
	for (size_t i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
		*to[i] = arena_str(&j->arena, from[i]);
		if (from[i].data != NULL && to[i]->data == NULL)
			return false;
	}
	return true;
}

struct search_job *search_desk_ask(struct search_desk *d, const struct search_query *q)
{
	struct search_job *j = calloc(1, sizeof(*j)), **end;
	bool accepted = false;

	if (j == NULL)
		return NULL;
	*j = (struct search_job){.desk = d, .arena = ARENA_INIT(QUERY_MAX)};
	if (copy_query(j, q)) {
		pthread_mutex_lock(&d->lock);
		accepted = d->waiting < SEARCH_DESK_WAITING_MAX;
		for (end = &d->first; *end != NULL; end = &(*end)->next)
			;
		if (accepted) {
			*end = j;
			d->waiting++;
			pthread_cond_signal(&d->wake);
		}
		pthread_mutex_unlock(&d->lock);
	}
	if (accepted)
		return j;
	free_job(j);
	return NULL;
}

bool search_job_is_done(struct search_job *j)
{
	bool done;

	pthread_mutex_lock(&j->desk->lock);
	done = j->state == JOB_DONE;
	pthread_mutex_unlock(&j->desk->lock);
	return done;
}

int search_job_result(struct search_job *j, const struct search_result **result, struct error *err)
{
	*result = &j->result;
	if (j->code != 0 && err != NULL)
		*err = j->error;
	return j->code;
}

void search_job_drop(struct search_job *j)
{
	struct search_desk *d;
	struct search_job **place;
	bool runs;

	if (j == NULL)
		return;
	d = j->desk;
	pthread_mutex_lock(&d->lock);
	for (place = &d->first; *place != NULL && *place != j; place = &(*place)->next)
		;
	if (*place == j) {
		*place = j->next;
		d->waiting--;
	}
	runs = j->state == JOB_RUNS;
	j->dropped = true;
	pthread_mutex_unlock(&d->lock);
	if (!runs)
		free_job(j);
}
