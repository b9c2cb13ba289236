/* SPDX-License-Identifier: ISC */
/* A time is moved out of skipped hours hour by hour, since a week has only 168.  The search ends: a hint that skips all
 * hours or all days is dropped when it is read. */
#include "sitrep/model/feed_hints.h"

#include <stddef.h>

#include "sitrep/base/str.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
#define HINT_MAX_MS (366 * DAY_MS)

enum { HOURS = 24, DAYS = 7, WEEK_HOURS = HOURS * DAYS };
static const uint32_t all_hours = (UINT32_C(1) << HOURS) - 1;
static const uint8_t all_days = (1U << DAYS) - 1;

static const struct {
	const char *name;
	int64_t ms;
} periods[] = {
	{"hourly", HOUR_MS},
	{"daily", DAY_MS},
	{"weekly", 7 * DAY_MS},
	{"monthly", 30 * DAY_MS},
	{"yearly", 365 * DAY_MS},
};

static const char *const days[DAYS] = {"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};

static int64_t read_ttl(struct str text)
{
	long long minutes;

	if (!str_to_int(str_trim(text), &minutes) || minutes <= 0)
		return 0;
	return minutes < HINT_MAX_MS / MINUTE_MS ? minutes * MINUTE_MS : HINT_MAX_MS;
}

static int64_t read_period(struct str period, struct str frequency)
{
	long long times;

	if (!str_to_int(str_trim(frequency), &times) || times <= 0)
		times = 1;
	for (size_t i = 0; i < sizeof(periods) / sizeof(periods[0]); i++)
		if (str_eq_nocase(str_trim(period), str_from(periods[i].name)))
			return periods[i].ms / times;
	return 0;
}

static uint32_t read_skip_hours(struct str text)
{
	uint32_t hours = 0;
	struct str word;
	long long hour;

	while (str_word(&text, &word))
		if (str_to_int(word, &hour) && hour >= 0 && hour <= HOURS)
			hours |= UINT32_C(1) << (hour % HOURS);
	return hours == all_hours ? 0 : hours;
}

static uint8_t read_skip_days(struct str text)
{
	uint8_t found = 0;
	struct str word;

	while (str_word(&text, &word))
		for (unsigned i = 0; i < DAYS; i++)
			if (str_eq_nocase(word, str_from(days[i])) || str_eq_nocase(word, str_make(days[i], 3)))
				found |= (uint8_t)(1U << i);
	return found == all_days ? 0 : found;
}

struct feed_hints feed_hints_read(const struct feed_facts *facts)
{
	return (struct feed_hints){
		.ttl_ms = read_ttl(facts->ttl),
		.period_ms = read_period(facts->update_period, facts->update_frequency),
		.skip_hours = read_skip_hours(facts->skip_hours),
		.skip_days = read_skip_days(facts->skip_days),
	};
}

int64_t feed_hints_after_skips(const struct feed_hints *h, int64_t at_ms)
{
	int64_t hour = at_ms >= 0 ? at_ms / HOUR_MS : -((-at_ms + HOUR_MS - 1) / HOUR_MS);

	for (int i = 0; i < WEEK_HOURS; i++) {
		int64_t at_hour = hour + i;
		/* 1970-01-01 was a Thursday, day 4.  HOURS and DAYS are added for times before it. */
		int64_t of_day = (at_hour % HOURS + HOURS) % HOURS;
		int64_t of_week = ((at_hour - of_day) / HOURS % DAYS + DAYS + 4) % DAYS;

		if ((h->skip_hours >> of_day & 1) == 0 && (h->skip_days >> of_week & 1) == 0)
			return i == 0 ? at_ms : at_hour * HOUR_MS;
	}
	return at_ms;
}
