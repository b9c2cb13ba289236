/* SPDX-License-Identifier: ISC */
/* digests.h: alerts that are held back until one event, a digest, tells of them together.
 *
 * A group of held alerts has a name ("quiet", "rate/NAME", "category/NAME"), a time at which it is due, and its alerts.
 * Group and alerts are rows, so that a kill loses none of them.  An alert waits in one group, that of its last event,
 * and in none once a later event of it was told.  A group lists DIGEST_LISTED_MAX alerts; those beyond are counted
 * only. */
#ifndef SITREP_STORE_DIGESTS_H
#define SITREP_STORE_DIGESTS_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/base/jsonw.h"
#include "sitrep/base/str.h"
#include "sitrep/model/alert_hold.h"

struct sql_db;
struct sql_stmt;

/* With titles of that many bytes, a digest of so many alerts fits into a line of the stream, whatever is escaped. */
enum { DIGEST_LISTED_MAX = 64, DIGEST_TITLE_MAX = 250 };

/* An alert's event that is held back. */
struct held_alert {
	int64_t alert_id;
	int64_t cursor; /* of its event `muted` */
	int64_t feed_id, item_id;
	struct str rule;     /* the alert's name */
	struct str priority; /* as it is written */
	struct str title;
	struct str detail; /* of the event that is held back */
};

enum digest_statement {
	DIGEST_GROUP,
	DIGEST_OPEN,
	DIGEST_COUNT,
	DIGEST_KNOWN,
	DIGEST_HOLD,
	DIGEST_LEAVE,
	DIGEST_DROP,
	DIGEST_NEXT,
	DIGEST_DUE,
	DIGEST_PUT_OFF,
	DIGEST_LOOK,
	DIGEST_ALERTS,
	DIGEST_EMPTY,
	DIGEST_SENT,
	DIGEST_FORGET,
	DIGEST_SENT_COUNT,
	DIGEST_NOTE_SENT,
	DIGEST_FORGET_SENT,
	DIGEST_FOLLOW_GROUPS,
	DIGEST_FOLLOW_SENT,
	DIGEST_STATEMENTS
};

struct digests {
	struct sql_stmt *s[DIGEST_STATEMENTS];
	bool is_ready;    /* digests_use() was called: a configuration is in force */
	bool is_reworked; /* the configuration has changed since digests_look_again() */
	bool is_stale;    /* next_ms must be read again */
	int64_t next_ms;  /* when the next group is due; TIME_NONE: no alert is held */
};

int digests_init(struct digests *d, struct sql_db *db, struct error *err);
void digests_release(struct digests *d);

/* The time of the group's last digest; TIME_NONE: not within a day. */
int digests_last_sent(struct digests *d, struct str group, int64_t *sent_ms, struct error *err);
/* Holds an alert's event in the group, which is due at the earliest due_ms of its alerts. */
int digests_hold(struct digests *d, struct str group, enum hold_reason reason, int64_t due_ms, int64_t now_ms,
	const struct held_alert *a, struct error *err);
/* Does the group list that alert? */
int digests_holds(struct digests *d, struct str group, int64_t alert_id, bool *holds, struct error *err);
/* An event of the alert was told: what is held of it is older. */
int digests_drop(struct digests *d, int64_t alert_id, struct error *err);

/* To be called when a configuration comes into force: the quiet hours may have changed. */
void digests_use(struct digests *d);
/* If they may have changed, makes the groups that wait for quiet hours due now; alert_policy_quiet_end() then puts
 * them off again.  Within the caller's transaction. */
int digests_look_again(struct digests *d, int64_t now_ms, struct error *err);

/* When to call digests_due() next, for the writer's waits; TIME_NONE: not before an alert is held. */
int digests_next_ms(struct digests *d, int64_t *next_ms, struct error *err);
/* The group that is due, if there is one: 1, and its name is written. */
struct digest_group {
	char name[320];
	enum hold_reason reason;
	int64_t alerts, events, first_ms, last_ms;
};
int digests_due(struct digests *d, int64_t now_ms, struct digest_group *g, struct error *err);
/* Moves the time at which the group is due. */
int digests_put_off(struct digests *d, const struct digest_group *g, int64_t due_ms, struct error *err);
/* Writes the array of the group's alerts, in the order in which they came. */
int digests_write_alerts(struct digests *d, const struct digest_group *g, struct jsonw *w, struct error *err);
/* Calls fn with each listed alert of the group; a result other than 0 ends it and is returned. */
typedef int held_alert_fn(void *arg, const struct held_alert *a, struct error *err);
int digests_each(struct digests *d, const struct digest_group *g, held_alert_fn *fn, void *arg, struct error *err);
/* Empties the group, whose digest was written. */
int digests_sent(struct digests *d, const struct digest_group *g, int64_t now_ms, struct error *err);

/* The number of alerts of the rule that were told in the last period_ms, up to ALERT_RATE_MAX. */
int digests_count_sent(
	struct digests *d, struct str rule, int64_t now_ms, int64_t period_ms, int64_t *count, struct error *err);
/* Counts one more, and forgets those before the last period_ms. */
int digests_note_sent(
	struct digests *d, struct str rule, int64_t cursor, int64_t now_ms, int64_t period_ms, struct error *err);

/* The clock was set by jump_ms: all times are moved along. */
int digests_follow_clock(struct digests *d, int64_t jump_ms, struct error *err);

#endif
