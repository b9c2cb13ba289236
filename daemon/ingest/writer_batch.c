/* SPDX-License-Identifier: ISC */
/* One transaction of the writer: many outcomes, one sync to disk.
 *
 * Each outcome has its report beside it until the commit; then the reports are handed over.  When the transaction is
 * lost (a full disk), all of its outcomes are reported as lost, their feeds are polled again with the last committed
 * validators, and storing stops (writer_storing.c). */
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "sitrep/base/clock.h"
#include "sitrep/sql/damage.h"
#include "writer_state.h"

enum {
	/* Limits of one transaction: larger ones would delay subscribers of the stream. */
	BATCH_OUTCOMES = 256,
	BATCH_BYTES = 8 * 1024 * 1024,
	BATCH_US = 250 * 1000,
};

/* Outcomes of one transaction and their reports, side by side. */
struct batch {
	struct outcome_list outcomes;
	struct report_list reports;
	size_t count;
	size_t bytes;
};

/* Undoes the batch and reports all of its outcomes as lost, for the reason in why. */
static void lose_batch(struct writer *w, struct batch *b, const struct error *why)
{
	struct poll_report *r = b->reports.first;

	ingest_rollback(&w->ingest);
	for (struct poll_outcome *o = b->outcomes.first; o != NULL; o = o->next, r = r->next)
		ingest_lose(&w->ingest, o, r, why);
}

/* lost: why the transaction was lost; NULL: it was committed. */
static void publish_batch(struct writer *w, struct batch *b, int64_t began_us, const struct error *lost)
{
	uint64_t us = (uint64_t)(clock_mono_us() - began_us);

	pthread_mutex_lock(&w->lock);
	*w->reports.end = b->reports.first;
	w->reports.end = b->reports.end;
	w->stats.pending -= b->count;
	w->stats.pending_bytes -= b->bytes;
	if (lost != NULL) {
		w->storing.shown.lost += b->count;
		/* A batch that is refused while storing is stopped must not delay the next try. */
		if (!w->storing.shown.stopped || w->stop)
			writer_stop_storing(w, lost);
	} else {
		writer_note_stored(w);
	}
	w->stats.commits += lost == NULL;
	w->stats.write_errors += lost != NULL;
	w->stats.outcomes += b->count;
	w->stats.commit_us_last = us;
	histogram_note(&w->stats.commit_durations, HISTOGRAM_OF_WORK, (int64_t)us, 1);
	w->stats.postings = (uint64_t)grouping_postings(w->ingest.grouping);
	bursts_count(&w->ingest.bursts, clock_wall_ms(), &w->stats.bursts, &w->stats.learning);
	if (us > w->stats.commit_us_max)
		w->stats.commit_us_max = us;
	writer_tell_loop(w);
}

static void free_outcomes(struct poll_outcome *o)
{
	while (o != NULL) {
		struct poll_outcome *next = o->next;

		poll_outcome_free(o);
		o = next;
	}
}

/* Adds an outcome to the batch; false when no outcome waits, or without memory for its report. */
static bool extend_batch(struct writer *w, struct batch *b)
{
	struct poll_report *report = calloc(1, sizeof(*report));
	struct poll_outcome *o = report != NULL ? writer_take(w, false) : NULL;

	if (o == NULL) {
		free(report);
		return false;
	}
	b->bytes += o->document.len;
	b->count++;
	*b->outcomes.end = o;
	b->outcomes.end = &o->next;
	*b->reports.end = report;
	b->reports.end = &report->next;
	return true;
}

static struct poll_outcome *last_outcome(struct batch *b)
{
	return (struct poll_outcome *)((char *)b->outcomes.end - offsetof(struct poll_outcome, next));
}

static struct poll_report *last_report(struct batch *b)
{
	return (struct poll_report *)((char *)b->reports.end - offsetof(struct poll_report, next));
}

/* While storing is stopped, only the timer tries to write; when the daemon ends, the last batch is tried too. */
static bool is_stopped(struct writer *w, struct error *err)
{
	bool stopped;

	pthread_mutex_lock(&w->lock);
	stopped = w->storing.shown.stopped && !w->stop;
	if (stopped)
		error_set(err, -EAGAIN, "%s", w->storing.shown.reason);
	pthread_mutex_unlock(&w->lock);
	return stopped;
}

void writer_run_batch(struct writer *w)
{
	struct batch b = {0};
	struct error err = {0};
	int64_t began_us = clock_mono_us(), at_ms = 0;
	bool began;
	int result;

	b.outcomes.end = &b.outcomes.first;
	b.reports.end = &b.reports.first;
	/* When nothing can be written, outcomes that wait are reported as lost at once. */
	result = is_stopped(w, &err) ? err.code : ingest_begin(&w->ingest, &err);
	began = result == 0;
	while (b.count < BATCH_OUTCOMES && b.bytes < BATCH_BYTES &&
		w->ingest.added_bytes < size_batch_bytes(w->options) && clock_mono_us() - began_us < BATCH_US &&
		extend_batch(w, &b)) {
		struct poll_outcome *o = last_outcome(&b);

		at_ms = o->at_ms;
		if (!began)
			continue;
		result = ingest_take(&w->ingest, o, last_report(&b), &err);
		if (result != 0)
			break;
	}
	if (b.count == 0) {
		struct timespec pause = {.tv_sec = 0, .tv_nsec = 10 * 1000 * 1000};

		/* there was no memory for a report, or a function has come before the first outcome */
		ingest_rollback(&w->ingest);
		nanosleep(&pause, NULL);
		return;
	}
	if (result == 0)
		result = ingest_commit(&w->ingest, at_ms, &err);
	if (result != 0)
		lose_batch(w, &b, &err);
	if (result == -EUCLEAN)
		damage_note_table("", err.text);
	publish_batch(w, &b, began_us, result != 0 ? &err : NULL);
	free_outcomes(b.outcomes.first);
}
