/* SPDX-License-Identifier: ISC */
/* date_names.h: the words in dates. */
#ifndef SITREP_TEXT_DATE_NAMES_H
#define SITREP_TEXT_DATE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/str.h"

enum { DATE_TEXT_MAX = 256 };

/* Hints from the writing of a date about its language. */
enum date_script { SCRIPT_OTHER, SCRIPT_KOREAN, SCRIPT_JAPANESE, SCRIPT_HAN };

/* s in the form that the tables below use: lower case, without accents, full-width forms made ASCII, digits of
 * other scripts made ASCII, the marks of East Asian dates (year, month, day, hour ...) made punctuation, comments in
 * parentheses gone.  At most DATE_TEXT_MAX bytes; returns how many. */
size_t date_fold(char text[DATE_TEXT_MAX], struct str s, enum date_script *script);

/* 1 to 12, or 0.  Knows full and short names and unambiguous beginnings of three letters or more. */
int date_month(struct str word);
/* Arabic has months of two words: the month when next follows word, or 0. */
int date_month_pair(struct str word, struct str next);

/* 1 for morning, 2 for afternoon, 0 for neither. */
int date_half_day(struct str word);

enum date_rule { RULE_NONE, RULE_US, RULE_EU };
struct date_zone {
	const char *name;
	int16_t minutes;     /* east of UTC, in winter */
	enum date_rule rule; /* of daylight saving, where the name stands for both */
};

/* By abbreviation or tz database name; NULL when unknown. */
const struct date_zone *date_zone_find(struct str word);
/* Its minutes east of UTC at a local time, counted in minutes since 1970. */
int date_zone_minutes(const struct date_zone *zone, int year, int64_t local_minutes);

#endif
