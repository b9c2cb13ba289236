/* SPDX-License-Identifier: ISC */
/* feed_hints.h: a feed's own hints about when to poll it.
 *
 * RSS and its modules let a feed name a time to live, an update period, and hours and days at which it need not be
 * polled.  They are read from a document and stored as four numbers, since later answers (304) bring no document.
 * Many feeds have a template's default values, so impossible values (all 24 hours skipped) are ignored. */
#ifndef SITREP_MODEL_FEED_HINTS_H
#define SITREP_MODEL_FEED_HINTS_H

#include <stdint.h>

#include "sitrep/model/document.h"

struct feed_hints {
	int64_t ttl_ms;      /* RSS 2.0 ttl; 0: absent */
	int64_t period_ms;   /* sy:updatePeriod divided by sy:updateFrequency; 0: absent */
	uint32_t skip_hours; /* bit 0 is the hour from midnight UTC; 0: none */
	uint8_t skip_days;   /* bit 0 is Sunday, UTC; 0: none */
};

/* Reads the hints of a feed's facts:
 * - ttl: minutes, a whole number over zero;
 * - sy:updatePeriod: hourly, daily, weekly, monthly, yearly, divided by sy:updateFrequency (1 when absent or not a
 *   number over zero); a frequency without a period is ignored;
 * - skipHours: 0 to 23, and 24 as RSS 0.92 wrote midnight; a list of all 24 is ignored;
 * - skipDays: English names, in full or three letters; a list of all seven is ignored.
 * Durations are at most a year. */
struct feed_hints feed_hints_read(const struct feed_facts *facts);

/* at_ms itself, or the end of the skipped hours and days that it falls into. */
int64_t feed_hints_after_skips(const struct feed_hints *h, int64_t at_ms);

#endif
