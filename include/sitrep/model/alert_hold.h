/* SPDX-License-Identifier: ISC */
/* alert_hold.h: decides whether an alert is held back for a digest: by quiet hours, rates and groups.
 *
 * Data from the configuration, and pure functions.  A digest is one event about several alerts. */
#ifndef SITREP_MODEL_ALERT_HOLD_H
#define SITREP_MODEL_ALERT_HOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/base/str.h"
#include "sitrep/model/week_times.h"

/* "10/1h": at most 10 alerts in any hour. */
struct alert_rate {
	int64_t count; /* 0: any number */
	int64_t period_ms;
};
enum { ALERT_RATE_MAX = 1000 };
/* 0, or -EINVAL with a sentence.  "unlimited" gives count 0. */
int alert_rate_parse(struct str s, struct alert_rate *rate, struct error *err);

/* The rank of a priority's name: low 0, normal 1, high 2, urgent 3; -1 for another word. */
int alert_priority_rank(const char *priority);

/* The settings of one alert: its own, and those of all alerts where it has none. */
struct alert_hold {
	bool has_own_quiet; /* quiet is its own, not that of all alerts */
	struct week_times quiet;
	struct alert_rate rate;
	bool by_category;     /* alerts of one category are sent in one digest ... */
	int64_t wait_ms;      /* ... this long after the first of them, */
	int64_t interval_ms;  /* and at least this long after the category's last digest */
	int inhibit_priority; /* an open urgent alert mutes those of its story up to this rank; -1: none */
};

/* The settings of all alerts. */
struct alert_hold_all {
	struct week_times quiet;
	int through_priority; /* alerts of this rank or a higher one are never held back */
};

/* Why an alert is held back. */
enum hold_reason { HOLD_NOT, HOLD_QUIET, HOLD_RATE, HOLD_GROUP };
/* "quiet", "rate", "group": the name in the digest's event. */
const char *hold_reason_name(enum hold_reason r);

/* The facts about an alert that is to be sent. */
struct hold_case {
	int priority;
	int local_minute; /* time_local_minute() */
	int64_t sent; /* events of its rule that were sent in the last rate.period_ms; revisions are counted apart */
	bool waits;   /* it revises an alert that the rate of its rule holds back */
	bool has_category;
};
enum hold_reason alert_hold_judge(
	const struct alert_hold *one, const struct alert_hold_all *all, const struct hold_case *c);

/* When the digest is due whose first alert is held back at now_ms.  sent_ms: when the group's last digest was sent, or
 * TIME_NONE. */
int64_t alert_hold_due(enum hold_reason reason, const struct alert_hold *one, int64_t now_ms, int64_t sent_ms);

#endif
