/* SPDX-License-Identifier: ISC */
/* event_log.h: the event log, and which rules matched which stories. */
#ifndef SITREP_STORE_EVENT_LOG_H
#define SITREP_STORE_EVENT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/model/document.h"
#include "sitrep/model/feed_state.h"
#include "sitrep/model/specs.h"
#include "sitrep/store/counters.h"
#include "sitrep/store/reader.h"
#include "sitrep/story/story_rule.h"

struct sql_db;
struct sql_stmt;

enum event_log_statement { EVENT_LOG_EVENT, EVENT_LOG_MARK, EVENT_LOG_STATEMENTS };

struct event_log {
	struct sql_stmt *s[EVENT_LOG_STATEMENTS];
	struct counters *counters;        /* borrowed */
	const struct alert_specs *alerts; /* borrowed */
	struct buf detail;
};

int event_log_init(struct event_log *j, struct sql_db *db, struct counters *counters, const struct alert_specs *alerts,
	struct error *err);
void event_log_release(struct event_log *j);

/* The subject of an event: its feed, item and story. */
struct event_context {
	int64_t at_ms;
	int64_t feed_id;
	int64_t item_id; /* 0: the event is about the feed */
	int64_t story_id;
	int64_t sort_ms; /* the story's */
	bool backlog;    /* the feed's first document */
	bool guessed;    /* the item was taken for the next version of an earlier one by its likeness only */
};

/* The other item that put an item into its story, or that it is related to. */
struct event_log_copy {
	const char *relation;  /* story_relation_name() or an edit's name */
	const uint8_t *of_uid; /* the other item's; NULL: no other item */
	double score;
};
/* EVENT_NEW or EVENT_COPY. */
int event_log_placed(struct event_log *j, enum event_kind kind, const struct event_context *o,
	const struct event_log_copy *copy, struct error *err);
/* The same after an operator's edit: relation is "split" or "joined", story_uid names the story that the item was in
 * before. */
int event_log_said(struct event_log *j, enum event_kind kind, const struct event_context *o,
	const struct event_log_copy *copy, const uint8_t *story_uid, struct error *err);
/* EVENT_UPDATED; change is NULL when the changed parts are not known. */
int event_log_changed(
	struct event_log *j, const struct event_context *o, const struct story_change *change, struct error *err);

/* Marks the story with each rule that matched the item.  An alert rule that matches the story for the first time makes
 * an event, unless the item is backlog and its date (published_ms) is unknown (TIME_NONE) or too old.  If the item is
 * in the story by a guess, an alert rule makes an event even if it matched before: such guesses are wrong too often to
 * suppress it. */
int event_log_matches(struct event_log *j, const struct event_context *o, const struct item *it, int64_t published_ms,
	struct error *err);

/* EVENT_FEED when the feed began to fail, is gone, or has recovered. */
int event_log_health(struct event_log *j, const struct event_context *o, enum feed_health before,
	const struct feed_state *state, struct error *err);
/* EVENT_FEED when a feed is polled at another URL from now on. */
int event_log_move(struct event_log *j, const struct event_context *o, const struct feed_state *state, bool is_private,
	struct error *err);

#endif
