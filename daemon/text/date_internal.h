/* SPDX-License-Identifier: ISC */
/* date_internal.h: the tokens and fields of a date while it is read. */
#ifndef SITREP_TEXT_DATE_INTERNAL_H
#define SITREP_TEXT_DATE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "date_names.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/str.h"

enum { TOKENS_MAX = 40, NUMBERS_MAX = 3 };

enum token_kind { TOKEN_NUMBER, TOKEN_WORD, TOKEN_SIGN, TOKEN_END };

struct token {
	enum token_kind kind;
	struct str text;
	int64_t value;     /* of a number of at most 18 digits */
	bool space_before; /* white space stands before it */
};

struct date_reader {
	struct token tokens[TOKENS_MAX + 1]; /* the last is TOKEN_END */
	size_t count;
	/* the fields found so far */
	struct token numbers[NUMBERS_MAX]; /* of the date, in order */
	char separators[NUMBERS_MAX];      /* before each: - / . or space */
	size_t number_count;
	int month;                    /* by name */
	size_t month_at, month_words; /* the tokens that name it */
	int hour, minute, second, ms;
	int half; /* of the day: 1 is am, 2 is pm, 0 is not given */
	int offset;
	const struct date_zone *zone;
	bool has_time, has_offset, is_week;
	enum date_script script;
};

struct ymd {
	int year, month, day;
	const char *rule; /* a literal that names the form */
	bool lacks_day;   /* day is 1 because none was given */
};

/* Sets *d from r's numbers and month (date_fields.c), and r's time when a compact form ("20261123105235") holds it
 * too.  False when they are no date. */
bool date_read_fields(struct ymd *d, struct date_reader *r);

/* Reads the two commonest forms (date_exact.c); false: date.c must read the text. */
bool date_read_exact(struct str s, int64_t *time_ms, const char **rule);

#endif
