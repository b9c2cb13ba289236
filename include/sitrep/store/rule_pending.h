/* SPDX-License-Identifier: ISC */
/* rule_pending.h: rules that match a text only under conditions on its story (age<2h, sources>=3, priority>=high).
 *
 * The worker sends the truth of such a rule: its value for each combination of its conditions (rule.h).  It is kept for
 * each item in table rule_pending.  The rules that a story's items wait for are looked up whenever the story changes;
 * those with a condition on the age also when that may change it (rule_pending_step()).  A rule that has come true
 * matches the story from then on, whatever becomes of its conditions, and is no longer looked at. */
#ifndef SITREP_STORE_RULE_PENDING_H
#define SITREP_STORE_RULE_PENDING_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/model/document.h"
#include "sitrep/rules/rule.h"
#include "sitrep/store/alert_desk.h"
#include "sitrep/store/event_log.h"
#include "sitrep/store/stored_rules.h"

struct sql_db;
struct sql_stmt;

enum rule_pending_statement {
	PENDING_DROP,
	PENDING_ADD,
	PENDING_ADD_STORED,
	PENDING_COUNT,
	PENDING_MERGE,
	PENDING_ROWS,
	PENDING_STORY,
	PENDING_SETTLED,
	PENDING_SET_AGE,
	PENDING_NEXT,
	PENDING_LOOKED_AT,
	PENDING_HAS_MATCHED,
	PENDING_STATEMENTS
};

struct rule_pending {
	struct sql_stmt *s[PENDING_STATEMENTS];
	struct alert_desk *alerts;        /* borrowed */
	const struct stored_rules *rules; /* borrowed; NULL: none yet */
	int64_t crowded_ms;               /* when it was last told that an item matches too many rules */
};

int rule_pending_init(struct rule_pending *p, struct sql_db *db, struct alert_desk *alerts, struct error *err);
void rule_pending_release(struct rule_pending *p);
/* Uses rules from now on; the caller keeps them alive. */
void rule_pending_use(struct rule_pending *p, const struct stored_rules *rules);

/* Takes what the report o->item_id says to rules: revises the alerts of its story (news, and change as in
 * alert_desk_news()), takes the matches of rules with its text (it->matches), and settles its story.  An alert rule
 * that matches the story for the first time makes an event, unless the item is backlog and its date (published_ms) is
 * unknown (TIME_NONE) or too old.  If the item is in the story by a guess, an alert rule makes an event even if it
 * matched before: such guesses are wrong too often to suppress an alert.
 *
 * An urgent alert may mute the story's others, so it is told first, also when it waited for this report, or for the
 * priority of an alert that the report raises. */
int rule_pending_take(struct rule_pending *p, const struct event_context *o, const struct item *it,
	int64_t published_ms, bool news, const struct story_change *change, struct error *err);

/* The same for one rule's match (hit) with a stored item, which raises no alert.  1: the rule matches now. */
int rule_pending_take_stored(
	struct rule_pending *p, const struct event_context *o, const struct rule_hit *hit, struct error *err);

/* Matches the story with the rules that its items wait for and that have come true.  Alerts are events of the item
 * whose text matched; those of backlog make none, unless recent.  1: a rule matched; 0: none. */
int rule_pending_settle(struct rule_pending *p, int64_t story_id, int64_t at_ms, bool recent, struct error *err);

/* Settles stories of which a condition on the age has changed: at most RULE_PENDING_STEP in the caller's transaction.
 * *changed: a rule matched.  1: there may be more; 0: done. */
enum { RULE_PENDING_STEP = 64 };
int rule_pending_step(struct rule_pending *p, int64_t now_ms, bool *changed, struct error *err);

#endif
