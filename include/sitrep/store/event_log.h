/* SPDX-License-Identifier: ISC */
/* event_log.h: writes the event log, and stores which rules matched which stories.
 *
 * All functions run in the caller's transaction; a number from counters.cursor names each event. */
#ifndef SITREP_STORE_EVENT_LOG_H
#define SITREP_STORE_EVENT_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/model/feed_state.h"
#include "sitrep/model/specs.h"
#include "sitrep/rules/rule.h"
#include "sitrep/store/alert_policy.h"
#include "sitrep/store/counters.h"
#include "sitrep/store/reader.h"
#include "sitrep/story/story_threshold.h"

struct sql_db;
struct sql_stmt;

enum event_log_statement { EVENT_LOG_EVENT, EVENT_LOG_MATCH, EVENT_LOG_STATEMENTS };

struct event_log {
	struct sql_stmt *s[EVENT_LOG_STATEMENTS];
	struct counters *counters;        /* borrowed */
	const struct alert_specs *alerts; /* borrowed */
	struct alert_policy *policy;      /* borrowed */
	struct buf detail, muted;
	int64_t digest_ms; /* the time of the digest that is being written */
};

int event_log_init(struct event_log *l, struct sql_db *db, struct counters *counters, const struct alert_specs *alerts,
	struct alert_policy *policy, struct error *err);
void event_log_release(struct event_log *l);

/* The subject of an event: its feed, item and story. */
struct event_context {
	int64_t at_ms;
	int64_t feed_id;
	int64_t item_id; /* 0: the event is about the feed */
	int64_t story_id;
	int64_t sort_ms; /* the story's */
	bool backlog;    /* the feed's first document */
	bool guessed;    /* the item is the next version of an earlier one by a guess from its text only */
	bool changed;    /* the item was stored before, and its text changed */
};

/* The other item that put an item into its story, or that it is related to. */
struct event_log_copy {
	const char *relation;  /* story_relation_name() or an edit's name */
	const uint8_t *of_uid; /* the other item's; NULL: no other item */
	double score;
};
/* EVENT_NEW or EVENT_COPY. */
int event_log_placed(struct event_log *l, enum event_kind kind, const struct event_context *o,
	const struct event_log_copy *copy, struct error *err);
/* The same after an operator's edit: relation is "split" or "joined", story_uid names the story that the item was in
 * before. */
int event_log_edited(struct event_log *l, enum event_kind kind, const struct event_context *o,
	const struct event_log_copy *copy, const uint8_t *story_uid, struct error *err);
/* EVENT_UPDATED; change is NULL when the changed parts are not known. */
int event_log_changed(
	struct event_log *l, const struct event_context *o, const struct story_change *change, struct error *err);

/* Stores that a rule matches the story by the item, so that outputs and /alert/ list the story.  1: for the first time;
 * 0: the rule had matched the story before. */
int event_log_match(struct event_log *l, const struct event_context *o, struct str rule, struct error *err);

/* An event about an alert, before it is written. */
struct event_log_alert {
	const struct alert_spec *spec; /* its rule */
	int64_t id, revision;
	struct str name, terms; /* terms: one a line, left out when they do not fit */
	enum alert_priority priority;
	enum alert_state state;
	unsigned why; /* enum alert_why */
	int64_t first_ms, last_ms, publishers;
	int64_t replaces; /* id of the alert that it follows; 0: none */
	bool is_heard;    /* an event before this one was told, or held back for a digest */
};
/* Writes EVENT_ALERT, or EVENT_MUTED when the policy mutes the alert or holds it back (alert_policy.h).  *ruling is set
 * to the policy's decision. */
int event_log_alert(struct event_log *l, const struct event_context *o, const struct event_log_alert *alert,
	struct alert_ruling *ruling, struct error *err);
/* True when the item may raise alerts: it is no backlog, or its date (published_ms) is within alert-backlog. */
bool event_log_is_recent(const struct event_log *l, const struct event_context *o, int64_t published_ms);
/* The priority of an alert's rule; RULE_NO_PRIORITY for any other rule. */
enum rule_priority event_log_priority(const struct event_log *l, struct str rule);

/* Writes the event of a group that is due: EVENT_DIGEST, or EVENT_ALERT for a group of one alert. */
int event_log_tell_group(struct event_log *l, const struct digest_group *g, int64_t now_ms, struct error *err);

/* EVENT_FEED when the feed began to fail, is gone, or has recovered. */
int event_log_health(struct event_log *l, const struct event_context *o, enum feed_health before,
	const struct feed_state *state, struct error *err);
/* EVENT_BURST, with the item that it began with. */
struct event_log_burst {
	const char *of; /* "category", "alert", "term" */
	struct str name;
	int64_t seen, hours; /* in the last so many hours */
	double expected, score;
};
int event_log_burst(
	struct event_log *l, const struct event_context *o, const struct event_log_burst *burst, struct error *err);
/* EVENT_BREAKING. */
int event_log_breaking(
	struct event_log *l, const struct event_context *o, int64_t publishers, double expected, struct error *err);
/* EVENT_SILENCE when the feed's silence began or ended, and the configuration asks for it. */
int event_log_silence(
	struct event_log *l, const struct event_context *o, const struct feed_state *state, struct error *err);
/* EVENT_FEED when a feed is polled at another URL from now on. */
int event_log_move(struct event_log *l, const struct event_context *o, const struct feed_state *state, bool is_private,
	struct error *err);

#endif
