/* SPDX-License-Identifier: ISC */
/* Converts host names with non-ASCII characters to Punycode (RFC 3492).
 *
 * libcurl could do it through libidn2, but only in a UTF-8 locale, and a daemon's is "C".  The mapping before it is
 * that of UTS 46, non-transitional, as far as names in links need it: compatibility forms, lower case, ideographic
 * full stops, invisible characters dropped.  A character that is no letter, mark, digit or emoji is refused.  The
 * resolver finds out whether the name exists. */
#include <stdlib.h>
#include <utf8proc.h>

#include "sitrep/base/utf8.h"
#include "url_parts.h"

enum {
	LABEL_MAX = 63,
	HOST_MAX = 253,
	/* RFC 3492, section 5 */
	BASE = 36,
	T_MIN = 1,
	T_MAX = 26,
	SKEW = 38,
	DAMP = 700,
	INITIAL_BIAS = 72,
	INITIAL_N = 128,
};

/* RFC 3492, 6.1 */
static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
	uint32_t k = 0;

	delta = first ? delta / DAMP : delta / 2;
	delta += delta / points;
	while (delta > (BASE - T_MIN) * T_MAX / 2) {
		delta /= BASE - T_MIN;
		k += BASE;
	}
	return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static char digit(uint32_t d)
{
	return (char)(d < 26 ? 'a' + d : '0' + d - 26);
}

/* One delta as a variable-length integer; false past the label's end. */
static bool put_delta(char *out, size_t *n, uint32_t delta, uint32_t bias)
{
	for (uint32_t k = BASE;; k += BASE) {
		uint32_t t = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;

		if (*n >= LABEL_MAX)
			return false;
		if (delta < t) {
			out[(*n)++] = digit(delta);
			return true;
		}
		out[(*n)++] = digit(t + (delta - t) % (BASE - t));
		delta = (delta - t) / (BASE - t);
	}
}

/* RFC 3492, 6.3.  A label has at most 63 characters of 21 bits, so nothing here comes near an overflow.  Returns the
 * length, 0 when it is too long. */
static size_t encode_label(char out[LABEL_MAX], const uint32_t *label, size_t count)
{
	uint32_t n = INITIAL_N, delta = 0, bias = INITIAL_BIAS, done = 0, basic;
	size_t len = 4;

	memcpy(out, "xn--", 4);
	for (size_t i = 0; i < count; i++) {
		if (label[i] >= 0x80)
			continue;
		if (len >= LABEL_MAX)
			return 0;
		out[len++] = (char)label[i];
		done++;
	}
	basic = done;
	if (basic > 0 && len < LABEL_MAX)
		out[len++] = '-';
	while (done < count) {
		uint32_t next = UINT32_MAX;

		for (size_t i = 0; i < count; i++)
			if (label[i] >= n && label[i] < next)
				next = label[i];
		delta += (next - n) * (done + 1);
		n = next;
		for (size_t i = 0; i < count; i++) {
			delta += label[i] < n;
			if (label[i] != n)
				continue;
			if (!put_delta(out, &len, delta, bias))
				return 0;
			bias = adapt(delta, done + 1, done == basic);
			delta = 0;
			done++;
		}
		delta++;
		n++;
	}
	return len;
}

static bool is_name_character(uint32_t c)
{
	/* Letters, marks, digits; and symbols, since names with emoji are registered. */
	static const uint32_t good = 1u << UTF8PROC_CATEGORY_LU | 1u << UTF8PROC_CATEGORY_LL |
				     1u << UTF8PROC_CATEGORY_LM | 1u << UTF8PROC_CATEGORY_LO |
				     1u << UTF8PROC_CATEGORY_MN | 1u << UTF8PROC_CATEGORY_MC |
				     1u << UTF8PROC_CATEGORY_ND | 1u << UTF8PROC_CATEGORY_SO;

	if (c < 0x80)
		return char_is_alpha((char)c) || char_is_digit((char)c) || c == '-' || c == '_';
	return (good >> utf8proc_category((utf8proc_int32_t)c) & 1) != 0;
}

static utf8proc_int32_t lower(utf8proc_int32_t c, void *data UNUSED)
{
	return c == 0x3002 ? '.' : utf8proc_tolower(c);
}

/* The characters of host after mapping; false when it cannot be a name. */
static bool map_host(struct str host, uint32_t out[HOST_MAX], size_t *count)
{
	utf8proc_uint8_t *mapped = NULL;
	utf8proc_ssize_t len;
	struct str s;

	len = utf8proc_map_custom((const utf8proc_uint8_t *)host.data, (utf8proc_ssize_t)host.len, &mapped,
		UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_IGNORE | UTF8PROC_REJECTNA, lower, NULL);
	*count = 0;
	if (len < 0)
		return false;
	s = str_make((const char *)mapped, (size_t)len);
	for (size_t i = 0; i < s.len && *count < HOST_MAX;) {
		/* Compatibility forms of capitals come out as capitals. */
		uint32_t c = (uint32_t)lower((utf8proc_int32_t)utf8_next(s, &i), NULL);

		out[(*count)++] = c;
		if (c != '.' && !is_name_character(c))
			*count = HOST_MAX;
	}
	free(mapped);
	return *count < HOST_MAX;
}

struct str url_idn(struct arena *a, struct str host)
{
	uint32_t text[HOST_MAX];
	size_t count, n = 0, start = 0;
	char out[HOST_MAX + 1];

	if (host.len > 4 * HOST_MAX || !map_host(host, text, &count))
		return STR_NONE;
	while (start <= count) {
		size_t end = start, len;
		bool ascii = true;
		char label[LABEL_MAX];

		for (; end < count && text[end] != '.'; end++)
			ascii = ascii && text[end] < 0x80;
		if (end - start > LABEL_MAX)
			return STR_NONE;
		if (ascii) {
			len = end - start;
			for (size_t i = 0; i < len; i++)
				label[i] = (char)text[start + i];
		} else {
			len = encode_label(label, text + start, end - start);
			if (len == 0)
				return STR_NONE;
		}
		if (n + len + 1 > HOST_MAX)
			return STR_NONE;
		memcpy(out + n, label, len);
		n += len;
		if (end < count)
			out[n++] = '.';
		start = end + 1;
	}
	return arena_str(a, str_make(out, n));
}
