/* SPDX-License-Identifier: ISC */
/* Decides which number is the year, the month and the day.
 *
 * A month's name decides most cases.  Without one, digits and separators do: four digits are a year; "/" is
 * month/day unless the first number is over 12; "." and "-" have the day first unless the year comes first. */
#include "date_internal.h"

/* RFC 2822, 4.3: two digits under 70 (50 there; news is not written ahead) are of this century, three digits are
 * years since 1900. */
static int year_of(const struct token *t)
{
	int v = (int)(t->value % 10000);

	if (t->text.len <= 2)
		return v < 70 ? 2000 + v : 1900 + v;
	return t->text.len == 3 ? 1900 + v : v;
}

static bool looks_like_year(const struct token *t)
{
	return t->text.len == 3 || t->text.len == 4 || t->value > 31;
}

/* The day of a year, 1 to 366. */
static bool from_ordinal(struct ymd *d, int year, int64_t ordinal)
{
	if (ordinal < 1 || year < 1 || year > 9999 || ordinal > 365 + (civil_month_days(year, 2) == 29))
		return false;
	civil_from_days(civil_to_days(year, 1, 1) + ordinal - 1, &d->year, &d->month, &d->day);
	d->rule = "ISO 8601 day of the year";
	return true;
}

/* ISO 8601, 4.1.4: week 1 is the one with January 4, weeks begin on Monday. */
static bool from_week(struct ymd *d, const struct date_reader *r)
{
	int year = year_of(&r->numbers[0]);
	int64_t week = r->numbers[1].value, day = r->number_count > 2 ? r->numbers[2].value : 1, fourth;

	if (week < 1 || week > 53 || day < 1 || day > 7 || year < 1 || year > 9999)
		return false;
	fourth = civil_to_days(year, 1, 4);
	civil_from_days(fourth - ((fourth + 3) % 7 + 7) % 7 + (week - 1) * 7 + day - 1, &d->year, &d->month, &d->day);
	d->rule = "ISO 8601 week";
	return true;
}

/* One number alone. */
static bool from_digits(struct ymd *d, struct date_reader *r)
{
	const struct token *t = &r->numbers[0];
	int64_t v = t->value;

	d->rule = "ISO 8601 compact";
	switch (t->text.len) {
	case 4:
		*d = (struct ymd){(int)v, 1, 1, "year alone", true};
		return v >= 1000;
	case 6:
		/* yyyymm when it begins with 19 or 20 and the month is 1 to 12, else yymmdd. */
		if ((v / 10000 == 19 || v / 10000 == 20) && v % 100 >= 1 && v % 100 <= 12)
			*d = (struct ymd){(int)(v / 100), (int)(v % 100), 1, d->rule, false};
		else
			*d = (struct ymd){(int)(v / 10000) + (v / 10000 < 70 ? 2000 : 1900), (int)(v / 100 % 100),
				(int)(v % 100), d->rule, false};
		return true;
	case 7:
		return from_ordinal(d, (int)(v / 1000), v % 1000);
	case 12:
	case 14:
		if (r->has_time)
			return false;
		if (t->text.len == 14) {
			r->second = (int)(v % 100);
			v /= 100;
		}
		r->has_time = true;
		r->minute = (int)(v % 100);
		r->hour = (int)(v / 100 % 100);
		v /= 10000;
		/* fall through */
	case 8:
		*d = (struct ymd){(int)(v / 10000), (int)(v / 100 % 100), (int)(v % 100), d->rule, false};
		return true;
	default:
		return false;
	}
}

static bool with_month_name(struct ymd *d, const struct date_reader *r)
{
	const struct token *a = &r->numbers[0], *b = &r->numbers[1];
	bool year_first;

	d->month = r->month;
	d->rule = "month by name";
	if (r->number_count == 1) {
		d->year = year_of(a);
		d->day = 1;
		d->lacks_day = true;
		return looks_like_year(a);
	}
	if (r->number_count != 2)
		return false;
	year_first = looks_like_year(a);
	d->year = year_of(year_first ? a : b);
	d->day = (int)((year_first ? b : a)->value % 100000);
	return (year_first ? a : b)->text.len <= 4 && (!year_first || !looks_like_year(b));
}

static bool with_numbers(struct ymd *d, const struct date_reader *r)
{
	const struct token *n = r->numbers;
	char separator = r->separators[1];
	int a = (int)(n[0].value % 10000), b = (int)(n[1].value % 10000), c;

	if (r->number_count == 2) {
		if (n[0].text.len == 4 && n[1].text.len == 3)
			return from_ordinal(d, a, n[1].value);
		if (n[0].text.len == 4)
			*d = (struct ymd){a, b, 1, "ISO 8601 year and month", true};
		else
			*d = (struct ymd){b, a, 1, "month and year", true};
		return n[0].text.len == 4 || n[1].text.len == 4;
	}
	c = (int)(n[2].value % 10000);
	if (n[0].text.len == 4) {
		*d = (struct ymd){a, b, c, "ISO 8601", false};
		return n[1].text.len <= 2 && n[2].text.len <= 2;
	}
	if (n[0].text.len > 2 || n[1].text.len > 2 || n[2].text.len > 4)
		return false;
	if (separator == '-' && (n[2].text.len == 2 || a > 31))
		*d = (struct ymd){year_of(&n[0]), b, c, "ISO 8601 with two-digit year", false};
	else if (separator == '/' && a <= 12)
		*d = (struct ymd){year_of(&n[2]), a, b, "month/day/year", false};
	else
		*d = (struct ymd){year_of(&n[2]), b, a, "day, month, year", false};
	return true;
}

bool date_read_fields(struct ymd *d, struct date_reader *r)
{
	bool good;

	*d = (struct ymd){0};
	if (r->number_count == 0)
		good = false;
	else if (r->month != 0)
		good = with_month_name(d, r);
	else if (r->is_week && r->number_count >= 2)
		good = from_week(d, r);
	else if (r->number_count == 1)
		good = from_digits(d, r);
	else
		good = with_numbers(d, r);
	return good && d->year >= 1 && d->year <= 9999 && d->month >= 1 && d->month <= 12 && d->day >= 1 &&
	       d->day <= civil_month_days(d->year, d->month);
}
