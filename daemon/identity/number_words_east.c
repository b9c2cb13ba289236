/* SPDX-License-Identifier: ISC */
/* Numbers in Japanese and Chinese numerals and in Korean words.
 *
 * A numeral may also be a part of a name or another word, so it is a number only before a counter: people, machines,
 * ships, days.  Korean writes the counter in the same word or behind it. */
#include "number_words_east.h"

#include <stdbool.h>
#include <string.h>

#include "sitrep/base/utf8.h"

/* ---- Japanese and Chinese ---- */

static bool is_one_of(uint32_t letter, const char *letters)
{
	struct str text = str_from(letters);

	for (size_t pos = 0; pos < text.len;)
		if (utf8_next(text, &pos) == letter)
			return true;
	return false;
}

/* The index of letter in letters; -1: not there. */
static int place_of(uint32_t letter, const char *letters)
{
	struct str text = str_from(letters);
	int place = 0;

	for (size_t pos = 0; pos < text.len; place++)
		if (utf8_next(text, &pos) == letter)
			return place;
	return -1;
}

static uint32_t letter_of(struct str token)
{
	size_t pos = 0;

	return token.len > 0 ? utf8_next(token, &pos) : 0;
}

/* The numerals of a script, each list in ascending order. */
struct numerals {
	const char *digits; /* zero to nine */
	const char *tens;   /* ten, hundred, thousand */
	const char *groups; /* ten thousand, a hundred million, a million million */
};

struct east {
	uint64_t total, group;
	uint64_t digit;
	bool is_open;   /* the last numeral was a digit: a ten or a group may follow */
	bool is_worth;  /* a ten or a group was read */
	bool is_scaled; /* a thousand or a group was read */
};

static bool take_numeral(struct east *e, const struct numerals *of, uint32_t letter)
{
	static const uint64_t tens[] = {10, 100, 1000}, groups[] = {10000, 100000000, 1000000000000};
	int place = place_of(letter, of->digits);

	if (place >= 0) {
		e->digit = e->is_open ? e->digit * 10 + (uint64_t)place : (uint64_t)place;
		e->is_open = true;
		return true;
	}
	place = place_of(letter, of->tens);
	if (place >= 0) {
		e->group += (e->is_open ? e->digit : 1) * tens[place];
		e->is_scaled = e->is_scaled || tens[place] == 1000;
	} else {
		place = place_of(letter, of->groups);
		if (place < 0)
			return false;
		e->total += (e->group + (e->is_open ? e->digit : 0)) * groups[place];
		e->group = 0;
		e->is_scaled = true;
	}
	e->is_open = false;
	e->digit = 0;
	e->is_worth = true;
	return true;
}

static uint64_t east_value(const struct east *e)
{
	return e->total + e->group + e->digit;
}

void number_words_han(struct number_text *n, struct str tokens)
{
	enum { NUMERALS_MAX = 12 };
	static const struct numerals han = {"〇一二三四五六七八九", "十百千", "万億兆"};
	static const char counted[] = "人名機隻発両件台棟回箇日月年時分歳国本個枚艘門基度万億円体架辆次死か";
	struct east e = {0};
	size_t count = 0;
	uint32_t next = letter_of(number_token(tokens));

	while (count < NUMERALS_MAX && take_numeral(&e, &han, next)) {
		struct str token = number_token(tokens);

		count++;
		tokens = number_after(tokens, token);
		next = letter_of(number_token(tokens));
	}
	/* a single numeral is a number only before a counter: a name may begin with it */
	if (count > 0 && east_value(&e) > 0 && next != 0 && is_one_of(next, counted))
		number_set(n, east_value(&e), count, e.is_scaled ? NUMBER_WHOLE : NUMBER_ONES);
}

/* ---- Korean ---- */

/* Cuts the first string of list with which *text begins off it; *place is its index. */
static bool cut_one_of(struct str *text, const char *const list[], size_t count, size_t *place)
{
	for (size_t i = 0; i < count; i++)
		if (str_starts(*text, str_from(list[i]))) {
			*text = str_slice(*text, strlen(list[i]), text->len);
			*place = i;
			return true;
		}
	return false;
}

/* Counters: people, machines, ships, shells, cases, places, hours, ages. */
static bool begins_with_counter(struct str text)
{
	static const char *const counters[] = {"명", "대", "척", "발", "기", "건", "곳", "개", "채", "시", "살", "사람",
		"여명", "인", "차례", "마리", "문"};
	size_t place;

	return cut_one_of(&text, counters, sizeof(counters) / sizeof(counters[0]), &place);
}

static uint64_t native_korean(struct str *text, bool *is_plain)
{
	static const char *const tens[] = {"열", "스물", "스무", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔"};
	static const uint64_t values[] = {10, 20, 20, 30, 40, 50, 60, 70, 80, 90};
	static const char *const units[] = {
		"하나", "한", "둘", "두", "셋", "세", "넷", "네", "다섯", "여섯", "일곱", "여덟", "아홉"};
	static const uint64_t unit_values[] = {1, 1, 2, 2, 3, 3, 4, 4, 5, 6, 7, 8, 9};
	uint64_t value = 0;
	size_t place, parts = 0;

	if (cut_one_of(text, tens, sizeof(tens) / sizeof(tens[0]), &place)) {
		value = values[place];
		parts++;
	}
	if (cut_one_of(text, units, sizeof(units) / sizeof(units[0]), &place)) {
		value += unit_values[place];
		parts += strlen(units[place]) > 3 ? 2 : 1;
	}
	/* many other words begin with a single syllable */
	*is_plain = parts >= 2;
	return value;
}

static uint64_t chinese_korean(struct str *text, bool *is_scaled)
{
	static const struct numerals sino = {"영일이삼사오육칠팔구", "십백천", "만억조"};
	struct east e = {0};
	size_t pos = 0, end = 0;

	while (pos < text->len && take_numeral(&e, &sino, utf8_next(*text, &pos)))
		end = pos;
	*text = str_slice(*text, end, text->len);
	*is_scaled = e.is_scaled;
	return e.is_worth ? east_value(&e) : 0;
}

void number_words_korean(struct number_text *n, struct str tokens)
{
	struct str token = number_token(tokens), rest = token;
	struct str next = number_token(number_after(tokens, token));
	bool is_plain = false, is_scaled = false;
	uint64_t value = native_korean(&rest, &is_plain);

	if (value == 0) {
		rest = token;
		value = chinese_korean(&rest, &is_scaled);
	}
	if (value == 0)
		return;
	if (rest.len == 0 ? begins_with_counter(next) || is_plain
			  : (is_plain || str_starts(rest, STR("명"))) && begins_with_counter(rest))
		number_set(n, value, 1, is_scaled ? NUMBER_WHOLE : NUMBER_ONES);
}

/* ---- figures with groups ---- */

static bool take_figure(struct east *e, uint32_t letter)
{
	enum { DIGIT_ROOM = 100000000 };

	if (letter < '0' || letter > '9' || e->digit >= DIGIT_ROOM)
		return false;
	e->digit = e->digit * 10 + (letter - '0');
	e->is_open = true;
	return true;
}

/* Adds the beginning of token that belongs to the number; returns its bytes. */
static size_t take_figures(struct east *e, struct str token)
{
	static const struct numerals groups[] = {{"", "十百千", "万億兆"}, {"", "십백천", "만억조"}};
	size_t taken = 0;

	for (size_t pos = 0; pos < token.len; taken = pos) {
		uint32_t letter = utf8_next(token, &pos);

		if (!take_figure(e, letter) &&
			((!e->is_open && !e->is_worth) ||
				(!take_numeral(e, &groups[0], letter) && !take_numeral(e, &groups[1], letter))))
			break;
	}
	return taken;
}

/* Whether a group ("万") is in the token, or in the next one. */
static bool has_group(struct str token, struct str next)
{
	struct east e = {0};

	if (take_figures(&e, token) == token.len)
		take_figures(&e, next);
	return e.is_worth;
}

void number_words_figure(struct number_text *n, struct str tokens)
{
	struct east e = {0};
	size_t count = 0;

	for (;;) {
		struct str token = number_token(tokens), next;
		size_t taken;

		if (token.len == 0)
			break;
		next = number_token(number_after(tokens, token));
		/* a figure without a group begins another number */
		if (char_is_digit(token.data[0]) && !has_group(token, next))
			break;
		taken = take_figures(&e, token);
		count += taken > 0;
		if (taken < token.len)
			break;
		tokens = number_after(tokens, token);
	}
	if (e.is_worth)
		number_set(n, east_value(&e), count, e.is_scaled ? NUMBER_WHOLE : NUMBER_ONES);
}
