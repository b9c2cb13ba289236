/* SPDX-License-Identifier: ISC */
#include "sitrep/model/language.h"

#include <stdbool.h>

/* Whether s has the form of a language tag (RFC 5646): at most eight letters, then parts of at most eight letters and
 * digits, each behind a hyphen. */
static bool is_tag(struct str s)
{
	size_t part = 0;
	bool first = true;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.data[i];

		if (c == '-' && part > 0) {
			part = 0;
			first = false;
		} else if ((char_is_alpha(c) || (!first && char_is_digit(c))) && part < 8) {
			part++;
		} else {
			return false;
		}
	}
	return part > 0;
}

/* Whether a tag of the right form names no language ("und", "mul"). */
static bool names_no_language(struct str tag)
{
	static const char *const nothing[] = {
		"und", "mul", "zxx", "mis", "x", "i", "none", "unknown", "default", "language"};
	struct str rest = tag, primary = STR_NONE;

	str_split(&rest, '-', &primary);
	return str_is_one_of(primary, nothing) || primary.len < 2;
}

/* The language tag of a declaration, repaired ("en_US" is en-US); STR_NONE when it names no language. */
static struct str read_tag(struct arena *a, struct str declared)
{
	struct str tag = str_trim(declared);

	if (str_find_char(tag, '_', 0) != STR_NPOS) {
		char *copy = arena_alloc(a, tag.len);

		if (copy == NULL)
			return STR_NONE;
		for (size_t i = 0; i < tag.len; i++)
			copy[i] = tag.data[i] == '_' ? '-' : tag.data[i];
		tag = str_make(copy, tag.len);
	}
	return is_tag(tag) && !names_no_language(tag) ? tag : STR_NONE;
}

/* Whether the language is declared on this element rather than inherited. */
static bool is_own(struct str declared, const struct feed_facts *feed, struct str content_language)
{
	declared = str_trim(declared);
	return declared.len > 0 && !str_eq(declared, str_trim(feed->language)) &&
	       !str_eq(declared, str_trim(content_language));
}

struct str language_of(
	struct arena *a, const struct item *it, const struct feed_facts *feed, struct str content_language)
{
	const struct str declared[] = {it->language, it->content.lang, it->summary.lang, it->title.lang};
	struct str tag = STR_NONE;

	for (size_t i = 0; i < sizeof(declared) / sizeof(*declared) && tag.len == 0; i++)
		if (is_own(declared[i], feed, content_language))
			tag = read_tag(a, declared[i]);
	if (tag.len == 0)
		tag = read_tag(a, it->language);
	if (tag.len == 0)
		tag = read_tag(a, feed->language);
	return tag.len > 0 ? tag : read_tag(a, content_language);
}

struct str language_shown(const struct item *it)
{
	return is_tag(it->language) ? it->language : STR_NONE;
}
