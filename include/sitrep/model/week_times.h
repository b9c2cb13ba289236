/* SPDX-License-Identifier: ISC */
/* week_times.h: times of the week, such as quiet hours.
 *
 *     Mon-Fri 22:00-06:00, Sat-Sun
 *
 * A list of days with or without hours, or hours alone for every day.  Hours that end before they begin run past
 * midnight and belong to the day on which they begin.  Times are those of the local clock: on the night on which it is
 * set, 22:00-06:00 lasts an hour more or less. */
#ifndef SITREP_MODEL_WEEK_TIMES_H
#define SITREP_MODEL_WEEK_TIMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/base/str.h"

enum { WEEK_TIMES_MAX = 16, WEEK_MINUTES = 7 * 24 * 60 };

struct week_times {
	size_t count; /* 0: never */
	struct {
		uint8_t first_day, last_day; /* 0 is Monday; last before first runs past Sunday */
		uint16_t from, to;           /* minutes of the day; if equal, the whole day */
	} spans[WEEK_TIMES_MAX];
};

/* 0, or -EINVAL with a sentence.  "never" is the empty list. */
int week_times_parse(struct str s, struct week_times *times, struct error *err);
/* Whether the times contain a minute, which is counted from Monday 00:00 (time_local_minute()). */
bool week_times_contain(const struct week_times *times, int minute);
/* The first full minute from now_ms on that is outside the times, on the local clock.  When the times fill the week: a
 * day after now_ms. */
int64_t week_times_end_ms(const struct week_times *times, int64_t now_ms);

#endif
