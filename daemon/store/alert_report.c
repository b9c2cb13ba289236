/* SPDX-License-Identifier: ISC */
#include "sitrep/store/alert_report.h"

#include "sitrep/base/clock.h"
#include "sitrep/sql/sql.h"
#include "sitrep/sql/statements.h"

enum { REPORT_RULE, REPORT_DAYS, REPORT_OPEN, REPORT_STATEMENTS };

static const char *const texts[REPORT_STATEMENTS] = {
	[REPORT_RULE] = "SELECT since_ms, last_ms FROM alert_rule WHERE rule = ?1",
	[REPORT_DAYS] =
		"SELECT day, matches, raised, revised, muted FROM alert_day WHERE rule = ?1 AND day > ?2 AND day <= ?3",
	[REPORT_OPEN] = "SELECT count(*) FROM alert WHERE state = 1 AND (rule = ?1 OR ?1 IS NULL)",
};
SQL_TEXTS(texts, REPORT_STATEMENTS);

static const char cannot_report[] = "cannot read the counts of alerts";
static const int64_t day_ms = INT64_C(24) * 3600 * 1000;

/* Of one rule; sums are of ALERT_REPORT_DAYS. */
struct rule_report {
	int64_t since_ms, last_ms; /* TIME_NONE: not known, no match */
	int64_t days[ALERT_REPORT_DAYS];
	int64_t raised, revised, muted, open;
	bool is_silent, is_noisy;
};

struct reporting {
	struct sql_stmt *s[REPORT_STATEMENTS];
	int64_t now_ms;
	struct error *err;
};

static int read_days(struct reporting *r, const struct alert_spec *spec, struct rule_report *rule)
{
	struct sql_stmt *s = r->s[REPORT_DAYS];
	int64_t today = r->now_ms / day_ms;
	int result;

	sql_bind(s, as_cstr(spec->name), as_int(today - ALERT_REPORT_DAYS), as_int(today));
	while ((result = sql_step(s, r->err, cannot_report)) == 1) {
		rule->days[ALERT_REPORT_DAYS - 1 -
			   (today - sql_number(s, 0, today - ALERT_REPORT_DAYS + 1, today, today))] = sql_count(s, 1);
		rule->raised += sql_count(s, 2);
		rule->revised += sql_count(s, 3);
		rule->muted += sql_count(s, 4);
	}
	return sql_end(s, result);
}

static void judge_rule(const struct reporting *r, struct rule_report *rule)
{
	int64_t in_force_ms = rule->since_ms != TIME_NONE ? r->now_ms - rule->since_ms : 0;
	int64_t days = in_force_ms / day_ms, seen = 0;

	days = days < 1 ? 1 : days > ALERT_NOISY_DAYS ? ALERT_NOISY_DAYS : days;
	for (int i = 0; i < ALERT_NOISY_DAYS; i++)
		seen += rule->days[ALERT_REPORT_DAYS - 1 - i];
	rule->is_noisy = seen > days * ALERT_NOISY_A_DAY;
	rule->is_silent = in_force_ms >= ALERT_SILENT_DAYS * day_ms &&
			  (rule->last_ms == TIME_NONE || r->now_ms - rule->last_ms >= ALERT_SILENT_DAYS * day_ms);
}

static int read_rule(struct reporting *r, const struct alert_spec *spec, struct rule_report *rule)
{
	struct sql_stmt *s = r->s[REPORT_RULE];
	int result = sql_find(s, r->err, cannot_report, as_cstr(spec->name));

	*rule = (struct rule_report){.since_ms = TIME_NONE, .last_ms = TIME_NONE};
	if (result == 1) {
		rule->since_ms = sql_time(s, 0);
		rule->last_ms = sql_time(s, 1);
	}
	sql_reset(s);
	if (result >= 0)
		result = read_days(r, spec, rule);
	judge_rule(r, rule);
	return result < 0 ? result : 0;
}

static void write_rule(const struct alert_spec *spec, const struct rule_report *rule, struct jsonw *w)
{
	jsonw_object(w);
	jsonw_kv_cstr(w, "name", spec->name);
	jsonw_kv_cstr(w, "priority", spec->priority);
	jsonw_kv_array(w, "matches");
	for (int i = 0; i < ALERT_REPORT_DAYS; i++)
		jsonw_int(w, rule->days[i]);
	jsonw_array_end(w);
	jsonw_kv_int(w, "raised", rule->raised);
	jsonw_kv_int(w, "revised", rule->revised);
	jsonw_kv_int(w, "muted", rule->muted);
	jsonw_kv_int(w, "open", rule->open);
	if (rule->since_ms != TIME_NONE)
		jsonw_kv_time(w, "since", rule->since_ms);
	if (rule->last_ms != TIME_NONE)
		jsonw_kv_time(w, "last_match", rule->last_ms);
	if (rule->is_silent || rule->is_noisy)
		jsonw_kv_cstr(w, "note", rule->is_silent ? "silent" : "noisy");
	jsonw_object_end(w);
}

int alert_report_make(struct sql_db *db, const struct alert_specs *specs, int64_t now_ms, struct jsonw *w,
	struct alert_report *report, struct error *err)
{
	struct reporting r = {.now_ms = now_ms, .err = err};
	int64_t open = 0;
	int result = sql_prepare(db, texts, REPORT_STATEMENTS, r.s, err);

	*report = (struct alert_report){0};
	if (result != 0)
		return result;
	if (w != NULL)
		jsonw_array(w);
	result = sql_find_int(r.s[REPORT_OPEN], &open, err, cannot_report, as_cstr(NULL));
	report->open = open > 0 ? (uint64_t)open : 0;
	for (size_t i = 0; i < specs->count && result >= 0; i++) {
		struct rule_report rule;

		result = read_rule(&r, &specs->items[i], &rule);
		report->silent += rule.is_silent;
		report->noisy += rule.is_noisy;
		if (result == 0 && w != NULL && open > 0)
			result = sql_find_int(
				r.s[REPORT_OPEN], &rule.open, err, cannot_report, as_cstr(specs->items[i].name));
		if (result >= 0 && w != NULL)
			write_rule(&specs->items[i], &rule, w);
	}
	if (w != NULL)
		jsonw_array_end(w);
	sql_finalize(r.s, REPORT_STATEMENTS);
	return result < 0 ? result : 0;
}
