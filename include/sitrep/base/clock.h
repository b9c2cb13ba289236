/* SPDX-License-Identifier: ISC */
/* clock.h: time as it is kept, measured and written.
 *
 * Instants are milliseconds since 1970-01-01T00:00:00Z in an int64_t named _ms; TIME_NONE is an absent instant.
 * Intervals are measured on the monotonic clock.  Only time_format_local() and time_local_minute() look at TZ. */
#ifndef SITREP_BASE_CLOCK_H
#define SITREP_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/time.h>

#include "sitrep/base/str.h"

#define TIME_NONE INT64_MIN

int64_t clock_wall_ms(void);
int64_t clock_mono_ms(void);
int64_t clock_mono_us(void);
int64_t clock_thread_cpu_us(void); /* processor time of the calling thread */
/* Time since the machine was started, sleep included: a wait measured by it goes on while a laptop is shut.  Nobody can
 * set this clock. */
int64_t clock_elapsed_ms(void);
/* A wait for an event's timer, also where time_t has 32 bits.  Not negative. */
static inline struct timeval clock_timeval(int64_t wait_ms)
{
	return (struct timeval){.tv_sec = (time_t)(wait_ms / 1000), .tv_usec = (suseconds_t)(wait_ms % 1000) * 1000};
}

/* The id of the machine's present boot; "" when the system gives none.  Elapsed times of two boots must not be
 * compared. */
enum { CLOCK_RUN_MAX = 40 };
void clock_run_name(char name[CLOCK_RUN_MAX]);

/* A reading of the wall clock and the time since boot: a later reading tells whether the clock was set in between. */
struct clock_mark {
	int64_t wall_ms, elapsed_ms;
};
struct clock_mark clock_mark_now(void);
/* By how much the wall clock was set between two readings.  Less than CLOCK_JUMP_MIN_MS is NTP's slow correction and
 * gives 0.  The result is bounded, so that adding it to a time in use does not overflow. */
enum { CLOCK_JUMP_MIN_MS = 10 * 1000 };
int64_t clock_jump_ms(struct clock_mark before, struct clock_mark after);
/* Converts a time that was taken before the clock was set by jump_ms into the time of the corrected clock, which
 * shows now_ms.  When the clock was put back, only times later than now_ms are moved.  TIME_NONE stays. */
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
/* 2026-11-23 11:52:35 CET: every time that a person reads on a terminal, also in the log. */
char *time_format_local(char text[TIME_TEXT_MAX], int64_t time_ms);
/* Minutes since Monday 00:00 on the local clock, 0 to 10079, with summer time where the zone has it. */
int time_local_minute(int64_t time_ms);
/* "in 4 min", "3 h ago", "never": for tables. */
char *time_format_relative(char text[TIME_TEXT_MAX], int64_t time_ms, int64_t now_ms);

/* RFC 9110 5.6.7 in its three forms.  TIME_NONE for any other form, and for a day that its month does not have, as
 * 31 Nov. */
int64_t time_parse_http(struct str s);
/* The form that time_format_rfc3339() writes for the years 0 to 9999.  TIME_NONE for any other text.  For times that
 * a sitrepd wrote; date_parse() is for dates of feeds, and refuses dates that news cannot have. */
int64_t time_parse_rfc3339(struct str s);

#endif
