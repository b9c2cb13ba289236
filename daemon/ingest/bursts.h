/* SPDX-License-Identifier: ISC */
/* bursts.h: bursts of categories, of alerts' rules and of their terms.
 *
 * Each new report counts once for each category of its feed, each alert whose rule matches it, and each term that the
 * rule found.  BURSTS_MAX names are counted, so that memory is bounded; a name that was not seen for eight weeks makes
 * room for another.  The counts are rows of the table burst, saved with a commit about once a minute: a kill loses the
 * counts of a minute at most.
 *
 * The same table keeps how fast stories gain publishers (growth.h). */
#ifndef SITREP_INGEST_BURSTS_H
#define SITREP_INGEST_BURSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "burst.h"
#include "growth.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"
#include "sitrep/model/document.h"
#include "sitrep/store/event_log.h"

struct sql_db;
struct sql_stmt;

enum { BURSTS_MAX = 1024 };

enum bursts_statement {
	BURSTS_LOAD,
	BURSTS_SAVE,
	BURSTS_DROP,
	BURSTS_STORY,
	BURSTS_FIRST_OF,
	BURSTS_JOINED,
	BURSTS_NOTE_BREAKING,
	BURSTS_FORGET,
	BURSTS_STATEMENTS
};

struct named_burst; /* bursts.c */

struct bursts {
	struct sql_stmt *s[BURSTS_STATEMENTS];
	struct event_log *event_log;      /* borrowed */
	const struct alert_specs *alerts; /* borrowed */
	struct named_burst *items;        /* sorted by name */
	size_t count, cap;
	struct growth growth;
	bool is_loaded, was_full, growth_changed;
	int64_t saved_ms; /* monotonic */
};

void bursts_init(struct bursts *b, struct event_log *event_log, const struct alert_specs *alerts);
int bursts_open(struct bursts *b, struct sql_db *db, struct error *err);
void bursts_release(struct bursts *b);

/* Counts a new report, and writes the events of bursts that begin with it.  categories: the feed's, one a line.  Does
 * nothing unless the configuration asks for bursts. */
int bursts_note(struct bursts *b, const struct event_context *o, const struct item *it, struct str categories,
	struct error *err);
/* To be called when a new report has joined a story: writes an event when the story is breaking, once for each story.
 */
int bursts_grow(struct bursts *b, const struct event_context *o, struct error *err);
/* To be called after a rollback: all counts are saved again. */
void bursts_rolled_back(struct bursts *b);
/* Saves the counts that have changed, within the caller's transaction, if the last save is a minute ago; all: in any
 * case.  mono_ms: monotonic time. */
int bursts_save(struct bursts *b, int64_t mono_ms, bool all, struct error *err);
/* *names: the names that are counted, breaking stories as one more; *learning: those in their first four weeks. */
void bursts_count(const struct bursts *b, int64_t now_ms, uint64_t *names, uint64_t *learning);

#endif
