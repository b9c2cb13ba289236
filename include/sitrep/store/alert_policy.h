/* SPDX-License-Identifier: ISC */
/* alert_policy.h: whether an alert's event is told now, muted, or held back for a digest.
 *
 * Asked before each event `alert` is written.  An event that is not told is written as `muted`, with the reason, so it
 * is in the log and can be asked for.  In this order: a silence mutes; an open urgent alert about the same story mutes
 * those that its inhibit names; priorities from quiet-priority on are told; quiet hours, the rate of the rule and
 * grouping hold back.
 *
 * A rate counts the events that raise, reopen or escalate an alert, and by themselves all others, which revise it in
 * place.  A revision of an alert that its rule's rate holds back waits with it.  The end of an alert that was told of
 * is not muted: who shows the alert takes it away. */
#ifndef SITREP_STORE_ALERT_POLICY_H
#define SITREP_STORE_ALERT_POLICY_H

#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/base/str.h"
#include "sitrep/model/specs.h"
#include "sitrep/store/digests.h"
#include "sitrep/store/silences.h"

struct sql_db;
struct sql_stmt;

enum alert_policy_statement { POLICY_FEED, POLICY_ITEM, POLICY_URGENT, POLICY_STATEMENTS };

struct alert_policy {
	struct sql_stmt *s[POLICY_STATEMENTS];
	const struct alert_specs *alerts; /* borrowed */
	struct silences silences;
	struct digests digests;
	struct arena arena; /* of one item */
};

int alert_policy_init(struct alert_policy *p, struct sql_db *db, const struct alert_specs *alerts, struct error *err);
void alert_policy_release(struct alert_policy *p);

/* An alert's event, before it is written. */
struct alert_case {
	const struct alert_spec *alert;
	int64_t alert_id;
	int64_t feed_id, item_id, story_id;
	int64_t at_ms;
	unsigned why;      /* enum alert_why */
	bool is_heard_end; /* the end of an alert that was told of */
};

struct alert_ruling {
	enum { ALERT_DELIVER, ALERT_MUTE, ALERT_COLLECT } kind;
	enum hold_reason hold; /* ALERT_COLLECT */
	char reason[16];       /* "silence", "inhibited", "quiet", "rate" or "group"; "" when the event is told */
	int64_t silence_id;    /* "silence" */
	char by[256];          /* "inhibited": the name of the urgent alert */
	char group[320];       /* ALERT_COLLECT: of its digest */
	int64_t due_ms;
};

int alert_policy_judge(
	struct alert_policy *p, const struct alert_case *c, struct alert_ruling *ruling, struct error *err);
/* To be called when the event is written, at cursor: counts an event that was told for the rule's rate, and holds one
 * that was not, with its detail, for the digest. */
int alert_policy_note(struct alert_policy *p, const struct alert_case *c, const struct alert_ruling *ruling,
	int64_t cursor, struct str detail, struct error *err);

/* Takes those of a group's alerts out that are silenced now; they stay in the log.  1: some; 0: none. */
int alert_policy_silence_held(struct alert_policy *p, const struct digest_group *g, int64_t now_ms, struct error *err);
/* When the quiet hours end for the first of a group's alerts; now_ms: for one there are none now. */
int alert_policy_quiet_end(
	struct alert_policy *p, const struct digest_group *g, int64_t now_ms, int64_t *end_ms, struct error *err);

#endif
