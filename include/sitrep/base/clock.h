/* SPDX-License-Identifier: ISC */
/* clock.h: time as it is kept, measured and written.
 *
 * Instants are milliseconds since 1970-01-01T00:00:00Z in an int64_t named _ms; TIME_NONE says there is
 * none.  Intervals are measured on the monotonic clock.  Nothing here looks at the locale or at TZ. */
#ifndef SITREP_BASE_CLOCK_H
#define SITREP_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/str.h"

#define TIME_NONE INT64_MIN

int64_t clock_wall_ms(void);
int64_t clock_mono_ms(void);
int64_t clock_mono_us(void);
int64_t clock_thread_cpu_us(void); /* processor time of the calling thread */
/* Time that has passed since the machine was started, sleep included: what waits are measured by that go on while a
 * laptop is shut.  Nobody can set it. */
int64_t clock_elapsed_ms(void);
/* Names the machine's present run, so that elapsed times of another one are not compared with it; "" when the system
 * gives no name. */
enum { CLOCK_RUN_MAX = 40 };
void clock_run_name(char name[CLOCK_RUN_MAX]);

/* A reading of the wall clock and the time since boot: a later reading tells whether the wall clock was set in between.
 */
struct clock_mark {
	int64_t wall_ms, elapsed_ms;
};
struct clock_mark clock_mark_now(void);
/* By how much the clock was set between two looks; 0 for less than CLOCK_JUMP_MIN_MS, which NTP makes up for in small
 * steps.  No time that is added to it can overflow. */
enum { CLOCK_JUMP_MIN_MS = 10 * 1000 };
int64_t clock_jump_ms(struct clock_mark before, struct clock_mark after);
/* A stamp of before the clock was set by jump_ms, as the clock that shows now_ms would have written it.  When the clock
 * was put back, only stamps that lie in the future now are taken for its mistake.  TIME_NONE stays. */
int64_t time_follow_clock(int64_t time_ms, int64_t jump_ms, int64_t now_ms);

/* Days since 1970-01-01 of a proleptic Gregorian date, and back; any year from -9999 to 9999. */
int64_t civil_to_days(int year, int month, int day);
void civil_from_days(int64_t days, int *year, int *month, int *day);
int civil_month_days(int year, int month); /* 28 to 31; month 1 to 12 */

enum { TIME_TEXT_MAX = 40 };
/* Each writes into text and returns it.  TIME_NONE writes "". */
char *time_format_rfc3339(char text[TIME_TEXT_MAX], int64_t time_ms); /* 2026-11-23T10:52:35Z */
char *time_format_rfc822(char text[TIME_TEXT_MAX], int64_t time_ms);  /* Mon, 23 Nov 2026 10:52:35 +0000 */
char *time_format_http(char text[TIME_TEXT_MAX], int64_t time_ms);    /* RFC 9110 5.6.7 IMF-fixdate */
/* "in 4 min", "3 h ago", "never": for tables. */
char *time_format_relative(char text[TIME_TEXT_MAX], int64_t time_ms, int64_t now_ms);

/* RFC 9110 5.6.7 in its three forms.  TIME_NONE when it is none of them, or of a day that its month does not have. */
int64_t time_parse_http(struct str s);

/* "30s", "15m", "6h", "90d", "2w", "250ms", bare digits are seconds; "1h30m" adds up.  False when s is none
 * or overflows. */
bool duration_parse(struct str s, int64_t *ms);
/* The shortest form that says the same: 900000 gives "15m". */
char *duration_format(char text[TIME_TEXT_MAX], int64_t ms);
/* "64K", "8M", "1G", bare digits are bytes. */
bool size_parse(struct str s, int64_t *bytes);
char *size_format(char text[TIME_TEXT_MAX], int64_t bytes);

#endif
