/* SPDX-License-Identifier: ISC */
/* Every byte of every item passes here, and nearly all are ASCII, so there are three paths.  A run of ASCII goes
 * through one table.  A non-ASCII character that normalises to itself and joins no neighbour is classified by its
 * Unicode category and copied.  All others (accents, upper case, wide forms, combining marks) are collected in a short
 * segment and normalised by utf8proc.  A segment ends before an ASCII character, or before one that normalises to
 * itself and never joins the character before it.  An ASCII letter directly before a segment belongs to it, since "e"
 * and a combining acute become one character. */
#include <stdbool.h>
#include <string.h>

#include <utf8proc.h>

#include "sitrep/base/utf8.h"
#include "sitrep/identity/canon.h"

enum {
	ASCII_STEP = 4096, /* bytes read at once: bounds the memory that is reserved */
	/* A segment ends at the next possible place after SEGMENT_SOFT characters, and anywhere at SEGMENT_HARD:
	 * sorting marks is quadratic in their number.  No script stacks more than a few (UAX #15, 13, allows 30). */
	SEGMENT_SOFT = 32,
	SEGMENT_HARD = 64,
	DECOMPOSED_MAX = 18, /* most code points of one decomposed character: U+FDFA */
	UTF8_MAX = 4,
};

enum char_class {
	CLASS_SEPARATOR,
	CLASS_LETTER,
	CLASS_DIGIT,
	CLASS_POINT,   /* "," and ".": dropped between digits, else a separator */
	CLASS_DROPPED, /* ignored */
	CLASS_MARK,    /* continues the token before it */
	CLASS_SINGLE,  /* a token by itself: scripts that put no space between words */
};

/* The state of the scan. */
struct scan {
	struct buf *out;
	size_t count;
	bool open;   /* a token is being written */
	bool single; /* ... and it is one of CLASS_SINGLE, so that only marks go on with it */
	bool digit;  /* ... and its last character is a digit */
	bool point;  /* ... and one "," or "." stands between it and what comes next */
};

/* clang-format off */
#define L CLASS_LETTER
#define D CLASS_DIGIT
static const unsigned char ascii_class[128] = {
	['\''] = CLASS_DROPPED, [','] = CLASS_POINT, ['.'] = CLASS_POINT,
	['0'] = D, D, D, D, D, D, D, D, D, D,
	['A'] = L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L,
	['a'] = L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L,
};
#undef L
#undef D
/* clang-format on */

static const struct range {
	uint32_t first, last;
} single_ranges[] = {
	{0x0E01, 0x0EFF},   /* Thai, Lao */
	{0x1000, 0x109F},   /* Myanmar */
	{0x1780, 0x17FF},   /* Khmer */
	{0x19E0, 0x19FF},   /* Khmer symbols */
	{0x2E80, 0x2FDF},   /* CJK and Kangxi radicals */
	{0x3005, 0x3007},   /* iteration mark, closing mark, number zero */
	{0x3021, 0x3029},   /* Hangzhou numerals */
	{0x3031, 0x303C},   /* Kana repeat marks */
	{0x3041, 0x312F},   /* Hiragana, Katakana, Bopomofo */
	{0x31A0, 0x31FF},   /* Bopomofo and Katakana extensions */
	{0x3400, 0x4DBF},   /* Han, extension A */
	{0x4E00, 0x9FFF},   /* Han */
	{0xA9E0, 0xA9FF},   /* Myanmar, extended B */
	{0xAA60, 0xAA7F},   /* Myanmar, extended A */
	{0xF900, 0xFAFF},   /* Han, compatibility */
	{0x16FE0, 0x18DFF}, /* Tangut, Khitan and their marks */
	{0x1AFF0, 0x1B2FF}, /* Kana supplements, Nushu */
	{0x20000, 0x3FFFD}, /* Han, supplementary planes */
};

bool canon_is_single(uint32_t letter)
{
	size_t low = 0, high = sizeof(single_ranges) / sizeof(single_ranges[0]);

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (letter > single_ranges[mid].last)
			low = mid + 1;
		else
			high = mid;
	}
	return low < sizeof(single_ranges) / sizeof(single_ranges[0]) && letter >= single_ranges[low].first;
}

static enum char_class classify(uint32_t cp, const utf8proc_property_t *property)
{
	if (cp == 0x2019 || cp == 0x02BC)
		return CLASS_DROPPED;
	switch (property->category) {
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO:
	case UTF8PROC_CATEGORY_NL:
	case UTF8PROC_CATEGORY_NO:
		return cp >= single_ranges[0].first && canon_is_single(cp) ? CLASS_SINGLE : CLASS_LETTER;
	case UTF8PROC_CATEGORY_ND:
		return CLASS_DIGIT;
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
		return CLASS_MARK;
	case UTF8PROC_CATEGORY_ME:
	case UTF8PROC_CATEGORY_CF:
		/* enclosing marks and invisible format controls are ignored */
		return CLASS_DROPPED;
	default:
		return CLASS_SEPARATOR;
	}
}

/* The functions below write into memory that take_ascii() and its like have reserved. */

static void put_byte(struct scan *s, char c)
{
	s->out->data[s->out->len++] = c;
}

static void close_token(struct scan *s)
{
	if (s->open)
		put_byte(s, ' ');
	s->open = s->single = s->digit = s->point = false;
}

static void open_token(struct scan *s)
{
	s->open = true;
	s->count++;
}

/* Adds one character of normalised text; its bytes and the space before it take at most UTF8_MAX + 1. */
static void take_character(struct scan *s, uint32_t cp, enum char_class kind)
{
	switch (kind) {
	case CLASS_DROPPED:
		return;
	case CLASS_SEPARATOR:
		close_token(s);
		return;
	case CLASS_POINT:
		if (s->digit && !s->point)
			s->point = true;
		else
			close_token(s);
		return;
	case CLASS_MARK:
		if (s->point)
			close_token(s);
		if (!s->open)
			return;
		s->digit = false;
		break;
	case CLASS_SINGLE:
		close_token(s);
		open_token(s);
		s->single = true;
		break;
	case CLASS_LETTER:
	case CLASS_DIGIT:
		if (s->single || (s->point && kind != CLASS_DIGIT))
			close_token(s);
		if (!s->open)
			open_token(s);
		s->digit = kind == CLASS_DIGIT;
		s->point = false;
		break;
	}
	if (cp < 0x80)
		put_byte(s, (char)cp);
	else
		s->out->len += (size_t)utf8proc_encode_char(
			(utf8proc_int32_t)cp, (utf8proc_uint8_t *)s->out->data + s->out->len);
}

static void take_normalised(struct scan *s, uint32_t cp)
{
	if (cp < 0x80)
		take_character(s, (uint32_t)char_lower((char)cp), (enum char_class)ascii_class[cp]);
	else
		take_character(s, cp, classify(cp, utf8proc_get_property((utf8proc_int32_t)cp)));
}

static int take_ascii(struct scan *s, const char *text, size_t len)
{
	while (len > 0) {
		size_t step = len < ASCII_STEP ? len : ASCII_STEP;
		/* a byte gives at most itself and a space: a letter after a single character */
		int ret = buf_reserve(s->out, 2 * step + 1);

		if (ret < 0)
			return ret;
		for (size_t i = 0; i < step; i++) {
			enum char_class kind = (enum char_class)ascii_class[(unsigned char)text[i]];

			if (kind == CLASS_LETTER && s->open && !s->single && !s->point) {
				put_byte(s, char_lower(text[i]));
				s->digit = false;
			} else {
				take_character(s, (uint32_t)(unsigned char)char_lower(text[i]), kind);
			}
		}
		text += step;
		len -= step;
	}
	return 0;
}

/* Jamo that join the syllable before them; utf8proc composes Hangul by arithmetic, not by table. */
static bool joins_hangul(uint32_t cp)
{
	return cp >= 0x1160 && cp <= 0x11FF;
}

/* Lower-case Latin, Greek and Cyrillic letters with one accent: they decompose and compose to themselves. */
static bool recomposes(uint32_t cp, const utf8proc_property_t *property)
{
	return ((cp >= 0xE0 && cp <= 0x17E) || (cp >= 0x3AC && cp <= 0x45F)) && property->decomp_type == 0 &&
	       property->category == UTF8PROC_CATEGORY_LL;
}

/* Whether cp normalises to itself, and never joins a character before it. */
static bool is_stable(uint32_t cp)
{
	const utf8proc_property_t *property;

	if (cp < 0x80 || (cp >= 0xAC00 && cp <= 0xD7A3))
		return true;
	property = utf8proc_get_property((utf8proc_int32_t)cp);
	return property->casefold_seqindex == UINT16_MAX && property->combining_class == 0 && !property->ignorable &&
	       (property->decomp_seqindex == UINT16_MAX || recomposes(cp, property)) &&
	       (property->comb_index == UINT16_MAX || property->comb_index < 0x8000) && !joins_hangul(cp);
}

/* Whether a segment of SEGMENT_SOFT characters may end before cp. */
static bool may_cut_before(uint32_t cp)
{
	utf8proc_int32_t parts[DECOMPOSED_MAX];
	int boundary = 0;
	utf8proc_ssize_t n;

	n = utf8proc_decompose_char((utf8proc_int32_t)cp, parts, DECOMPOSED_MAX,
		UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE, &boundary);
	return n > 0 && n <= DECOMPOSED_MAX && is_stable((uint32_t)parts[0]);
}

/* Normalises text, which holds at most SEGMENT_HARD characters, and takes the result. */
static int take_segment(struct scan *s, struct str text)
{
	const utf8proc_option_t options =
		UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;
	utf8proc_int32_t points[SEGMENT_HARD * DECOMPOSED_MAX];
	utf8proc_ssize_t n;
	int ret;

	n = utf8proc_decompose((const utf8proc_uint8_t *)text.data, (utf8proc_ssize_t)text.len, points,
		SEGMENT_HARD * DECOMPOSED_MAX, options);
	if (n > 0 && n <= SEGMENT_HARD * DECOMPOSED_MAX)
		n = utf8proc_normalize_utf32(points, n, options);
	if (n < 0 || n > SEGMENT_HARD * DECOMPOSED_MAX) {
		close_token(s);
		return 0;
	}
	ret = buf_reserve(s->out, (size_t)n * (UTF8_MAX + 1) + 1);
	if (ret < 0)
		return ret;
	for (utf8proc_ssize_t i = 0; i < n; i++)
		take_normalised(s, (uint32_t)points[i]);
	return 0;
}

/* The end of the segment that begins at pos. */
static size_t segment_end(struct str text, size_t pos)
{
	size_t characters = 0;

	utf8_next(text, &pos);
	while (pos < text.len && ++characters < SEGMENT_HARD) {
		size_t next = pos;
		uint32_t cp = utf8_next(text, &next);

		if (is_stable(cp) || (characters >= SEGMENT_SOFT && may_cut_before(cp)))
			break;
		pos = next;
	}
	return pos;
}

/* Processes text from *pos, a non-ASCII character or the letter before one, to the next run of ASCII. */
static int take_mixed(struct scan *s, struct str text, size_t *pos)
{
	size_t next = *pos;
	uint32_t cp = utf8_next(text, &next);
	bool stable = is_stable(cp);

	for (;;) {
		bool last = next == text.len || (unsigned char)text.data[next] < 0x80;
		size_t after = next;
		uint32_t cp_after = last ? 0 : utf8_next(text, &after);
		bool stable_after = last || is_stable(cp_after);
		int ret;

		if (!stable || !stable_after) {
			size_t end = segment_end(text, *pos);

			ret = take_segment(s, str_slice(text, *pos, end));
			*pos = end;
			return ret;
		}
		ret = buf_reserve(s->out, UTF8_MAX + 2);
		if (ret < 0)
			return ret;
		take_normalised(s, cp);
		*pos = next;
		if (last)
			return 0;
		cp = cp_after;
		next = after;
	}
}

/* The end of the run of ASCII at pos, without a last letter that a mark may follow. */
static size_t ascii_end(struct str text, size_t pos)
{
	const uint64_t high_bits = 0x8080808080808080u;
	size_t end = pos;
	uint64_t eight;

	while (text.len - end >= sizeof(eight)) {
		memcpy(&eight, text.data + end, sizeof(eight));
		if ((eight & high_bits) != 0)
			break;
		end += sizeof(eight);
	}
	while (end < text.len && (unsigned char)text.data[end] < 0x80)
		end++;
	return end > pos && end < text.len && char_is_alpha(text.data[end - 1]) ? end - 1 : end;
}

int canon_tokens(struct buf *out, struct str plain, size_t *count)
{
	struct scan s = {.out = out};
	size_t pos = 0;
	int ret = out->failed;

	while (ret == 0 && pos < plain.len) {
		size_t end = ascii_end(plain, pos);

		if (end > pos) {
			ret = take_ascii(&s, plain.data + pos, end - pos);
			pos = end;
		} else {
			ret = take_mixed(&s, plain, &pos);
		}
	}
	/* each reservation included one byte for this space */
	close_token(&s);
	if (out->data != NULL)
		out->data[out->len] = '\0';
	*count += s.count;
	return ret;
}
