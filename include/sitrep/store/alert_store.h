/* SPDX-License-Identifier: ISC */
/* alert_store.h: the tables of alerts: their rows, the days of each rule, and the rules in force.
 *
 * alert_desk.h decides; this module reads and writes rows.  An alert's row stays as long as its story, and after that
 * as long as its events may be kept. */
#ifndef SITREP_STORE_ALERT_STORE_H
#define SITREP_STORE_ALERT_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"
#include "sitrep/model/alert.h"

struct counters;
struct sql_db;
struct sql_stmt;
struct stored_rules;

enum alert_statement {
	ALERT_FIND,
	ALERT_NEXT_OF_STORY,
	ALERT_NEXT_QUIET,
	ALERT_NEXT_PENDING,
	ALERT_ADD,
	ALERT_SAVE,
	ALERT_PUBLISHERS,
	ALERT_RECENT_PUBLISHERS,
	ALERT_FEED,
	ALERT_SPLIT,
	ALERT_NEXT_JOINED,
	ALERT_FORGET,
	ALERT_DAY_ADD,
	ALERT_DAY_FORGET,
	ALERT_RULE_MATCHED,
	ALERT_RULE_LIST,
	ALERT_RULE_COME,
	ALERT_RULE_GO,
	ALERT_STATEMENTS
};

struct alert_store {
	struct sql_stmt *s[ALERT_STATEMENTS];
	struct counters *counters; /* borrowed */
	struct buf rule, terms;    /* of the alert that was read last */
};

/* A row.  rule and terms of a row that was read live until the next one is read. */
struct alert {
	int64_t id;
	struct str rule, terms;
	int64_t story_id; /* 0: the alert became part of another one */
	int64_t item_id;  /* the one item that it is about; 0: it is about the story */
	int64_t raised_by, last_item;
	int64_t first_ms, last_ms; /* raised; last news */
	int64_t told_ms;           /* last event */
	int64_t revision;          /* of the last event */
	enum alert_state state;
	enum alert_priority priority;
	bool escalated;
	int64_t publishers; /* of the story, at the last event */
	unsigned pending;   /* enum alert_why */
	bool muted;         /* a silence or an urgent alert has muted all its events */
	bool is_stored;
};

int alert_store_init(struct alert_store *t, struct sql_db *db, struct counters *counters, struct error *err);
void alert_store_release(struct alert_store *t);

/* The functions that read an alert return 1 with *a filled, 0 when there is none, or a negative code. */

/* The rule's alert about the story, or about the item in it when item_id is not 0. */
int alert_store_find(
	struct alert_store *t, struct str rule, int64_t story_id, int64_t item_id, struct alert *a, struct error *err);
/* The next open alert about the story or that item, by id after after_id. */
int alert_store_next(
	struct alert_store *t, int64_t story_id, int64_t item_id, int64_t after_id, struct alert *a, struct error *err);
/* A position in a walk over open alerts: after the alert of that time and id. */
struct alert_place {
	int64_t ms, id;
};
/* The next open alert by the time of its last news, up to until_ms. */
int alert_store_next_quiet(
	struct alert_store *t, const struct alert_place *after, int64_t until_ms, struct alert *a, struct error *err);
/* The next alert with reasons that no event has told yet (pending), by the time of its last event. */
int alert_store_next_pending(
	struct alert_store *t, const struct alert_place *after, struct alert *a, struct error *err);
/* The next alert of a story, open or closed, by id after after_id. */
int alert_store_next_any(struct alert_store *t, int64_t story_id, int64_t after_id, struct alert *a, struct error *err);

/* Writes the row; a new one has the next number of counters.alert_id. */
int alert_store_save(struct alert_store *t, struct alert *a, struct error *err);

/* The story's publishers, 0 when it is gone; and those with an item that was first seen after since_ms. */
int alert_store_publishers(struct alert_store *t, int64_t story_id, int64_t *count, struct error *err);
int alert_store_recent_publishers(
	struct alert_store *t, int64_t story_id, int64_t since_ms, int64_t *count, struct error *err);
/* The item's feed: 1, or 0 when the item is gone. */
int alert_store_feed(struct alert_store *t, int64_t item_id, int64_t *feed_id, struct error *err);

/* An item was moved to another story: the alerts that it raised go with it. */
int alert_store_split(struct alert_store *t, int64_t item_id, int64_t from, int64_t to, struct error *err);

/* Removes up to some hundred closed alerts whose story is gone and whose last news is before before_ms; 1: there may be
 * more. */
int alert_store_forget(struct alert_store *t, int64_t before_ms, struct error *err);

/* What alert_store_count() adds to the rule's counts of the day of at_ms. */
struct alert_counts {
	int matches, raised, revised, muted;
};
int alert_store_count(
	struct alert_store *t, struct str rule, int64_t at_ms, const struct alert_counts *counts, struct error *err);
/* Stores the rules that come into force.  The time of a rule that is new or has another expression begins now. */
int alert_store_sync(struct alert_store *t, const struct stored_rules *rules, int64_t now_ms, struct error *err);

#endif
