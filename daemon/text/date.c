/* SPDX-License-Identifier: ISC */
/* Reads dates.
 *
 * There is no list of formats, which would grow with every feed.  A date is cut into numbers, words and punctuation,
 * and a number's neighbours give it its meaning: h:m is a time, and a signed number behind a time is an offset.
 * The other numbers are year, month and day, told apart by their digits, their separators and a month's name.  A
 * token that is left over makes the date unreadable: "1:2:3:4" and "16 zzz 2012" are no dates. */
#include "sitrep/text/date.h"

#include "date_internal.h"

#define MS_A_MINUTE INT64_C(60000)
#define MS_A_DAY (1440 * MS_A_MINUTE)
/* News is dated from 1900-01-03 up to before 2200-01-01.  An earlier date is a program's zero (0001, 1601, 1753, 1858,
 * 1899-12-30, 1900-01-01) or a year of a Persian or Islamic calendar; a later one is a Buddhist or Jewish year.  Two
 * days of 1900 go too, since zones move its first day. */
#define EARLIEST_MS INT64_C(-2208816000000)
#define LATEST_MS INT64_C(7258118399999)
/* The farthest zones are at -12 and +14. */
#define ZONE_SPAN_MS (14 * 60 * MS_A_MINUTE)

/* ---- tokens */

static bool is_word_byte(char c)
{
	return char_is_alpha(c) || (unsigned char)c >= 0x80;
}

/* "America/Los_Angeles" is one word; "05/Nov/1994" are three tokens and more. */
static bool joins_words(struct str s, size_t i)
{
	return (s.data[i] == '/' || s.data[i] == '_') && i > 0 && i + 1 < s.len && is_word_byte(s.data[i - 1]) &&
	       is_word_byte(s.data[i + 1]);
}

/* False when there are more tokens than any date has. */
static bool tokenise(struct date_reader *r, struct str s)
{
	bool space = false;
	size_t i = 0;

	r->count = 0;
	while (i < s.len) {
		struct token *t = &r->tokens[r->count];
		size_t start = i;

		if (s.data[i] == ' ' || s.data[i] == '\0') {
			space = true;
			i++;
			continue;
		}
		if (r->count == TOKENS_MAX)
			return false;
		*t = (struct token){.kind = TOKEN_SIGN, .space_before = space};
		if (char_is_digit(s.data[i])) {
			t->kind = TOKEN_NUMBER;
			for (; i < s.len && char_is_digit(s.data[i]); i++)
				if (i - start < 18)
					t->value = t->value * 10 + (s.data[i] - '0');
			if (i - start > 18)
				return false;
		} else if (is_word_byte(s.data[i])) {
			t->kind = TOKEN_WORD;
			while (i < s.len && (is_word_byte(s.data[i]) || joins_words(s, i)))
				i++;
		} else {
			i++;
		}
		t->text = str_slice(s, start, i);
		space = false;
		r->count++;
	}
	r->tokens[r->count] = (struct token){.kind = TOKEN_END};
	return true;
}

static bool is_sign(const struct token *t, char c)
{
	return t->kind == TOKEN_SIGN && t->text.data[0] == c;
}

static bool is_word(const struct token *t, const char *word)
{
	return t->kind == TOKEN_WORD && str_eq(t->text, str_from(word));
}

static bool is_number(const struct token *t, size_t max_digits)
{
	return t->kind == TOKEN_NUMBER && t->text.len <= max_digits;
}

/* ---- pieces */

/* Seconds' fraction: t is the sign before it.  Returns the tokens used. */
static size_t read_fraction(struct date_reader *r, const struct token *t)
{
	if ((!is_sign(t, '.') && !is_sign(t, ',')) || t[1].kind != TOKEN_NUMBER || t[1].space_before)
		return 0;
	for (size_t i = 0; i < 3; i++)
		r->ms = r->ms * 10 + (i < t[1].text.len ? t[1].text.data[i] - '0' : 0);
	return 2;
}

/* "13:15", "13:15:30.5", or "13:" (East Asian, without minutes), with t at the hour.  Returns the tokens used; 0: not a
 * time. */
static size_t read_clock(struct date_reader *r, const struct token *t, char separator)
{
	size_t n = 2;

	r->has_time = true;
	r->hour = (int)t[0].value;
	if (!is_number(&t[2], 2))
		return n;
	r->minute = (int)t[2].value;
	n = 3;
	if (!is_sign(&t[3], separator))
		return n;
	n = 4;
	if (!is_number(&t[4], 2))
		return separator == ':' ? n : 3;
	r->second = (int)t[4].value;
	n = 5 + read_fraction(r, &t[5]);
	return is_sign(&t[n], ':') && is_number(&t[n + 1], 18) ? 0 : n;
}

/* 13, 1315 or 131530 behind a T. */
static bool read_compact_clock(struct date_reader *r, const struct token *t)
{
	int v = (int)(t->value % 1000000);

	r->has_time = true;
	switch (t->text.len) {
	case 1:
	case 2:
		r->hour = v;
		return true;
	case 4:
		r->hour = v / 100;
		r->minute = v % 100;
		return true;
	case 6:
		r->hour = v / 10000;
		r->minute = v / 100 % 100;
		r->second = v % 100;
		return true;
	default:
		return false;
	}
}

/* "+hh:mm", "+hhmm" or "+hh", with t at the sign.  Returns the tokens used; 0: not an offset. */
static size_t read_offset(struct date_reader *r, const struct token *t)
{
	int sign = is_sign(t, '-') ? -1 : 1, v = (int)(t[1].value % 1000000), minutes;
	size_t n = 2;

	if (is_sign(&t[2], ':')) {
		if (!is_number(&t[1], 2) || !is_number(&t[3], 2))
			return 0;
		minutes = v * 60 + (int)t[3].value;
		if (t[3].value > 59)
			return 0;
		n = 4;
	} else if (t[1].text.len <= 2) {
		minutes = v * 60;
	} else if (t[1].text.len <= 4) {
		minutes = v / 100 * 60 + v % 100;
		if (v % 100 > 59)
			return 0;
	} else {
		return 0;
	}
	if (minutes > 15 * 60)
		return 0;
	/* Etc/GMT+5 is west of UTC, as in POSIX. */
	if (r->zone != NULL && str_starts(str_from(r->zone->names), STR("etc/")))
		sign = -sign;
	r->offset = sign * minutes;
	r->has_offset = true;
	r->zone = NULL;
	return n;
}

/* An offset whose "+" was decoded to a blank, as in form data: " 01:00" or " 0100" behind a time.  0100 cannot be meant
 * as a year.  Returns the tokens used; 0: not an offset. */
static size_t read_blank_offset(struct date_reader *r, const struct token *t)
{
	bool colon = is_number(t, 2) && is_sign(&t[1], ':') && is_number(&t[2], 2);

	if (!r->has_time || r->has_offset || !t->space_before || t == r->tokens || t[-1].kind == TOKEN_SIGN)
		return 0;
	if (!colon && (t->text.len != 4 || t->value > 1500))
		return 0;
	/* The token before stands in the sign's place. */
	return read_offset(r, t - 1) > 0 ? (colon ? 3 : 1) : 0;
}

static bool add_number(struct date_reader *r, const struct token *t, char separator)
{
	if (r->number_count == NUMBERS_MAX || (r->month != 0 && r->number_count == 2))
		return false;
	r->separators[r->number_count] = separator;
	r->numbers[r->number_count++] = *t;
	return true;
}

/* Whether the date is complete, so that a further number can only be a time. */
static bool has_date(const struct date_reader *r)
{
	return r->number_count + (r->month != 0) >= 3 || (r->number_count == 1 && r->numbers[0].text.len == 8);
}

static size_t read_number(struct date_reader *r, size_t i)
{
	const struct token *t = &r->tokens[i], *before = i > 0 ? t - 1 : &r->tokens[r->count];
	bool behind_t = is_word(before, "t") && !t->space_before;
	size_t offset = read_blank_offset(r, t);

	if (offset > 0)
		return offset;
	if (!r->has_time) {
		if (is_number(t, 2) && is_sign(&t[1], ':'))
			return read_clock(r, t, ':');
		if (is_number(t, 2) && is_word(&t[1], "h") && is_number(&t[2], 2) && !t[2].space_before)
			return read_clock(r, t, 'h');
		if (is_number(t, 2) && has_date(r) && is_sign(&t[1], '.') && is_number(&t[2], 2) && t[2].text.len == 2)
			return read_clock(r, t, '.');
		if (is_number(t, 2) && t[1].kind == TOKEN_WORD && (has_date(r) || !t[1].space_before) &&
			(date_half_day(t[1].text) != 0 || is_word(&t[1], "uhr") || is_word(&t[1], "h"))) {
			r->has_time = true;
			r->hour = (int)t->value;
			return 1;
		}
		if (behind_t && r->number_count > 0)
			return read_compact_clock(r, t) ? 1 + read_fraction(r, &t[1]) : 0;
	}
	return add_number(r, t, before->kind == TOKEN_SIGN ? before->text.data[0] : ' ') ? 1 : 0;
}

static size_t read_word(struct date_reader *r, size_t i)
{
	const struct token *t = &r->tokens[i];
	int half = date_half_day(t->text);
	const struct date_zone *zone;

	/* Only East Asian dates have "am" or "pm" before the time; "am 23. November" is German. */
	if (half != 0 && (r->has_time || r->script != SCRIPT_OTHER)) {
		r->half = half;
		return 1;
	}
	/* a.m. */
	if ((is_word(t, "a") || is_word(t, "p")) && is_sign(&t[1], '.') && is_word(&t[2], "m")) {
		r->half = is_word(t, "a") ? 1 : 2;
		return 3;
	}
	if (is_word(t, "w") && !t->space_before && is_number(&t[1], 2) && !t[1].space_before && r->number_count == 1) {
		r->is_week = true;
		return 1;
	}
	if (!r->has_time || r->has_offset)
		return 1;
	zone = date_zone_find(t->text);
	if (zone != NULL) {
		r->zone = zone;
		r->has_offset = true;
	} else if (t->text.len == 1 && char_is_alpha(t->text.data[0])) {
		/* A military zone: RFC 822 published their signs the wrong way round, so it counts as UTC (RFC 2822,
		 * 4.3). */
		r->has_offset = true;
	}
	return 1;
}

/* Finds the month's name.  Among several candidates ("mar, 12 mar 2024") the one behind a number counts, else the
 * last. */
static void find_month(struct date_reader *r, size_t *first, size_t *words)
{
	bool found_behind = false, behind = false; /* behind a number, or behind signs or "de" that follow one */

	*words = 0;
	for (size_t i = 0; i < r->count; i++) {
		const struct token *t = &r->tokens[i];
		bool was_behind = behind;
		int month;

		if (t->kind == TOKEN_NUMBER)
			behind = true;
		if (t->kind != TOKEN_WORD)
			continue;
		if (is_word(t, "de") || is_word(t, "of") || is_word(t, "th") || is_word(t, "st") || is_word(t, "nd") ||
			is_word(t, "rd"))
			continue;
		month = t[1].kind == TOKEN_WORD ? date_month_pair(t->text, t[1].text) : 0;
		behind = false;
		if (month != 0) {
			r->month = month;
			*first = i;
			*words = 2;
			return;
		}
		month = date_month(t->text);
		if (month == 0 || found_behind)
			continue;
		r->month = month;
		found_behind = was_behind;
		*first = i;
		*words = 1;
	}
}

static bool read_tokens(struct date_reader *r)
{
	size_t i = 0;

	find_month(r, &r->month_at, &r->month_words);
	while (i < r->count) {
		const struct token *t = &r->tokens[i];
		size_t used = 1;

		if (r->month_words > 0 && i == r->month_at) {
			i += r->month_words;
			continue;
		}
		switch (t->kind) {
		case TOKEN_NUMBER:
			used = read_number(r, i);
			break;
		case TOKEN_WORD:
			used = read_word(r, i);
			break;
		case TOKEN_SIGN:
			if (r->has_time && (is_sign(t, '+') || is_sign(t, '-')) && t[1].kind == TOKEN_NUMBER &&
				!t[1].space_before)
				used = read_offset(r, t);
			break;
		case TOKEN_END:
			break;
		}
		if (used == 0)
			return false;
		i += used;
	}
	return true;
}

/* Whether a date without a day has something in the day's place: "Dec x 2026", "2026-12-??". */
static bool has_unread_day(const struct date_reader *r)
{
	static const char *const harmless[] = {"de", "del", "of", "di", "year", "\xd0\xb3", "\xd0\xb3\xd0\xbe\xd0\xb4",
		"\xd0\xb3\xd0\xbe\xd0\xb4\xd0\xb0", "\xd1\x80"};

	for (size_t i = 0; i < r->count; i++) {
		const struct token *t = &r->tokens[i];
		bool known = t->kind == TOKEN_NUMBER || is_sign(t, ',') || is_sign(t, '.') || is_sign(t, '-') ||
			     is_sign(t, '/') ||
			     (t->kind == TOKEN_WORD && r->month != 0 && i >= r->month_at &&
				     i < r->month_at + r->month_words);

		for (size_t k = 0; !known && k < sizeof(harmless) / sizeof(harmless[0]); k++)
			known = is_word(t, harmless[k]);
		if (!known)
			return true;
	}
	return false;
}

/* Whether the time is a program's zero, or differs from one by the offset of a zone: it stands for an unknown date. */
static bool is_zero(int64_t time_ms)
{
	static const int64_t zeros[] = {
		INT64_C(-2082844800000), /* 1904-01-01 */
		0,                       /* 1970-01-01 */
		INT64_C(315532800000),   /* 1980-01-01 */
	};

	for (size_t i = 0; i < sizeof(zeros) / sizeof(zeros[0]); i++) {
		int64_t off = time_ms - zeros[i];

		if (off >= -ZONE_SPAN_MS && off <= ZONE_SPAN_MS && off % (15 * MS_A_MINUTE) == 0)
			return true;
	}
	/* A clock that was never set starts at 1970-01-01. */
	return time_ms > -MS_A_DAY && time_ms < MS_A_DAY;
}

/* ---- */

/* Seconds, milliseconds or microseconds since 1970, told apart by their digits: nine digits of seconds begin in 1973,
 * ten end in 2286. */
static int64_t read_epoch(struct str s, const char **rule)
{
	size_t digits = 0;
	int64_t v = 0;

	while (digits < s.len && char_is_digit(s.data[digits]) && digits < 17)
		v = v * 10 + (s.data[digits++] - '0');
	if (digits == 0 || (digits < s.len && s.data[digits] != '.'))
		return TIME_NONE;
	for (size_t i = digits + 1; i < s.len; i++)
		if (!char_is_digit(s.data[i]))
			return TIME_NONE;
	switch (digits) {
	case 9:
	case 10:
		*rule = "seconds since 1970";
		return v * 1000;
	case 13:
		*rule = "milliseconds since 1970";
		return v;
	case 16:
		*rule = "microseconds since 1970";
		return v / 1000;
	default:
		return TIME_NONE;
	}
}

/* Minutes east of UTC.  A Korean date without a zone is Korean time: read as UTC it would lie nine hours in the
 * future. */
static int offset_of(const struct date_reader *r, int year, int64_t local_minutes)
{
	if (r->zone != NULL)
		return date_zone_minutes(r->zone, year, local_minutes);
	if (r->has_offset)
		return r->offset;
	switch (r->script) {
	case SCRIPT_KOREAN:
	case SCRIPT_JAPANESE:
		return 9 * 60;
	case SCRIPT_HAN:
		return 8 * 60;
	case SCRIPT_OTHER:
		break;
	}
	return 0;
}

int64_t date_parse(struct str s, const char **rule)
{
	struct date_reader r = {0};
	char text[DATE_TEXT_MAX];
	const char *form = NULL;
	int64_t time, minutes;
	struct ymd d;

	s = str_trim(s);
	time = read_epoch(s, &form);
	if (time == TIME_NONE && !date_read_exact(s, &time, &form)) {
		if (!tokenise(&r, str_make(text, date_fold(text, s, &r.script))) || !read_tokens(&r) ||
			!date_read_fields(&d, &r) || (d.lacks_day && (r.has_time || has_unread_day(&r))))
			return TIME_NONE;
		form = d.rule;
		if (r.half != 0 && r.hour <= 12)
			r.hour = r.hour % 12 + (r.half == 2 ? 12 : 0);
		/* 24:00 is the end of the day; 24:05 is written by clocks that have no 0. A 60th second is a leap
		 * second. */
		if (r.hour == 24 && (r.minute != 0 || r.second != 0))
			r.hour = 0;
		if (r.hour > 24 || r.minute > 59 || r.second > 60)
			return TIME_NONE;
		minutes = civil_to_days(d.year, d.month, d.day) * 1440 + r.hour * 60 + r.minute;
		time = (minutes - offset_of(&r, d.year, minutes)) * MS_A_MINUTE + r.second * 1000 + r.ms;
	}
	if (time < EARLIEST_MS || time > LATEST_MS || is_zero(time))
		return TIME_NONE;
	if (rule != NULL)
		*rule = form;
	return time;
}
