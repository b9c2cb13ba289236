/* SPDX-License-Identifier: ISC */
/* Which declaration of a language counts. */
#include "../scratch.h"
#include "sitrep/model/language.h"

static const struct {
	const char *item, *content, *summary, *title, *feed, *header;
	const char *language;
} rows[] = {
	{"", "", "", "", "", "", ""},
	{"fr", "de", "", "", "en", "es", "fr"},
	{"", "de", "nl", "", "en", "es", "de"},
	{"", "", "nl", "it", "en", "es", "nl"},
	{"", "", "", "it", "en", "es", "it"},
	{"", "", "", "", "en", "es", "en"},
	{"", "", "", "", "", "es", "es"},
	/* inherited: the feed's by the item, the server's by the content */
	{"en", "fr", "", "", "en", "", "fr"},
	{"en", "en", "", "", "en", "es", "en"},
	{"", "es", "es", "es", "en", "es", "en"},
	{"en", "", "", "", "", "", "en"},
	/* forms */
	{"en_US", "", "", "", "", "", "en-US"},
	{" en-gb ", "", "", "", "", "", "en-gb"},
	{"zh-Hant-TW", "", "", "", "", "", "zh-Hant-TW"},
	/* no language */
	{"und", "", "", "", "ko", "", "ko"},
	{"en us", "", "", "", "", "de, en", ""},
	{"x-default", "mul", "", "", "e", "\xed\x95\x9c", ""},
	{"", "", "", "", "<script>", "ja", "ja"},
};

TEST(who_says_it)
{
	struct arena *a = scratch_arena(64 * 1024);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct feed_facts feed = {.language = str_from(rows[i].feed)};
		struct str language;
		struct item it;

		item_init(&it);
		it.language = str_from(rows[i].item);
		it.content.lang = str_from(rows[i].content);
		it.summary.lang = str_from(rows[i].summary);
		it.title.lang = str_from(rows[i].title);
		language = language_of(a, &it, &feed, str_from(rows[i].header));
		if (!str_eq(language, str_from(rows[i].language)))
			fail_msg("row %zu gives \"%.*s\"", i, STR_ARG(language));
	}
}
