/* SPDX-License-Identifier: ISC */
/* writer_state.h: the state that the writer's files share. */
#ifndef SITREP_INGEST_WRITER_STATE_H
#define SITREP_INGEST_WRITER_STATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ingest.h"
#include "retention.h"
#include "sitrep/ingest/writer.h"

/* A function that waits for the thread, or runs in it. */
struct writer_job {
	writer_fn *fn;
	void (*committed)(struct writer *w, void *arg); /* in the thread, cannot fail; NULL: nothing to do */
	void *arg;
	uint64_t after;             /* outcomes that were submitted before it; 0: it waits for none */
	struct poll_report *report; /* made in advance, so that the end can always be told */
	struct writer_job *next;
};

struct writer_job_list {
	struct writer_job *first, **end;
};

struct outcome_list {
	struct poll_outcome *first, **end;
};

struct report_list {
	struct poll_report *first, **end;
};

/* Whether transactions can be committed; under the writer's lock. */
struct storing {
	struct writer_storing shown;
	int64_t try_at_us;   /* monotonic; when stopped */
	int64_t try_wait_ms; /* the last pause before a try; 0: the last transaction was kept */
};

struct writer {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work; /* something to do for the thread */
	int fd;

	/* under lock */
	struct outcome_list queue;
	struct report_list reports;
	size_t pending, pending_bytes;
	int64_t newest_cursor;
	struct writer_job_list jobs;
	uint64_t submitted, taken; /* outcomes, ever */
	bool stop;
	bool shown; /* work at rest has changed the outputs */
	struct writer_stats stats;
	struct storing storing;

	/* the thread's own */
	struct writer_options *options; /* a deep copy */
	struct ingest ingest;
	struct retention retention;
	struct stored_rules *rules; /* NULL: none yet */
	bool retention_failed;
	bool size_left;         /* the database is larger than it should be, and more can be done about it */
	int64_t match_again_ms; /* monotonic: the next step after one that failed; 0: none failed */
	bool clock_failed;
};

/* Sets the size to which SQLite cuts the WAL's file whenever it begins it anew. */
void writer_limit_wal(struct writer *w);
/* Stores outcomes that wait in one transaction and reports them. */
void writer_run_batch(struct writer *w);

/* writer_storing.c.  The first three with the lock held: they note a lost transaction and a committed one, and return
 * how long to wait for the next try, INT64_MAX when no try is needed. */
void writer_stop_storing(struct writer *w, const struct error *why);
void writer_note_stored(struct writer *w);
int64_t writer_try_wait_ms(const struct writer *w);
/* Tries to write, and notes the result. */
void writer_try_storing(struct writer *w);

/* writer_run(), but ahead of outcomes that wait, and of functions that wait for those. */
int writer_run_at_once(struct writer *w, writer_fn *fn, writer_done_fn *done, void *arg);
/* The first job is due: all outcomes that were submitted before it have been taken.  With the lock held. */
bool writer_job_due(const struct writer *w);
/* Runs the first job in a transaction of its own and reports it. */
void writer_run_job(struct writer *w);

/* There are stored items to be matched with rules. */
bool writer_match_due(const struct writer *w);
/* Matches some of them. */
void writer_match_stored(struct writer *w);

/* Deep copies of options; NULL without memory. */
struct writer_options *writer_options_copy(const struct writer_options *from);
void writer_options_free(struct writer_options *o);

#endif
