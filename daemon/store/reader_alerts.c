/* SPDX-License-Identifier: ISC */
/* The counts of alert rules, the silences, and the alerts in the order in which they were raised. */
#include <string.h>

#include "reader_internal.h"
#include "sitrep/base/clock.h"
#include "sitrep/sql/sql.h"

static const char cannot_read[] = "cannot read alerts";
static const int64_t day_ms = INT64_C(24) * 3600 * 1000;

int reader_alert_counts(
	struct reader *r, const char *rule, int64_t now_ms, struct alert_rule_counts *c, struct error *err)
{
	struct sql_stmt *s = r->s[ALERT_TIMES];
	int64_t today = now_ms / day_ms;
	int result = sql_find(s, err, cannot_read, as_cstr(rule));

	*c = (struct alert_rule_counts){.since_ms = TIME_NONE, .last_ms = TIME_NONE};
	if (result == 1) {
		c->since_ms = sql_time(s, 0);
		c->last_ms = sql_time(s, 1);
	}
	sql_reset(s);
	if (result < 0)
		return result;
	s = r->s[ALERT_DAYS];
	sql_bind(s, as_cstr(rule), as_int(today - ALERT_DAYS_COUNTED), as_int(today));
	while ((result = sql_step(s, err, cannot_read)) == 1) {
		int64_t ago = today - sql_number(s, 0, today - ALERT_DAYS_COUNTED + 1, today, today);

		c->matches[ALERT_DAYS_COUNTED - 1 - ago] = (uint32_t)sql_count(s, 1);
		c->raised += sql_count(s, 2);
		c->muted += sql_count(s, 3);
	}
	return sql_end(s, result);
}

int reader_silences(struct reader *r, int64_t since_ms, stored_silence_fn *fn, void *arg, struct error *err)
{
	struct sql_stmt *s = r->s[SILENCES_SINCE];
	int result;

	sql_bind(s, as_int(since_ms), as_int(SILENCES_READ));
	while ((result = sql_step(s, err, cannot_read)) == 1) {
		const struct stored_silence silence = {
			.matcher = sql_text(s, 0),
			.why = sql_text(s, 1),
			.at_ms = sql_time_or(s, 2, 0),
			.until_ms = sql_time_or(s, 3, 0),
		};

		result = fn(arg, &silence);
		if (result != 0)
			break;
	}
	return sql_end(s, result);
}

int reader_alert_places(
	struct reader *r, int64_t before_id, size_t most, struct raised_place *places, size_t *count, struct error *err)
{
	struct sql_stmt *s = r->s[ALERTS_BEFORE];
	int result = 0;

	*count = 0;
	sql_bind(s, as_int(before_id), as_int((int64_t)most));
	while (*count < most && (result = sql_step(s, err, cannot_read)) == 1) {
		struct raised_place *p = &places[*count];
		struct str rule = sql_text(s, 3);

		*p = (struct raised_place){
			.id = sql_int(s, 0),
			.at_ms = sql_time_or(s, 1, 0),
			.story = {sql_time_or(s, 4, 0), sql_int(s, 2)},
		};
		if (rule.len >= sizeof(p->rule))
			continue;
		memcpy(p->rule, rule.data, rule.len);
		++*count;
	}
	return sql_end(s, result < 0 ? result : 0);
}
