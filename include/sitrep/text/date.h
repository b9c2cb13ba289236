/* SPDX-License-Identifier: ISC */
/* date.h: reads the dates that feeds carry. */
#ifndef SITREP_TEXT_DATE_H
#define SITREP_TEXT_DATE_H

#include <stdint.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/str.h"

/* The instant that s names, or TIME_NONE.  Reads RFC 822/1123/850 and asctime with their usual misspellings, RFC
 * 3339, ISO 8601 and W3CDTF in all truncations, epoch seconds and milliseconds, zone names, two-digit years, and
 * month and day names of the languages that feeds come in.  A date without a zone is UTC; one in Korean, Japanese or
 * Chinese is that country's time. *rule is set to a literal that names the form; rule may be NULL. */
int64_t date_parse(struct str s, const char **rule);

#endif
