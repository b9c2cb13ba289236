/* SPDX-License-Identifier: ISC */
/* nearest_test.c: slips of the pen are found, other short words are not taken for them. */
#include "../test.h"
#include "sitrep/base/nearest.h"

static const char *nearest(const char *name)
{
	static const char *const known[] = {"all", "feeds", "status", "tail", "timeout", "why", "connect-timeout"};
	const char *found = NULL;
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		found = nearest_name(str_from(name), str_from(known[i]), &best, found);
	return found;
}

TEST(slips_are_found)
{
	static const struct {
		const char *name, *meant;
	} slips[] = {{"wyh", "why"}, {"al", NULL}, {"alll", "all"}, {"tial", "tail"}, {"feed", "feeds"},
		{"statsu", "status"}, {"sttaus", "status"}, {"timeuot", "timeout"}, {"tmeout", "timeout"},
		{"conect-timeot", "connect-timeout"}};

	for (size_t i = 0; i < sizeof(slips) / sizeof(slips[0]); i++) {
		const char *found = nearest(slips[i].name);

		if (slips[i].meant == NULL)
			assert_null(found);
		else if (found == NULL || strcmp(found, slips[i].meant) != 0)
			fail_msg("%s: %s", slips[i].name, found != NULL ? found : "nothing");
	}
}

TEST(other_words_are_not_near)
{
	static const char *const others[] = {"", "a", "x", "ai", "say", "set", "mail-me", "food", "seeder",
		"a-very-long-word-that-is-no-name-of-anything-at-all"};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (nearest(others[i]) != NULL)
			fail_msg("%s: %s", others[i], nearest(others[i]));
}
