/* SPDX-License-Identifier: ISC */
/* ingest.h: stores outcomes of polls in the database, one at a time.
 *
 * The writer's thread owns one struct ingest.  All functions work within the transaction that ingest_begin() opened;
 * nothing is durable, and no report may leave, before ingest_commit() has returned 0. */
#ifndef SITREP_INGEST_INGEST_H
#define SITREP_INGEST_INGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "bursts.h"
#include "intake.h"
#include "item_lookup.h"
#include "sitrep/base/arena.h"
#include "sitrep/base/error.h"
#include "sitrep/ingest/writer.h"
#include "sitrep/store/alert_desk.h"
#include "sitrep/store/alert_policy.h"
#include "sitrep/store/clock_record.h"
#include "sitrep/store/counters.h"
#include "sitrep/store/event_log.h"
#include "sitrep/store/feed_store.h"
#include "sitrep/store/feed_troubles.h"
#include "sitrep/store/item_store.h"
#include "sitrep/store/rule_store.h"
#include "sitrep/store/store.h"
#include "sitrep/store/websub_store.h"
#include "story_edit.h"
#include "story_explain.h"

struct ingest {
	struct store store;
	struct counters counters;
	struct counters before; /* as last committed */
	struct feed_store feeds;
	struct feed_troubles troubles;
	struct websub_store websub;
	struct item_store items;
	struct alert_policy policy;
	struct event_log event_log;
	struct alert_desk alerts;
	struct rule_pending pending;
	struct rule_store rules;
	struct bursts bursts;
	struct publishers publishers;
	struct grouping *grouping;
	struct intake intake;
	struct item_lookup item_lookup; /* for requests of the operator, as are story_edit and story_explain */
	struct story_edit story_edit;
	struct story_explain story_explain;
	struct clock_record clock;     /* after ingest_start_clock() */
	struct arena arena;            /* of the document that is being stored */
	struct writer_options options; /* its texts are the writer's */
	int64_t added_bytes;           /* added by documents of this transaction */
	bool visible;                  /* this transaction changes what outputs show */
};

/* Opens the database, or makes one in memory when options->state_dir is NULL.  The texts of options are borrowed. */
int ingest_open(struct ingest *k, const struct writer_options *options, struct error *err);
void ingest_close(struct ingest *k);
/* Replaces the options; their texts are borrowed. */
void ingest_set_options(struct ingest *k, const struct writer_options *options);

int ingest_begin(struct ingest *k, struct error *err);
/* at_ms is noted as the time of change.  On failure everything since ingest_begin() is undone. */
int ingest_commit(struct ingest *k, int64_t at_ms, struct error *err);
void ingest_rollback(struct ingest *k);
/* Commits what a step has done that returned result, or undoes it after a negative one.  Returns result, or the failure
 * of the commit. */
int ingest_end(struct ingest *k, int result, int64_t at_ms, struct error *err);

/* True for -ENOSPC, -EIO, -EACCES and -EBUSY (another program's lock): the next transaction will fail as well. */
bool ingest_error_is_of_storage(int code);

/* Stores an outcome, fills report and releases the outcome's document.  An outcome that cannot be stored is stored
 * as a failure of its feed.  Negative when the whole transaction is lost. */
int ingest_take(struct ingest *k, struct poll_outcome *o, struct poll_report *report, struct error *err);
/* Reports an outcome that could not be stored, not even as a failure: its feed's last committed state, failing for the
 * reason in why and due later.  That state is not saved. */
void ingest_refuse(struct ingest *k, struct poll_outcome *o, struct poll_report *report, const struct error *why);

/* Reports an outcome whose transaction was lost for the reason in why (poll_report in poll.h). */
void ingest_lose(struct ingest *k, struct poll_outcome *o, struct poll_report *report, const struct error *why);

/* Compares the clock with the database's record of it, and moves the stored times when it was set meanwhile
 * (ingest_clock.c).  Called once, before anything else is written. */
int ingest_start_clock(struct ingest *k, struct clock_mark now, const char *run, struct error *err);
/* Compares the clock with that of the last call, and moves the stored times when it was set.  *jump_ms: by how much; 0:
 * it was not set. */
int ingest_look_at_clock(struct ingest *k, struct clock_mark now, int64_t *jump_ms, struct error *err);

#endif
