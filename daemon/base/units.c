/* SPDX-License-Identifier: ISC */
#include "sitrep/base/units.h"

#include <inttypes.h>
#include <stdio.h>

static const struct unit {
	const char *name;
	int64_t value;
} duration_units[] = {{"w", 604800000}, {"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}},
  size_units[] = {{"G", 1 << 30}, {"M", 1 << 20}, {"K", 1 << 10}};

static const struct unit *find_unit(const struct unit *units, size_t count, struct str name)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq_nocase(str_from(units[i].name), name))
			return &units[i];
	return NULL;
}

/* Cuts an amount off *s: its digits, then the unit, which ends at the next digit. */
static bool take_amount(struct str *s, int64_t *number, struct str *unit)
{
	size_t digits = 0, end;
	long long value;

	while (digits < s->len && char_is_digit(s->data[digits]))
		digits++;
	if (!str_to_int(str_slice(*s, 0, digits), &value))
		return false;
	end = digits;
	while (end < s->len && !char_is_digit(s->data[end]))
		end++;
	*number = value;
	*unit = str_trim(str_slice(*s, digits, end));
	*s = str_slice(*s, end, s->len);
	return true;
}

bool duration_parse(struct str s, int64_t *ms)
{
	int64_t total = 0, number, part;
	struct str unit_name;
	bool alone = true; /* "90" is 90 seconds; "1m30" is refused */

	s = str_trim(s);
	if (str_empty(s))
		return false;
	while (!str_empty(s)) {
		const struct unit *unit;

		if (!take_amount(&s, &number, &unit_name))
			return false;
		unit = find_unit(duration_units, 6, alone && str_empty(unit_name) ? STR("s") : unit_name);
		alone = false;
		if (unit == NULL || __builtin_mul_overflow(number, unit->value, &part) ||
			__builtin_add_overflow(total, part, &total))
			return false;
	}
	*ms = total;
	return true;
}

char *duration_format(char text[TIME_TEXT_MAX], int64_t ms)
{
	/* Weeks are read but not written: 14 days are written as "14d". */
	for (size_t i = 1; i < 6; i++) {
		if (ms % duration_units[i].value == 0 && ms != 0) {
			snprintf(text, TIME_TEXT_MAX, "%" PRId64 "%s", ms / duration_units[i].value,
				duration_units[i].name);
			return text;
		}
	}
	snprintf(text, TIME_TEXT_MAX, "0s");
	return text;
}

char *duration_format_spaced(char text[TIME_TEXT_MAX], int64_t ms)
{
	int64_t seconds = ms / 1000, minutes = seconds / 60, hours = minutes / 60, days = hours / 24;
	int n;

	if (days > 0)
		n = snprintf(text, TIME_TEXT_MAX, "%" PRId64 " day%s", days, days == 1 ? "" : "s");
	else if (hours > 0)
		n = snprintf(text, TIME_TEXT_MAX, "%" PRId64 " h", hours);
	else if (minutes > 0)
		n = snprintf(text, TIME_TEXT_MAX, "%" PRId64 " min", minutes);
	else if (seconds > 0 || ms == 0)
		n = snprintf(text, TIME_TEXT_MAX, "%" PRId64 " s", seconds);
	else
		n = snprintf(text, TIME_TEXT_MAX, "%" PRId64 " ms", ms);
	if (days > 0 && hours % 24 > 0)
		snprintf(text + n, TIME_TEXT_MAX - (size_t)n, " %" PRId64 " h", hours % 24);
	else if (days == 0 && hours > 0 && minutes % 60 > 0)
		snprintf(text + n, TIME_TEXT_MAX - (size_t)n, " %" PRId64 " min", minutes % 60);
	else if (hours == 0 && minutes > 0 && seconds % 60 > 0)
		snprintf(text + n, TIME_TEXT_MAX - (size_t)n, " %" PRId64 " s", seconds % 60);
	return text;
}

bool size_parse(struct str s, int64_t *bytes)
{
	int64_t number;
	struct str unit_name;
	const struct unit *unit;

	s = str_trim(s);
	if (!take_amount(&s, &number, &unit_name) || !str_empty(s))
		return false;
	if (unit_name.len == 2 && char_lower(unit_name.data[1]) == 'b')
		unit_name.len = 1;
	if (str_empty(unit_name)) {
		*bytes = number;
		return true;
	}
	unit = find_unit(size_units, 3, unit_name);
	return unit != NULL && !__builtin_mul_overflow(number, unit->value, bytes);
}

char *size_format(char text[TIME_TEXT_MAX], int64_t bytes)
{
	for (size_t i = 0; i < 3; i++) {
		if (bytes % size_units[i].value == 0 && bytes != 0) {
			snprintf(text, TIME_TEXT_MAX, "%" PRId64 "%s", bytes / size_units[i].value, size_units[i].name);
			return text;
		}
	}
	snprintf(text, TIME_TEXT_MAX, "%" PRId64, bytes);
	return text;
}
