/* SPDX-License-Identifier: ISC */
#include "sitrep/model/alert_hold.h"

#include <errno.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/units.h"
#include "sitrep/model/alert.h"

/* The longest period of a rate. */
static const int64_t period_max_ms = INT64_C(7) * 24 * 3600 * 1000;

int alert_rate_parse(struct str s, struct alert_rate *rate, struct error *err)
{
	size_t slash = str_find_char(s, '/', 0);
	long long count;

	*rate = (struct alert_rate){0};
	if (str_eq_nocase(s, STR("unlimited")))
		return 0;
	if (slash == STR_NPOS || !str_to_int(str_slice(s, 0, slash), &count) || count < 1 || count > ALERT_RATE_MAX ||
		!duration_parse(str_slice(s, slash + 1, s.len), &rate->period_ms) || rate->period_ms < 1000 ||
		rate->period_ms > period_max_ms)
		return error_set(err, -EINVAL,
			"expected a number up to %d and a time up to 7d, such as 10/1h, or unlimited", ALERT_RATE_MAX);
	rate->count = count;
	return 0;
}

int alert_priority_rank(const char *priority)
{
	for (enum alert_priority p = ALERT_LOW; p <= ALERT_URGENT; p++)
		if (strcmp(priority, alert_priority_name(p)) == 0)
			return (int)p - ALERT_LOW;
	return -1;
}

const char *hold_reason_name(enum hold_reason r)
{
	switch (r) {
	case HOLD_NOT:
		break;
	case HOLD_QUIET:
		return "quiet";
	case HOLD_RATE:
		return "rate";
	case HOLD_GROUP:
		return "group";
	}
	return "none";
}

enum hold_reason alert_hold_judge(
	const struct alert_hold *one, const struct alert_hold_all *all, const struct hold_case *c)
{
	if (c->priority >= all->through_priority)
		return HOLD_NOT;
	if (week_times_contain(&one->quiet, c->local_minute))
		return HOLD_QUIET;
	if (one->rate.count > 0 && (c->waits || c->sent >= one->rate.count))
		return HOLD_RATE;
	return one->by_category && c->has_category ? HOLD_GROUP : HOLD_NOT;
}

int64_t alert_hold_due(enum hold_reason reason, const struct alert_hold *one, int64_t now_ms, int64_t sent_ms)
{
	int64_t due_ms = now_ms;

	switch (reason) {
	case HOLD_NOT:
		break;
	case HOLD_QUIET:
		due_ms = week_times_end_ms(&one->quiet, now_ms);
		break;
	case HOLD_RATE:
		due_ms += one->rate.period_ms;
		break;
	case HOLD_GROUP:
		due_ms += one->wait_ms;
		if (sent_ms != TIME_NONE && sent_ms + one->interval_ms > due_ms)
			due_ms = sent_ms + one->interval_ms;
		break;
	}
	return due_ms;
}
