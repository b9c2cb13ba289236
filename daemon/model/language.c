/* SPDX-License-Identifier: ISC */
/* Which declaration of a language counts. */
#include "sitrep/model/language.h"

bool language_is_tag(struct str s)
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

/* Tags of the right form that say no language. */
static bool says_nothing(struct str tag)
{
	static const char *const nothing[] = {
		"und", "mul", "zxx", "mis", "x", "i", "none", "unknown", "default", "language"};
	struct str rest = tag, primary = STR_NONE;

	(void)str_split(&rest, '-', &primary);
	for (size_t i = 0; i < sizeof(nothing) / sizeof(*nothing); i++)
		if (str_eq_nocase(primary, str_from(nothing[i])))
			return true;
	return primary.len < 2;
}

/* The tag that was meant; STR_NONE when none was. */
static struct str read_tag(struct arena *a, struct str said)
{
	struct str tag = str_trim(said);

	if (str_find_char(tag, '_', 0) != STR_NPOS) {
		char *copy = arena_alloc(a, tag.len);

		if (copy == NULL)
			return STR_NONE;
		for (size_t i = 0; i < tag.len; i++)
			copy[i] = tag.data[i] == '_' ? '-' : tag.data[i];
		tag = str_make(copy, tag.len);
	}
	return language_is_tag(tag) && !says_nothing(tag) ? tag : STR_NONE;
}

/* Whether the language is declared here rather than inherited. */
static bool is_own(struct str said, const struct feed_facts *feed, struct str content_language)
{
	said = str_trim(said);
	return said.len > 0 && !str_eq(said, str_trim(feed->language)) && !str_eq(said, str_trim(content_language));
}

struct str language_of(
	struct arena *a, const struct item *it, const struct feed_facts *feed, struct str content_language)
{
	const struct str said[] = {it->language, it->content.lang, it->summary.lang, it->title.lang};
	struct str tag = STR_NONE;

	for (size_t i = 0; i < sizeof(said) / sizeof(*said) && tag.len == 0; i++)
		if (is_own(said[i], feed, content_language))
			tag = read_tag(a, said[i]);
	if (tag.len == 0)
		tag = read_tag(a, it->language);
	if (tag.len == 0)
		tag = read_tag(a, feed->language);
	return tag.len > 0 ? tag : read_tag(a, content_language);
}
