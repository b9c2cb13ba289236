/* SPDX-License-Identifier: ISC */
/* The thread stores waiting outcomes in one transaction, up to a
 * bound in number, bytes and time, so that under load a sync to disk is shared by many polls and at rest each poll is
 * on disk at once.  Checkpoints and retention run after the reports have left. */
#include "sitrep/ingest/writer.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/log.h"
#include "sitrep/base/thread.h"
#include "sitrep/sql/database.h"
#include "writer_state.h"

enum {
	PAGE_BYTES = 4096,
	IDLE_WAIT_MS = 60 * 1000,
	/* Time for the removal of items between two batches, and its maximum while the database is too large. */
	SIZE_US = 250 * 1000,
	SIZE_US_MAX = 2 * 1000 * 1000,
};

/* ---- the thread ---- */

/* A failed checkpoint loses nothing: the pages stay in the WAL, and the next commit tries again. */
static void checkpoint(struct writer *w)
{
	if (sql_wal_pages(w->ingest.store.db) >= size_wal_bytes(w->options) / PAGE_BYTES)
		sql_checkpoint(w->ingest.store.db);
}

static void note_retention(struct writer *w, bool failed, const struct error *err)
{
	if (failed && !w->retention_failed)
		log_emit(LOG_LEVEL_WARNING, "retention failed, will retry", "reason", err->text, NULL);
	w->retention_failed = failed;
	if (!failed || !ingest_error_is_of_storage(err->code))
		return;
	pthread_mutex_lock(&w->lock);
	writer_stop_storing(w, err);
	writer_tell_loop(w);
}

static void run_retention(struct writer *w)
{
	struct error err = {0};

	note_retention(w, retention_step(&w->retention, &w->ingest, clock_mark_now(), &err) != 0, &err);
}

/* Removes items beyond the allowed size after each batch: for 0.25 s even while outcomes wait, and for up to 2 s while
 * the database is still too large. */
static void keep_size(struct writer *w)
{
	int64_t began_us = clock_mono_us(), us;
	struct error err = {0};
	int more;

	do {
		more = retention_keep_size(&w->retention, &w->ingest, clock_wall_ms(), &err);
		checkpoint(w);
		us = clock_mono_us() - began_us;
	} while (more == 1 &&
		 (us < SIZE_US || (us < SIZE_US_MAX && size_is_over(&w->retention.size, &w->ingest, &err) == 1)));
	w->size_left = more == 1;
	note_retention(w, more < 0, &err);
}

enum writer_task {
	TASK_JOB,
	TASK_BATCH,
	TASK_SIZE,
	TASK_MATCH,
	TASK_AGES,
	TASK_ALERTS,
	TASK_DIGEST,
	TASK_IDLE,
	TASK_TRY,
	TASK_STOP
};

/* Returns the next task; called with the lock held, may wait. */
static enum writer_task choose_task(struct writer *w)
{
	for (;;) {
		struct timespec until;
		int64_t try_wait_ms, digest_ms, alerts_ms, wait_ms;

		if (!w->storing.shown.stopped && writer_ages_due(w))
			return TASK_AGES;
		/* before the queue: under load, polls always wait */
		digest_ms = writer_digest_wait_ms(w);
		if (digest_ms == 0)
			return TASK_DIGEST;
		if (w->queue.first != NULL)
			return w->queue.first->job != NULL ? TASK_JOB : TASK_BATCH;
		if (w->stop)
			return TASK_STOP;
		try_wait_ms = writer_try_wait_ms(w);
		if (try_wait_ms == 0)
			return TASK_TRY;
		alerts_ms = writer_alerts_wait_ms(w);
		if (alerts_ms == 0)
			return TASK_ALERTS;
		if (!w->storing.shown.stopped && w->size_left)
			return TASK_SIZE;
		if (!w->storing.shown.stopped && writer_match_due(w))
			return TASK_MATCH;
		if (!w->storing.shown.stopped && retention_due(&w->retention, clock_elapsed_ms()))
			return TASK_IDLE;
		wait_ms = w->storing.shown.stopped ? IDLE_WAIT_MS : w->ages_ms - clock_mono_ms();
		wait_ms = wait_ms < 1 ? 1 : wait_ms > IDLE_WAIT_MS ? IDLE_WAIT_MS : wait_ms;
		wait_ms = try_wait_ms < wait_ms ? try_wait_ms : wait_ms;
		wait_ms = digest_ms < wait_ms ? digest_ms : wait_ms;
		wait_ms = alerts_ms < wait_ms ? alerts_ms : wait_ms;
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
		until.tv_sec += (time_t)(wait_ms / 1000) + until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&w->work, &w->lock, &until);
	}
}

/* Waiting outcomes have times of the clock before it was set. */
static void move_outcomes(struct writer *w, int64_t jump_ms, int64_t now_ms)
{
	pthread_mutex_lock(&w->lock);
	for (struct poll_outcome *o = w->queue.first; o != NULL; o = o->next)
		poll_outcome_follow_clock(o, jump_ms, now_ms);
	pthread_mutex_unlock(&w->lock);
}

/* Called before any time of this clock is stored. */
static void look_at_clock(struct writer *w)
{
	struct error err = {0};
	int64_t jump_ms;
	int result = ingest_look_at_clock(&w->ingest, clock_mark_now(), &jump_ms, &err);

	if (result != 0 && !w->clock_failed)
		log_emit(
			LOG_LEVEL_WARNING, "cannot store that the clock was set, will retry", "reason", err.text, NULL);
	w->clock_failed = result != 0;
	if (result == 0 && jump_ms != 0)
		move_outcomes(w, jump_ms, w->ingest.clock.mark.wall_ms);
}

/* Waits use the monotonic clock, so that setting the wall clock does not change them. */
static void init_condition(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(condition, &attributes);
	pthread_condattr_destroy(&attributes);
}

static void *run_tasks(void *arg)
{
	struct writer *w = arg;
	enum writer_task task;

	writer_look_at_digests(w);
	pthread_mutex_lock(&w->lock);
	while ((task = choose_task(w)) != TASK_STOP) {
		pthread_mutex_unlock(&w->lock);
		look_at_clock(w);
		switch (task) {
		case TASK_BATCH:
			writer_run_batch(w);
			checkpoint(w);
			keep_size(w);
			break;
		case TASK_JOB:
			writer_run_job(w);
			checkpoint(w);
			break;
		case TASK_MATCH:
			writer_match_stored(w);
			checkpoint(w);
			break;
		case TASK_AGES:
			writer_settle_ages(w);
			checkpoint(w);
			break;
		case TASK_ALERTS:
			writer_run_alerts(w);
			checkpoint(w);
			break;
		case TASK_DIGEST:
			writer_run_digests(w);
			checkpoint(w);
			break;
		case TASK_SIZE:
			keep_size(w);
			break;
		case TASK_IDLE:
			run_retention(w);
			checkpoint(w);
			break;
		case TASK_TRY:
			writer_try_storing(w);
			break;
		case TASK_STOP:
			break;
		}
		writer_look_at_digests(w);
		pthread_mutex_lock(&w->lock);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* ---- the main loop's side ---- */

struct writer *writer_new(const struct writer_options *options, struct error *err)
{
	struct writer *w = calloc(1, sizeof(*w));
	char run_name[CLOCK_RUN_MAX];
	struct error clock_err = {0};
	int result = -ENOMEM;

	if (w == NULL)
		return error_sys_null(err, result, "cannot start the writer");
	w->fd = -1;
	w->queue.end = &w->queue.first;
	w->reports.end = &w->reports.first;
	pthread_mutex_init(&w->lock, NULL);
	init_condition(&w->work);
	w->options = writer_options_copy(options);
	if (w->options == NULL) {
		error_sys(err, result, "cannot start the writer");
		goto out;
	}
	result = ingest_open(&w->ingest, w->options, err);
	if (result != 0)
		goto out;
	clock_run_name(run_name);
	result = ingest_start_clock(&w->ingest, clock_mark_now(), run_name, &clock_err);
	if (result != 0)
		log_emit(LOG_LEVEL_WARNING, "cannot read the state of the clock, will retry", "reason", clock_err.text,
			NULL);
	result = retention_init(&w->retention, &w->ingest, err);
	if (result != 0)
		goto out_ingest;
	w->newest_cursor = w->ingest.counters.cursor;
	w->stats.postings = (uint64_t)grouping_postings(w->ingest.grouping);
	writer_limit_wal(w);
	w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	result = w->fd < 0 ? -errno : thread_start(&w->thread, run_tasks, w);
	if (result == 0)
		return w;
	error_sys(err, result, "cannot start the writer");
	if (w->fd >= 0)
		close(w->fd);
	retention_release(&w->retention);
out_ingest:
	ingest_close(&w->ingest);
out:
	writer_options_free(w->options);
	pthread_cond_destroy(&w->work);
	pthread_mutex_destroy(&w->lock);
	free(w);
	return NULL;
}

void writer_free(struct writer *w)
{
	if (w == NULL)
		return;
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_signal(&w->work);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	retention_release(&w->retention);
	ingest_close(&w->ingest);
	poll_reports_free(w->reports.first);
	writer_options_free(w->options);
	stored_rules_free(w->rules);
	close(w->fd);
	pthread_cond_destroy(&w->work);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

void writer_get_stats(struct writer *w, struct writer_stats *stats)
{
	pthread_mutex_lock(&w->lock);
	*stats = w->stats;
	pthread_mutex_unlock(&w->lock);
}
