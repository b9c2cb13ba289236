/* SPDX-License-Identifier: ISC */
/* alert_report.h: counts for each alert rule: its matches by day, its alerts, and whether it is silent or noisy.
 *
 * A rule is silent when it has matched nothing for 30 days, and noisy when it matches more than 50 items a day, on
 * average of the last week.  Only days since the rule got its present expression count. */
#ifndef SITREP_STORE_ALERT_REPORT_H
#define SITREP_STORE_ALERT_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/base/jsonw.h"
#include "sitrep/model/specs.h"

struct sql_db;

enum { ALERT_REPORT_DAYS = 14, ALERT_SILENT_DAYS = 30, ALERT_NOISY_A_DAY = 50, ALERT_NOISY_DAYS = 7 };

/* Of all rules. */
struct alert_report {
	uint64_t open;          /* alerts */
	uint64_t silent, noisy; /* rules */
};

/* Fills *report; unless w is NULL, also writes an array of the rules, in the order of specs. */
int alert_report_make(struct sql_db *db, const struct alert_specs *specs, int64_t now_ms, struct jsonw *w,
	struct alert_report *report, struct error *err);

#endif
