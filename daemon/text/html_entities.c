/* SPDX-License-Identifier: ISC */
/* Character references, read by the HTML standard (13.2.5.72 to 13.2.5.80).
 *
 * The names of HTML 4 are also read without their semicolon; the longest matching name counts: "&notit;" is a not
 * sign and "it;", "&notin;" is one character. */
#include "sitrep/text/html_internal.h"

#include <stdlib.h>
#include <string.h>

#include "sitrep/text/charset.h"

static int compare_name(const void *key, const void *row)
{
	return str_cmp(*(const struct str *)key, str_from(((const struct html_entity_row *)row)->name));
}

static const struct html_entity_row *find_entity(struct str name)
{
	return bsearch(&name, html_entity_table, html_entity_count, sizeof(html_entity_table[0]), compare_name);
}

uint32_t html_entity(struct str name, uint32_t *second)
{
	const struct html_entity_row *e = find_entity(name);

	*second = e != NULL ? e->second : 0;
	return e != NULL ? e->first : 0;
}

static uint32_t repair_number(uint32_t cp)
{
	return cp == 0 || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff) ? 0xfffd : charset_windows_1252(cp);
}

/* Reads the "&#..." at the beginning of s.  Returns its length in bytes; 0: not a reference. */
static size_t read_number(struct str s, struct html_reference *ref)
{
	bool hex = s.len > 2 && (s.data[2] | 32) == 'x';
	size_t i = hex ? 3 : 2, start = i;
	uint32_t cp = 0;

	for (; i < s.len; i++) {
		char c = char_lower(s.data[i]);
		uint32_t digit;

		if (char_is_digit(c))
			digit = (uint32_t)(c - '0');
		else if (hex && c >= 'a' && c <= 'f')
			digit = (uint32_t)(c - 'a' + 10);
		else
			break;
		if (cp <= 0x10ffff)
			cp = cp * (hex ? 16 : 10) + digit;
	}
	if (i == start)
		return 0;
	ref->first = repair_number(cp);
	ref->second = 0;
	return i < s.len && s.data[i] == ';' ? i + 1 : i;
}

size_t html_read_reference(struct str s, bool in_attribute, struct html_reference *ref)
{
	enum { NAME_MAX_LEN = 31, LEGACY_MAX_LEN = 6 };
	const struct html_entity_row *e;
	size_t n = 1;

	if (s.len > 1 && s.data[1] == '#')
		return read_number(s, ref);
	while (n < s.len && n <= NAME_MAX_LEN && (char_is_alpha(s.data[n]) || char_is_digit(s.data[n])))
		n++;
	if (n < s.len && s.data[n] == ';') {
		/* by far the commonest */
		if (n == 4 && memcmp(s.data + 1, "amp", 3) == 0) {
			*ref = (struct html_reference){'&', 0};
			return n + 1;
		}
		e = find_entity(str_slice(s, 1, n));
		if (e != NULL) {
			*ref = (struct html_reference){e->first, e->second};
			return n + 1;
		}
	}
	for (size_t len = n - 1 < LEGACY_MAX_LEN ? n - 1 : LEGACY_MAX_LEN; len >= 2; len--) {
		char next = len + 1 < s.len ? s.data[len + 1] : ' ';

		e = find_entity(str_slice(s, 1, len + 1));
		if (e == NULL || !e->legacy)
			continue;
		/* "?a=1&copy=2" in a link is two parameters. */
		if (in_attribute && (next == '=' || char_is_alpha(next) || char_is_digit(next)))
			return 0;
		*ref = (struct html_reference){e->first, e->second};
		return len + 1;
	}
	return 0;
}
