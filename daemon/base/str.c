/* SPDX-License-Identifier: ISC */
/* Case means ASCII's case everywhere: these functions compare names of protocols and elements. */
#include "sitrep/base/str.h"

#include <errno.h>
#include <limits.h>

int str_cmp(struct str a, struct str b)
{
	size_t shorter = a.len < b.len ? a.len : b.len;
	int order = shorter == 0 ? 0 : memcmp(a.data, b.data, shorter);

	if (order != 0)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

static bool same_nocase(const char *a, const char *b, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (char_lower(a[i]) != char_lower(b[i]))
			return false;
	return true;
}

bool str_eq_nocase(struct str a, struct str b)
{
	return a.len == b.len && same_nocase(a.data, b.data, a.len);
}

bool str_is_listed(struct str s, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq_nocase(s, str_from(list[i])))
			return true;
	return false;
}

bool str_is_ascii(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.data[i] >= 0x80)
			return false;
	return true;
}

bool str_has_below(struct str s, unsigned char least)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.data[i] < least || s.data[i] == 0x7f)
			return true;
	return false;
}

bool str_starts_nocase(struct str s, struct str prefix)
{
	return s.len >= prefix.len && same_nocase(s.data, prefix.data, prefix.len);
}

bool str_ends(struct str s, struct str suffix)
{
	return s.len >= suffix.len &&
	       (suffix.len == 0 || memcmp(s.data + s.len - suffix.len, suffix.data, suffix.len) == 0);
}

size_t str_find(struct str s, struct str needle, size_t from)
{
	enum { SHORT_NEEDLE = 4 };
	const char *found;

	if (from > s.len || needle.len > s.len - from)
		return STR_NPOS;
	if (needle.len == 0)
		return from;
	/* memchr() passes bytes that cannot match ten times faster than memmem(), which is faster for long needles
	 * only. */
	if (needle.len <= SHORT_NEEDLE) {
		size_t last = s.len - needle.len;

		while (from <= last && (found = memchr(s.data + from, needle.data[0], last - from + 1)) != NULL) {
			if (memcmp(found, needle.data, needle.len) == 0)
				return (size_t)(found - s.data);
			from = (size_t)(found - s.data) + 1;
		}
		return STR_NPOS;
	}
	found = memmem(s.data + from, s.len - from, needle.data, needle.len);
	return found != NULL ? (size_t)(found - s.data) : STR_NPOS;
}

size_t str_find_nocase(struct str s, struct str needle, size_t from)
{
	for (size_t i = from; needle.len <= s.len && i <= s.len - needle.len; i++)
		if (same_nocase(s.data + i, needle.data, needle.len))
			return i;
	return STR_NPOS;
}

struct str str_trim(struct str s)
{
	while (s.len > 0 && char_is_space(s.data[0])) {
		s.data++;
		s.len--;
	}
	while (s.len > 0 && char_is_space(s.data[s.len - 1]))
		s.len--;
	return s;
}

bool str_split(struct str *rest, char sep, struct str *piece)
{
	size_t at;

	if (rest->data == NULL)
		return false;
	at = str_find_char(*rest, sep, 0);
	if (at == STR_NPOS) {
		*piece = *rest;
		*rest = STR_NONE;
	} else {
		*piece = str_slice(*rest, 0, at);
		*rest = str_slice(*rest, at + 1, rest->len);
	}
	return true;
}

bool str_word(struct str *rest, struct str *word)
{
	size_t end = 0;

	while (rest->len > 0 && char_is_space(rest->data[0])) {
		rest->data++;
		rest->len--;
	}
	if (rest->len == 0)
		return false;
	while (end < rest->len && !char_is_space(rest->data[end]))
		end++;
	*word = str_slice(*rest, 0, end);
	*rest = str_slice(*rest, end, rest->len);
	return true;
}

bool str_to_int(struct str s, long long *value)
{
	bool negative = s.len > 0 && s.data[0] == '-';
	size_t i = negative || (s.len > 0 && s.data[0] == '+') ? 1 : 0;
	long long n = 0;

	if (i == s.len)
		return false;
	/* n stays negative while it is read, since -LLONG_MIN does not fit a long long. */
	for (; i < s.len; i++) {
		int digit = s.data[i] - '0';

		if (!char_is_digit(s.data[i]) || n < (LLONG_MIN + digit) / 10)
			return false;
		n = n * 10 - digit;
	}
	if (!negative && n == LLONG_MIN)
		return false;
	*value = negative ? n : -n;
	return true;
}

int str_own_copies(char **texts[], size_t count)
{
	int result = 0;

	for (size_t i = 0; i < count; i++) {
		if (*texts[i] == NULL)
			continue;
		*texts[i] = result == 0 ? strdup(*texts[i]) : NULL;
		if (*texts[i] == NULL)
			result = -ENOMEM;
	}
	return result;
}

char *cstr_take(char **from)
{
	char *taken = *from;

	*from = NULL;
	return taken;
}

void cstr_move(char **to, char **from)
{
	free(*to);
	*to = cstr_take(from);
}

void cstr_wipe(char *secret)
{
	if (secret != NULL)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

int cstr_order(const void *a, const void *b)
{
	const char *const *left = a, *const *right = b;

	return strcmp(*left, *right);
}
