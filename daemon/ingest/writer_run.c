/* SPDX-License-Identifier: ISC */
/* Functions that run in the writer's thread, each in a transaction of its own, and the one that takes a configuration
 * over.
 *
 * The end of a function is reported among the reports of polls, so that the loop hears of commits in their order:
 * a poll that was committed after a configuration is reported after it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/log.h"
#include "sitrep/sql/database.h"
#include "writer_state.h"

/* The pause after a step that failed. */
enum { MATCH_AGAIN_MS = 10 * 1000 };

static struct writer_job *job_new(writer_fn *fn, writer_done_fn *done, void *arg)
{
	struct writer_job *j = calloc(1, sizeof(*j));
	struct poll_report *report = calloc(1, sizeof(*report));

	if (j == NULL || report == NULL) {
		free(j);
		free(report);
		return NULL;
	}
	report->done = done;
	report->done_arg = arg;
	*j = (struct writer_job){.fn = fn, .arg = arg, .report = report};
	return j;
}

/* Inserts j before *at, with the lock held. */
static void insert(struct writer *w, struct writer_job **at, struct writer_job *j)
{
	j->next = *at;
	*at = j;
	if (j->next == NULL)
		w->jobs.end = &j->next;
	(void)pthread_cond_signal(&w->work);
}

/* writer_run(), with a function for the thread once the transaction is committed. */
static int run_then(struct writer *w, writer_fn *fn, void (*committed)(struct writer *w, void *arg),
	writer_done_fn *done, void *arg)
{
	struct writer_job *j = job_new(fn, done, arg);

	if (j == NULL)
		return -ENOMEM;
	j->committed = committed;
	(void)pthread_mutex_lock(&w->lock);
	j->after = w->submitted;
	insert(w, w->jobs.end, j);
	(void)pthread_mutex_unlock(&w->lock);
	return 0;
}

int writer_run_at_once(struct writer *w, writer_fn *fn, writer_done_fn *done, void *arg)
{
	struct writer_job *j = job_new(fn, done, arg);
	struct writer_job **at = &w->jobs.first;

	if (j == NULL)
		return -ENOMEM;
	(void)pthread_mutex_lock(&w->lock);
	while (*at != NULL && (*at)->after == 0)
		at = &(*at)->next;
	insert(w, at, j);
	(void)pthread_mutex_unlock(&w->lock);
	return 0;
}

int writer_run(struct writer *w, writer_fn *fn, writer_done_fn *done, void *arg)
{
	return run_then(w, fn, NULL, done, arg);
}

bool writer_job_due(const struct writer *w)
{
	return w->jobs.first != NULL && w->taken >= w->jobs.first->after;
}

static struct writer_job *take_first(struct writer *w)
{
	struct writer_job *j;

	(void)pthread_mutex_lock(&w->lock);
	j = w->jobs.first;
	w->jobs.first = j->next;
	if (j->next == NULL)
		w->jobs.end = &w->jobs.first;
	(void)pthread_mutex_unlock(&w->lock);
	return j;
}

void writer_run_job(struct writer *w)
{
	struct writer_job *j = take_first(w);
	struct error *err = &j->report->error;
	uint64_t one = 1;
	int64_t before = sql_changed_ever(w->ingest.store.db);
	int result = ingest_begin(&w->ingest, err);

	if (result == 0) {
		result = j->fn(j->arg, &w->ingest, err);
		if (result == 0)
			result = ingest_commit(&w->ingest, clock_wall_ms(), err);
		else
			ingest_rollback(&w->ingest);
	}
	if (result != 0 && err->code == 0)
		(void)error_sys(err, result, "cannot write the database");
	if (result == 0 && j->committed != NULL)
		j->committed(w, j->arg);
	(void)pthread_mutex_lock(&w->lock);
	*w->reports.end = j->report;
	w->reports.end = &j->report->next;
	/* A transaction that wrote nothing does not show that the disk works. */
	if (result == 0 && sql_changed_ever(w->ingest.store.db) != before)
		writer_note_stored(w);
	else if (result != 0 && ingest_error_is_of_storage(result))
		writer_stop_storing(w, err);
	w->newest_cursor = w->ingest.counters.cursor;
	(void)pthread_mutex_unlock(&w->lock);
	/* An eventfd: fails only when its counter is full, after 2^64 writes without a read. */
	(void)!write(w->fd, &one, sizeof(one));
	free(j);
}

/* ---- rules and stored items ---- */

bool writer_match_due(const struct writer *w)
{
	return w->ingest.rules.pending && !w->stop && (w->match_again_ms == 0 || clock_mono_ms() >= w->match_again_ms);
}

void writer_match_stored(struct writer *w)
{
	struct ingest *k = &w->ingest;
	struct error err = {0};
	bool changed = false;
	uint64_t one = 1;
	int result = ingest_begin(k, &err);

	if (result == 0) {
		result = rule_store_step(&k->rules, clock_wall_ms(), &changed, &err);
		k->visible = changed;
		result = result < 0 ? result : ingest_commit(k, clock_wall_ms(), &err);
		if (result != 0)
			ingest_rollback(k);
	}
	if (result != 0 && w->match_again_ms == 0)
		log_emit(LOG_LEVEL_WARNING, "cannot match rules with stored items, will retry", "reason", err.text,
			NULL);
	w->match_again_ms = result != 0 ? clock_mono_ms() + MATCH_AGAIN_MS : 0;
	if (result != 0) {
		k->rules.pending = true;
		return;
	}
	if (!changed)
		return;
	(void)pthread_mutex_lock(&w->lock);
	w->shown = true;
	(void)pthread_mutex_unlock(&w->lock);
	/* An eventfd: fails only when its counter is full, after 2^64 writes without a read. */
	(void)!write(w->fd, &one, sizeof(one));
}

/* ---- a configuration ---- */

void writer_limit_wal(struct writer *w)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "PRAGMA journal_size_limit = %lld", (long long)size_wal_bytes(w->options));
	(void)sql_exec(w->ingest.store.db, text, NULL, "");
}

int writer_change_set_options(struct writer_change *c, const struct writer_options *from)
{
	c->options = writer_options_copy(from);
	return c->options != NULL ? 0 : -ENOMEM;
}

static void release_results(struct writer_change *c)
{
	for (size_t i = 0; c->states != NULL && i < c->count; i++)
		feed_state_release(&c->states[i]);
	for (size_t i = 0; c->websub != NULL && i < c->websub_count; i++)
		websub_state_release(&c->websub[i]);
	free(c->states);
	free(c->websub);
	c->states = NULL;
	c->websub = NULL;
	c->websub_count = 0;
}

void writer_change_release(struct writer_change *c)
{
	release_results(c);
	writer_options_free(c->options);
	stored_rules_free(c->rules);
	c->options = NULL;
	c->rules = NULL;
}

static int apply(void *arg, struct ingest *k, struct error *err)
{
	struct writer_change *c = arg;
	int64_t highest = 0;
	bool changed = false;
	int result;

	c->states = calloc(c->count + 1, sizeof(*c->states));
	if (c->states == NULL)
		return error_sys(err, -ENOMEM, "cannot take the configuration over");
	result = feed_store_sync(&k->feeds, c->feeds, c->count, c->states, &changed, err);
	if (result == 0)
		result = websub_store_load(&k->websub, &c->websub, &c->websub_count, err);
	if (result == 0 && c->rules != NULL)
		result = rule_store_sync(&k->rules, c->rules, c->generation, k->counters.item_id + 1, &changed, err);
	for (size_t i = 0; result == 0 && i < c->count; i++)
		highest = c->states[i].id > highest ? c->states[i].id : highest;
	if (result == 0 && c->reserve != NULL && (result = c->reserve(c->arg, highest)) != 0)
		(void)error_sys(err, result, "cannot take the feeds over");
	k->visible = changed;
	return result;
}

/* Puts c's rules and options in force; the former ones are left in c, to be released. */
static void take_over(struct writer *w, void *arg)
{
	struct writer_change *c = arg;
	struct writer_options *old = w->options;
	struct stored_rules *old_rules = w->rules;

	if (c->rules != NULL) {
		w->rules = c->rules;
		c->rules = old_rules;
		rule_store_use(&w->ingest.rules, w->rules->set, c->generation);
	}
	if (c->options == NULL)
		return;
	c->options->plan = old->plan;
	c->options->plan_arg = old->plan_arg;
	c->options->follow_clock = old->follow_clock;
	free((char *)c->options->state_dir);
	c->options->state_dir = old->state_dir;
	old->state_dir = NULL;
	w->options = c->options;
	c->options = old;
	ingest_set_options(&w->ingest, w->options);
	retention_restart(&w->retention);
	writer_limit_wal(w);
}

static void finish(void *arg, const struct error *err)
{
	struct writer_change *c = arg;

	if (err->code != 0)
		release_results(c);
	c->done(c->arg, err);
}

int writer_apply(struct writer *w, struct writer_change *c)
{
	return run_then(w, apply, take_over, finish, c);
}
