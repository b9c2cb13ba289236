/* SPDX-License-Identifier: ISC */
/* writer.h: the one thread that writes the database.
 *
 * The main loop hands it outcomes of polls.  It stores many of them in one transaction (group commit), commits, and
 * makes a descriptor readable that the loop watches.  Nothing is reported before it is durable: the database runs
 * with synchronous=FULL, since a cursor that a subscriber has seen must never be used twice, even after a power
 * failure.  An outcome with a damaged document fails alone: its feed's validators are not saved, so the next poll
 * brings it again.
 *
 * When a transaction cannot be committed (no space, a read-only file system, a failing disk), all of its outcomes
 * are lost and storing stops: outcomes are refused until a small write that the thread tries on a timer succeeds, after
 * 0.1 s, then 0.2 s, up to every 30 s. */
#ifndef SITREP_INGEST_WRITER_H
#define SITREP_INGEST_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/base/histogram.h"
#include "sitrep/model/feed_state.h"
#include "sitrep/model/poll.h"
#include "sitrep/model/specs.h"
#include "sitrep/model/websub_state.h"
#include "sitrep/store/stored_rules.h"
#include "sitrep/story/story_threshold.h"

struct writer;

/* The smallest useful [keep] size for that many feeds.  A smaller one works, but keeps almost no items. */
int64_t writer_least_size(size_t feeds);

/* Decides when a feed is due next: sets state->due_ms and state->history; the rest of state is as it will be
 * committed. news is NULL when the outcome brought no document.  Called in the writer's thread within the
 * transaction, so it must be pure. */
typedef void writer_plan_fn(
	void *arg, struct feed_state *state, const struct poll_outcome *outcome, struct poll_news *news);

/* The clock was set by jump_ms and shows now_ms: moves the times in state->history along, as the rest of state has been
 * (feed_state_follow_clock()).  Called as the plan is. */
typedef void writer_follow_clock_fn(struct feed_state *state, int64_t jump_ms, int64_t now_ms);

struct writer_options {
	const char *state_dir; /* copied */
	writer_plan_fn *plan;
	void *plan_arg;
	writer_follow_clock_fn *follow_clock; /* NULL: history holds no times */
	/* How long items and events are kept (0: for ever), and how large the database may become (0: any size). */
	int64_t keep_items_ms, keep_events_ms, keep_size;
	struct alert_specs alerts;          /* copied; a match of a rule that is not listed raises no alert */
	const struct story_params *stories; /* copied; NULL: the defaults */
};

/* Opens the database (store.h) and starts the thread.  NULL with err when the database is refused. */
struct writer *writer_new(const struct writer_options *options, struct error *err);
/* Commits all submitted outcomes, stops the thread, closes the database. */
void writer_free(struct writer *w);

/* Hands o to the writer without blocking. */
void writer_submit(struct writer *w, struct poll_outcome *o);

struct ingest; /* the state of the writer's thread (ingest.h) */

/* Runs in the writer's thread within a transaction, which is committed when it returns 0 and undone otherwise. */
typedef int writer_fn(void *arg, struct ingest *k, struct error *err);
/* Runs in the loop afterwards; err->code 0: committed. */
typedef poll_report_done_fn writer_done_fn;

/* Hands fn to the writer without blocking.  It runs after all outcomes that were submitted before, and before all
 * later ones.  Its end comes as a report (poll_report.done), in the order of commits. fn and done get the same arg,
 * which must live until then, or until writer_free(). -ENOMEM: fn was not handed over. */
int writer_run(struct writer *w, writer_fn *fn, writer_done_fn *done, void *arg);

/* A configuration for the writer.  All steps that can fail are one transaction, so a change is stored whole or not
 * at all. */
struct writer_change {
	/* The database's feeds become these: new ones are added, those that have another name now are renamed, absent
	 * ones go inactive (their items stay), a changed URL forgets the validators. */
	const struct feed_spec *feeds; /* borrowed until done */
	size_t count;
	struct writer_options *options; /* owned by the thread after the commit; NULL: the present ones stay */
	/* As options.  New rules are then matched with all stored items, between batches; matches of removed rules
	 * are not shown any more. */
	struct stored_rules *rules;
	int64_t generation; /* of rules: counted up from 1 with each change (poll_outcome.rules) */
	/* Makes room in the caller's tables, in the writer's thread, before the change is committed. highest_id is the
	 * highest id of the feeds. 0 or -ENOMEM. */
	int (*reserve)(void *arg, int64_t highest_id);
	writer_done_fn *done;
	void *arg; /* of both */

	struct feed_state *states;   /* out, once committed: count elements, in the order of feeds */
	struct websub_state *websub; /* out: all subscriptions there are, also of feeds that are not configured now */
	size_t websub_count;
};
/* state_dir and plan of from need not be set. 0 or -ENOMEM. */
int writer_change_set_options(struct writer_change *c, const struct writer_options *from);
/* Hands c to the writer; c must live until its done has been called.  0 or -ENOMEM. */
int writer_apply(struct writer *w, struct writer_change *c);
/* Releases all that c owns, but not c itself. */
void writer_change_release(struct writer_change *c);

/* True when a commit has changed what outputs show since the last call. */
bool writer_take_shown(struct writer *w);

/* Whether transactions are committed. */
struct writer_storing {
	bool stopped;
	int64_t since_ms;            /* of the last change, wall clock; 0: never */
	uint64_t stops;              /* how often it stopped */
	uint64_t lost;               /* outcomes that could not be stored */
	char reason[ERROR_TEXT_MAX]; /* of the last stop */
};
/* A change makes writer_fd() readable. */
void writer_get_storing(struct writer *w, struct writer_storing *out);

/* Readable when reports wait, and when storing was stopped or resumed. */
int writer_fd(const struct writer *w);
/* Reports of all commits since the last call, in order of submission, and the newest committed cursor.
 * The caller frees with poll_reports_free(). */
struct poll_report *writer_collect(struct writer *w, int64_t *newest_cursor);

struct writer_stats {
	uint64_t commits, outcomes;
	uint64_t write_errors; /* batches that could not be committed */
	uint64_t commit_us_last, commit_us_max;
	struct histogram commit_durations; /* of work */
	uint64_t postings;                 /* in the index of texts (grouping.h) */
	uint64_t bursts, learning; /* names that are counted, and those whose usual count is not known yet (bursts.h) */
	size_t pending, pending_bytes; /* outcomes submitted and not yet reported, and the bytes of their documents */
	uint64_t alerts_open;          /* and alert rules that match nothing, or too much (alert_report.h) */
	uint64_t rules_silent, rules_noisy;
};
void writer_get_stats(struct writer *w, struct writer_stats *stats);

#endif
