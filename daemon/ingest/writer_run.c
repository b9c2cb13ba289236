/* SPDX-License-Identifier: ISC */
/* Functions that run in the writer's thread, each in a transaction of its own; among them the one that stores a
 * configuration.
 *
 * The end of a function is reported among the reports of polls, so that the loop hears of commits in their order:
 * a poll that was committed after a configuration is reported after it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "digest_work.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/log.h"
#include "sitrep/sql/database.h"
#include "sitrep/store/alert_report.h"
#include "writer_state.h"

/* The pause after a step that failed. */
enum { AGAIN_MS = 10 * 1000 };
/* Conditions on the age are looked at once a minute; while there is more to do, after a short pause for polls. */
enum { AGES_MS = 60 * 1000, AGES_MORE_MS = 50 };
/* Alert rules are counted this often, and after each round that wrote an event. */
enum { REPORT_MS = 10 * 60 * 1000 };

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

int writer_run_at_once(struct writer *w, writer_fn *fn, writer_done_fn *done, void *arg)
{
	struct writer_job *j = job_new(fn, done, arg);

	if (j != NULL)
		j->at_once = true;
	return writer_enqueue(w, j);
}

int writer_run(struct writer *w, writer_fn *fn, writer_done_fn *done, void *arg)
{
	return writer_enqueue(w, job_new(fn, done, arg));
}

void writer_run_job(struct writer *w)
{
	struct writer_job *j = writer_take(w, true)->job;
	struct error *err = &j->report->error;
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
		error_sys(err, result, "cannot write to the database");
	if (result == 0 && j->committed != NULL)
		j->committed(w, j->arg);
	pthread_mutex_lock(&w->lock);
	*w->reports.end = j->report;
	w->reports.end = &j->report->next;
	/* Only a transaction that wrote something shows that the disk works. */
	if (result == 0 && sql_changed_ever(w->ingest.store.db) != before)
		writer_note_stored(w);
	else if (result != 0 && ingest_error_is_of_storage(result))
		writer_stop_storing(w, err);
	writer_tell_loop(w);
	free(j);
}

static void tell_loop(struct writer *w)
{
	pthread_mutex_lock(&w->lock);
	writer_tell_loop(w);
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
	int result = ingest_begin(k, &err);

	if (result == 0) {
		result = rule_store_step(&k->rules, clock_wall_ms(), &changed, &err);
		k->visible = changed;
		result = ingest_end(k, result, clock_wall_ms(), &err);
	}
	if (result < 0 && w->match_again_ms == 0)
		log_emit(LOG_LEVEL_WARNING, "cannot match rules with stored items, will retry", "reason", err.text,
			NULL);
	w->match_again_ms = result < 0 ? clock_mono_ms() + AGAIN_MS : 0;
	if (result < 0)
		k->rules.pending = true;
	else if (changed)
		tell_loop(w);
}

/* ---- conditions on the age of stories ---- */

bool writer_ages_due(const struct writer *w)
{
	return !w->stop && clock_mono_ms() >= w->ages_ms;
}

void writer_settle_ages(struct writer *w)
{
	struct ingest *k = &w->ingest;
	struct error err = {0};
	bool changed = false;
	int more = ingest_begin(k, &err);

	if (more == 0) {
		more = rule_pending_step(&k->pending, clock_wall_ms(), &changed, &err);
		k->visible = changed;
		more = ingest_end(k, more, clock_wall_ms(), &err);
	}
	if (err.code != 0)
		log_emit(LOG_LEVEL_WARNING, "cannot check the rules that depend on a story's age, will retry", "reason",
			err.text, NULL);
	w->ages_ms = clock_mono_ms() + (more == 1 && err.code == 0 ? AGES_MORE_MS : AGES_MS);
	if (changed && more >= 0)
		tell_loop(w);
}

/* ---- digests ---- */

void writer_look_at_digests(struct writer *w)
{
	struct error err = {0};

	if (digests_next_ms(&w->ingest.policy.digests, &w->digest_next_ms, &err) != 0)
		w->digest_again_ms = clock_mono_ms() + AGAIN_MS;
}

int64_t writer_digest_wait_ms(const struct writer *w)
{
	int64_t now_ms = clock_mono_ms(), wait_ms;

	if (w->storing.shown.stopped || w->stop || w->digest_next_ms == TIME_NONE)
		return INT64_MAX;
	if (w->digest_again_ms > now_ms)
		return w->digest_again_ms - now_ms;
	wait_ms = w->digest_next_ms - clock_wall_ms();
	return wait_ms > 0 ? wait_ms : 0;
}

void writer_run_digests(struct writer *w)
{
	struct error err = {0};
	int result = digest_work(&w->ingest, clock_wall_ms(), &err);

	if (result != 0 && w->digest_again_ms == 0)
		log_emit(LOG_LEVEL_WARNING, "cannot write the digests of held alerts, will retry", "reason", err.text,
			NULL);
	w->digest_again_ms = result != 0 ? clock_mono_ms() + AGAIN_MS : 0;
	if (result == 0)
		tell_loop(w);
}

/* ---- alerts ---- */

int64_t writer_alerts_wait_ms(const struct writer *w)
{
	int64_t wait_ms = w->alerts_next_ms - clock_elapsed_ms();

	if (w->rules == NULL || w->stop || w->storing.shown.stopped)
		return INT64_MAX;
	return wait_ms > 0 ? wait_ms : 0;
}

/* On failure the numbers stay as they were. */
static void count_alerts(struct writer *w, bool told)
{
	struct ingest *k = &w->ingest;
	struct alert_report report;

	if (!told && clock_elapsed_ms() < w->report_next_ms)
		return;
	w->report_next_ms = clock_elapsed_ms() + REPORT_MS;
	if (alert_report_make(k->store.db, &k->options.alerts, clock_wall_ms(), NULL, &report, NULL) != 0)
		return;
	pthread_mutex_lock(&w->lock);
	w->stats.alerts_open = report.open;
	w->stats.rules_silent = report.silent;
	w->stats.rules_noisy = report.noisy;
	pthread_mutex_unlock(&w->lock);
}

void writer_run_alerts(struct writer *w)
{
	struct ingest *k = &w->ingest;
	struct error err = {0};
	int64_t now_ms = clock_wall_ms();
	bool told = false;
	int result = ingest_begin(k, &err);

	if (result == 0) {
		result = alert_desk_step(&k->alerts, now_ms, clock_record_prune_ms(&k->clock, now_ms), &told, &err);
		/* feeds of alerts show their last revision */
		k->visible = told;
		result = ingest_end(k, result, now_ms, &err);
	}
	if (result < 0 && !w->alerts_failed)
		log_emit(LOG_LEVEL_WARNING, "cannot revise or close alerts, will retry", "reason", err.text, NULL);
	w->alerts_failed = result < 0;
	if (result <= 0)
		w->alerts_next_ms = clock_elapsed_ms() + alert_desk_period_ms(&k->alerts);
	count_alerts(w, told);
	if (result >= 0 && told)
		tell_loop(w);
}

/* ---- a configuration ---- */

void writer_limit_wal(struct writer *w)
{
	char text[64];

	snprintf(text, sizeof(text), "PRAGMA journal_size_limit = %lld", (long long)size_wal_bytes(w->options));
	sql_exec(w->ingest.store.db, text, NULL, "");
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

static int store_change(void *arg, struct ingest *k, struct error *err)
{
	struct writer_change *c = arg;
	int64_t highest = 0;
	bool changed = false;
	int result;

	c->states = calloc(c->count + 1, sizeof(*c->states));
	if (c->states == NULL)
		return error_sys(err, -ENOMEM, "cannot store the configuration");
	result = feed_store_sync(&k->feeds, c->feeds, c->count, c->states, &changed, err);
	if (result == 0)
		result = websub_store_load(&k->websub, &c->websub, &c->websub_count, err);
	if (result == 0 && c->rules != NULL)
		result = alert_desk_sync(&k->alerts, c->rules, clock_wall_ms(), err);
	if (result == 0 && c->rules != NULL)
		result = rule_store_sync(&k->rules, c->rules, c->generation, k->counters.item_id + 1, &changed, err);
	for (size_t i = 0; result == 0 && i < c->count; i++)
		highest = c->states[i].id > highest ? c->states[i].id : highest;
	if (result == 0 && c->reserve != NULL && (result = c->reserve(c->arg, highest)) != 0)
		error_sys(err, result, "cannot store the feeds");
	k->visible = changed;
	return result;
}

/* Puts c's rules and options in force; the former ones are left in c, to be released. */
static void use_change(struct writer *w, void *arg)
{
	struct writer_change *c = arg;
	struct writer_options *old = w->options;
	struct stored_rules *old_rules = w->rules;

	if (c->rules != NULL) {
		w->rules = c->rules;
		c->rules = old_rules;
		rule_store_use(&w->ingest.rules, w->rules, c->generation);
		/* conditions may have changed while the daemon was down */
		w->ages_ms = 0;
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
	w->alerts_next_ms = w->report_next_ms = 0;
}

static void end_change(void *arg, const struct error *err)
{
	struct writer_change *c = arg;

	if (err->code != 0)
		release_results(c);
	c->done(c->arg, err);
}

int writer_apply(struct writer *w, struct writer_change *c)
{
	struct writer_job *j = job_new(store_change, end_change, c);

	if (j != NULL)
		j->committed = use_change;
	return writer_enqueue(w, j);
}
