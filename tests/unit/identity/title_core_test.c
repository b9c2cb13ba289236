/* SPDX-License-Identifier: ISC */
/* Titles without their counters, clocks and ages, and texts that have words in common. */
#include "../test.h"
#include "sitrep/identity/likeness.h"
#include "sitrep/identity/title_core.h"

static void assert_core(const char *title, const char *core)
{
	struct str found = title_core(str_from(title));

	if (!str_eq(found, str_from(core)))
		fail_msg("%s: %.*s", title, STR_ARG(found));
}

TEST(counters_go)
{
	static const char *const with[] = {"Frigate leaves the yard (12 comments)", "Frigate leaves the yard [3]",
		"Frigate leaves the yard (1,204)", "Frigate leaves the yard | 14:35",
		"Frigate leaves the yard - 5 minutes ago", "Frigate leaves the yard \xE2\x80\x93 updated 14:35 GMT",
		"Frigate leaves the yard 5 minutes ago", "Frigate leaves the yard 14:35", "[7] Frigate leaves the yard",
		"14:35 | Frigate leaves the yard", "(3) Frigate leaves the yard (12 views)",
		"Frigate leaves the yard (3h ago)", "Frigate leaves the yard (vor 5 Minuten)",
		"Frigate leaves the yard (il y a 3 heures)", "Frigate leaves the yard (5 минут назад)",
		"Frigate leaves the yard - 12 Comments"};

	for (size_t i = 0; i < sizeof(with) / sizeof(with[0]); i++)
		assert_core(with[i], "Frigate leaves the yard");
}

TEST(what_the_title_says_stays)
{
	static const char *const titles[] = {"Strike on Kyiv kills 12", "Strike on Kyiv - 12 killed",
		"Strike on Kyiv (12 dead)", "12 killed in strike on Kyiv", "Siege has lasted 3 days", "Boeing 737",
		"Article 5", "Kyiv - what we know", "Frigate (F 123)", "12", "(12)", "14:35", "", "(", ")", "[]", "- 5",
		"Toll rises to 14", "Kyiv | 14 wounded", "(14 wounded) Kyiv"};

	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		assert_core(titles[i], titles[i]);
}

static int compare(
	struct likeness *l, const char *title, const char *text, const char *other_title, const char *other_text)
{
	struct item a, b;

	item_init(&a);
	item_init(&b);
	a.plain_title = str_from(title);
	a.plain_summary = str_from(text);
	b.plain_title = str_from(other_title);
	b.plain_summary = str_from(other_text);
	return likeness_compare(l, &a, &b);
}

#define REPORT "Two frigates sailed through the strait early on Monday, the navy said, and met 3 tankers there."
#define WARNING(number, area)                                                                                          \
	"Navigation warning " number ". Mariners are asked to keep clear of area " area " until further notice."

TEST(texts_in_common)
{
	struct likeness l;

	likeness_init(&l);
	assert_int_equal(compare(&l, "Frigates", REPORT, "Frigates turn back", REPORT), 1);
	assert_int_equal(compare(&l, "Frigates", REPORT, "Ships (12 comments)", REPORT " More follows."), 1);
	/* an excerpt */
	assert_int_equal(compare(&l, "Frigates", "Two frigates sailed through the strait.", "Strait", REPORT), 1);
	/* a figure that was corrected */
	assert_int_equal(compare(&l, "Frigates", REPORT, "Frigates",
				 "Two frigates sailed through the strait early on Monday, the navy said, and met 4 "
				 "tankers there."),
		1);
	assert_int_equal(compare(&l, "Frigates", "", "Frigates turn back", ""), 1);
	/* a template */
	assert_int_equal(compare(&l, "Warning 11", WARNING("11", "407"), "Warning 12", WARNING("12", "519")), 0);
	assert_int_equal(compare(&l, "Warning 11", "", "Warning 12", ""), 0);
	assert_int_equal(
		compare(&l, "Frigates", REPORT, "Bread", "The bakers of the old town strike for more pay."), 0);
	assert_int_equal(compare(&l, "", "", "", ""), 0);
	likeness_release(&l);
}
