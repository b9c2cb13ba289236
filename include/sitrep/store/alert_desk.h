/* SPDX-License-Identifier: ISC */
/* alert_desk.h: the life of alerts: which news raises one, revises it and closes it.
 *
 *   repeat = story   a rule's first match in a story raises an alert; the story raises no other.
 *   repeat = update  the same, and each material change of a report raises a new one, which replaces the one before.
 *   repeat = item    each item that matches raises one, which is about that item alone.
 *
 * An open alert is revised, with the same id and the next revision:
 *   source     when twice as many publishers have the story as at the event before: 2, 4, 8 ...
 *   numbers    when a number or a date in one of its reports changed
 *   report     when a publisher has a new report that is in the story by a guess from its text: such guesses are wrong
 *              too often to stay silent
 *   escalated  once, when the story gains the rule's number of publishers within the rule's time (escalate); the
 *              priority rises by a step
 *
 * Sources and numbers wait until revise-after has passed since the event before, and are told together.  The wait
 * doubles with each revision, up to an hour: a story that a hundred outlets copy and correct for a day gives some
 * thirty events, not a hundred.  A report or an escalation does not wait, and an urgent alert's wait does not grow.
 *
 * An alert is closed after close-after without news (any report of its story, or a material change), and when its rule
 * is removed.  A later match opens it again under the same id: "reopened".
 *
 * News revises the story's urgent alerts first, those included that it makes urgent: they may mute the others
 * (alert_policy.h).
 *
 * When a story is split, an alert follows the item that raised it.  When stories are joined, the alert that was raised
 * first goes on, and the other one is closed ("joined").  An item of a feed's backlog that is too old (alert-backlog)
 * raises no alert and is no news.
 *
 * All of it happens in the caller's transaction; nothing is kept in memory, so that a kill at any moment loses no alert
 * and gives none twice. */
#ifndef SITREP_STORE_ALERT_DESK_H
#define SITREP_STORE_ALERT_DESK_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/model/specs.h"
#include "sitrep/store/alert_store.h"
#include "sitrep/store/event_log.h"

struct alert_desk {
	struct alert_store store;
	struct event_log *event_log;     /* borrowed */
	const struct alert_specs *specs; /* borrowed */
	bool rules_changed;              /* since the last step that closed all quiet alerts */
};

int alert_desk_init(struct alert_desk *d, struct sql_db *db, struct counters *counters, struct event_log *event_log,
	const struct alert_specs *specs, struct error *err);
void alert_desk_release(struct alert_desk *d);

/* Revises the alerts of o's story after news: a new report, or one whose text changed (o->changed; change says how). To
 * be called before alert_desk_match() for the rules of that report.  Alerts with higher ids than last_id are left
 * alone: the report has raised them. */
int alert_desk_news(struct alert_desk *d, const struct event_context *o, const struct story_change *change,
	int64_t last_id, struct error *err);
/* The highest id of an alert so far. */
int64_t alert_desk_last_id(const struct alert_desk *d);

/* 1: alert_desk_match() would raise an alert that is not there; 0: not.  is_first: the rule has not matched the story
 * before. */
int alert_desk_may_raise(
	struct alert_desk *d, const struct event_context *o, struct str rule_key, bool is_first, struct error *err);
/* Stores that a rule matches o's story by o's item, so that the rule's output or page lists the story.  If alerts is
 * true and the rule is an alert's, an alert is raised, or opened again.  terms: one a line. */
int alert_desk_match(struct alert_desk *d, const struct event_context *o, struct str rule_key, struct str terms,
	bool alerts, struct error *err);

/* Writes revisions that have waited long enough and closes quiet alerts, up to 50 of each.  now_ms: the wall clock;
 * trusted_ms: the same without an unexplained jump ahead (clock_record.h).  1: call again; 0: done.  *told: events were
 * written. */
int alert_desk_step(struct alert_desk *d, int64_t now_ms, int64_t trusted_ms, bool *told, struct error *err);
/* Stores the rules that come into force.  To be called before *specs is changed to match them. */
int alert_desk_sync(struct alert_desk *d, const struct stored_rules *rules, int64_t now_ms, struct error *err);
/* The time between two rounds of steps: a minute, less when a rule has shorter times. */
int64_t alert_desk_period_ms(const struct alert_desk *d);
/* Removes rows of closed alerts whose story is gone, last news before before_ms; 1: call again. */
int alert_desk_forget(struct alert_desk *d, int64_t before_ms, struct error *err);

/* The operator moved an item from one story to another of its own. */
int alert_desk_split(struct alert_desk *d, int64_t item_id, int64_t from, int64_t to, struct error *err);
/* The operator joined story from to story to.  The alerts of from, whose rows still name it, go to story to. */
int alert_desk_join(struct alert_desk *d, int64_t from, int64_t to, int64_t at_ms, struct error *err);

#endif
