/* SPDX-License-Identifier: ISC */
/* writer_state.h: the state that the writer's files share. */
#ifndef SITREP_INGEST_WRITER_STATE_H
#define SITREP_INGEST_WRITER_STATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "ingest.h"
#include "retention.h"
#include "sitrep/ingest/writer.h"

/* A function that waits in the queue, or runs in the thread. */
struct writer_job {
	writer_fn *fn;
	void (*committed)(struct writer *w, void *arg); /* in the thread, cannot fail; NULL: nothing to do */
	void *arg;
	bool at_once;               /* ahead of all outcomes that wait */
	struct poll_report *report; /* made in advance, so that the end can always be reported */
	struct poll_outcome place;  /* in the queue */
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
	int64_t try_at_us;   /* when to try again; monotonic, valid while stopped */
	int64_t try_wait_ms; /* the last pause before a try; 0: the last transaction was committed */
};

struct writer {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work; /* something to do for the thread */
	int fd;

	/* under lock */
	struct outcome_list queue; /* outcomes and functions, in the order in which they run */
	struct report_list reports;
	int64_t newest_cursor;
	bool stop;
	bool shown; /* a transaction has changed what outputs show */
	struct writer_stats stats;
	struct storing storing;

	/* the thread's own */
	struct writer_options *options; /* a deep copy */
	struct ingest ingest;
	struct retention retention;
	struct stored_rules *rules; /* NULL: none yet */
	bool retention_failed;
	bool size_left;         /* the database is too large, and more items can be removed */
	int64_t ages_ms;        /* monotonic: when conditions on the age of stories are looked at next */
	int64_t match_again_ms; /* monotonic: the next step after one that failed; 0: none failed */
	bool clock_failed;
	bool alerts_failed;
	int64_t alerts_next_ms;  /* elapsed time: when alerts are looked at next */
	int64_t report_next_ms;  /* elapsed time: when alert rules are counted next */
	int64_t digest_next_ms;  /* wall clock: when the next digest is due; TIME_NONE: no alert is held */
	int64_t digest_again_ms; /* monotonic: the next try after a digest failed; 0: none failed */
};

/* writer_queue.c: puts j into the queue, after all others or after those that run at once.  0, or -ENOMEM when j is
 * NULL. */
int writer_enqueue(struct writer *w, struct writer_job *j);
/* Takes the queue's first element out; NULL: it is empty, or its first is a function and the caller wants an outcome.
 */
struct poll_outcome *writer_take(struct writer *w, bool wants_job);
/* With the lock held, which it releases: makes writer_fd() readable, and shows the loop the newest cursor and whether
 * the last transaction has changed what outputs show. */
void writer_tell_loop(struct writer *w);

/* Sets the size to which SQLite truncates the WAL's file when it restarts it. */
void writer_limit_wal(struct writer *w);
/* Stores outcomes that wait before the next function in one transaction and reports them. */
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
/* Runs the function at the queue's head in a transaction of its own and reports it. */
void writer_run_job(struct writer *w);

/* True when stored items wait to be matched with rules. */
bool writer_match_due(const struct writer *w);
/* Matches some of them, in one step. */
void writer_match_stored(struct writer *w);

/* True when it is time to look for stories whose age has changed a condition of a rule. */
bool writer_ages_due(const struct writer *w);
/* Settles the rules that wait for such stories (rule_pending.h). */
void writer_settle_ages(struct writer *w);
/* Notes when the next digest is due. */
void writer_look_at_digests(struct writer *w);
/* The time until then; INT64_MAX: no alert is held, or nothing can be stored. */
int64_t writer_digest_wait_ms(const struct writer *w);
/* Writes the digests that are due. */
void writer_run_digests(struct writer *w);

/* The time until alerts are looked at; 0: now; INT64_MAX: there is no configuration yet. */
int64_t writer_alerts_wait_ms(const struct writer *w);
/* Closes alerts and writes the revisions that have waited. */
void writer_run_alerts(struct writer *w);

/* Deep copies of options; NULL without memory. */
struct writer_options *writer_options_copy(const struct writer_options *from);
void writer_options_free(struct writer_options *o);

#endif
