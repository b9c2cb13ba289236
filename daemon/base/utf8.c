/* SPDX-License-Identifier: ISC */
/* UTF-8 by RFC 3629 and the Unicode Standard 3.9.  Feeds are mostly ASCII, so runs of ASCII are passed eight bytes at a
 * time: they have no high bit set. */
#include "sitrep/base/utf8.h"

#include <string.h>

/* Bytes of ASCII from i on. */
static size_t ascii_run(struct str s, size_t i)
{
	size_t start = i;
	uint64_t eight;

	while (s.len - i >= 4 * sizeof(eight)) {
		uint64_t words[4];

		memcpy(words, s.data + i, sizeof(words));
		if (((words[0] | words[1] | words[2] | words[3]) & UINT64_C(0x8080808080808080)) != 0)
			break;
		i += sizeof(words);
	}
	while (s.len - i >= sizeof(eight)) {
		memcpy(&eight, s.data + i, sizeof(eight));
		if ((eight & UINT64_C(0x8080808080808080)) != 0)
			break;
		i += sizeof(eight);
	}
	while (i < s.len && (unsigned char)s.data[i] < 0x80)
		i++;
	return i - start;
}

/* The number of continuation bytes behind lead, and the range of the first of them (Unicode Standard, table 3-7); -1:
 * lead begins no character. */
static int continuation(unsigned char lead, unsigned char *low, unsigned char *high)
{
	*low = 0x80;
	*high = 0xbf;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 1;
	if (lead >= 0xe0 && lead <= 0xef) {
		if (lead == 0xe0)
			*low = 0xa0;
		if (lead == 0xed)
			*high = 0x9f;
		return 2;
	}
	if (lead >= 0xf0 && lead <= 0xf4) {
		if (lead == 0xf0)
			*low = 0x90;
		if (lead == 0xf4)
			*high = 0x8f;
		return 3;
	}
	return -1;
}

/* Decodes the character at *pos and moves *pos past it.  False: a bad sequence; *pos moves past its maximal subpart. */
static bool decode(struct str s, size_t *pos, uint32_t *cp)
{
	unsigned char lead = (unsigned char)s.data[(*pos)++];
	unsigned char low, high;
	int more;

	if (lead < 0x80) {
		*cp = lead;
		return true;
	}
	more = continuation(lead, &low, &high);
	if (more < 0)
		return false;
	*cp = lead & (0x3fu >> more);
	for (int i = 0; i < more; i++) {
		unsigned char c;

		if (*pos >= s.len)
			return false;
		c = (unsigned char)s.data[*pos];
		if (c < low || c > high)
			return false;
		*cp = *cp << 6 | (c & 0x3fu);
		low = 0x80;
		high = 0xbf;
		(*pos)++;
	}
	return true;
}

size_t utf8_valid_prefix(struct str s)
{
	size_t i = 0;
	uint32_t cp;

	for (;;) {
		size_t start;

		i += ascii_run(s, i);
		if (i == s.len)
			return i;
		start = i;
		if (!decode(s, &i, &cp))
			return start;
	}
}

bool utf8_valid(struct str s)
{
	return utf8_valid_prefix(s) == s.len;
}

uint32_t utf8_next(struct str s, size_t *pos)
{
	uint32_t cp;

	return decode(s, pos, &cp) ? cp : 0xfffd;
}

int utf8_repair(struct buf *out, struct str s)
{
	while (s.len > 0) {
		size_t good = utf8_valid_prefix(s);

		buf_append(out, s.data, good);
		s = str_slice(s, good, s.len);
		if (s.len > 0) {
			size_t pos = 0;

			buf_put_utf8(out, utf8_next(s, &pos));
			s = str_slice(s, pos, s.len);
		}
	}
	return out->failed;
}

struct str utf8_cut(struct str s, size_t max)
{
	size_t start = max, end;
	uint32_t cp;

	if (s.len <= max)
		return s;
	/* Goes back over continuation bytes to the lead byte of a character across the cut.  In bytes that are no UTF-8
	 * the cut stays at max: going back to the last valid character could drop thousands of bytes. */
	while (start > 0 && max - start < 3 && ((unsigned char)s.data[start] & 0xc0) == 0x80)
		start--;
	end = start;
	return str_slice(s, 0, decode(s, &end, &cp) && end > max ? start : max);
}

bool utf8_is_unsafe(uint32_t cp)
{
	if (cp < 0x20)
		return cp != '\t' && cp != '\n';
	if (cp < 0x7f)
		return false;
	if (cp < 0xa0)
		return true;
	return cp == 0x061c || cp == 0x200e || cp == 0x200f || (cp >= 0x2028 && cp <= 0x202e) ||
	       (cp >= 0x2066 && cp <= 0x2069) || cp == 0xfeff || (cp >= 0xfdd0 && cp <= 0xfdef) ||
	       (cp & 0xfffe) == 0xfffe;
}

/* Whether the eight bytes at from are printable ASCII. */
static bool is_printable(const char *from)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t word;

	memcpy(&word, from, sizeof(word));
	/* Sets the highest bit of each byte that is below 0x20, above 0x7f, or DEL.  A borrow or carry may also set
	 * that of the bytes above such a byte, which does not matter: only 0 means yes. */
	return ((((word - ones * 0x20) & ~word) | word | (word + ones)) & ones * 0x80) == 0;
}

/* utf8_has_control() for the bytes from i up to end.  A character that begins before end may reach beyond it. */
static bool has_control_within(struct str s, size_t i, size_t end)
{
	for (; i < end; i++) {
		unsigned char c = (unsigned char)s.data[i];
		unsigned char next = i + 1 < s.len ? (unsigned char)s.data[i + 1] : 0;

		if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f)
			return true;
		if ((c == 0xc2 && next < 0xa0) ||
			(c == 0xef && next == 0xbf && i + 2 < s.len && (unsigned char)s.data[i + 2] >= 0xbe))
			return true;
	}
	return false;
}

bool utf8_has_control(struct str s)
{
	size_t i = 0;

	for (; s.len - i >= sizeof(uint64_t); i += sizeof(uint64_t))
		if (!is_printable(s.data + i) && has_control_within(s, i, i + sizeof(uint64_t)))
			return true;
	/* The last one to seven bytes are tested as part of the last eight. */
	if (i < s.len && s.len >= sizeof(uint64_t) && is_printable(s.data + s.len - sizeof(uint64_t)))
		return false;
	return has_control_within(s, i, s.len);
}

bool utf8_is_line(struct str s)
{
	for (size_t i = 0; i < s.len;) {
		uint32_t cp;

		while (s.len - i >= sizeof(uint64_t) && is_printable(s.data + i))
			i += sizeof(uint64_t);
		if (i == s.len)
			break;
		cp = utf8_next(s, &i);
		if (cp == '\t' || cp == '\n' || utf8_is_unsafe(cp))
			return false;
	}
	return true;
}

bool utf8_is_space(uint32_t cp)
{
	return cp == ' ' || (cp >= '\t' && cp <= '\r') || cp == 0x85 || cp == 0xa0 || cp == 0x1680 ||
	       (cp >= 0x2000 && cp <= 0x200a) || cp == 0x2028 || cp == 0x2029 || cp == 0x202f || cp == 0x205f ||
	       cp == 0x3000;
}

int utf8_one_line(struct buf *out, struct str s)
{
	bool space_due = false, started = false;
	size_t i = 0;

	while (i < s.len) {
		size_t start = i;
		uint32_t cp;

		while (i < s.len && (unsigned char)s.data[i] > ' ' && (unsigned char)s.data[i] < 0x7f)
			i++;
		if (i > start) {
			if (space_due && started)
				buf_putc(out, ' ');
			buf_append(out, s.data + start, i - start);
			space_due = false;
			started = true;
			continue;
		}
		cp = utf8_next(s, &i);
		if (utf8_is_space(cp)) {
			space_due = true;
		} else if (!utf8_is_unsafe(cp)) {
			if (space_due && started)
				buf_putc(out, ' ');
			buf_put_utf8(out, cp);
			space_due = false;
			started = true;
		}
	}
	return out->failed;
}
