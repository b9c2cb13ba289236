/* SPDX-License-Identifier: ISC */
/* date_names.h: the words in dates. */
#ifndef SITREP_TEXT_DATE_NAMES_H
#define SITREP_TEXT_DATE_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/str.h"

enum { DATE_TEXT_MAX = 256 };

/* The language that the script of a date suggests. */
enum date_script { SCRIPT_OTHER, SCRIPT_KOREAN, SCRIPT_JAPANESE, SCRIPT_HAN };

/* Writes s into text in the form of the tables: lower case, without accents, full-width forms and digits of other
 * scripts in ASCII, the marks of East Asian dates (year, month, day, hour ...) as punctuation, without comments in
 * parentheses.  Returns the number of bytes, at most DATE_TEXT_MAX. */
size_t date_fold(char text[DATE_TEXT_MAX], struct str s, enum date_script *script);

/* 1 to 12, or 0.  Knows full and short names and unambiguous beginnings of three letters or more. */
int date_month(struct str word);
/* The month of two words, as Arabic has some: 1 to 12, or 0. */
int date_month_pair(struct str word, struct str next);

/* 1 for am, 2 for pm, 0 for another word. */
int date_half_day(struct str word);

enum date_rule { RULE_NONE, RULE_US, RULE_EU };
struct date_zone {
	int16_t minutes;     /* east of UTC, in winter */
	enum date_rule rule; /* of daylight saving, where the name means both times: "et" is EST or EDT */
	const char *names;   /* separated by spaces; "etc/..." names have a row of their own */
};

/* By abbreviation or tz database name; NULL when unknown. */
const struct date_zone *date_zone_find(struct str word);
/* The zone's minutes east of UTC at a local time, which is given in minutes since 1970. */
int date_zone_minutes(const struct date_zone *zone, int year, int64_t local_minutes);

#endif
