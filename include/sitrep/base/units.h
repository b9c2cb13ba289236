/* SPDX-License-Identifier: ISC */
/* units.h: durations and sizes as people write them, with a unit: "15m", "8M". */
#ifndef SITREP_BASE_UNITS_H
#define SITREP_BASE_UNITS_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/str.h"

/* "30s", "15m", "6h", "90d", "2w", "250ms", bare digits are seconds; "1h30m" is 90 minutes.  False when s is no
 * duration or overflows. */
bool duration_parse(struct str s, int64_t *ms);
/* The shortest form of the same duration: 900000 gives "15m". */
char *duration_format(char text[TIME_TEXT_MAX], int64_t ms);
/* For people, in at most two units, cut: "3 days 4 h", "5 min 16 s", "40 s", "250 ms". ms is not negative. */
char *duration_format_spaced(char text[TIME_TEXT_MAX], int64_t ms);
/* "64K", "8M", "1G", bare digits are bytes. */
bool size_parse(struct str s, int64_t *bytes);
char *size_format(char text[TIME_TEXT_MAX], int64_t bytes);

#endif
