/* SPDX-License-Identifier: ISC */
/* The words of a text, each with the other forms under which a rule finds it.
 *
 * Tokens (canon.h) decide which items are copies, so they stay as they are, and the forms are put beside them. Only
 * words with an apostrophe, or with characters beyond ASCII, have forms; other words are just their tokens. */
#include <string.h>

#include <utf8proc.h>

#include "rule_words.h"
#include "sitrep/base/utf8.h"
#include "sitrep/identity/canon.h"
#include "sitrep/rules/rule.h"
#include "word_forms.h"

enum {
	/* Bytes; a longer run with apostrophes is no word of a language. */
	WORD_MAX = 256,
	PARTS_MAX = 8,
	/* Normalisation lengthens a character elevenfold at most. */
	TOKEN_MAX = 12 * WORD_MAX,
};

/* ---- apostrophes */

/* Characters that are used as an apostrophe between two letters; some are quotation marks, primes or accents. */
/* clang-format off */
static const struct str apostrophes[] = {
	{"'", 1},
	{"`", 1},
	{"\xC2\xB4", 2},     /* acute accent */
	{"\xCA\xB9", 2},     /* modifier prime */
	{"\xCA\xBB", 2},     /* turned comma */
	{"\xCA\xBC", 2},     /* modifier apostrophe */
	{"\xCA\xBD", 2},     /* reversed comma */
	{"\xD5\x9A", 2},     /* Armenian */
	{"\xE2\x80\x98", 3}, /* quotation marks */
	{"\xE2\x80\x99", 3},
	{"\xE2\x80\x9B", 3},
	{"\xE2\x80\xB2", 3}, /* primes */
	{"\xE2\x80\xB5", 3},
	{"\xE2\x9D\x9B", 3}, /* ornaments */
	{"\xE2\x9D\x9C", 3},
	{"\xEA\x9E\x8C", 3}, /* saltillo */
	{"\xEF\xBC\x87", 3}, /* full width */
	{"\xEF\xBD\x80", 3},
};
/* clang-format on */

/* The length of the apostrophe at pos, or 0. */
static size_t apostrophe_at(struct str s, size_t pos)
{
	/* fast way out, since this runs for every byte of a text: no other byte begins an apostrophe */
	switch ((unsigned char)s.data[pos]) {
	case '\'':
	case '`':
	case 0xC2:
	case 0xCA:
	case 0xD5:
	case 0xE2:
	case 0xEA:
	case 0xEF:
		break;
	default:
		return 0;
	}
	for (size_t i = 0; i < sizeof(apostrophes) / sizeof(*apostrophes); i++)
		if (str_starts(str_slice(s, pos, s.len), apostrophes[i]))
			return apostrophes[i].len;
	return 0;
}

bool rule_is_word_character(uint32_t cp)
{
	switch ((int)utf8proc_category((utf8proc_int32_t)cp)) {
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LO:
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
	case UTF8PROC_CATEGORY_ND:
	/* invisible, and dropped from tokens: a zero-width space does not end a word */
	case UTF8PROC_CATEGORY_CF:
		return true;
	default:
		return false;
	}
}

static size_t character_before(struct str s, size_t pos)
{
	do
		pos--;
	while (pos > 0 && ((unsigned char)s.data[pos] & 0xC0) == 0x80);
	return pos;
}

static bool is_word_at(struct str s, size_t pos)
{
	return pos < s.len && rule_is_word_character(utf8_next(s, &pos));
}

static bool is_word_before(struct str s, size_t pos)
{
	return pos > 0 && is_word_at(s, character_before(s, pos));
}

/* A point or comma between digits: 1,200. */
static bool is_in_number(struct str s, size_t pos)
{
	return (s.data[pos] == '.' || s.data[pos] == ',') && pos > 0 && pos + 1 < s.len &&
	       char_is_digit(s.data[pos - 1]) && char_is_digit(s.data[pos + 1]);
}

/* A word with apostrophes within it, and its parts between them. */
struct spelling {
	size_t from, to;
	struct str parts[PARTS_MAX];
	size_t count;
};

static size_t word_start(struct str s, size_t from, size_t pos)
{
	while (pos > from) {
		size_t before = character_before(s, pos);

		if (!is_word_at(s, before) && !is_in_number(s, before))
			break;
		pos = before;
	}
	return pos;
}

static bool is_invisible_at(struct str s, size_t pos)
{
	return utf8proc_category((utf8proc_int32_t)utf8_next(s, &pos)) == UTF8PROC_CATEGORY_CF;
}

static struct str trim_invisible(struct str s)
{
	while (s.len > 0 && is_invisible_at(s, 0)) {
		size_t pos = 0;

		utf8_next(s, &pos);
		s = str_slice(s, pos, s.len);
	}
	while (s.len > 0 && is_invisible_at(s, character_before(s, s.len)))
		s = str_slice(s, 0, character_before(s, s.len));
	return s;
}

/* Reads the word around the apostrophe at pos; it begins at from or later. False when no letter stands on one side of
 * the apostrophe, or the word is too long. */
static bool read_spelling(struct str s, size_t from, size_t pos, struct spelling *w)
{
	size_t part, at = pos, mark = apostrophe_at(s, pos);

	if (pos == from || !is_word_before(s, pos) || !is_word_at(s, pos + mark))
		return false;
	part = word_start(s, from, pos);
	*w = (struct spelling){.from = part};
	for (;;) {
		if (w->count == PARTS_MAX || at - w->from > WORD_MAX)
			return false;
		w->parts[w->count++] = trim_invisible(str_slice(s, part, at));
		mark = at < s.len ? apostrophe_at(s, at) : 0;
		if (mark == 0 || !is_word_at(s, at + mark))
			break;
		at += mark;
		part = at;
		while (is_word_at(s, at))
			utf8_next(s, &at);
	}
	w->to = at;
	return true;
}

/* ---- forms */

/* The output of one rule_words() call, and its buffers. */
struct work {
	struct buf *out;
	size_t count;
	struct buf tokens; /* of the present run */
	struct buf word;
	struct word_forms forms;
};

static int put_forms(struct work *w)
{
	for (size_t i = 0; i < w->forms.count; i++) {
		if (i > 0)
			buf_putc(w->out, WORD_FORM_MARK);
		buf_add(w->out, word_forms_get(&w->forms, i));
	}
	buf_putc(w->out, ' ');
	return w->out->failed;
}

/* Puts the words of a run that has no apostrophe within a word. */
static int put_run(struct work *w, struct str run)
{
	struct str rest, token;
	int ret;

	if (run.len == 0)
		return 0;
	if (str_is_ascii(run))
		return canon_tokens(w->out, run, &w->count);
	buf_clear(&w->tokens);
	ret = canon_tokens(&w->tokens, run, &w->count);
	rest = buf_str(&w->tokens);
	while (ret == 0 && str_word(&rest, &token)) {
		if (str_is_ascii(token) || token.len > WORD_FORMED_MAX) {
			buf_add(w->out, token);
			ret = buf_putc(w->out, ' ');
			continue;
		}
		word_forms_clear(&w->forms);
		word_forms_add(&w->forms, token);
		ret = put_forms(w);
	}
	return ret;
}

/* The parts from first to before last as one token; STR_NONE when they do not give exactly one. */
static struct str join(struct work *w, const struct spelling *s, size_t first, size_t last)
{
	struct str rest, token = STR_NONE;
	size_t count = 0;

	buf_clear(&w->word);
	buf_clear(&w->tokens);
	for (size_t i = first; i < last; i++)
		buf_add(&w->word, s->parts[i]);
	if (canon_tokens(&w->tokens, buf_str(&w->word), &count) != 0 || count != 1)
		return STR_NONE;
	rest = buf_str(&w->tokens);
	return str_word(&rest, &token) ? token : STR_NONE;
}

/* "l'OTAN" gives lotan and otan, "Ukraine's" gives ukraines and ukraine. */
static int put_spelling(struct work *w, const struct spelling *s)
{
	bool elided = word_forms_is_elision(s->parts[0]) && s->to - s->from - s->parts[0].len > 2;
	bool ended = word_forms_is_ending(s->parts[s->count - 2], s->parts[s->count - 1]);
	struct str token = join(w, s, 0, s->count);

	if (token.len == 0) {
		/* each letter is a token, as in Han script: no language of that kind has apostrophes in words */
		buf_clear(&w->word);
		for (size_t i = 0; i < s->count; i++)
			buf_add(&w->word, s->parts[i]);
		return put_run(w, buf_str(&w->word));
	}
	word_forms_clear(&w->forms);
	word_forms_add(&w->forms, token);
	for (int way = 1; way < 4; way++) {
		size_t first = (way & 1) != 0, last = s->count - ((way & 2) != 0);

		if (((way & 1) == 0 || elided) && ((way & 2) == 0 || ended) && first < last)
			word_forms_add(&w->forms, join(w, s, first, last));
	}
	w->count++;
	return put_forms(w);
}

int rule_words(struct buf *out, struct str plain, size_t *count)
{
	struct work w = {.out = out};
	size_t from = 0, pos = 0;
	int ret = out->failed;

	buf_init(&w.tokens, out->max);
	buf_init(&w.word, TOKEN_MAX);
	word_forms_init(&w.forms);
	while (ret == 0 && pos < plain.len) {
		size_t mark = apostrophe_at(plain, pos);
		struct spelling s;

		if (mark > 0 && read_spelling(plain, from, pos, &s)) {
			ret = put_run(&w, str_slice(plain, from, s.from));
			if (ret == 0)
				ret = put_spelling(&w, &s);
			from = pos = s.to;
		} else {
			pos += mark > 0 ? mark : 1;
		}
	}
	if (ret == 0)
		ret = put_run(&w, str_slice(plain, from, plain.len));
	*count += w.count;
	buf_release(&w.tokens);
	buf_release(&w.word);
	word_forms_release(&w.forms);
	return ret;
}

int rule_plain_apostrophes(struct buf *out, struct str text)
{
	for (size_t pos = 0; pos < text.len;) {
		size_t mark = apostrophe_at(text, pos);

		if (mark > 0 && pos > 0 && is_word_before(text, pos) && is_word_at(text, pos + mark)) {
			buf_putc(out, '\'');
			pos += mark;
		} else {
			buf_putc(out, text.data[pos++]);
		}
	}
	return out->failed;
}
