/* SPDX-License-Identifier: ISC */
/* charset_guess.c: guesses the encoding of undeclared bytes.
 *
 * Used only when no declared encoding fits and the bytes are not UTF-8.  Each East Asian encoding must be valid and
 * must have the characters that any text of its language has: kana, Hangul, the most used ideographs.  Otherwise the
 * encoding has one byte a character: letters of Cyrillic and Hebrew are known by their ranges, and all else is
 * windows-1252. */
#include "charset_internal.h"

/* With fewer bytes above 0x7f nothing is guessed. */
enum { GUESS_MIN = 8 };
/* Bytes of a feed that are examined. */
enum { GUESS_MAX = 64 * 1024 };

/* Bytes above 0x7f, read in pairs as each East Asian encoding has them. */
struct pairs {
	size_t count;
	size_t kana;        /* EUC-JP rows 4 and 5 */
	size_t hangul;      /* EUC-KR rows 16 to 40 */
	size_t han;         /* GB 2312 level 1, rows 16 to 55 */
	size_t han_past_ks; /* of these, rows in which EUC-KR has no Hangul */
	size_t big5_common; /* Big5 level 1 */
	bool euc;           /* all pairs are valid EUC */
	bool big5;          /* ... Big5 */
	bool sjis;          /* ... Shift_JIS */
	size_t sjis_kana;
	size_t sjis_count;
};

static unsigned char at(struct str s, size_t i)
{
	return (unsigned char)s.data[i];
}

/* Cuts ASCII off *s, then the next byte above 0x7f and the one behind it; false when there is none. */
static bool next_pair(struct str *s, unsigned char *lead, unsigned char *trail)
{
	size_t i = 0;
	while (i < s->len && at(*s, i) < 0x80)
		i++;
	if (i + 1 >= s->len)
		return false;
	*lead = at(*s, i);
	*trail = at(*s, i + 1);
	*s = str_slice(*s, i + 2, s->len);
	return true;
}

static void read_euc(struct str s, struct pairs *p)
{
	unsigned char lead, trail;
	p->euc = true;
	while (next_pair(&s, &lead, &trail)) {
		if (lead < 0xa1 || lead == 0xff || trail < 0xa1 || trail == 0xff) {
			p->euc = false;
			return;
		}
		p->count++;
		p->kana += lead == 0xa4 || lead == 0xa5;
		p->hangul += lead >= 0xb0 && lead <= 0xc8;
		p->han += lead >= 0xb0 && lead <= 0xd7;
		p->han_past_ks += lead > 0xc8;
	}
}

static void read_big5(struct str s, struct pairs *p)
{
	p->big5 = true;
	size_t count = 0;
	unsigned char lead, trail;
	while (next_pair(&s, &lead, &trail)) {
		if (lead < 0xa1 || lead > 0xf9 || trail < 0x40 || (trail > 0x7e && trail < 0xa1) || trail == 0xff) {
			p->big5 = false;
			return;
		}
		count++;
		p->big5_common += lead >= 0xa1 && lead <= 0xc6;
	}
	p->big5 = p->big5_common * 10 >= count * 9;
}

static void read_sjis(struct str s, struct pairs *p)
{
	p->sjis = true;
	for (size_t i = 0; i < s.len; i++) {
		unsigned char lead = at(s, i);
		if (lead < 0x80 || (lead >= 0xa1 && lead <= 0xdf))
			continue;
		if (i + 1 == s.len)
			break;
		unsigned char trail = at(s, ++i);
		if (lead == 0x80 || lead == 0xa0 || lead > 0xfc || trail < 0x40 || trail == 0x7f || trail > 0xfc) {
			p->sjis = false;
			return;
		}
		p->sjis_count++;
		p->sjis_kana += (lead == 0x82 && trail >= 0x9f) || lead == 0x83;
	}
}

static const char *guess_pairs(struct str s)
{
	struct pairs p = {0};
	read_sjis(s, &p);
	/* Japanese without kana hardly exists */
	if (p.sjis && p.sjis_kana * 5 >= p.sjis_count && p.sjis_kana > 0)
		return "shift_jis";
	read_euc(s, &p);
	if (p.euc && p.kana * 5 >= p.count)
		return "euc-jp";
	if (p.euc && p.hangul * 10 >= p.count * 8)
		return p.han_past_ks * 20 >= p.count ? "gb18030" : "euc-kr";
	if (p.euc && p.han * 10 >= p.count * 7)
		return "gb18030";
	read_big5(s, &p);
	return p.big5 ? "big5" : NULL;
}

/* Guesses Cyrillic and Hebrew encodings by the ranges of their letters. */
static const char *guess_bytes(struct str s)
{
	size_t high = 0;
	size_t low_rows = 0;  /* 0xc0 to 0xdf: capitals in windows-1251, small letters in KOI8 */
	size_t high_rows = 0; /* 0xe0 to 0xff: the other way round */
	size_t past_hebrew = 0;
	size_t joined = 0; /* high bytes next to high bytes: words without any Latin letter */
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = at(s, i);
		if (c < 0x80)
			continue;
		high++;
		low_rows += c >= 0xc0 && c < 0xe0;
		high_rows += c >= 0xe0;
		past_hebrew += c > 0xfa;
		joined += i + 1 < s.len && at(s, i + 1) >= 0xc0;
	}
	/* accents in a Latin text stand alone */
	if ((low_rows + high_rows) * 10 < high * 8 || joined * 10 < high * 6)
		return NULL;
	if (low_rows > high_rows)
		return "koi8-r";
	return low_rows == 0 && past_hebrew == 0 ? "windows-1255" : "windows-1251";
}

const struct charset *charset_guess(struct str body)
{
	body = str_slice(body, 0, GUESS_MAX);
	size_t high = 0;
	for (size_t i = 0; i < body.len; i++)
		high += at(body, i) >= 0x80;
	const char *name = high < GUESS_MIN ? NULL : guess_bytes(body);
	if (name == NULL && high >= GUESS_MIN)
		name = guess_pairs(body);
	return charset_find(name != NULL ? str_from(name) : STR("windows-1252"));
}
