/* SPDX-License-Identifier: ISC */
/* Dates are computed here rather than by libc, whose functions look at locale and TZ.  Only time_format_local() and
 * time_local_minute() use libc. */
#include "sitrep/base/clock.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MS_A_SECOND = 1000 };
#define MS_A_DAY INT64_C(86400000)

static const char *const weekdays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char *const months[] = {
	"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static int64_t read_us(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_wall_ms(void)
{
	return read_us(CLOCK_REALTIME) / 1000;
}

int64_t clock_mono_ms(void)
{
	return read_us(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_mono_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

int64_t clock_elapsed_ms(void)
{
	return read_us(CLOCK_BOOTTIME) / 1000;
}

void clock_run_name(char name[CLOCK_RUN_MAX])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, name, CLOCK_RUN_MAX - 1) : 0;

	if (fd >= 0)
		close(fd);
	name[n > 0 ? n : 0] = '\0';
	name[strcspn(name, "\n")] = '\0';
}

struct clock_mark clock_mark_now(void)
{
	return (struct clock_mark){.wall_ms = clock_wall_ms(), .elapsed_ms = clock_elapsed_ms()};
}

int64_t clock_jump_ms(struct clock_mark before, struct clock_mark after)
{
	/* a hundred thousand years: longer than any interval in use, and sums stay in range */
	static const int64_t most_ms = INT64_C(3155760000000000);
	int64_t wall_ms, jump_ms;

	if (__builtin_sub_overflow(after.wall_ms, before.wall_ms, &wall_ms) ||
		__builtin_sub_overflow(wall_ms, after.elapsed_ms - before.elapsed_ms, &jump_ms))
		return 0;
	if (jump_ms > -CLOCK_JUMP_MIN_MS && jump_ms < CLOCK_JUMP_MIN_MS)
		return 0;
	return jump_ms > most_ms ? most_ms : jump_ms < -most_ms ? -most_ms : jump_ms;
}

int64_t time_follow_clock(int64_t time_ms, int64_t jump_ms, int64_t now_ms)
{
	int64_t moved_ms;

	if (time_ms == TIME_NONE || (jump_ms < 0 && time_ms <= now_ms))
		return time_ms;
	return __builtin_add_overflow(time_ms, jump_ms, &moved_ms) ? now_ms : moved_ms;
}

int64_t clock_thread_cpu_us(void)
{
	return read_us(CLOCK_THREAD_CPUTIME_ID);
}

/* This function and the next count years from March, so that the leap day is the last of its year.  An era is the 400
 * years after which the calendar repeats. */
int64_t civil_to_days(int year, int month, int day)
{
	int64_t y = year - (month <= 2);
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * 146097 + day_of_era - 719468;
}

void civil_from_days(int64_t days, int *year, int *month, int *day)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t day_of_era = z - era * 146097;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t shifted = (5 * day_of_year + 2) / 153;

	*day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1);
	*month = (int)(shifted + (shifted < 10 ? 3 : -9));
	*year = (int)(year_of_era + era * 400 + (*month <= 2));
}

int civil_month_days(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

struct fields {
	int year, month, day, weekday, hour, minute, second;
};

static struct fields split_time(int64_t time_ms)
{
	struct fields f;
	int64_t days = time_ms / MS_A_DAY, of_day = time_ms % MS_A_DAY, seconds;

	/* C rounds towards zero: before 1970 the day is one too late. */
	if (of_day < 0) {
		days--;
		of_day += MS_A_DAY;
	}
	seconds = of_day / MS_A_SECOND;

	civil_from_days(days, &f.year, &f.month, &f.day);
	f.weekday = (int)(((days + 4) % 7 + 7) % 7);
	f.hour = (int)(seconds / 3600);
	f.minute = (int)(seconds / 60 % 60);
	f.second = (int)(seconds % 60);
	return f;
}

static void put_two(char *at, int number)
{
	at[0] = (char)('0' + number / 10);
	at[1] = (char)('0' + number % 10);
}

char *time_format_rfc3339(char text[TIME_TEXT_MAX], int64_t time_ms)
{
	struct fields f;

	text[0] = '\0';
	if (time_ms == TIME_NONE)
		return text;
	f = split_time(time_ms);
	if (f.year < 0 || f.year > 9999) {
		snprintf(text, TIME_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02dZ", f.year, f.month, f.day, f.hour,
			f.minute, f.second);
		return text;
	}
	/* Written digit by digit: reports of many feeds are mostly times, and printf takes three times as long. */
	memcpy(text, "0000-00-00T00:00:00Z", sizeof("0000-00-00T00:00:00Z"));
	put_two(text, f.year / 100);
	put_two(text + 2, f.year % 100);
	put_two(text + 5, f.month);
	put_two(text + 8, f.day);
	put_two(text + 11, f.hour);
	put_two(text + 14, f.minute);
	put_two(text + 17, f.second);
	return text;
}

char *time_format_local(char text[TIME_TEXT_MAX], int64_t time_ms)
{
	time_t seconds = (time_t)(time_ms / MS_A_SECOND - (time_ms % MS_A_SECOND < 0));
	struct tm local;

	text[0] = '\0';
	if (time_ms != TIME_NONE && localtime_r(&seconds, &local) != NULL &&
		strftime(text, TIME_TEXT_MAX, "%Y-%m-%d %H:%M:%S %Z", &local) == 0)
		text[0] = '\0';
	return text;
}

int time_local_minute(int64_t time_ms)
{
	time_t seconds = (time_t)(time_ms / 1000);
	struct tm local = {0};

	if (localtime_r(&seconds, &local) == NULL)
		return 0;
	return ((local.tm_wday + 6) % 7 * 24 + local.tm_hour) * 60 + local.tm_min;
}

static char *format_822(char text[TIME_TEXT_MAX], int64_t time_ms, const char *zone)
{
	struct fields f;

	text[0] = '\0';
	if (time_ms == TIME_NONE)
		return text;
	f = split_time(time_ms);
	snprintf(text, TIME_TEXT_MAX, "%s, %02d %s %04d %02d:%02d:%02d %s", weekdays[f.weekday], f.day,
		months[f.month - 1], f.year, f.hour, f.minute, f.second, zone);
	return text;
}

char *time_format_rfc822(char text[TIME_TEXT_MAX], int64_t time_ms)
{
	return format_822(text, time_ms, "+0000");
}

char *time_format_http(char text[TIME_TEXT_MAX], int64_t time_ms)
{
	return format_822(text, time_ms, "GMT");
}

char *time_format_relative(char text[TIME_TEXT_MAX], int64_t time_ms, int64_t now_ms)
{
	static const struct {
		uint64_t ms;
		const char *name;
	} units[] = {{MS_A_DAY, "d"}, {3600000, "h"}, {60000, "min"}, {1000, "s"}};
	/* Two instants can be further apart than an int64_t counts. */
	uint64_t later = (uint64_t)(time_ms > now_ms ? time_ms : now_ms);
	uint64_t distance = later - (uint64_t)(time_ms > now_ms ? now_ms : time_ms);

	if (time_ms == TIME_NONE) {
		snprintf(text, TIME_TEXT_MAX, "never");
		return text;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (distance < units[i].ms)
			continue;
		snprintf(text, TIME_TEXT_MAX, time_ms > now_ms ? "in %" PRIu64 " %s" : "%" PRIu64 " %s ago",
			distance / units[i].ms, units[i].name);
		return text;
	}
	snprintf(text, TIME_TEXT_MAX, "now");
	return text;
}

/* ---- reading ---- */

static int month_number(struct str name)
{
	for (int i = 0; i < 12; i++)
		if (str_eq(name, str_from(months[i])))
			return i + 1;
	return 0;
}

static bool take_number(struct str s, int low, int high, int *n)
{
	long long value;

	if (str_empty(s) || !char_is_digit(s.data[0]) || !str_to_int(s, &value) || value < low || value > high)
		return false;
	*n = (int)value;
	return true;
}

static bool take_clock(struct str s, struct fields *f)
{
	struct str part;

	return str_split(&s, ':', &part) && take_number(part, 0, 23, &f->hour) && str_split(&s, ':', &part) &&
	       take_number(part, 0, 59, &f->minute) && take_number(s, 0, 60, &f->second);
}

static int64_t join_time(const struct fields *f)
{
	return civil_to_days(f->year, f->month, f->day) * MS_A_DAY +
	       ((int64_t)f->hour * 3600 + (int64_t)f->minute * 60 + f->second) * MS_A_SECOND;
}

int64_t time_parse_http(struct str s)
{
	struct str words[6], rest = s, dated;
	struct fields f = {0};
	size_t n = 0;
	bool good = false;

	while (n < 6 && str_word(&rest, &words[n]))
		n++;
	if (n == 6 && str_eq(words[5], STR("GMT"))) { /* Sun, 06 Nov 1994 08:49:37 GMT */
		f.month = month_number(words[2]);
		good = take_number(words[1], 1, 31, &f.day) && take_number(words[3], 1, 9999, &f.year) &&
		       take_clock(words[4], &f);
	} else if (n == 4 && str_eq(words[3], STR("GMT"))) { /* Sunday, 06-Nov-94 08:49:37 GMT */
		struct str part;

		dated = words[1];
		good = str_split(&dated, '-', &part) && take_number(part, 1, 31, &f.day) &&
		       str_split(&dated, '-', &part);
		f.month = good ? month_number(part) : 0;
		good = good && take_number(dated, 0, 99, &f.year) && take_clock(words[2], &f);
		f.year += f.year < 70 ? 2000 : 1900;
	} else if (n == 5) { /* Sun Nov  6 08:49:37 1994 */
		f.month = month_number(words[1]);
		good = take_number(words[2], 1, 31, &f.day) && take_clock(words[3], &f) &&
		       take_number(words[4], 1, 9999, &f.year);
	}
	if (!good || f.month == 0 || f.day > civil_month_days(f.year, f.month) || str_word(&rest, &dated))
		return TIME_NONE;
	return join_time(&f);
}

int64_t time_parse_rfc3339(struct str s)
{
	struct fields f = {0};

	if (s.len != 20 || s.data[4] != '-' || s.data[7] != '-' || s.data[10] != 'T' || s.data[13] != ':' ||
		s.data[16] != ':' || s.data[19] != 'Z' || !take_number(str_slice(s, 0, 4), 0, 9999, &f.year) ||
		!take_number(str_slice(s, 5, 7), 1, 12, &f.month) ||
		!take_number(str_slice(s, 8, 10), 1, civil_month_days(f.year, f.month), &f.day) ||
		!take_clock(str_slice(s, 11, 19), &f))
		return TIME_NONE;
	return join_time(&f);
}
